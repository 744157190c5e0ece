#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcp on TCP's wire against the kernel's TCP in another namespace, as client and
# as server: much data, bad paths, small and large MTUs, a stateful firewall.
#
# XTCP_STREAM_BYTES says how much, 100 MB by default.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tenth 100000000
bytes=${XTCP_STREAM_BYTES:-$tenth}
a=xtcp-a-$$ b=xtcp-b-$$
if [ "$XTCP_WIRE" != tcp ]; then
	skip "interoperation with the kernel's TCP" "wire $XTCP_WIRE"
	tap_end
fi
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi

# serve WIRE PORT COMMAND...: in $b, for each connection
serve() {
	local pid wire=$1

	shift
	pid=$(XTCP_WIRE=$wire in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 "$@" \
		2>>"$work/served") || return 1
	pids+=("$pid")
}

# talk WIRE PORT: standard input to $b and back
talk() {
	XTCP_WIRE=$1 in_space "$a" timeout 100 "$OUT/tools/xcat" 10.9.0.2 "$2"
}


head -c "$bytes" /dev/urandom >"$work/large"
head -c $((bytes / 50)) /dev/urandom >"$work/small"
b2sum <"$work/large" >"$work/large.sum"
b2sum <"$work/small" >"$work/small.sum"

for role in tcp:80 kernel:70; do
	wire=${role%:*} port=${role#*:}
	check "$wire serves b2sum" serve "$wire" "${port}00" b2sum
	check "$wire serves a file" serve "$wire" "${port}01" \
		sh -c "cat $work/large"
	check "$wire serves both ways" serve "$wire" "${port}02" \
		sh -c "cat $work/large & b2sum >$work/there; wait"
	check "$wire serves a small file" serve "$wire" "${port}03" \
		sh -c "cat $work/small"
done

there() {
	talk "$1" "${2}00" <"$work/$3" >"$work/got.$1" && cmp "$work/$3.sum" "$work/got.$1"
}

back() {
	talk "$1" "${2}01" </dev/null | b2sum | cmp - "$work/large.sum"
}

back_small() {
	talk "$1" "${2}03" </dev/null | b2sum | cmp - "$work/small.sum"
}

both() {
	rm -f "$work/there"
	talk "$1" "${2}02" <"$work/large" | b2sum | cmp - "$work/large.sum" &&
		retry cmp "$work/there" "$work/large.sum"
}

# for_roles NAME FUNCTION [ARGUMENT]
for_roles() {
	local role

	# kernel:70 serves for tcp's clients, tcp:80 for the kernel's
	for role in tcp:70 kernel:80; do
		check "$1, ${role%:*} is the client" "$2" "${role%:*}" \
			"${role#*:}" "${3:-}"
	done
}

for_roles "$bytes bytes there" there large
for_roles "$bytes bytes back" back
for_roles "$bytes bytes both ways at once" both

# tcpdump sees TCP, untouched
dump() {
	local pid status=0

	ip netns exec "$b" timeout 60 tcpdump -nli veth0 "tcp port 7000" \
		>"$work/dump" 2>&1 &
	pid=$!
	retry grep -q "listening on" "$work/dump" && there tcp 70 small &&
		retry grep -q 'Flags \[S\]' "$work/dump" || status=1
	kill "$pid"
	wait "$pid"
	[ "$status" -eq 0 ] || cat "$work/dump"
	return "$status"
}
if command -v tcpdump >/dev/null; then
	check "tcpdump sees TCP" dump
else
	skip "tcpdump sees TCP" "no tcpdump"
fi

# A stateful firewall in front of xtcp: confirmed connections pass, a dropped
# port stays dropped.
firewall() {
	in_space "$a" nft -f - <<-END
		table $ip_word filter {
			chain input {
				type filter hook input priority 0; policy drop;
				ct state established,related counter accept
				iif lo accept
				meta l4proto ipv6-icmp accept
				tcp dport 6000 ct state new counter accept
				tcp dport 6001 drop
			}
		}
	END
}
reaches() {
	local status

	pid=$(XTCP_WIRE=tcp in_space "$a" "$OUT/tools/xcat" -l 0.0.0.0 "$1" echo here)
	pids+=("$pid")
	XTCP_WIRE=kernel in_space "$b" timeout "${2:-20}" "$OUT/tools/xcat" 10.9.0.1 "$1" \
		</dev/null >"$work/got" 2>&1
	status=$?
	kill "$pid"
	[ "$status" = 0 ] && grep -q here "$work/got"
}
if command -v nft >/dev/null && firewall 2>"$work/err"; then
	check "the answers to our SYN are ESTABLISHED to conntrack" there tcp 70 small
	check "an accepted port is reached" reaches 6000
	check "a dropped port stays dropped" eval '! reaches 6001 1'
	check "conntrack has confirmed the connections" in_space "$a" \
		grep -q 'dport=7000.*' /proc/net/nf_conntrack
	in_space "$a" nft flush ruleset
else
	skip "a stateful firewall" "no nft"
fi

# begin NAME COMMAND..., ended NAME: run a command that mostly waits beside others
declare -A began
begin() {
	"${@:2}" >"$work/$1.said" 2>&1 &
	began[$1]=$!
}
ended() {
	wait "${began[$1]}" && return
	cat "$work/$1.said"
	return 1
}

if in_space "$a" tc qdisc add dev veth0 root netem delay 1ms 2>/dev/null; then
	for path in "delay 20ms loss 2%" "delay 5ms reorder 25% 50%" \
		"delay 1ms duplicate 5%" "delay 1ms corrupt 2%"; do
		for space in "$a" "$b"; do
			# shellcheck disable=SC2086
			in_space "$space" tc qdisc replace dev veth0 root \
				netem $path limit 10000
		done
		for role in tcp:70 kernel:80; do
			for way in there back_small; do
				begin "${role%:*}.$way" "$way" \
					"${role%:*}" "${role#*:}" small
			done
		done
		for way in there back_small; do
			for role in tcp kernel; do
				check "$path, ${way%_small}, $role is the client" \
					ended "$role.$way"
			done
		done
	done
	for space in "$a" "$b"; do
		in_space "$space" tc qdisc delete dev veth0 root
	done
else
	skip "loss, reordering, duplicates, corruption" "no netem"
fi

for mtu in "$least_mtu" 9000; do
	ip -n "$a" link set veth0 mtu "$mtu"
	ip -n "$b" link set veth0 mtu "$mtu"
	for_roles "MTU $mtu" there small
	for_roles "MTU $mtu, back" back_small
done

# A narrow link that only ICMP reveals: $a - $r - $b
r=xtcp-r-$$
space_new "$r"
ip -n "$r" link add to_a type veth peer name veth1 netns "$a"
ip -n "$r" link add to_b type veth peer name veth1 netns "$b"
ip -n "$a" addr add 10.8.1.1/24 dev veth1
ip -n "$b" addr add 10.8.2.1/24 dev veth1
ip -n "$r" addr add 10.8.1.2/24 dev to_a
ip -n "$r" addr add 10.8.2.2/24 dev to_b
for where in "$a veth1" "$b veth1" "$r to_a" "$r to_b"; do
	ip -n "${where% *}" link set "${where#* }" up
done
in_space "$r" sysctl -qw "net.$level.conf.all.forwarding=1"
narrow=1000
[ "$narrow" -ge "$least_mtu" ] || narrow=$least_mtu
ip -n "$r" link set to_b mtu "$narrow"
ip -n "$b" link set veth1 mtu 1500
ip -n "$a" route add 10.8.2.0/24 via 10.8.1.2
ip -n "$b" route add 10.8.1.0/24 via 10.8.2.2
way "$a" 10.8.2.1

narrow() {
	XTCP_WIRE=$1 in_space "$a" timeout 60 "$OUT/tools/xcat" 10.8.2.1 "${2}00" \
		<"$work/small" >"$work/got" && cmp "$work/small.sum" "$work/got"
}
for_roles "path MTU discovery" narrow

if [ -s "$work/served" ]; then
	sed 's/^/# /' "$work/served"
fi
check "no server had anything to complain of" [ ! -s "$work/served" ]

tap_end
