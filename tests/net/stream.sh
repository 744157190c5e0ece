#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Much data over a path that loses, reorders, duplicates and corrupts, compared
# by hash at the other end; then less of it both ways at once, and the half-close
# of a filter that answers only when it has read all.
#
# XTCP_STREAM_BYTES says how much: by default 100 MB, on TCP's wire a tenth, since
# net/interop moves as much there.
#
# run: wire-blind

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tenth 100000000
[ "$XTCP_WIRE" != tcp ] || tenth=$((tenth / 10))
bytes=${XTCP_STREAM_BYTES:-$tenth}
a=xtcp-a-$$ b=xtcp-b-$$
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi

netem() {
	in_space "$a" tc qdisc replace dev veth0 root netem "$@" &&
		in_space "$b" tc qdisc replace dev veth0 root netem "$@"
}

# Each packet in the qdisc must be one segment, not many in one; and a large one,
# since without SACK each loss costs a round trip.
for space in "$a" "$b"; do
	ip -n "$space" link set veth0 mtu 9000
	for feature in tso gso gro tx-sctp-segmentation; do
		in_space "$space" ethtool -K veth0 "$feature" off >/dev/null 2>&1
	done
	[ "$XTCP_WIRE" = kernel ] ||
		in_space "$space" sysctl -qw net.xtcp.rto_min_us=5000
done

# serve PORT COMMAND...: in $b, for each connection
serve() {
	local pid

	pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 "$@" 2>>"$work/served") ||
		return 1
	pids+=("$pid")
}

# talk PORT: standard input to $b and back
talk() {
	in_space "$a" timeout 100 "$OUT/tools/xcat" 10.9.0.2 "$1"
}

# was_bad: both ends noticed what the path did to segments
was_bad() {
	local space

	for space in "$a" "$b"; do
		in_space "$space" cat /proc/net/xtcp_stat
	done | awk '{ n[$1] += $2 } END {
		split("RetransSegs FastRetrans Duplicates OfoQueued InCsumErrors", names)
		for (i in names) {
			print names[i], n[names[i]]
			missing += !n[names[i]]
		}
		exit missing }'
}

head -c "$bytes" /dev/urandom >"$work/in"
head -c $((bytes / 10)) /dev/urandom >"$work/other"
b2sum <"$work/in" >"$work/in.sum"
b2sum <"$work/other" >"$work/other.sum"

one_way() {
	talk 7000 <"$work/in" >"$work/got" && cmp "$work/in.sum" "$work/got"
}

both_ways() {
	talk 7001 <"$work/other" | b2sum >"$work/got" &&
		cmp "$work/other.sum" "$work/got" &&
		retry cmp "$work/other.sum" "$work/there"
}

half_close() {
	head -c $((bytes / 50)) "$work/other" | base64 -w 40 >"$work/lines"
	sort "$work/lines" >"$work/sorted"
	talk 7002 <"$work/lines" >"$work/got" && cmp "$work/sorted" "$work/got"
}

archive() {
	mkdir -p "$work/tree/empty" "$work/copy" &&
		head -c 100000 "$work/other" >"$work/tree/file" &&
		echo two >"$work/tree/second" &&
		tar -C "$work/tree" -c . | talk 7003 >"$work/got" &&
		[ "$(cat "$work/got")" = "done" ] &&
		diff -r "$work/tree" "$work/copy"
}

check "a server of b2sum" serve 7000 b2sum
check "a server that sends and receives" serve 7001 sh -c \
	"cat $work/other & b2sum >$work/there; wait"
check "a server of sort" serve 7002 sort
check "a server of tar" serve 7003 sh -c "tar -C $work/copy -x && echo done"

check "$((bytes / 10)) bytes on a perfect path, both ways at once" both_ways
check "sort: the answer follows the end of the question" half_close
check "tar: the peer's tar has ended when the answer comes" archive

if netem delay 300us 100us loss 5% duplicate 3% reorder 10% corrupt 2% \
	2>"$work/err"; then
	in_space "$b" tc qdisc delete dev veth0 root
	check "$bytes bytes with loss, reordering, duplicates, corruption" one_way
	[ "$XTCP_WIRE" = kernel ] ||
		check "that path was bad: lost, twice, out of order, damaged" was_bad
	netem delay 300us 100us loss 2% duplicate 3% reorder 10% corrupt 2%
	rm "$work/there"
	check "$((bytes / 10)) bytes both ways at once, both bad" both_ways
	check "sort over a bad path" half_close
	check "tar over a bad path" archive
else
	skip "loss, reordering, duplicates, corruption" "no netem"
fi
check "no server had anything to complain of" [ ! -s "$work/served" ]

tap_end
