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

# in_use WORDS...: what ss says of options in the words of /proc/net/xtcp, as they are seen
# from the other end, in $said: ts,sack,wscale:5,7 or - for nothing
in_use() {
	local word

	said=
	for word; do
		case $word in
		ts | sack | ecn) said+=,$word ;;
		wscale:*)
			[[ $word =~ ([0-9]+),([0-9]+) ]]
			said+=,wscale:${BASH_REMATCH[2]},${BASH_REMATCH[1]}
			;;
		esac
	done
	said=${said#,} said=${said:--}
}

# Ask both ends about the connections to 7000 and 7100: in $xtcp and $kernel, by port.
# An established one is state 01; 1B58 is 7000, 1BBC 7100.
both_open() {
	local words

	xtcp=() kernel=()
	while read -ra words; do
		case "${words[*]:1:3}" in
		*:1B58" 01") xtcp[7000]=${words[-1]} ;;
		*:1BBC\ *" 01") xtcp[7100]=${words[-1]} ;;
		esac
	done < <(in_space "$a" cat "$list")
	while read -ra words; do
		in_use "${words[@]}"
		case "${words[*]:2:2}" in
		*:7000\ *) kernel[7000]=$said ;;
		*:7100) kernel[7100]=$said ;;
		esac
	done < <(in_space "$b" ss -tinoHO state established "( sport = :7000 or dport = :7100 )")
	[ ${#xtcp[@]},${#kernel[@]} = 2,2 ]
}

gone() {
	[[ $(in_space "$a" cat "$list") != *" 01 "* ]]
}

# connect SPACE WIRE ADDRESS PORT: send what comes to the fifo
connect() {
	XTCP_WIRE=$2 in_space "$1" "$OUT/tools/xcat" "$3" "$4" <"$work/in.$4" >"$work/out.$4" &
	client[$4]=$!
}

# A connection in each direction, which carries something and ends
talk() {
	local port

	connect "$a" tcp 10.9.0.2 7000
	connect "$b" kernel 10.9.0.1 7100
	exec 7>"$work/in.7000" 8>"$work/in.7100"
	echo hello >&7
	echo hello >&8
	retry both_open
	exec 7>&- 8>&-
	for port in 7000 7100; do
		wait "${client[port]}" && [ "$(<"$work/out.$port")" = hello ]
		ended[port]=$?
	done
	retry gone || ended=([7000]=1 [7100]=1)
}

# agree PORT WANTED: both said that of the connection, - for nothing
agree() {
	echo "xtcp: ${xtcp[$1]-}, kernel: ${kernel[$1]-}, wanted: $2, status ${ended[$1]}"
	[ "${xtcp[$1]-}" = "$2" ] && [ "${kernel[$1]-}" = "$2" ] && [ "${ended[$1]}" = 0 ]
}

mkfifo "$work/in.7000" "$work/in.7100"
client=() ended=() xtcp=() kernel=()
check "the kernel's TCP serves" serve "$b" kernel 7000
check "xtcp serves" serve "$a" tcp 7100

# scales that differ: 9 for 16 MiB, 8 for 8 MiB
knob "$a" xtcp/ rmem "4096 131072 16777216"
knob "$b" ipv4/ tcp_rmem "4096 131072 8388608"

for_roles() {
	talk
	check "$1, xtcp connects" agree 7000 "$2"
	check "$1, xtcp accepts" agree 7100 "$2"
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

for role in "$a:xtcp/:xtcp connects:7000" "$b:ipv4/tcp_:xtcp accepts:7100"; do
	IFS=: read -r space prefix who port <<<"$role"
	knob "$space" "$prefix" ecn 1
	talk
	check "nothing but ECN, $who" agree "$port" ecn
	knob "$space" "$prefix" ecn 2
done

tap_end
