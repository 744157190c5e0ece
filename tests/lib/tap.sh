# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP output for the scripts, and network namespaces. To be sourced.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=${OUT:-$here/build}
tap_nr=0 tap_failed=0
spaces=() pids=() work=$(mktemp -d)

# What the family's name adds to the name of a program.
# shellcheck disable=SC2034 # for the scripts
case ${XTCP_WIRE:=native} in
kernel)	suffix=-kernel ;;
tcp)	suffix=-tcp ;;
*)	suffix= ;;
esac

# Both versions of IP have these: what comes with them, by XTCP_IP.
# list: the file of xtcp's sockets; level: the directory of IP's sysctls; ip_bytes: of its
# header; ip_word: tcpdump's and nft's word for it; least_mtu: of a link
# shellcheck disable=SC2034 # for the scripts
case ${XTCP_IP:=4} in
4)	list=/proc/net/xtcp level=ipv4 ip_bytes=20 ip_word=ip least_mtu=576 ;;
6)	list=/proc/net/xtcp6 level=ipv6 ip_bytes=40 ip_word=ip6 least_mtu=1280 ;;
mapped)	list=/proc/net/xtcp6 level=ipv4 ip_bytes=20 ip_word=ip least_mtu=576 ;;
*)
	echo "Bail out! XTCP_IP=$XTCP_IP: 4 or 6 or mapped expected"
	exit 1
	;;
esac

# at IP[/BITS]: in $at, what an IPv4 address of a test stands for, as in lib/net.c
at() {
	local a b c d bits=${1#*/}

	at=$1
	[ "$XTCP_IP" = 6 ] || return 0
	IFS=. read -r a b c d <<<"${1%/*}"
	case ${1%/*} in
	0.0.0.0) at=:: ;;
	127.0.0.1) at=::1 ;;
	*) printf -v at 'fd00:7463::%x:%x' $((a << 8 | b)) $((c << 8 | d)) ;;
	esac
	[ "$bits" = "$1" ] || at+=/$((bits + 96))
}

# ip_line WORD...: sets ip_line to a command line of ip(8), whose IPv4 addresses stand for
# others. One that is added is there at once.
ip_line() {
	local word at

	ip_line=(ip)
	for word; do
		if [[ $word =~ ^[0-9]+(\.[0-9]+){3}(/[0-9]+)?$ ]]; then
			at "$word"
			[ "$XTCP_IP" != 6 ] || [[ "${ip_line[*]}" != *"addr add" ]] || at+=" nodad"
			# shellcheck disable=SC2206 # two words
			ip_line+=($at)
		else
			ip_line+=("$word")
		fi
	done
}

# A program that is to be killed is not begun by this: in the background a function is a
# process of its own, and kill would find only that.
ip() {
	ip_line "$@"
	command "${ip_line[@]}"
}

tap_cleanup() {
	local pid space

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait
	for space in "${spaces[@]}"; do
		# a function in the background is a shell, and the program its child
		for pid in $(ip netns pids "$space"); do
			kill "$pid"
		done
		ip netns delete "$space"
	done
	rm -rf "$work"
} 2>/dev/null
trap tap_cleanup EXIT

# tenth N: in $tenth, N, or where XTCP_QUICK is set a tenth of it
tenth() {
	tenth=$1
	[ -z "${XTCP_QUICK-}" ] || tenth=$(($1 / 10))
}

# check NAME COMMAND...: the command succeeds
check() {
	local name=$1 status

	shift
	tap_nr=$((tap_nr + 1))
	"$@" >"$work/output" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok $tap_nr - $name"
		return 0
	fi
	echo "not ok $tap_nr - $name"
	echo "#   status $status of: $*"
	tail -n 5 "$work/output" | sed 's/^/#   /'
	tap_failed=1
	return 1
}

skip() {
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

tap_end() {
	echo "1..$tap_nr"
	exit "$tap_failed"
}

# space_new NAME: a namespace with nothing but lo, up
space_new() {
	ip netns add "$1" || bail_out "ip netns add"
	spaces+=("$1")
	ip -n "$1" link set lo up
}

# space_pair A B: two namespaces joined by veth, 10.9.0.1 in A, 10.9.0.2 in B
space_pair() {
	space_new "$1"
	space_new "$2"
	ip -n "$1" link add veth0 type veth peer name veth0 netns "$2" ||
		return 1
	ip -n "$1" addr add 10.9.0.1/24 dev veth0
	ip -n "$2" addr add 10.9.0.2/24 dev veth0
	ip -n "$1" link set veth0 up
	ip -n "$2" link set veth0 up
	way "$1" 10.9.0.2
}

# way SPACE IP: over IPv6, wait until there is one; the first solicitations may be lost
way() {
	local at

	[ "$XTCP_IP" = 6 ] || return 0
	at "$2"
	retry in_space "$1" ping -q -c 1 -W 1 "$at"
}

# aside NAME COMMAND...: run it in the background, checks and all, with a work
# directory of its own; at most $aside_most at a time
aside_most=4 asides=() aside_pids=()
aside() {
	local name=$1

	shift
	while [ "$(jobs -pr | wc -l)" -ge "$aside_most" ]; do
		wait -n
	done
	mkdir "$work/$name"
	aside_main "$work/$name" "$@" >"$work/$name.tap" 2>&1 </dev/null &
	asides+=("$name")
	aside_pids+=($!)
	pids+=($!)
}

aside_main() {
	local work=$1 tap_nr=0 pids=()

	shift
	"$@"
	echo "1..$tap_nr"
}

# asides_end: wait for them, and show their checks as ours
asides_end() {
	local name line before ended

	wait "${aside_pids[@]}"
	for name in "${asides[@]}"; do
		before=$tap_nr ended=
		while IFS= read -r line; do
			case $line in
			"ok "* | "not ok "*)
				tap_nr=$((tap_nr + 1))
				[ "${line%% *}" = ok ] || tap_failed=1
				line="${line%%ok *}ok $tap_nr - ${line#* - }"
				;;
			1..*)
				[ "$line" = "1..$((tap_nr - before))" ] && ended=1
				continue
				;;
			esac
			echo "$line"
		done <"$work/$name.tap"
		[ "$ended" ] || check "$name came to its end" false
	done
	asides=() aside_pids=()
}

# background COMMAND...: ended by tap_cleanup; its number is in $!
background() {
	"$@" >/dev/null 2>&1 &
	pids+=($!)
}

# retry COMMAND...: try until it succeeds, for 10 s at most
retry() {
	local i

	for ((i = 0; i < 100; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		read -r -t 0.1 <> <(:)
	done
	return 1
}

# two_traced_spaces: joined namespaces $a and $b where xtcp's events can be watched, with "${both[@]}" for xtcp-trace, which
# else sees what an earlier test has left behind; without them everything is skipped
two_traced_spaces() {
	a=xtcp-a-$$ b=xtcp-b-$$
	# shellcheck disable=SC2034 # for the scripts
	both=(--netns "$a" --netns "$b")
	if [ "$XTCP_WIRE" = kernel ] || [ ! -d /sys/kernel/tracing/events/xtcp ]; then
		skip "everything" "no tracepoints of xtcp's"
		tap_end
	fi
	if ! space_pair "$a" "$b"; then
		skip "everything" "no veth"
		tap_end
	fi
}

# unload_xtcp: with what the kernel has loaded for sock_diag
unload_xtcp() {
	if [ -d /sys/module/xtcp_diag ]; then
		rmmod xtcp_diag || return 1
	fi
	rmmod xtcp
}

# in_space NAME COMMAND...: without a /sys of the namespace's own, which takes long
in_space() {
	"$OUT/tools/within" "$@"
}
