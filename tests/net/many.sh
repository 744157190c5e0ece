#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many connections between two namespaces, of which nothing must be left.
#
# XTCP_MANY says how many: 10000 by default.
#
# run: counts-objects

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tenth 10000
count=${XTCP_MANY:-$tenth}
a=xtcp-a-$$ b=xtcp-b-$$
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi
xtcp=true
[ "$XTCP_WIRE" = kernel ] && xtcp=false

# Ends that closed first stay in TIME_WAIT until all has been counted. No FIN may be sent
# again meanwhile, as happens on a machine that stands still for a while: the answer may
# meet a closed socket, whose RST ends TIME_WAIT.
# A namespace has at most what the first has.
! $xtcp || sysctl -qw net.xtcp.time_wait=3600 net.xtcp.max_tw_buckets=65536
! $xtcp || for space in "$a" "$b"; do
	in_space "$space" sysctl -qw net.xtcp.time_wait=3600 net.xtcp.rto_min_us=2000000 \
		net.xtcp.max_tw_buckets=65536
done

# counter SPACE NAME
counter() {
	in_space "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/xtcp_stat
}

is() {
	echo "$1, not $2"
	[ "$1" = "$2" ]
}

# listed SPACE: entries of the namespace's table in TIME_WAIT, and others
listed() {
	in_space "$1" awk 'NR > 1 { n[$4 == "06"]++ }
		END { print n[1] + 0, n[0] + 0 }' "$list"
}

listed_is() {
	is "$(listed "$1")" "$2"
}

# slab NAME: objects in use; the machine is told to merge no caches
slab() {
	echo 1 >"/sys/kernel/slab/$1/shrink"
	awk -v name="$1" '$1 == name { print $2 }' /proc/slabinfo
} 2>/dev/null

# slab_at_most NAME COUNT: objects of earlier tests may have ended meanwhile
slab_at_most() {
	[ "$(slab "$1")" -le "$2" ]
}

# slab_is NAME COUNT
slab_is() {
	is "$(slab "$1")" "$2"
}

counter_is() {
	is "$(counter "$1" "$2")" "$3"
}

# many COUNT
many() {
	local status

	"$OUT/tools/many" "$b" "$a" "$1" >"$work/many" 2>&1
	status=$?
	sed 's/^/#   /' "$work/many"
	return "$status"
}

# How many objects there are before. Those of earlier tests may still be going.
before=()
for cache in XTCP xtcp_timewait xtcp_request; do
	$xtcp || break
	retry slab_is "$cache" 0
	before+=("$(slab "$cache")")
done

many "$count"
check "$count connections opened, used, closed" [ $? -eq 0 ]
$xtcp || tap_end

half=$((count / 2))
for space in "$a" "$b"; do
	who=server
	[ "$space" = "$a" ] && who=client
	check "$who: no connection is left" retry counter_is "$space" CurrEstab 0
	check "$who: half of them are in TIME_WAIT" retry counter_is "$space" TimeWaits "$half"
	check "$who: $list lists those and no other" \
		retry listed_is "$space" "$half 0"
	check "$who: none was reset" counter_is "$space" EstabResets 0
	check "$who: none failed" counter_is "$space" AttemptFails 0
done
check "client: each was opened" counter_is "$a" ActiveOpens "$count"
check "server: each was accepted" counter_is "$b" PassiveOpens "$count"
check "slab: an object per TIME_WAIT" \
	eval '[ "$(slab xtcp_timewait)" -ge '"$((2 * half))"' ]'
check "slab: no request" retry slab_at_most xtcp_request "${before[2]}"
check "slab: no socket" retry slab_at_most XTCP "${before[0]}"

sysctl -qw net.xtcp.time_wait=60

# The end of the namespaces ends the TIME_WAITs.
ip netns delete "$a"
ip netns delete "$b"
check "slab: the TIME_WAITs go with their namespaces" \
	retry slab_at_most xtcp_timewait "${before[1]}"

# So does their own end.
a=xtcp-c-$$ b=xtcp-d-$$
space_pair "$a" "$b"
for space in "$a" "$b"; do
	in_space "$space" sysctl -qw net.xtcp.time_wait=1
done
many $((count / 10))
check "$((count / 10)) more, with a TIME_WAIT of a second" [ $? -eq 0 ]
check "client: no entry is left" retry listed_is "$a" "0 0"
check "server: no entry is left" retry listed_is "$b" "0 0"
check "slab: no TIME_WAIT" retry slab_at_most xtcp_timewait "${before[1]}"
check "slab: no socket" retry slab_at_most XTCP "${before[0]}"

tap_end
