#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What xtcp-trace draws: every segment, the one that was lost, the states; and what it refuses.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tracing=/sys/kernel/tracing
trace=$OUT/xtcp-trace
two_traced_spaces
for space in "$a" "$b"; do
	ip -n "$space" link set veth0 gso_max_segs 1
	in_space "$space" ethtool -K veth0 tso off gso off gro off >/dev/null
done
pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 7000 sh -c 'cat >/dev/null') && pids+=("$pid")
# The third segment, the first time that it comes. No timer's early shot may take its place, so its data tell it: in those that
# begin later than at the 1500th octet they are all A. The header has 32 octets.
stream() {
	head -c 1500 /dev/zero
	head -c 10500 /dev/zero | tr '\0' A
}
lossy() {
	in_space "$b" nft -f - <<-END
		table inet lossy {
			chain input {
				type filter hook prerouting priority -300;
				meta length > 1000 @th,256,8 65 numgen inc mod 1000000 0 drop
			}
		}
	END
}
lossy 2>"$work/nft" || bail_out "nft: $(cat "$work/nft")"

watches() {
	grep -qs 1 "$tracing/instances/xtcp-trace-$1/events/xtcp/xtcp_drop/enable"
}
# watch ARGUMENT...: in the background; its number in $watch
watch() {
	"$trace" "$@" 2>"$work/err" &
	watch=$!
	pids+=("$watch")
	retry watches "$watch" || bail_out "xtcp-trace $*: $(cat "$work/err")"
}
end() {
	kill -INT "$1"
	wait "$1"
}
watch --json --port 7000 "${both[@]}" >"$work/json"
json=$watch
watch --svg "$work/live.svg" --port 7000 "${both[@]}"
live=$watch
send() {
	stream | in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 7000
}
check "a stream that loses a segment" send
closed() {
	grep -q '"to_name":"TIME_WAIT"' "$work/json" && grep -q '"from_name":"LAST_ACK"' "$work/json"
}
check "which ends" retry closed
end "$json"
check "SIGINT ends the one that draws" end "$live"

# ---- the sequence diagram ----
"$trace" --read "$work/json" --tsv >"$work/rows"
"$trace" --read "$work/json" --svg "$work/svg"
"$trace" --read "$work/json" --plot "$work/plot"
"$trace" --read "$work/json" --html "$work/html"
# py FILE PROGRAM: of Python, with the document in d and the table in rows
py() {
	cat - <(echo "$2") <<-'END' >"$work/py"
		import sys, xml.dom.minidom
		d = xml.dom.minidom.parse(sys.argv[1])
		rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[2])]
		def classes(e): return e.getAttribute("class").split()
		def tagged(name, c): return [e for e in d.getElementsByTagName(name) if c in classes(e)]
		def text(e): return "".join(text(c) if c.childNodes else c.nodeValue or "" for c in e.childNodes)
		segments = tagged("g", "s")
		texts = [text(e) for e in d.getElementsByTagName("text")]
	END
	python3 "$work/py" "$1" "$work/rows"
}
drawn() {
	py "$1" 'n = sum(r[5] != "" for r in rows); print(n, len(segments)); assert 8 < n == len(segments)'
}
check "the diagram has an arrow for each segment" drawn "$work/svg"
check "as the one drawn live has" drawn "$work/live.svg"
cat >"$work/lost.py" <<-'END'
	lost = [e for e in segments if "x" in classes(e)]
	print([text(e) for e in lost])
	assert len(lost) == 1 and text(lost[0]).find("(lost)") > 0
	assert len(tagged("path", "cut")) == 1
	seq = text(lost[0]).split(" seq ")[1].split()[0]
	again = [e for e in segments if f" seq {seq} " in text(e) and " len " in text(e) and e is not lost[0]]
	print([text(e) for e in again])
	assert again and all("sent again" in text(e) for e in again)
END
check "the lost one is crossed, and the one sent again is not" py "$work/svg" "$(cat "$work/lost.py")"
states() {
	py "$work/svg" 'want = [r[k] for r in rows for k in (4, 11) if r[k]]; print(want); assert len(want) > 8; assert all(texts.count(w) >= want.count(w) for w in want)'
}
check "the states are beside it" states
slanted() {
	py "$work/svg" 'import re; y = [[float(n) for n in re.match(r"M\S+ (\S+)L\S+ ([\d.]+)", e.getElementsByTagName("path")[0].getAttribute("d")).groups()] for e in segments]; print(y); assert all(p[0] < p[1] for p in y)'
}
check "every arrow goes down" slanted

# ---- the plot ----
plotted() {
	py "$work/plot" 'data = [r for r in rows if r[5] == ">" and (int(r[10]) or "SYN" in r[6] or "FIN" in r[6])]; bars = [e for e in d.getElementsByTagName("path") if "wide" in classes(e) and "V" in e.getAttribute("d")]; again = [e for e in bars if "again" in classes(e)]; sent = [e for e in bars if "first" in classes(e)]; print(len(data), len(sent), len(again)); assert again and len(sent) + len(again) == len(data)'
}
check "the plot has a bar for each that was sent" plotted
marked() {
	py "$work/plot" 'assert len([e for e in tagged("path", "x") if "wide" in classes(e)]) == 1; assert tagged("path", "sack"); assert {"cwnd", "ssthresh", "pipe", "srtt", "rto", "rtt"} <= set(texts); assert "sequence number" in texts'
}
check "the loss, what was SACKed, and the names of all lines" marked

# ---- the page ----
page() {
	python3 - "$work/html" "$work/rows" <<-'END'
		import html.parser, json, re, sys
		page = open(sys.argv[1]).read()
		rows = [line.split("\t") for line in open(sys.argv[2])]
		said = json.loads(re.search(r'id="segments">(.*?)</script>', page, re.S).group(1))
		segments = [r for r in rows if r[5]]
		assert len(said["values"]) == len(segments), (len(said["values"]), len(segments))
		assert all(len(v) == len(said["names"]) for v in said["values"].values())
		assert not re.search(r'(src|href)="(?!data:,")', page), "it wants something from elsewhere"
		assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
	END
}
check "the page has each segment's fields, and wants nothing from elsewhere" page
one_end() {
	grep -v "\"netns\":$(sed -n 's/.*"netns":\([0-9]*\).*"active OPEN".*/\1/p' "$work/json")," "$work/json" >"$work/server"
	"$trace" --read "$work/server" --svg "$work/half" || return
	py "$work/half" 'assert len(segments) > 8 and all("alone" in classes(e) for e in segments); assert not [e for e in segments if "x" in classes(e)]'
}
check "where one end is seen, nothing is called lost" one_end
tricky() {
	sed 's/"to_name":"ESTABLISHED"/"to_name":"<b>\&amp;<\/b>"/' "$work/json" >"$work/markup"
	"$trace" --read "$work/markup" --svg "$work/markup.svg" && "$trace" --read "$work/markup" --html "$work/markup.html" &&
		py "$work/markup.svg" 'assert "<b>&amp;</b>" in texts' && ! grep -q '<b>' "$work/markup.html"
}
check "what a file says stays text" tricky
stdout() {
	"$trace" --read "$work/json" --svg - | cmp - "$work/svg"
}
check "-: stdout" stdout
replaced() {
	head -c 1000000 /dev/zero >"$work/old" && "$trace" --read "$work/json" --svg "$work/old" && cmp "$work/old" "$work/svg"
}
check "what was in the file is replaced" replaced
many() {
	python3 - "$work/json" >"$work/many" <<-'END'
		import re, sys
		lines = open(sys.argv[1]).read().splitlines()
		one = next(x for x in lines if '"segment_out"' in x and '"PSH|ACK"' in x)
		last = 0
		for line in lines:
		    if line.startswith('{"t":'):
		        last = float(line[5:].split(",")[0])
		    print(line)
		for i in range(10500):
		    print(re.sub('"t":[0-9.]+', '"t":%.9f' % (last + (i + 1) / 1000), re.sub('"seq":[0-9]+', '"seq":%d' % (i * 10), one)))
	END
	# by grep: Python takes its time for so large a document
	"$trace" --read "$work/many" --svg "$work/many.svg" && [ "$(grep -o '<g class="s[ "]' "$work/many.svg" | wc -l)" = 10000 ] &&
		grep -qE '>5[0-9]* more segments are left out<' "$work/many.svg" &&
		"$trace" --read "$work/many" --html "$work/many.html" && [ "$(wc -c <"$work/many.html")" -lt 9000000 ]
}
check "of more than 10,000 segments it says how many are left out" many

# ---- bad input ----
# says STATUS COMPLAINT ARGUMENT...
says() {
	local want=$1 complaint=$2 status

	shift 2
	"$trace" "$@" >/dev/null 2>"$work/said"
	status=$?
	cat "$work/said"
	[ "$status" = "$want" ] && grep -qF -- "$complaint" "$work/said"
}
check "a directory that is not there" says 1 "cannot write $work/no/svg" --read "$work/json" --svg "$work/no/svg"
check "a directory" says 1 "cannot write $work" --read "$work/json" --html "$work"
check "no room" says 1 "cannot write /dev/full: No space left" --read "$work/json" --plot /dev/full
check "no room for a page" says 1 "cannot write /dev/full: No space left" --read "$work/json" --html /dev/full
check "no name" says 2 "is no name of a file" --svg ""
check "no value" says 2 "--svg wants a value" --svg
check "two pictures" says 2 "--svg and --plot: one picture at a time" --svg x --plot y
for other in --json --tsv --raw --why --relative; do
	check "--html and $other" says 2 "--html goes with" --html x "$other"
done
tap_end
