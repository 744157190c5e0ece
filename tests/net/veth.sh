#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two namespaces joined by veth: data over a device with an MTU of 1500, then
# with delay, loss, reordering and duplicates, then with no way through.
#
# run: wire-blind ip-blind

# shellcheck disable=SC2317 # check and retry call the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

a=xtcp-a-$$ b=xtcp-b-$$
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi

# Long lines: each is a round trip of its own.
head -c 150000 /dev/urandom | base64 -w 4000 >"$work/in"
echo >>"$work/in"
head -c 6000 "$work/in" >"$work/short"
echo >>"$work/short"

echo_over() {
	in_space "$a" timeout "${2:-30}" "$OUT/examples/echo-client$suffix" \
		10.9.0.2 7000 <"$1" >"$work/out" && cmp "$1" "$work/out"
}

netem() {
	in_space "$a" tc qdisc replace dev veth0 root netem "$@"
}

background in_space "$b" "$OUT/examples/echo-server$suffix" 0.0.0.0 7000
check "echo-server answers" retry echo_over "$work/short" 5
check "200 kB there and back" echo_over "$work/in"
for feature in tso gso gro; do
	in_space "$a" ethtool -K veth0 "$feature" off >/dev/null 2>&1
	in_space "$b" ethtool -K veth0 "$feature" off >/dev/null 2>&1
done
check "200 kB without offloads" echo_over "$work/in"

# The server's host answers no ARP, but its ACKs prove that it is there: RFC 1122, 2.3.2.1.
neighbour() {
	ip -n "$a" neigh show 10.9.0.2
}
decided() {
	echo_over "$work/short" 5 && [[ $(neighbour) != *@(STALE|DELAY)* ]]
}
confirmed() {
	local mac

	mac=$(ip -n "$b" -o link show veth0 | grep -oP 'link/ether \K\S+') &&
		in_space "$b" sysctl -q net.ipv4.conf.veth0.arp_ignore=8 &&
		in_space "$a" sysctl -q net.ipv4.neigh.veth0.delay_first_probe_time=1 &&
		ip -n "$a" neigh replace 10.9.0.2 lladdr "$mac" dev veth0 nud stale &&
		retry decided && [[ $(neighbour) == *REACHABLE* ]]
}
check "ACKs confirm the neighbour" confirmed || neighbour
in_space "$b" sysctl -q net.ipv4.conf.veth0.arp_ignore=0

if netem delay 5ms 2>/dev/null; then
	check "delay" echo_over "$work/in"
	netem delay 5ms reorder 25% 50%
	check "reordering" echo_over "$work/in"
	netem duplicate 20%
	check "duplicates" echo_over "$work/in"
	netem loss 3%
	check "loss" echo_over "$work/short" 60
	netem corrupt 3%
	check "corruption" echo_over "$work/short" 60
	in_space "$a" tc qdisc delete dev veth0 root
else
	skip "delay, reordering, duplicates, loss, corruption" "no netem"
fi

unreachable() {
	in_space "$a" timeout 20 "$OUT/examples/echo-client$suffix" 10.9.0.99 7000 \
		</dev/null 2>&1 | grep -q 'No route to host'
}
check "no such neighbour: No route to host" unreachable

ip -n "$a" route add prohibit 10.10.0.0/24
prohibited() {
	in_space "$a" timeout 20 "$OUT/examples/echo-client$suffix" 10.10.0.1 7000 \
		</dev/null 2>&1 | grep -q 'Permission denied'
}
check "a prohibited route: Permission denied" prohibited

# After an outage, what was sent meanwhile is sent again.
outage() {
	local pid

	mkfifo "$work/fifo"
	in_space "$a" timeout 30 "$OUT/examples/echo-client$suffix" 10.9.0.2 7000 \
		<"$work/fifo" >"$work/out" &
	pid=$!
	exec 9>"$work/fifo"
	echo before >&9
	retry grep -q before "$work/out"
	ip -n "$b" link set veth0 down
	echo after >&9
	read -r -t 0.5 <> <(:)
	ip -n "$b" link set veth0 up
	exec 9>&-
	wait "$pid" && [ "$(tr '\n' ' ' <"$work/out")" = "before after " ]
}
check "an outage of half a second" outage

tap_end
