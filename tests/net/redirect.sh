#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A client's router names another one, nearer to the server; then the first forwards no more,
# and the connection goes on: ICMP redirects, RFC 1122, 3.2.2.2, and RFC 4861, 8.

# shellcheck disable=SC2317 # check and retry call the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

client=xtcp-c-$$ first=xtcp-f-$$ nearer=xtcp-n-$$
for space in "$client" "$first" "$nearer"; do
	space_new "$space"
done

# All three on one link.
link() {
	local space n=0

	ip -n "$first" link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0 || return 1
	ip -n "$first" link set bridge up
	for space in "$client" "$nearer"; do
		n=$((n + 1))
		ip link add veth0 netns "$space" type veth peer name "port$n" netns "$first"
		ip -n "$first" link set "port$n" up master bridge
		ip -n "$space" link set veth0 up
	done
	ip -n "$client" addr add 10.9.0.1/24 dev veth0
	ip -n "$first" addr add 10.9.0.8/24 dev bridge
	ip -n "$nearer" addr add 10.9.0.9/24 dev veth0
	ip -n "$nearer" link set lo up
	ip -n "$nearer" addr add 10.8.0.1/32 dev lo
}

# gateway SPACE DEVICE IP: sets gateway to the router's address that a route names, and a redirect: in IPv6 one of
# the link
gateway() {
	gateway=$3
	[ "$XTCP_IP" = 6 ] || return 0
	gateway=$(ip -n "$1" -6 -o addr show dev "$2" scope link -tentative | grep -oP 'inet6 \K[^/]*')
	[ "$gateway" ]
}

if ! link 2>"$work/err"; then
	skip "everything" "no bridge"
	tap_end
fi
retry gateway "$first" bridge 10.9.0.8
first_ip=$gateway
retry gateway "$nearer" veth0 10.9.0.9
nearer_ip=$gateway
ip -n "$client" route add 10.8.0.0/24 via "$first_ip" dev veth0
ip -n "$first" route add 10.8.0.0/24 via "$nearer_ip" dev bridge

forward() {
	in_space "$first" sysctl -q "net.ipv4.ip_forward=$1" "net.ipv6.conf.all.forwarding=$1"
}
forward 1
in_space "$first" sysctl -q net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.bridge.send_redirects=1
for conf in ipv4.conf.all ipv4.conf.veth0 ipv6.conf.all ipv6.conf.veth0; do
	in_space "$client" sysctl -q "net.$conf.accept_redirects=1"
done

# The server sends what is said to it; the client answers with ACKs alone.
mkfifo "$work/in" "$work/out"
exec 3<>"$work/in" 4<>"$work/out"
pid=$(in_space "$nearer" "$OUT/tools/xcat" -l 0.0.0.0 7000 cat "$work/in") && pids+=("$pid")
in_space "$client" "$OUT/tools/xcat" 10.8.0.1 7000 </dev/null >&4 2>"$work/err" &
pids+=($!)

says() {
	local line

	echo "$1" >&3
	read -r -t 5 line <&4 && [ "$line" = "$1" ]
}
# The first redirect may only make the client ask for the other's link address.
redirected() {
	local i

	for ((i = 0; i < 50; i++)); do
		says "once more, $i" || return 1
		[[ $(ip -n "$client" route get 10.8.0.1) != *" via $nearer_ip "* ]] || return 0
	done
	return 1
}
check "data by the first router" says "by the first router"
check "its redirect is believed" redirected || ip -n "$client" route get 10.8.0.1
forward 0
# More than leaves without an ACK.
printf -v much '%060000d' 1
check "60 kB, while it forwards nothing" says "$much"
tap_end
