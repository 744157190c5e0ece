#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# As packaged.sh: programs from large packages, and those that take long.
#
# run: costly ip-blind

# shellcheck source=tests/lib/programs.sh
. "$(dirname "$0")/../lib/programs.sh"

run_programs postgresql java samba node git haproxy squid

tap_end
