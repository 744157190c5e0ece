#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Over real drivers: two network cards on one hub, one of them in a namespace of
# its own, so that every frame leaves by one and arrives by the other.

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tenth 20000000
bytes=${XTCP_NIC_BYTES:-$tenth}
if [ ! -e /sys/class/net/eth0/device ] || [ ! -e /sys/class/net/eth1/device ]; then
	skip "everything" "no two network cards"
	tap_end
fi
a=xtcp-a-$$ b=xtcp-b-$$
space_new "$a"
space_new "$b"

# A card that is left in a namespace comes back when that ends.
ip link set eth0 netns "$a" || bail_out "eth0 does not move"
ip link set eth1 netns "$b" || bail_out "eth1 does not move"
ip -n "$a" addr add 10.9.0.1/24 dev eth0
ip -n "$b" addr add 10.9.0.2/24 dev eth1
ip -n "$a" link set eth0 up
ip -n "$b" link set eth1 up

serve() {
	local pid

	pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 "$@") && pids+=("$pid")
}

echoes() {
	[ "$(echo hello | in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 7000)" = hello ]
}

# transfer [FILE]
transfer() {
	local file=${1:-$work/in}

	in_space "$a" timeout 60 "$OUT/tools/xcat" 10.9.0.2 7001 <"$file" >"$work/got" &&
		cmp "$file.sum" "$work/got"
}

# frames SPACE DEVICE DIRECTION: counted by the driver
frames() {
	ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3_packets"
}

# offload NAME on|off: set it where the cards have it
offload() {
	in_space "$a" ethtool -K eth0 "$1" "$2" &&
		in_space "$b" ethtool -K eth1 "$1" "$2"
} >/dev/null 2>&1

head -c "$bytes" /dev/urandom >"$work/in"
head -c $((bytes / 10)) "$work/in" >"$work/few"
b2sum <"$work/in" >"$work/in.sum"
b2sum <"$work/few" >"$work/few.sum"
serve 7000 cat
serve 7001 b2sum
check "a line there and back" retry echoes
sent=$(frames "$a" eth0 tx) received=$(frames "$b" eth1 rx)
check "$bytes bytes" transfer
sent=$(($(frames "$a" eth0 tx) - sent))
received=$(($(frames "$b" eth1 rx) - received))
least=$((bytes / (1480 - ip_bytes)))
check "every frame is of 1500 bytes at most: $sent sent" [ "$sent" -ge "$least" ]
check "and arrives by the other driver: $received" [ "$received" -ge "$least" ]

"$OUT/tools/within" "$b" tcpdump -i eth1 -n -U -w "$work/dump" -s 64 -c 2000 "$ip_word" \
	>/dev/null 2>"$work/tcpdump" &
pid=$!
# shellcheck disable=SC2317
listening() {
	grep -q "listening on" "$work/tcpdump"
}
longest() {
	tcpdump -n -e -r "$work/dump" 2>/dev/null |
		sed -n 's/.*, length \([0-9]*\): .*/\1/p' | sort -n | tail -n 1
}
# shellcheck disable=SC2317
captured() {
	[ "$(longest)" -ge 1514 ]
}
if retry listening; then
	check "$bytes bytes, captured" transfer
	retry captured	# it writes what it was given a moment later
	kill "$pid" 2>/dev/null	# few frames may be enough, where a card cuts them
	wait "$pid"
	longest=$(longest)
	if [ "$XTCP_WIRE" != native ]; then
		skip "the longest frame has 1514 bytes" "the device cuts TCP itself"
	else
		check "the longest frame has 1514 bytes" [ "${longest:-0}" -eq 1514 ]
	fi
else
	kill "$pid" 2>/dev/null
	skip "a capture" "no tcpdump"
fi

for feature in tx rx sg gso gro; do
	for state in off on; do
		if offload "$feature" "$state"; then
			check "$feature $state: $((bytes / 10)) bytes" transfer "$work/few"
		else
			skip "$feature $state" "the cards do not have it, or not a choice"
		fi
	done
done

# One end computes checksums in software, the other in its driver.
in_space "$a" ethtool -K eth0 tx off >/dev/null 2>&1
check "checksums by software there, by the card here" transfer "$work/few"
in_space "$a" ethtool -K eth0 tx on >/dev/null 2>&1
in_space "$b" ethtool -K eth1 rx off tx off >/dev/null 2>&1
check "the other way round" transfer "$work/few"
[ "$XTCP_WIRE" = kernel ] || check "no checksum was bad" \
	in_space "$b" awk '$1 == "InCsumErrors" && $2 { exit 1 }' /proc/net/xtcp_stat
in_space "$b" ethtool -K eth1 rx on tx on >/dev/null 2>&1

ip -n "$a" link set eth0 netns 1
ip -n "$b" link set eth1 netns 1
tap_end
