#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcp-trace --why: what a connection waits for, in a sentence.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/puppet.sh
. "$here/lib/puppet.sh"

two_traced_spaces

# why SPACE ARGUMENT...: what it says there, into $work/said
why() {
	local space=$1

	shift
	in_space "$space" "$OUT/xtcp-trace" --why "$@" >"$work/said" 2>&1
	cat "$work/said"
}

# sentence PATTERN: as a regular expression; "~" stands for a number, "@" for a time
sentence() {
	local pattern=${1//\~/[0-9]+}

	echo ": ${pattern//@/(about |more than )?[0-9.]+ m?s}"
}

# says SPACE PORT PATTERN: within some tries
says() {
	local i pattern

	pattern=$(sentence "$3")
	for ((i = 0; i < 8; i++)); do
		why "$1" "$2" --for 0.6 >/dev/null
		grep -qE "$pattern" "$work/said" && return
	done
	echo "$3"
	cat "$work/said"
	return 1
}

firewall() {
	in_space "$1" nft -f - <<-END
		table $ip_word filter {
			chain $2 {
				type filter hook $2 priority 0;
				meta l4proto { 6, 253 } drop
			}
		}
	END
}
no_firewall() {
	in_space "$1" nft flush ruleset
}

# ---- nothing to do ----
joined c1 s1 7000
rest="nothing: all that was sent is acknowledged, and nothing is unsent"
check "a connection at rest" says "$a" 7000 "$rest\$"
tell c1 set keepidle 100
check "with keep-alive" says "$a" 7000 "$rest; keep-alive 1 leaves in @\$"
# shellcheck disable=SC2016
check "a line names both ends" grep -qE "^[^ ]+:[0-9]+ to [^ ]+:7000: nothing" "$work/said"

# ---- the peer does not read ----
# the window's end is seen as it comes, not in a later look: the probes become rare
"$OUT/xtcp-trace" --why 7000 --netns "$b" >"$work/reader" &
reader=$!
pids+=("$reader")
retry grep -qs 1 "/sys/kernel/tracing/instances/xtcp-trace-$reader/events/xtcp/xtcp_segment_out/enable" || bail_out "nobody watches"
tell c1 write 4000000
stalled="the peer's window is closed since @; probe ~ leaves in @; the user has ~ KB unsent"
check "a peer that does not read" says "$a" 7000 "$stalled"
check "the third probe" says "$a" 7000 "the peer's window is closed since @; probe [3-9] leaves in @"
reader_says() {
	kill -INT "$reader"
	wait "$reader"
	cat "$work/reader"
	grep -qE "$(sentence "the user does not read: our window is closed since @, and ~ KB are unread")" "$work/reader"
}
check "the one that does not read" reader_says
"$OUT/xtcp-trace" --json --port 7000 --for 1 >"$work/json"
from_file() {
	"$OUT/xtcp-trace" --read "$work/json" --why >"$work/said"
	cat "$work/said"
	grep -qE "10.9.0.2:7000: the peer's window is closed|09:2\]:7000: the peer's window is closed|900:2\]:7000: the peer's window is closed" "$work/said" &&
		grep -qE "KB are unread" "$work/said"
}
check "the same from a file, of both namespaces" from_file
tell s1 read "${told#done }"
check "it has read" says "$a" 7000 "$rest"

# ---- a close, step by step ----
tell c1 shutdown
check "FIN_WAIT_2" says "$a" 7000 "waits for the peer's FIN since @; keep-alive 1 leaves in @\$"
tell s1 end
check "CLOSE_WAIT" says "$b" 7000 "the peer has closed, and the user has not since @\$"
tell s1 close
check "TIME_WAIT" says "$a" 7000 "all is done; TIME_WAIT ends in @\$"
dismiss c1 s1

# a user that closes and is gone: FIN_WAIT_2 does not last
joined c8 s8 7008
tell c8 close
check "FIN_WAIT_2 of nobody's" says "$a" 7008 "waits for the peer's FIN since @; is given up in @\$"
dismiss c8 s8

# ---- Nagle's algorithm, corks, delayed ACKs ----
in_space "$a" sysctl -qw net.xtcp.rto_min_us=60000000 net.xtcp.early_retrans=0
in_space "$b" sysctl -qw net.xtcp.delack_ms=500
joined c2 s2 7002
# meanwhile SPACE LINE...: while it watches there; tell() gets the lines
meanwhile() {
	local space=$1 i line

	shift
	"$OUT/tools/within" "$space" "$OUT/xtcp-trace" --why 7002 --for 30 >"$work/said" 2>&1 &
	watch=$!
	for ((i = 0; i < 200; i++)); do
		grep -qs 1 /sys/kernel/tracing/instances/xtcp-trace-*/events/xtcp/xtcp_drop/enable && break
		read -rt 0.05 <> <(:)
	done
	for line; do
		# shellcheck disable=SC2086 # words
		tell $line
	done
}
# then_says PATTERN: once it ends
then_says() {
	local pattern=${1//\~/[0-9]+}

	kill -INT "$watch"
	wait "$watch"
	cat "$work/said"
	grep -qE ": ${pattern//@/(about |more than )?[0-9.]+ m?s}" "$work/said"
}
firewall "$b" output
meanwhile "$a" "c2 write 5" "c2 write 6"
check "Nagle's algorithm" then_says \
	"Nagle's algorithm holds 6 octets back: they wait for the ACK of what is in flight since @; without an ACK retransmission 1 leaves in @"
no_firewall "$b"
tell c2 set nodelay 1
tell c2 write 1
tell s2 read 12
# of a full segment, the second of which has not come
delayed() {
	local i mss=$((1468 - ip_bytes)) lines=()

	# the first ACKs are quick, and those after silence
	for ((i = 0; i < 25; i++)); do
		lines+=("c2 write 1" "s2 read 1")
	done
	for ((i = 0; i < 6; i++)); do
		meanwhile "$b" "${lines[@]}" "c2 acked" "c2 write $mss"
		then_says ".*; an ACK waits for data to go with it, and leaves in @" && return
		tell s2 read "$mss"
	done
	return 1
}
check "a delayed ACK" delayed
tell c2 set cork 1
meanwhile "$a" "c2 write 7"
check "a cork" then_says "7 octets wait for the user's word \(TCP_CORK, MSG_MORE\) since @; they leave in @"
in_space "$a" sysctl -qw net.xtcp.rto_min_us=200000
dismiss c2 s2

# ---- a firewall that drops ----
joined c3 s3 7003
puppet c4 "$a"
firewall "$b" input
tell c3 write 700
check "what is not acknowledged" says "$a" 7003 \
	"700 octets are not acknowledged since @; retransmission [2-9] leaves in @"
puppet s4 "$b"
tell s4 listen 0.0.0.0 7004 5
tell c4 connect 10.9.0.2 7004
check "a SYN that is not answered" says "$a" 7004 "the SYN is not answered since @; SYN ~ leaves in @\$"
no_firewall "$b"
check "a listener" says "$b" 7004 "(1 connection waits for the user's accept\(\)|listens, and nobody waits for accept\(\))\$"
firewall "$a" input
puppet c5 "$a"
tell c5 connect 10.9.0.2 7004
check "a SYN,ACK that is not answered" says "$b" 7004 "the SYN,ACK is not answered since @; SYN,ACK ~ leaves in @\$"
no_firewall "$a"
dismiss c3 s3 c4 s4 c5

# ---- a full accept queue ----
puppet s6 "$b"
tell s6 listen 0.0.0.0 7006 0
for n in 1 2 3; do
	puppet "f$n" "$a"
	tell "f$n" connect 10.9.0.2 7006
done
# their SYNs come ever more seldom: while we watch there shall be some
# shellcheck disable=SC2016 # the shell there expands them
"$OUT/tools/within" "$a" bash -c 'while :; do timeout 0.2 "$1" 10.9.0.2 7006 </dev/null; done' - "$OUT/tools/xcat" >/dev/null 2>&1 &
knocks=$!
pids+=("$knocks")
check "a full accept queue" says "$b" 7006 \
	"the accept queue is full: ~ connections? waits? for the user's accept\(\), and ~ segments? (was|were) dropped"
kill "$knocks"
wait "$knocks" 2>/dev/null
dismiss s6 f1 f2 f3

# ---- lost segments ----
if in_space "$a" tc qdisc replace dev veth0 root netem loss 40% 2>"$work/err"; then
	pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 7007 sh -c 'cat >/dev/null') && pids+=("$pid")
	in_space "$a" "$OUT/tools/xcat" 10.9.0.2 7007 </dev/zero >/dev/null 2>&1 &
	bulk=$!
	pids+=("$bulk")
	check "lost segments" says "$a" 7007 ".*; ~ segments? (was|were) sent again while we watched"
	in_space "$a" tc qdisc del dev veth0 root
else
	skip "lost segments" "no netem"
fi

# ---- namespaces and arguments ----
nobody() {
	why "$1" 9999 --for 0.1
	grep -q "there is no such connection" "$work/said"
}
check "nobody is there" nobody "$a"
by_name() {
	"$OUT/xtcp-trace" --why --netns "$1" --for 0.1 >"$work/said"
	cat "$work/said"
	grep -q ":7007" "$work/said"	# the listener, if nobody is connected any more
}
check "--netns" by_name "$b"
ours() {
	"$OUT/xtcp-trace" --why --for 0.1 >"$work/said" 2>&1
	! grep -q ":7007" "$work/said"
}
check "only the namespace in which it is started" ours
wrong() {
	"$OUT/xtcp-trace" "$@" >"$work/said" 2>&1
	[ $? = 2 ] && grep -q "try --help" "$work/said"
}
check "--why 0 is no port" wrong --why 0
check "--why x is no port" wrong --why x
check "--why --json" wrong --why --json
check "--why --tsv" wrong --why --tsv
check "--why --events states" wrong --why --events states
check "--for 0" wrong --why --for 0
check "--for x" wrong --why --for x
tap_end
