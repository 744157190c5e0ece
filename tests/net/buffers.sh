#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A long path without loss: there the windows and the buffers behind them decide how fast
# data flows. It must flow about as fast as with the kernel's TCP at both ends, which
# moves the same in turn; xtcp at either end, and at both.
#
# XTCP_BUFFERS_BYTES says how much is moved each time, by default 20 MB.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tenth 20000000
bytes=${XTCP_BUFFERS_BYTES:-$tenth}
a=xtcp-a-$$ b=xtcp-b-$$
port=7000
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi

netem() {
	local space

	for space in "$a" "$b"; do
		in_space "$space" tc qdisc replace dev veth0 root netem "$@" limit 100000 ||
			return 1
	done
}

# move SENDER RECEIVER: from $a to $b over these wires; in $took milliseconds, and in
# $rcvbuf the receive buffer at the end
move() {
	local pid got

	port=$((port + 1))
	pid=$(XTCP_WIRE=$2 in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 "$port" \
		"$OUT/tools/meter") || return 1
	pids+=("$pid")
	head -c "$bytes" /dev/zero | XTCP_WIRE=$1 in_space "$a" timeout 100 \
		"$OUT/tools/xcat" 10.9.0.2 "$port" >"$work/report" || return 1
	read -r took got rcvbuf <"$work/report"
	[ "$got" = "$bytes" ]
}

# as_fast SENDER RECEIVER: as the kernel's TCP. The machine may be busy with something
# else meanwhile, so once of five times is enough.
as_fast() {
	local i kernel

	for ((i = 0; i < 5; i++)); do
		move kernel kernel || return 1
		kernel=$took
		move "$1" "$2" || return 1
		echo "kernel's TCP $kernel ms, this $took ms"
		[ $((took * 100)) -gt $((kernel * 110)) ] || return 0
	done
	return 1
}

# grows KNOB: the receive buffer, with net.xtcp.moderate_rcvbuf at KNOB
grows() {
	in_space "$b" sysctl -qw net.xtcp.moderate_rcvbuf="$1" &&
		move "$XTCP_WIRE" "$XTCP_WIRE" &&
		[ "$rcvbuf" -gt 500000 ]
}

# Else the device's queue overflows where a window's worth comes at once.
sysctl -qw net.core.netdev_max_backlog=100000

if netem delay 50ms 2>"$work/err"; then
	for ms in 10 50; do
		netem delay "${ms}ms"
		check "$((2 * ms)) ms: as fast as the kernel's TCP" \
			as_fast "$XTCP_WIRE" "$XTCP_WIRE"
		[ "$XTCP_WIRE" = tcp ] || continue
		check "$((2 * ms)) ms: to the kernel's TCP" as_fast tcp kernel
		check "$((2 * ms)) ms: from the kernel's TCP" as_fast kernel tcp
	done
	if [ "$XTCP_WIRE" != kernel ]; then
		check "the receive buffer grew" grows 1
		check "not with moderate_rcvbuf 0" eval "! grows 0"
	fi
else
	skip "a long path" "no netem"
fi

tap_end
