# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# iperf3: four streams, both ways.

needs[iperf3]=iperf3
iperf_bytes=8M		# each way

# Each of the four streams delivered something at the receiving end.
iperf() {
	on_client iperf3 -c "$address" -p "$port" -P 4 -n "$iperf_bytes" "$@" \
		>"$work/iperf" || { cat "$work/iperf"; return 1; }
	tail -n 4 "$work/iperf"
	[ "$(grep -c '^\[ *[0-9]*\].*receiver' "$work/iperf")" -eq 4 ] &&
		! grep -q ' 0.00 .*receiver' "$work/iperf"
}

start_iperf3() {
	serve iperf3 -4 -s -B "$address" -p "$port"
}

test_iperf3() {
	check "$who: iperf3, 4 streams" iperf
	check "$who: iperf3, 4 streams the other way" iperf -R
}
