#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs from small packages, a file of packages/ for each: see lib/programs.sh.
#
# run: ip-blind

# shellcheck source=tests/lib/programs.sh
. "$(dirname "$0")/../lib/programs.sh"

run_programs nginx openssh iperf3 redis vsftpd apache2 memcached rsync socat python

tap_end
