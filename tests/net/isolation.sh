#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a namespace has for itself: ports, connections, counters, sysctls; and
# which numbers a sysctl takes.
#
# run: wire-blind

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

if [ "$XTCP_WIRE" = kernel ]; then
	skip "everything" "these are xtcp's files"
	tap_end
fi
a=xtcp-a-$$ b=xtcp-b-$$
export work
space_new "$a"
space_new "$b"

# get SPACE NAME, set_to SPACE NAME VALUE
get() {
	in_space "$1" cat "/proc/sys/net/xtcp/$2"
}

# The kernel's TCP on newer kernels receives into as much as 32 MB; xtcp stays at 6.
tcps() {
	in_space "$1" awk -v OFS='\t' -v most="$([ "$2" = rmem ] && echo 6291456)" \
		'most && $3 > most { $3 = most } { $1 = $1; print }' "/proc/sys/net/ipv4/tcp_$2"
}

set_to() {
	in_space "$1" sh -c 'printf "%s\n" "$2" >"/proc/sys/net/xtcp/$1"' - "$2" "$3"
}

is() {
	echo "$1, not $2"
	[ "$1" = "$2" ]
}

counter() {
	in_space "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/xtcp_stat
}

talk() {
	[ "$(echo hello | in_space "$1" timeout 20 "$OUT/tools/xcat" 127.0.0.1 7000)" = hello ]
}

# sysctls
names=$(in_space "$a" ls /proc/sys/net/xtcp)
check "sysctls: as many in each" is "$names" "$(in_space "$b" ls /proc/sys/net/xtcp)"
check "sysctls: one is set" set_to "$a" retries2 7
check "sysctls: there" is "$(get "$a" retries2)" 7
check "sysctls: not elsewhere" is "$(get "$b" retries2)" 15
check "sysctls: nor in the first namespace" \
	is "$(cat /proc/sys/net/xtcp/retries2)" 15
space_new "xtcp-c-$$"
check "sysctls: a new namespace has the defaults" is "$(get "xtcp-c-$$" retries2)" 15
for name in rmem wmem; do
	check "sysctls: $name is as with the kernel's TCP" is "$(get "$a" $name)" \
		"$(tcps "$a" $name)"
	before=$(cat /proc/sys/net/xtcp/$name)
	echo "5000 60000 700000" >/proc/sys/net/xtcp/$name
	space_new "xtcp-e-$$"
	check "sysctls: a new namespace has the first one's $name" \
		is "$(get "xtcp-e-$$" $name | xargs)" "5000 60000 700000"
	ip netns delete "xtcp-e-$$"
	echo "$before" >/proc/sys/net/xtcp/$name
done

# Try values, in one shell that is in the namespace; then print a line for each
# try with its result: no and an unchanged value, or the value.
cat >"$work/no" <<-END
	retries2 256
	retries2 -1
	retries2 seven
	syn_retries 0
	syn_retries 128
	synack_retries 128
	keepalive_probes 0
	abort_on_overflow 2
	moderate_rcvbuf 2
	rto_max_ms 999
	rto_max_ms 120001
	rto_min_us 999
	rto_min_us 120000001
	delack_ms 0
	delack_ms 501
	challenge_ack_ms -1
	max_syn_backlog -1
	syncookies 3
	syncookies -1
	ecn 3
	ecn -1
	ecn_fallback 2
	max_orphans -1
	max_tw_buckets -1
	rmem 100
	wmem 4096 100
	fin_timeout x
	fin_timeout -1
	time_wait -1
	keepalive_time -1
	keepalive_intvl 0
	local_port_range 0 100
	local_port_range 600 2000
	local_port_range 2000 1999
	local_port_range 2000 65536
	local_port_range none
END
cat >"$work/yes" <<-END
	retries2 255
	syn_retries 1
	rto_max_ms 1000
	rto_max_ms 120000
	rto_min_us 1000
	rto_min_us 120000000
	delack_ms 500
	time_wait 1
	fin_timeout 1
	max_orphans 0
END
in_space "$a" bash >"$work/no.got" <<-"END"
	cd /proc/sys/net/xtcp
	export LC_ALL=C
	while read -r name value; do
		read -r before <$name
		said=$({ echo "$value" >$name; } 2>&1) && said=taken
		read -r after <$name
		case $said in
		*"Invalid argument"* | *"I/O error"*) said=no ;;
		esac
		[ "$before" = "$after" ] || said="it is $after"
		echo "$said"
	done <"$work/no"
END
in_space "$a" bash >"$work/yes.got" <<-"END"
	cd /proc/sys/net/xtcp
	while read -r name value; do
		echo "$value" >$name
		cat $name
	done <"$work/yes"
END
while read -r name value <&3 && read -r got <&4; do
	check "sysctls: $name takes no $value" is "$got" no
done 3<"$work/no" 4<"$work/no.got"
while read -r name value <&3 && read -r got <&4; do
	check "sysctls: $name takes $value" is "$got" "$value"
done 3<"$work/yes" 4<"$work/yes.got"
check "sysctls: all were tried" is "$(cat "$work"/*.got | wc -l)" \
	"$(cat "$work"/no "$work"/yes | wc -l)"

# Sysctls that cost the machine memory: at most what the first namespace has
first() {
	cat "/proc/sys/net/xtcp/$1"
}

for name in time_wait fin_timeout max_tw_buckets max_orphans max_syn_backlog; do
	before=$(first "$name")
	check "bounds: $name as in the first namespace" set_to "$b" "$name" "$before"
	check "bounds: no more" eval "! set_to $b $name $((before + 1))"
	check "bounds: it is as before" is "$(get "$b" "$name")" "$before"
	echo $((before + 1)) >"/proc/sys/net/xtcp/$name"
	check "bounds: more once the first has more" set_to "$b" "$name" $((before + 1))
	echo "$((before - 1))" >"/proc/sys/net/xtcp/$name"
	check "bounds: less once it has less" eval "! set_to $b $name $before"
	space_new "xtcp-d-$$"
	check "bounds: a new namespace begins with no more" \
		eval '[ "$(get xtcp-d-$$ '"$name"')" -lt '"$before"' ]'
	ip netns delete "xtcp-d-$$"
	echo "$before" >"/proc/sys/net/xtcp/$name"
	set_to "$b" "$name" "$before"
done

# A value set already no longer counts if the first namespace lowers its own.
time_waits() {
	in_space "$1" awk '$4 == "06"' "$list" | wc -l
}

space_new "xtcp-e-$$"
pid=$(in_space "xtcp-e-$$" "$OUT/tools/xcat" -l 0.0.0.0 7000 cat) && pids+=("$pid")
before=$(first max_tw_buckets)
echo 0 >/proc/sys/net/xtcp/max_tw_buckets
check "bounds: a namespace that was there has as many as the kernel's TCP" \
	is "$(get "xtcp-e-$$" max_tw_buckets)" "$(tcps "xtcp-e-$$" max_tw_buckets)"
check "bounds: a connection in it" talk "xtcp-e-$$"
check "bounds: no TIME_WAIT, as the first has none" is "$(time_waits "xtcp-e-$$")" 0
echo "$before" >/proc/sys/net/xtcp/max_tw_buckets
check "bounds: another connection" talk "xtcp-e-$$"
check "bounds: a TIME_WAIT, as it may" is "$(time_waits "xtcp-e-$$")" 1

# ports, connections, counters
for space in "$a" "$b"; do
	pid=$(in_space "$space" "$OUT/tools/xcat" -l 0.0.0.0 7000 cat) && pids+=("$pid")
	check "ports: 7000 is free in each namespace" [ -n "$pid" ]
done
check "a connection in one" talk "$a"
check "one in the other" talk "$b"
check "another there" talk "$b"
check "counters: one" is "$(counter "$a" PassiveOpens)" 1
check "counters: two" is "$(counter "$b" PassiveOpens)" 2
check "counters: none in a third" is "$(counter "xtcp-c-$$" PassiveOpens)" 0
check "a third has no connection" \
	is "$(in_space "xtcp-c-$$" sed 1d "$list")" ""
check "the others list what is theirs" \
	is "$(in_space "$b" awk '$4 == "06"' "$list" | wc -l)" 2

tap_end
