#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcp-trace: its table, made live and from a file; its conditions; what it loses and says so.

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/puppet.sh
. "$here/lib/puppet.sh"

tracing=/sys/kernel/tracing
trace=$OUT/xtcp-trace
two_traced_spaces
pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 7000 cat) && pids+=("$pid")
pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 7001 cat) && pids+=("$pid")
server=$pid

# instance PID: of its xtcp-trace
instance() {
	echo "$tracing/instances/xtcp-trace-$1"
}
# all that it enables, this last
watches() {
	grep -qs 1 "$(instance "$1")/events/xtcp/xtcp_${2-drop}/enable"
}
# watch FILE ARGUMENT...: in the background; its number in $watch
watch() {
	local file=$1

	shift
	"$trace" "$@" >"$work/$file" 2>"$work/$file.err" &
	watch=$!
	pids+=("$watch")
	retry watches "$watch" || bail_out "xtcp-trace $*: $(cat "$work/$file.err")"
	# it lists the sockets that there are, looks for events, and then pauses for the first time
	retry grep -q nanosleep "/proc/$watch/wchan" || bail_out "xtcp-trace $*: it does not pause"
}
# enough FILE PATTERN [COUNT]: it has that many lines like it
enough() {
	[ "$(grep -cE "$2" "$work/$1")" -ge "${3-1}" ]
}
end() {
	kill -INT "$1"
	wait "$1"
}
talk() {
	[ "$(echo hello | in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 "$1")" = hello ]
}
# without the times: those of two instances differ by a little
timeless() {
	cut -f 1-3,5- "$1"
}

# ---- live, and from a file ----
watch tsv --tsv "${both[@]}"
live=$watch
watch json --json "${both[@]}"
file=$watch
watch more --tsv --columns cwnd,ssthresh,pipe,snd_wnd,rcv_wnd,srtt,rto,phase,why "${both[@]}"
more=$watch
watch relative --tsv --relative "${both[@]}"
relative=$watch
check "a connection, watched" talk 7000
closed() {
	enough tsv 'TIME_WAIT' && enough json '"to_name":"TIME_WAIT"' && enough more TIME_WAIT && enough relative TIME_WAIT
}
check "each sees its end" retry closed
check "SIGINT ends it" end "$live"
end "$file" && end "$more" && end "$relative"
gone() {
	[ ! -e "$(instance "$live")" ]
}
check "its trace instance is gone" gone
"$trace" --read "$work/json" --tsv >"$work/again"
timeless "$work/tsv" >"$work/live.cut"
timeless "$work/again" >"$work/again.cut"
check "the table made live is the table made of the JSON" diff "$work/live.cut" "$work/again.cut"
check "it has both ends' states" grep -qP '>\tSYN\t.*\tSYN_RECEIVED\t' "$work/tsv"
"$trace" --read "$work/json" --json >"$work/json2"
check "JSON made of the JSON is the same" cmp "$work/json" "$work/json2"
valid() {
	command -v python3 >/dev/null || return 0
	python3 -c '
import json, sys, time
lines = [json.loads(line) for line in sys.stdin]
assert lines[0]["xtcp-trace"] == 1
assert abs(lines[0]["realtime_ns"] / 1e9 + lines[-1]["t"] - time.time()) < 300
names = {line["event"] for line in lines[1:]}
assert {"state", "segment_in", "segment_out", "acked", "socket", "timer_armed", "request_made"} <= names, names
assert all(line["netns"] for line in lines[1:])
' <"$work/json"
}
check "any reader of JSON reads it" valid
both() {
	[ "$(sed -n 's/.*"netns":\([0-9]*\).*"event_name":"\(active OPEN\|rcv SYN\)".*/\1/p' "$work/json" | sort -u | wc -l)" = 2 ]
}
check "the two ends are in two namespaces" both
columns() {
	awk -F '\t' '
		$6 == ">" && $7 == "PSH,ACK" {
			n++
			if ($14 < 1000 || $15 == "" || $16 != 0 || $17 < 1000 || $18 < 10000 ||
			    $19 !~ /^[0-9]+[.][0-9][0-9][0-9]$/ || $20 < 200 || $21 != "open" || $22 != "new data") {
				print
				bad = 1
			}
		}
		END { exit bad || !n }' "$work/more"
}
check "--columns" columns
counted() {
	awk -F '\t' '
		$6 == ">" && $7 == "SYN" && ($8 != 0 || $9 != 0) { print; bad = 1 }
		$6 == "<" && $7 == "SYN,ACK" && ($8 != 0 || $9 != 1) { print; bad = 1 }
		$6 == ">" && $7 == "PSH,ACK" && ($8 != 1 || $9 != 1) { print; bad = 1 }
		$6 == "<" && $11 == 6 { n++; if ($8 != 1) { print; bad = 1 } }
		END { exit bad || n != 1 }' "$work/relative"
}
check "--relative" counted

# ---- conditions ----
# only ARGUMENT...: of connections to ports 7000 and 7001, what is shown; $seen: the ends
only() {
	watch only --tsv "$@"
	talk 7000 && talk 7001 || return
	end "$watch"
	seen=$(cut -f 2 "$work/only" | sed 's/.*://' | sort -u | tr '\n' ' ')
	cut -f 1-3,7 "$work/only" | grep -v '	[2-9]	'
	echo "ports: $seen"
}
only_sees() {
	local want=$1

	shift
	only "$@"
	[ "$seen" = "$want" ]
}
# in these two namespaces, for an earlier test may have left connections of these ports
only_here_sees() {
	only_sees "$@" "${both[@]}"
}
at 10.9.0.2
address=$at
check "--addr of an end" only_here_sees "7000 7001 " --addr "$address"
at 10.9.0.0/16
check "--addr of a network" only_here_sees "7000 7001 " --addr "$at"
check "--addr of another" only_here_sees "" --addr 10.8.0.0/16
check "--addr and --port" only_here_sees "7001 " --addr "$address" --port 7001
check "--port, twice" only_here_sees "7000 7001 " --port 7000 --port 7001
check "--pid" only_here_sees "7001 " --pid "$server"
# ports FIRST LAST: which the client gets, on either wire
ports() {
	in_space "$a" sysctl -qw net.ipv4.ip_local_port_range="$1 $2" net.xtcp.local_port_range="$1 $2"
}
again() {
	in_space "$a" sysctl -qw net.xtcp.tw_reuse=1 && ports 20000 20000 && talk 7001 && retry talk 7001
}
watch twice --tsv --pid "$server" "${both[@]}"
check "a connection, and when it is over another of the same ports" again
end "$watch"
ports 20001 32000
connections() {
	cut -f 1-3,7 "$work/twice" | grep -v '	[3-9]	'
	[ "$(awk -F '\t' '$6 == ">" && $7 == "PSH,ACK"' "$work/twice" | wc -l)" -ge 2 ]
}
check "--pid shows both" connections
check "--netns" only_sees "7000 7001 " --netns "$b"
one_end() {
	! cut -f 5 "$work/only" | grep -q '[A-Z]' && cut -f 12 "$work/only" | grep -q ESTABLISHED
}
check "of that namespace only" one_end
check "--netns, by a process" only_sees "7000 7001 " --netns "$server"

# ---- joining late ----
puppet client "$a"
tell client connect 10.9.0.2 7001
tell client write 10
tell client read 10
watch late --port 7001 "${both[@]}"
late=$watch
tell client write 10
tell client read 10
check "a connection that was there before is shown" retry enough late '[-]->'
end "$late"
named() {
	cat "$work/late"
	grep -qE ':[0-9]+  client .*:7001  server .*, there before$' "$work/late" &&
		grep -qE '^ +ESTABLISHED +ESTABLISHED$' "$work/late"
}
check "it says who opened it, and the states of both ends" named
joined one two 7003
tell two unlisten
watch unknown --port 7003
unknown=$watch
tell one write 10
tell two read 10
retry enough unknown '[-]->'
end "$unknown"
check "whose listener is gone: who opened it is not known" \
	grep -qE ':7003 .* wire, there before: who opened it is not known$' "$work/unknown"
dismiss client one two

# ---- words for what happens ----
in_space "$b" sysctl -qw net.xtcp.rmem="4096 8192 8192"
joined full slow 7004
in_space "$b" sysctl -qw net.xtcp.rmem="4096 131072 6291456"
watch words --tsv --port 7004
words=$watch
tell full write 40000
check "a row says that the peer's window is closed" retry enough words "<.*	peer's window is closed"
check "what a probe is" retry enough words '>.*	window probe'
check "what data waits for" retry enough words "octets wait for the peer's window"
tell slow read "${told#done }"
check "and that the window is open again" retry enough words "<.*peer's window is open again"
end "$words"
dismiss full slow
if command -v nft >/dev/null && in_space "$b" nft -f - 2>"$work/err" <<-END
	table $ip_word filter {
		chain input {
			type filter hook input priority 0;
			meta l4proto { 6, 253 } meta length > 600 numgen inc mod 100 == 2 drop
		}
	}
END
then
	joined lossy reader 7005
	tell lossy set nodelay 1
	watch again --tsv --port 7005
	again=$watch
	for i in 1 2 3 4 5 6 7 8; do
		tell lossy write 700
	done
	tell reader read 5600
	tell lossy acked
	check "that an ACK is a duplicate, and what follows" \
		retry enough again '<.*duplicate ACK [1-3]: fast retransmit'
	check "that it was sent again, and why" retry enough again '>.*sent again, (fast retransmit|loss probe)'
	end "$again"
	in_space "$b" nft flush ruleset
else
	skip "lost segments" "no nft"
fi

# ---- losses ----
watch lost --buffer 8 --tsv "${both[@]}"
lost=$watch
kill -STOP "$lost"
for i in 1 2 3 4 5 6; do
	talk 7000
done
kill -CONT "$lost"
check "a row says how many events were lost" retry enough lost '[0-9]+ events were lost'
end "$lost"
check "and so does the end" grep -qE '^xtcp-trace: [0-9]+ events were lost: they came too fast; --buffer KIB takes more$' \
	"$work/lost.err"

# ---- however it ends ----
watch term
kill "$watch"
wait "$watch"
term=$watch
check "SIGTERM leaves no instance" [ ! -e "$(instance "$term")" ]
"$trace" --tsv 2>/dev/null | head -n 1 >"$work/first" &
pipe=$!
one_instance() {
	piped=$(cd "$tracing/instances" && echo xtcp-trace-*)
	[ "$piped" != "xtcp-trace-*" ] && watches "${piped#xtcp-trace-}"
}
retry one_instance
no_instance() {
	talk 7000
	[ ! -e "$tracing/instances/$piped" ]
}
check "a reader that goes ends it, and no instance is left" retry no_instance
wait "$pipe"
watch raw --raw
raw=$watch
talk 7000
check "--raw: the kernel's lines" retry enough raw 'xtcp_timer_armed: '
end "$raw"
from_raw() {
	"$trace" --read "$work/raw" --tsv >"$work/rows" && grep -q TIME_WAIT "$work/rows"
}
check "which --read reads" from_raw

# ---- bad input ----
# bad TEXT-OF-THE-COMPLAINT SED-SCRIPT: of the JSON, changed
bad() {
	sed "$2" "$work/json" >"$work/bad"
	"$trace" --read "$work/bad" >/dev/null 2>"$work/said"
	[ $? = 1 ] || return
	cat "$work/said"
	grep -qF "$1" "$work/said"
}
check "a line that is cut" bad 'line 3: this is no JSON object' '3s/}$//'
check "an unknown event" bad 'line 4: there is no event "nothing"' '4s/"event":"[a-z_]*"/"event":"nothing"/'
check "an unknown field" bad 'line 4: the event has no field "seqq"' '4s/"netns":/"seqq":1,"netns":/'
check "a field that lacks" bad 'line 2: there is no "state"' '2s/,"state":"[A-Z_]*"//'
check "a value that is none" bad 'line 2: this is no value for "netns"' '2s/"netns":[0-9]*/"netns":"x"/'
check "a number that is too large" bad 'line 2: this is no value for "netns"' '2s/"netns":[0-9]*/"netns":4294967296/'
check "no end" bad 'line 2: this is no value for "local"' '2s/"local":"[^"]*"/"local":"here"/'
check "another version" bad 'line 1: another version of xtcp-trace' '1s/:1,/:2,/'
check "a time of day that is none" bad 'line 1: this is no JSON object' '1s/"realtime_ns":/&x/'
check "one that is too large" bad 'line 1: this is no JSON object' '1s/"realtime_ns":/&11111111111/'
check "no first line" bad 'line 1: this is no JSON object' '1d'
not_there() {
	! "$trace" --read "$work/nothing" 2>"$work/said" && grep -q "cannot read $work/nothing" "$work/said"
}
check "a file that is not there" not_there

# wrong COMPLAINT ARGUMENT...
wrong() {
	local complaint=$1

	shift
	"$trace" "$@" >/dev/null 2>"$work/said"
	[ $? = 2 ] || return
	cat "$work/said"
	grep -qF -- "$complaint" "$work/said" && grep -q "try --help" "$work/said"
}
check "--port 70000" wrong "70000 is no port" --port 70000
check "--port" wrong "--port wants a value" --port
check "--addr x" wrong "x is no address" --addr x
check "--addr 1.2.3.4/33" wrong "1.2.3.4/33 is no address" --addr 1.2.3.4/33
check "--addr 1.2.3.4/" wrong "1.2.3.4/ is no address" --addr 1.2.3.4/
check "--netns nowhere" wrong "nowhere is no network namespace" --netns nowhere
check "--pid 0" wrong "0 is no process" --pid 0
check "--pid x" wrong "x is no process" --pid x
check "--events x" wrong "x: there are segments, states and all" --events x
check "--columns cwnd,x" wrong "cwnd,x: there are cwnd" --columns cwnd,x
check "--columns cwnd,cwnd" wrong "cwnd,cwnd: there are cwnd" --columns cwnd,cwnd
check "--columns, empty" wrong ": there are cwnd" --columns ""
check "--buffer 0" wrong "0 is no number of KiB" --buffer 0
check "--for -1" wrong "-1 is no number of seconds" --for -1
check "--json --tsv" wrong "--json is no table" --json --tsv
check "--raw --port" wrong "--raw goes with" --raw --port 1
check "--read --events" wrong "are for the running kernel" --read x --events all
check "--read --pid" wrong "are for the running kernel" --read x --pid 1
check "an unknown argument" wrong "unknown argument --nothing" --nothing
check "--help" sh -c "'$trace' --help | grep -q '^usage: xtcp-trace '"
tap_end
