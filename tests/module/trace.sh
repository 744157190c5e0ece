#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What there is to watch: tracepoints, functions, /proc/net.

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

tracing=/sys/kernel/tracing
if [ "$XTCP_WIRE" = kernel ] || [ ! -d $tracing/events/xtcp ]; then
	skip "everything" "no tracepoints of xtcp's"
	tap_end
fi
instance=$tracing/instances/xtcp-$$
mkdir "$instance" || bail_out "no tracing instance"
finish() {
	rmdir "$instance"
	tap_cleanup
}
trap finish EXIT

a=xtcp-a-$$ b=xtcp-b-$$
if ! space_pair "$a" "$b"; then
	skip "everything" "no veth"
	tap_end
fi
pid=$(in_space "$b" "$OUT/tools/xcat" -l 0.0.0.0 7000 cat) && pids+=("$pid")

talk() {
	[ "$(echo hello | in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 7000)" = hello ]
}

refused() {
	! in_space "$a" timeout 20 "$OUT/tools/xcat" 10.9.0.2 7001 </dev/null
}

# shown PATTERN: a line of the trace; "~" stands for a number
shown() {
	grep -qE "${1//\~/[0-9]+}" "$work/trace" || {
		echo "$1"
		return 1
	}
}

unseen() {
	! grep -E "$1" "$work/trace"
}

# tracepoints
for event in state segment_in segment_out retransmit timer_armed timer_fired \
	request_made request_gone time_wait_made time_wait_gone drop; do
	check "tracepoint xtcp_$event" [ -d "$tracing/events/xtcp/xtcp_$event" ]
done
# layout EVENT: its fields follow each other without a gap, and end at a word's end:
# what is between would be what the memory held before
layout() {
	awk '
	match($0, /offset:[0-9]+;/) {
		offset = substr($0, RSTART + 7, RLENGTH - 8)
		match($0, /size:[0-9]+;/)
		size = substr($0, RSTART + 5, RLENGTH - 6)
		if (offset + 0 != end + 0) {
			print "a gap before " $0
			bad = 1
		}
		end = offset + size
		n++
	}
	END {
		if (end % 4)
			print "a gap at the end"
		exit bad || end % 4 || n < 6
	}' "$tracing/events/xtcp/xtcp_$1/format"
}
for event in "$tracing"/events/xtcp/xtcp_*; do
	check "record of ${event##*/}: no byte is left out" layout "${event##*/xtcp_}"
	check "record of ${event##*/}: it says in which namespace" grep -q 'field:__u32 netns;' "$event/format"
done

echo 1 >"$instance/events/xtcp/enable"
[ ! -d "$tracing/events/skb/kfree_skb" ] || echo 1 >"$instance/events/skb/kfree_skb/enable"
echo 1 >"$instance/events/sock/inet_sock_set_state/enable"
check "a connection, watched" talk
# drop monitors see what was freed unread, where the kernel names who freed it; what a slow
# machine has sent twice is, and xtcp says why.  What has no protocol yet was not received: an
# orphan of an earlier test finds no route.
sed -n '/kfree_skb:.*protocol=0 /d; /kfree_skb:.*xtcp/p' "$instance/trace" >"$work/freed"
sed -n '/xtcp_drop:/p' "$instance/trace" >"$work/dropped"
if grep -q 'kfree_skb:.*location=[a-z_]*+0x' "$instance/trace" ||
	grep -q '%pS' "$tracing/events/skb/kfree_skb/format"; then
	check "what was read and acknowledged is no drop" \
		eval 'cat "$work/freed"; [ "$(wc -l <"$work/freed")" -le "$(wc -l <"$work/dropped")" ]'
else
	skip "drops" "this kernel does not name who frees"
fi
check "a port where nobody listens, watched" refused
echo 0 >"$instance/events/enable"
cat "$instance/trace" >"$work/trace"

# pattern IP: in $pattern, as the trace shows it
pattern() {
	at "$1"
	pattern=${at//./\\.}
	[ "$XTCP_IP" != 6 ] || pattern="\\[$at\\]"
}
pattern 10.9.0.1
one=$pattern
pattern 10.9.0.2
two=$pattern
there="$one:~ > $two:7000 $XTCP_WIRE:"
back="$two:7000 > $one:~ $XTCP_WIRE:"
numbers='seq ~ ack ~ win ~ len'
options="mss $((1480 - ip_bytes)) sackok ts ~ ecr ~ wscale 7$"
sending="\\| handshake \\| cwnd ~ ssthresh ~ pipe ~ snd_wnd ~ srtt_us ~ rto_us ~ open$"
check "SYN out" shown "xtcp_segment_out: $there flags SYN seq ~ ack 0 win ~ len 0 ${options%$} $sending"
check "SYN in" shown "xtcp_segment_in: $there flags SYN seq ~ ack 0 win ~ len 0 $options"
check "SYN,ACK out" shown "xtcp_segment_out: $back flags SYN\|ACK $numbers 0 ${options%$} \| handshake \| cwnd 0 "
check "SYN,ACK in" shown "xtcp_segment_in: $back flags SYN\|ACK $numbers 0 $options"
check "data out, why, and how the connection fares" \
	shown "xtcp_segment_out: $there flags PSH\|ACK $numbers 6 ts ~ ecr ~ ${sending/handshake/new data}"
check "what its ACK has done" \
	shown "xtcp_acked: $there snd_una ~ snd_nxt ~ acked ~ delivered ~ lost 0 rtt_us ~ cwnd ~ ssthresh ~ pipe ~ snd_wnd ~ open -> open *$"
check "data in" shown "xtcp_segment_in: $there flags (FIN\|)?PSH\|ACK $numbers 6 ts ~ ecr ~$"
check "FIN" shown "xtcp_segment_in: $there flags FIN\|(PSH\|)?ACK $numbers"
check "RST" shown "xtcp_segment_in: $two:7001 > $one:~ $XTCP_WIRE: flags RST\|ACK seq 0 ack ~ win"
check "the request is made" shown "xtcp_request_made: $back snd_nxt ~ rcv_nxt ~"
check "the request becomes a connection" shown "xtcp_request_gone: $back"
check "a TIME_WAIT is made" shown "xtcp_time_wait_made: "
check "a timer is armed" shown "xtcp_timer_armed: $there retransmit ~ ms"
if [ "$XTCP_WIRE" = tcp ]; then
	skip "a drop, with its reason" "a port of nobody's is the kernel's TCP's"
else
	check "a drop, with its reason" shown "xtcp_drop: $one:~ > $two:7001 $XTCP_WIRE: .*: no port"
fi
for change in "CLOSED -> SYN_SENT" "LISTEN -> SYN_RECEIVED" "SYN_SENT -> ESTABLISHED" \
	"SYN_RECEIVED -> ESTABLISHED" "ESTABLISHED -> FIN_WAIT_1" \
	"ESTABLISHED -> CLOSE_WAIT" "CLOSE_WAIT -> LAST_ACK" "LAST_ACK -> CLOSED" \
	"FIN_WAIT_1 -> FIN_WAIT_2" "FIN_WAIT_2 -> TIME_WAIT"; do
	check "$change" shown "xtcp_state: .* $XTCP_WIRE: ${change//_/[_-]}"
done
check "sock:inet_sock_set_state" \
	shown "inet_sock_set_state: .*(dport=7000|sport=7000).*newstate=TCP_ESTABLISHED"

# IPv6, and IPv4 that a listener of :: takes: each end calls it by the same name.
ip -n "$a" addr add 2001:db8::1/64 dev veth0 nodad
ip -n "$b" addr add 2001:db8::2/64 dev veth0 nodad
if [ "${XTCP_IP-4}" = 6 ]; then
	XTCP_IP=4 ip -n "$a" addr add 10.9.0.1/24 dev veth0
	XTCP_IP=4 ip -n "$b" addr add 10.9.0.2/24 dev veth0
fi
pid=$(in_space "$b" "$OUT/tools/xcat" -l :: 7006 cat) && pids+=("$pid")
talk6() {
	[ "$(echo hello | XTCP_IP=4 in_space "$a" timeout 20 "$OUT/tools/xcat" "$1" 7006)" = hello ]
}
echo >"$instance/trace"
echo 1 >"$instance/events/xtcp/enable"
check "a connection over IPv6, watched" talk6 2001:db8::2
check "one over IPv4 to a listener of ::, watched" talk6 10.9.0.2
check "a port where nobody listens, over IPv4" refused
echo 0 >"$instance/events/enable"
cat "$instance/trace" >"$work/trace"

there="\[2001:db8::1\]:~ > \[2001:db8::2\]:7006 $XTCP_WIRE:"
back="\[2001:db8::2\]:7006 > \[2001:db8::1\]:~ $XTCP_WIRE:"
options='mss 1440 sackok ts ~ ecr ~ wscale 7$'
check "IPv6: SYN out" shown "xtcp_segment_out: $there flags SYN seq ~ ack 0 win ~ len 0 ${options%$} $sending"
check "IPv6: SYN,ACK in" shown "xtcp_segment_in: $back flags SYN\|ACK $numbers 0 $options"
check "IPv6: data" shown "xtcp_segment_out: $there flags PSH\|ACK $numbers 6 ts ~ ecr ~ ${sending/handshake/new data}"
check "IPv6: the listener" shown "xtcp_state: \[2001:db8::2\]:7006 > \[2001:db8::1\]:~ $XTCP_WIRE: LISTEN -> SYN[-_]RECEIVED"

cp "$work/trace" "$work/lines"
# table ARGUMENT...: by xtcp-trace
table() {
	"$OUT/xtcp-trace" --read "$work/lines" "$@" >"$work/trace"
}
headed() {
	table && shown '^ +\[2001:db8::1\]:~  client +\[2001:db8::2\]:7006  server  '"$XTCP_WIRE wire$" &&
		shown '^ +10\.9\.0\.1:~  client +10\.9\.0\.2:7006  server  '"$XTCP_WIRE wire$"
}
check "xtcp-trace: the ends of IPv6, and of IPv4" headed
# Each row's length is where the head of the table has it, and both ends' states are in theirs.
aligned() {
	table && awk '
		/^  no / { len = index($0, "  len") + 4; right = index($0, "  len") + 10 }
		/(-->|<--) (SYN|ACK|PSH|FIN|RST)/ {
			n++
			if (substr($0, len, 2) !~ /[0-9] / || substr($0, right - 4, 3) !~ /-->|<--/) {
				print
				bad = 1
			}
		}
		END { exit bad || n < 12 }' "$work/trace"
}
check "xtcp-trace: its columns" aligned
# filtered PORT WANTED UNWANTED
filtered() {
	table --port "$1" && shown "$2" && ! shown "$3"
}
check "xtcp-trace --port, of the listener" filtered 7006 '\[2001:db8::2\]:7006' ':7001'
port=$(sed -n 's/.*xtcp_segment_out: \[2001:db8::1\]:\([0-9]*\) > .*/\1/p' "$work/lines" | head -n 1)
check "xtcp-trace --port, of the client" filtered "$port" "2001:db8::1\]:$port  client" '10\.9\.0\.1'
rows() {
	table --tsv --port "$port" && awk -F '\t' -v port="$port" '
		$1 != "[2001:db8::1]:" port || $2 != "[2001:db8::2]:7006" { print; bad = 1 }
		{ n += $6 != ""; flags = flags $6 $7 " " }
		END { exit bad || NF != 13 || flags !~ />SYN <SYN,ACK >ACK / }' "$work/trace"
}
check "xtcp-trace --tsv: each segment is one row, seen at both ends" rows

# From the device to the reader: each function is seen.
received=(ip_rcv ip_local_deliver)
[ "$XTCP_IP" != 6 ] || received=(ipv6_rcv ip6_input)
path=(__napi_poll "${received[@]}" xtcp_rcv xtcp_segment_arrives
	xtcp_step_sequence xtcp_step_ack xtcp_step_text xtcp_rcvq_add
	xtcp_data_ready sock_def_readable)
# The other steps are for a flag, or for one state: a connection calls some of them.
called=(xtcp_step_syn_sent xtcp_step_fin)
not_called=(xtcp_step_rst xtcp_step_syn xtcp_step_urg)
if grep -qw function "$instance/available_tracers" 2>/dev/null ||
	grep -qw function "$tracing/available_tracers"; then
	: >"$instance/set_ftrace_filter"
	for fn in "${path[@]}" "${called[@]}" "${not_called[@]}"; do
		check "$fn can be traced" \
			sh -c "echo $fn >>$instance/set_ftrace_filter"
	done
	echo function >"$instance/current_tracer"
	check "a connection, its functions traced" talk
	cat "$instance/trace" >"$work/trace"
	echo nop >"$instance/current_tracer"
	for fn in "${path[@]}" "${called[@]}"; do
		check "$fn is seen" shown " $fn( \[xtcp\])? <-"
	done
	for fn in "${not_called[@]}"; do
		check "$fn is not called in vain" unseen " $fn( \[xtcp\])? <-"
	done
	# For the order: one segment with data, on one processor.
	in_order() {
		awk -v path="${path[*]}" '
			BEGIN { n = split(path, want, " ") }
			{ cpu = $0; sub(/.*\[/, "", cpu); sub(/\].*/, "", cpu) }
			{ line = $0; sub(/.*: /, "", line); split(line, word, " ") }
			word[1] == want[1] { at[cpu] = 1 }
			word[1] == want[at[cpu] + 1] && at[cpu] { at[cpu]++ }
			at[cpu] == n { found = 1 }
			END { exit !found }' "$work/trace"
	}
	check "in the order of the path" in_order
else
	skip "the path of a segment" "no function tracer"
fi

# /proc/net
kernels=/proc/net/tcp zero=00000000
[ "$XTCP_IP" = 4 ] || kernels=/proc/net/tcp6 zero=$(printf '%032d' 0)
check "$list has the columns of $kernels, and one more" \
	diff <(head -n 1 $kernels | sed 's/ *$/ options/') \
	<(head -n 1 "$list" | sed 's/ *$//')
listed() {
	in_space "$b" cat "$list" | tee "$work/trace"
	shown "^ +~: $zero:1B58 $zero:0000 0A 00000000:00000000 "
}
check "a listener's line" listed
check "/proc/net/xtcp_stat: a name and a value a line" \
	awk '!/^[A-Z][A-Za-z0-9]+ [0-9]+$/ { print; bad = 1 } END { exit bad || NR < 20 }' \
	/proc/net/xtcp_stat
nothing_read() {
	! "$OUT/xtcp-trace" --read /proc/net/xtcp_stat 2>"$work/trace" >/dev/null &&
		shown "no event of xtcp in what was read"
}
check "xtcp-trace --read says that there is nothing to show" nothing_read
check "/proc/net/protocols" grep -q '^XTCP ' /proc/net/protocols

tap_end
