#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcp-trace --pcapng: tshark and tcptrace read what it writes, and find in it what happened.

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/puppet.sh
. "$here/lib/puppet.sh"

tracing=/sys/kernel/tracing
trace=$OUT/xtcp-trace
for program in tshark capinfos editcap tcptrace python3; do
	command -v "$program" >/dev/null || {
		skip "everything" "no $program"
		tap_end
	}
done
two_traced_spaces
if [ "$XTCP_IP" = 6 ]; then
	next_header=ipv6.nxt most=65575 # by its header IPv6 counts what is behind it
else
	next_header=ip.proto most=65535
fi

# watch ARGUMENT...: in the background; its number in $watch
watch() {
	"$trace" "$@" >"$work/watch.out" 2>"$work/watch.err" &
	watch=$!
	pids+=("$watch")
	retry grep -qs 1 "$tracing/instances/xtcp-trace-$watch/events/xtcp/xtcp_drop/enable" ||
		bail_out "xtcp-trace $*: $(cat "$work/watch.err")"
}
end() {
	kill -INT "$1"
	wait "$1"
}
# inode SPACE: of a namespace
inode() {
	stat -L -c %i "/run/netns/$1"
}

# read_all FILE...: of each packet in FILE.pcapng, into FILE.tsv:
#  1 interface 2 direction (1 in, 2 out) 3 seq 4 ack 5 window 6 length 7 flags 8 TSval 9 SACK's left edges, relative
#  10 seconds 11 relative seq 12 IP's protocol 13 IPv4's checksum (1: right) 14 TCP's 15 what is malformed
#  16 worst of what tshark complains of 17 whether it is sent again 18 octets with headers 19 comment
# Files in a row are one, of as many sections, and of the same connection the first is the one that says what is sent again.
# In a section but the first tshark takes an interface for another: capinfos knows their names.
read_all() {
	local files=("${@/%/.pcapng}") file section=0

	(cd "$work" && cat "${files[@]}" >all && capinfos "${files[@]}" >interfaces) || return
	tshark -n -r "$work/all" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -E occurrence=a \
		-e frame.section_number -e frame.interface_id \
		-e frame.packet_flags_direction -e tcp.seq_raw -e tcp.ack_raw \
		-e tcp.window_size_value -e tcp.len -e tcp.flags -e tcp.options.timestamp.tsval -e tcp.options.sack_le \
		-e frame.time_epoch -e tcp.seq -e "$next_header" -e ip.checksum.status -e tcp.checksum.status -e _ws.malformed \
		-e _ws.expert.severity -e tcp.analysis.retransmission -e frame.len -e frame.comment \
		>"$work/packets" 2>"$work/said" || return
	for file; do
		section=$((section + 1))
		awk -F '\t' -v section="$section" '
			FILENAME ~ /interfaces$/ && /^File name:/ { nr++; id = 0 }
			FILENAME ~ /interfaces$/ && nr == section && sub(/^ *Name = /, "") { name[id++] = $0 }
			FILENAME ~ /packets$/ && $1 == section {
				sub(/^[^\t]*\t[^\t]*/, name[$2])
				sub(/\t0x0000000/, "\t")
				print
			}' "$work/interfaces" "$work/packets" >"$work/$file.tsv"
	done
	cat "$work/said"
	! grep -qi 'cut short' "$work/said"
}
# packets FILE: there are some
packets() {
	[ -s "$work/$1.tsv" ]
}
# of the events in FILE.json, what the first ten fields must be
events() {
	python3 -c '
import json, sys
names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
lines = [json.loads(line, parse_float=str) for line in sys.stdin]
offset = lines[0]["realtime_ns"]
first = {}
for e in lines[1:]:
    if e["event"] not in ("segment_in", "segment_out"):
        continue
    s, ns = e["t"].split(".")
    t = int(s) * 10**9 + int(ns) + offset
    sender, peer = (e["remote"], e["local"]) if e["event"] == "segment_in" else (e["local"], e["remote"])
    if "SYN" in e["flags"]:
        first[sender] = e["seq"]
    edges = ",".join(str((pair[0] - first[peer]) % 2**32) for pair in e["sack"])
    flags = sum(1 << names.index(name) for name in e["flags"].split("|"))
    print("netns %d" % e["netns"], 1 if e["event"] == "segment_in" else 2, e["seq"], e["ack"], e["wnd"], e["len"],
          "0x%04x" % flags, e["tsval"] if e["present"] & 2 else "", edges,
          "%d.%09d" % (t // 10**9, t % 10**9), sep="\t")
' <"$work/$1.json"
}
# no_fault FILE: tshark finds nothing malformed in it, no wrong checksum, no error
no_fault() {
	awk -F '\t' '
		$15 != "" || $16 ~ /8388608/ || $13 == "0" || $14 == "0" || ($6 == 0) != ($14 == 1) { print; bad = 1 }
		END { exit bad || !NR }' "$work/$1.tsv"
}
# has FILE AWK-CONDITION [COUNT]: so many packets (without COUNT one or more) that it is true of
has() {
	awk -F '\t' -v want="${3-some}" "$2 { n++ } END { print n + 0; exit want == \"some\" ? !n : n + 0 != want }" \
		"$work/$1.tsv"
}

# ---- what is written ----
# two namespaces, and one segment that is lost
ip -n "$a" link set veth0 gso_max_segs 1	# each packet is a segment
in_space "$b" nft -f - <<'END' || bail_out "nft"
table inet once {
	chain input {
		type filter hook input priority 0;
		meta length > 1000 limit rate 1/hour burst 1 packets counter drop
	}
}
END
"$trace" --json "${both[@]}" >"$work/both.json" 2>"$work/json.err" &
json=$!
pids+=("$json")
retry grep -qs 1 "$tracing/instances/xtcp-trace-$json/events/xtcp/xtcp_drop/enable"
watch --pcapng "$work/live.pcapng" "${both[@]}"
live=$watch
watch --pcapng "$work/one.pcapng" --netns "$a"
one=$watch
began=$(date +%s)
joined client server 7003
tell client write 60000
wrote=${told#* }
tell server read "$wrote"
tell client acked
tell server write 10
tell client read 10
tell client close
tell server end
tell server close
complete() {
	[ "$(grep -c '"to_name":"TIME_WAIT"' "$work/both.json")" = 1 ] && grep -aq 'FIN_WAIT_2 -> TIME_WAIT' "$work/live.pcapng" &&
		grep -aq 'FIN_WAIT_2 -> TIME_WAIT' "$work/one.pcapng"
}
check "the file grows while it is written" retry complete
check "SIGINT ends it" end "$live"
end "$json" && end "$one"
check "from the JSON as well" "$trace" --read "$work/both.json" --pcapng "$work/again.pcapng"
stat_of() {
	in_space "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/xtcp_stat
}
sent=$(stat_of "$a" OutSegs) resent=$(stat_of "$a" RetransSegs)

# both ends in one namespace
watch --pcapng "$work/lo.pcapng" --port 7004
lo=$watch
puppet left "$a"
puppet right "$a"
tell right listen 10.9.0.1 7004 5
tell left connect 10.9.0.1 7004
tell right accept
tell left write 20000
tell right read "${told#* }"
tell left close
tell right end
tell right close
retry grep -aq 'FIN_WAIT_2 -> TIME_WAIT' "$work/lo.pcapng"
end "$lo"

# what is dropped
watch --pcapng "$work/drop.pcapng" --netns "$b"
drop=$watch
puppet full "$b"
tell full listen 0.0.0.0 7005 0
for n in 1 2 3; do
	puppet "f$n" "$a"
	tell "f$n" connect 10.9.0.2 7005
done
retry grep -aq dropped "$work/drop.pcapng"
check "SIGKILL" kill -KILL "$drop"
wait "$drop" 2>/dev/null
rmdir "$tracing/instances/xtcp-trace-$drop"

# changed: longer than IP can say; with losses
# edit FILE SED-SCRIPT: of the JSON, changed, as FILE.pcapng
edit() {
	sed -E "$2" "$work/both.json" >"$work/$1.json"
	"$trace" --read "$work/$1.json" --pcapng "$work/$1.pcapng" --netns "$a"
}
check "a segment of 150000 octets is written" edit large '0,/"event":"segment_out".*"len":1[0-9]{3},/s/"flags":"[A-Z|]*"(.*"len":)1[0-9]{3},/"flags":"FIN|PSH|ACK"\1150000,/'
check "and a loss" edit lost '/"event":"segment_out".*"len":10,/s/^(\{"t":[0-9.]*)(.*)/\1,"event":"lost","lost":7}\n\1\2/; /SYN_SENT.*active OPEN/s/^(\{"t":[0-9.]*).*/&\n\1,"event":"lost","lost":5}/'
# all at once: it takes seconds to start
check "tshark reads all of it, and each file is whole" read_all one live again lo drop large lost

# ---- two namespaces, and one segment that is lost ----
check "there is what was written live" packets live
check "and what was made of the JSON" packets again
check "and one end's" packets one

events both >"$work/want"
cut -f 1-10 "$work/again.tsv" >"$work/got"
check "each event of a segment is a packet, with all that it says" diff "$work/want" "$work/got"
as_live() {
	diff <(cut -f 1-9 "$work/want" | sort) <(cut -f 1-9 "$work/live.tsv" | sort)
}
check "live they are the same" as_live
check "nothing is malformed, no checksum wrong" no_fault live
check "on either wire it is TCP" has live '$12 != 6' 0
times() {
	awk -F '\t' -v from="$began" -v to="$(date +%s)" '$10 < from || $10 > to + 1 { print; bad = 1 } END { exit bad || !NR }' \
		"$work/live.tsv"
}
check "its times are those of the day" times
ends() {
	[ "$(cut -f 1 "$work/live.tsv" | sort -u)" = "$(printf 'netns %s\n' "$(inode "$a")" "$(inode "$b")" | sort)" ]
}
check "an interface for each namespace" ends
check "the other namespace is not in one end's" has one '$1 != "netns '"$(inode "$a")"'"' 0
check "sequence numbers count from the SYN" has one '$2 == 2 && $11 == 1 && $6 > 1000'
check "to the FIN" has one '$2 == 2 && $7 == "0x0011" && $11 == 1 + '"$wrote"
check "lengths are the true ones, of data that is not there" has one '$6 > 1000 && $18 != '"$ip_bytes"' + 32 + $6' 0
check "a comment says the state, the reason and the windows" \
	has one '$2 == 2 && $6 > 1000 && $19 ~ /^state ESTABLISHED; why new data; cwnd [0-9]+; .*pipe [0-9]+; snd_wnd [0-9]+; srtt [0-9.]+ ms; rto [0-9.]+ ms; phase open$/'
check "what an ACK has done" has one '$2 == 1 && $19 ~ /acked [1-9][0-9]*; delivered [1-9][0-9]*; lost 0; .*cwnd [0-9]+/'
check "and what it was" has one '$2 == 1 && $9 != "" && $19 ~ /; is duplicate,sack[a-z,]*; cwnd/'
check "of each SACK" has one '$2 == 1 && $9 != "" && $19 !~ /; is [a-z,]*sack/' 0
check "nothing of the ACK of a SYN" has live '$7 == "0x0012" && $19 ~ /acked/' 0
# whether an ACK began it, or the timer for reordering, depends on how fast the machine is
check "and that it ends a recovery" has one '$2 == 1 && $19 ~ /; phase recovery -> open/'
check "and which state a segment leads to" has live '$2 == 1 && $7 == "0x0002" && $19 ~ /LISTEN -> SYN_RECEIVED on rcv SYN/' 1
check "a segment was sent again" [ "$resent" -ge 1 ]
check "tshark finds it" has one '$2 == 2 && $17 != ""' "$resent"
check "and the comment says why" has one '$2 == 2 && $17 != "" && $19 ~ /why fast retransmit/'

editcap -F pcap "$work/one.pcapng" "$work/one.pcap" && tcptrace -l -n "$work/one.pcap" >"$work/tcptrace" 2>&1
# tcptrace_says NAME: of the client's direction
tcptrace_says() {
	sed -n "s/^ *$1: *\([0-9]*\) .*$1: .*/\1/p" "$work/tcptrace"
}
agrees() {
	grep -E 'total packets|unique bytes|rexmt data' "$work/tcptrace"
	[ "$(tcptrace_says "$1")" = "$2" ]
}
check "tcptrace counts the segments" agrees "total packets" "$sent"
check "the octets" agrees "unique bytes sent" "$wrote"
check "and those sent again" agrees "rexmt data pkts" "$resent"
check "and it has seen a whole connection" grep -q 'complete conn: yes' "$work/tcptrace"

# ---- both ends in one namespace ----
check "a connection within a namespace" packets lo
check "has each segment once" has lo '$17 != "" || $2 != 2' 0
check "with what it did at the other end" has lo '$19 ~ /; there: state [A-Z_12]+; there: acked [1-9]/'

# ---- what is dropped ----
check "SIGKILL left what there was" packets drop
check "a segment that was dropped says why" has drop '$2 == 1 && $7 == "0x0002" && $19 ~ /dropped: listener full$/'

# ---- longer than IP can say ----
parts() {
	awk -F '\t' -v most="$most" '
		$19 ~ /^part [123] of 3 of a segment of 150000 octets; state/ {
			n++
			all += $6
			if ($11 != (n > 1 ? next_seq : 1) || $7 != (n < 3 ? "0x0010" : "0x0019") || $18 > most) {
				print
				bad = 1
			}
			next_seq = $11 + $6
		}
		END { print n, all; exit bad || n != 3 || all != 150000 }' "$work/large.tsv"
}
check "a segment of 150000 octets becomes several packets" parts
check "in which nothing is wrong" no_fault large

# ---- losses ----
check "a loss is told where it happened" has lost '$7 == "0x0002" && $19 ~ /^before this 5 events were lost: they came too fast; state/' 1
check "and at the end" grep -aq '12 events were lost, in all namespaces' "$work/lost.pcapng"
no_clock() {
	sed 's/,"realtime_ns":[0-9]*//' "$work/both.json" | "$trace" --read - --pcapng - >"$work/noclock.pcapng" &&
		grep -aq 'does not say what time it was' "$work/noclock.pcapng" && ! grep -aq 'what time it was' "$work/again.pcapng"
}
check "without a clock it says so" no_clock

# ---- however it ends ----
piped() {
	"$trace" --read "$work/both.json" --pcapng - | cmp - "$work/again.pcapng"
}
check "-: standard output" piped
( "$trace" --pcapng - 2>"$work/gone" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}" ) &
pipe=$!
pids+=("$pipe")
instance_there() {
	ls -d "$tracing"/instances/xtcp-trace-*
}
retry instance_there
reader_gone() {
	in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 7009 </dev/null 2>/dev/null
	! instance_there
}
check "a reader that goes ends it, and no instance is left" retry reader_gone
quietly() {
	wait "$pipe" && [ ! -s "$work/gone" ]
}
check "that is no error" quietly
# fails COMPLAINT ARGUMENT...: with status 1
fails() {
	local complaint=$1

	shift
	"$trace" "$@" >/dev/null 2>"$work/said"
	[ $? = 1 ] || return
	cat "$work/said"
	grep -qF -- "$complaint" "$work/said"
}
check "a full disk" fails "cannot write /dev/full: No space left on device" --read "$work/both.json" --pcapng /dev/full
check "a full disk, live" fails "cannot write /dev/full: No space left on device" --pcapng /dev/full --for 5
check "and no instance is left" sh -c "! ls -d $tracing/instances/xtcp-trace-*"
check "a file that cannot be" fails "cannot write $work/none/x: No such file" --read "$work/both.json" --pcapng "$work/none/x"
# wrong COMPLAINT ARGUMENT...
wrong() {
	local complaint=$1

	shift
	"$trace" "$@" >/dev/null 2>"$work/said"
	[ $? = 2 ] || return
	cat "$work/said"
	grep -qF -- "$complaint" "$work/said" && grep -q "try --help" "$work/said" && [ ! -e "$work/x" ]
}
for other in --tsv --json --raw --why --relative "--columns cwnd"; do
	# shellcheck disable=SC2086 # two words
	check "--pcapng and $other" wrong "--pcapng is an output of its own" --pcapng "$work/x" $other
done
check "--pcapng --events states" wrong "--pcapng has segments" --pcapng "$work/x" --events states
check "--pcapng" wrong "--pcapng wants a value" --pcapng
check "--pcapng, empty" wrong "is no name of a file" --pcapng ""
tap_end
