#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcp on TCP's wire and the kernel's TCP in another namespace: what ss(8) says of the
# kernel's end and /proc/net/xtcp of xtcp's must be the same, with all options, without
# each of them at either end, and whoever connects.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

a=xtcp-a-$$ b=xtcp-b-$$
if [ "$XTCP_WIRE" != tcp ]; then
	skip "options of xtcp and the kernel's TCP" "wire $XTCP_WIRE"
	tap_end
fi
if ! command -v ss >/dev/null; then
	skip "everything" "no ss"
	tap_end
fi
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi

# serve SPACE WIRE PORT: echo, for each connection
serve() {
	local pid

	pid=$(XTCP_WIRE=$2 in_space "$1" "$OUT/tools/xcat" -l 0.0.0.0 "$3" cat) || return 1
	pids+=("$pid")
}

# knob SPACE DIRECTORY NAME VALUE
knob() {
	# shellcheck disable=SC2016 # that shell expands it
	in_space "$1" sh -c 'echo "$3" >"/proc/sys/net/$1$2"' - "$2" "$3" "$4"
}

# The kernel's end, in the words of /proc/net/xtcp: ts,sack,wscale:5,7
of_kernel() {
	in_space "$b" ss -tinoH state established "( sport = :7000 or dport = :7100 )" >"$work/ss"
	[ ! -s "$work/ss" ] || sed 's/[ \t]/\n/g' "$work/ss" |
		sed -nE '/^(ts|sack|wscale:.*)$/p; $s/.*/-/p' | paste -sd, - | sed 's/,-$//'
}

# Of xtcp's end: the last word of the line of an established connection
of_xtcp() {
	# shellcheck disable=SC2016 # awk does
	in_space "$a" awk '$4 == "01" { print $NF }' /proc/net/xtcp
}

# swapped WORDS: whose scale is first is told from the other end
swapped() {
	sed -E 's/wscale:([0-9]+),([0-9]+)/wscale:\2,\1/' <<<"$1"
}

# A connection that has carried something; then what both say of it.
# agree CLIENT PORT WANTED: WANTED is what xtcp must say, - for nothing
agree() {
	local client=$1 port=$2 want=$3 space to pid status=0 xtcp kernel

	if [ "$client" = tcp ]; then
		space=$a to=10.9.0.2
	else
		space=$b to=10.9.0.1
	fi
	rm -f "$work/in"
	mkfifo "$work/in"
	exec 7<>"$work/in"
	XTCP_WIRE=$client in_space "$space" "$OUT/tools/xcat" "$to" "$port" \
		<"$work/in" >"$work/out" 7>&- &
	pid=$!
	echo hello >&7
	retry both_open || status=1
	xtcp=$(of_xtcp) kernel=$(of_kernel)
	exec 7>&-
	wait "$pid" || status=1
	[ "$(cat "$work/out")" = hello ] || status=1
	retry gone || status=1
	echo "xtcp: $xtcp, kernel: $kernel, wanted: $want"
	[ "$xtcp" = "$want" ] && [ "$(swapped "$kernel")" = "$want" ] && return "$status"
}

both_open() {
	[ -n "$(of_xtcp)" ] && [ -n "$(of_kernel)" ]
}

gone() {
	[ -z "$(of_xtcp)" ]
}

check "the kernel's TCP serves" serve "$b" kernel 7000
check "xtcp serves" serve "$a" tcp 7100

# scales that differ: 9 for 16 MiB, 8 for 8 MiB
knob "$a" xtcp/ rmem "4096 131072 16777216"
knob "$b" ipv4/ tcp_rmem "4096 131072 8388608"

for_roles() {
	check "$1, xtcp connects" agree tcp 7000 "$2"
	check "$1, xtcp accepts" agree kernel 7100 "$2"
}

for_roles "all options" ts,sack,wscale:8,9
for side in "$a:xtcp/:xtcp" "$b:ipv4/tcp_:the kernel's TCP"; do
	IFS=: read -r space prefix who <<<"$side"
	for option in timestamps:sack,wscale:8,9 sack:ts,wscale:8,9 window_scaling:ts,sack; do
		knob "$space" "$prefix" "${option%%:*}" 0
		for_roles "$who without ${option%%:*}" "${option#*:}"
		knob "$space" "$prefix" "${option%%:*}" 1
	done
done
for name in timestamps sack window_scaling; do
	knob "$a" xtcp/ "$name" 0
done
for_roles "no options" -

tap_end
