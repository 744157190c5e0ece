#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xss: ss for xtcp, by sock_diag.

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

if [ "$XTCP_WIRE" = kernel ]; then
	skip "everything" "xss shows xtcp's sockets alone"
	tap_end
fi
xss=$OUT/xss
here=127.0.0.1
any=0.0.0.0
[ "$XTCP_IP" != 6 ] || here=::1 any='[::]'
[ "$XTCP_IP" != mapped ] || here=::ffff:127.0.0.1 any='*'
shown_here=$here
[ "$XTCP_IP" = 4 ] || shown_here="[$here]"

# shows PATTERN ARGUMENT...: xss prints such a line; "~" stands for a number
shows() {
	local pattern=${1//\~/[0-9]+}

	shift
	"$xss" "$@" >"$work/shown" 2>&1 || return 1
	grep -qE -- "$pattern" "$work/shown" || {
		cat "$work/shown"
		return 1
	}
}

# lines N ARGUMENT...: it prints so many, without a heading
lines() {
	local n=$1

	shift
	"$xss" -H "$@" >"$work/shown" || return 1
	[ "$(wc -l <"$work/shown")" -eq "$n" ] || {
		cat "$work/shown"
		return 1
	}
}

# says STATUS PATTERN ARGUMENT...: it gives up, and says why
says() {
	local status=$1 pattern=$2 got

	shift 2
	"$xss" "$@" >"$work/says" 2>&1
	got=$?
	cat "$work/says"
	[ "$got" -eq "$status" ] && grep -q -- "$pattern" "$work/says"
}

# escaped TEXT: as a regular expression
escaped() {
	local text=${1//./\\.}

	text=${text//'['/'\['}
	text=${text//']'/'\]'}
	printf '%s\n' "${text//'*'/'\*'}"
}
local_end=$(escaped "$shown_here")
any_end=$(escaped "$any")

mkfifo "$work/hold"
pid=$("$OUT/tools/xcat" -l "$here" 7000 cat) && pids+=("$pid")
"$OUT/tools/xcat" "$here" 7000 <"$work/hold" >"$work/got" &
client=$!
pids+=("$client")
exec 5>"$work/hold"
echo hello >&5
# the server has answered, and the client has it, and has not read it
answered() {
	"$xss" -Hn state established dport 7000 >"$work/shown" && grep -q "ESTAB *6 *0 " "$work/shown"
}
retry answered || bail_out "no connection"

# ---- the table ----

check "the heading" shows '^Wire +State +Recv-Q +Send-Q +Local Address:Port +Peer Address:Port$'
check "its two ends, without an option" lines 2 sport = :7000 or dport = :7000
check "one of them" shows "^$XTCP_WIRE +ESTAB +0 +0 +$local_end:7000 +$local_end:~\$" -n sport 7000
check "what is not read" shows "^$XTCP_WIRE +ESTAB +6 +0 +$local_end:~ +$local_end:7000\$" -n dport 7000
check "not the listener" lines 1 sport 7000
check "the listener" shows "^$XTCP_WIRE +LISTEN +0 +~ +$local_end:7000 +$any_end:\\*\$" -ln
check "listeners alone" lines 1 -ln sport 7000
check "all" lines 3 -a sport 7000 or dport 7000
check "by service's name" shows ":bbs +" -l
check "the other wire has none" lines 0 -a \
	--wire "$(if [ "$XTCP_WIRE" = tcp ]; then echo native; else echo tcp; fi)"
check "this one does" lines 1 -l --wire "$XTCP_WIRE"
if [ "$XTCP_IP" = 4 ]; then
	check "IPv4's" lines 1 -l4
	check "none of IPv6's" lines 0 -a6
else
	check "IPv6's" lines 1 -l6
	check "none of IPv4's" lines 0 -a -f inet
fi
check "who holds it" shows "users:\\(\\(\"xcat\",pid=$pid,fd=~\\)" -lp
check "its timer: none" lines 2 -o state established
check "inode and cookie" shows " ino:~ sk:[0-9a-f]+ .*<->" -e sport 7000
check "cgroup" shows " cgroup:/" -e sport 7000
check "cgroup alone" shows " cgroup:/" --cgroup sport 7000
check "memory" shows '^	 skmem:\(r0,rb~,t~,tb~,f~,w~,o~,bl~,d~\)$' -m sport 7000
check "TCP_INFO" shows '^	 ts sack cubic wscale:~,~ rto:~.* rtt:[0-9.]+/[0-9.]+ .*mss:~ pmtu:~ .* cwnd:~ .*bytes_received:6 ' \
	-i sport 7000
check "in one line" shows "ESTAB .* skmem:.* cubic " -Omi sport 7000
check "type of service" shows " tos:0x~" --tos sport 7000
check "how many" shows '^established +2 ' -s
check "how many listen" shows '^listening +1 ' -s

# ---- filters ----

check "state all" lines 3 state all '(' sport 7000 or dport 7000 ')'
check "exclude" lines 2 exclude listening '(' sport 7000 or dport 7000 ')'
check "connected" lines 2 state connected
check "synchronized, in several words" lines 2 state synchronized sport = 7000 or dport eq 7000
check "two states" lines 1 state listening state time-wait
check "src" lines 2 src "$shown_here"
check "src with port" lines 1 src "$shown_here:7000"
check "src with another port" lines 0 src "$shown_here:7001"
check "dst !=" lines 0 dst != "$shown_here"
check "not dst" lines 0 not dst "$shown_here"
check "! and parentheses, glued" lines 2 '!(sport=:1|dport=:2)'
check "sport >=" lines 1 'sport >= 7000 and sport <= 7000'
check "sport >" lines 0 sport '>' 7000 and sport '<' 7000
check "dport ne" lines 1 dport ne 7000
check "and binds closer than or" lines 2 sport 7000 or dport 7000 and dport 7000
check "parentheses" lines 1 '(' sport 7000 or dport 7000 ')' and dport 7000
check "side by side is and" lines 0 sport 7000 dport 7000
check "dev" lines 0 dev lo
check "not dev" lines 2 not dev lo
check "fwmark" lines 0 fwmark 7
check "fwmark with a mask" lines 2 fwmark 0/0xff
check "cgroup" lines 2 cgroup /sys/fs/cgroup
check "autobound: neither end has chosen its port" lines 2 autobound
echo "sport = :7000" >"$work/filter"
check "from a file" lines 1 -F "$work/filter"
case $XTCP_IP in
4)
	check "a prefix" lines 2 dst 127.0.0.0/8
	check "a longer one" lines 0 dst 127.0.1.0/24
	check "by name" lines 2 dst localhost
	;;
6)
	check "a prefix" lines 2 dst '[::]/64'
	check "a longer one" lines 0 dst '[::2]/128'
	check "without brackets" lines 2 dst ::1
	;;
mapped)
	check "an IPv4 prefix finds them" lines 2 dst 127.0.0.0/8
	check "a longer one" lines 0 dst 127.0.1.0/24
	;;
esac

# ---- what is wrong ----

check "--help" says 0 '^usage: xss' --help
check "--version says what the header does" says 0 \
	"^xss $(sed -n 's/^#define XTCP_VERSION[[:space:]]*"\(.*\)"$/\1/p' "$(dirname "$0")/../../module/uapi/xtcp.h")\$" --version
check "an unknown option" says 2 'try --help' --nonesuch
check "no such state" says 2 'opened is no state' state opened
check "a state is missing" says 2 'state wants a value' state
check "no such port" says 2 'no port and no service' sport nonesuch
check "a port too large" says 2 'no port and no service' sport 65536
check "every port" says 2 'needs no condition' sport '*'
check "no such operator" says 2 'no operator =<' sport '=<' 5
check "an order of hosts" says 2 'equal or not' dst '>' 10.0.0.1
check "a prefix too long" says 2 'no length of a prefix' dst 10.0.0.0/33
check "no such host" says 2 'nonesuch.invalid' dst nonesuch.invalid
check "a parenthesis is missing" says 2 'lacks a )' '(' sport 5
check "one too many" says 2 'a ) too many' sport 5 ')'
check "no such condition" says 2 'cannot begin with' because
check "no such device" says 2 'no device' dev nonesuch
check "no such mark" says 2 'no MARK' fwmark x
check "no such cgroup" says 2 'no folder' cgroup /nonesuch
check "no such family" says 2 'inet and inet6' -f unix
check "no such wire" says 2 'native and tcp' --wire copper
check "no such namespace" says 1 'namespace nonesuch' -N nonesuch
check "no such file" says 1 'No such file' -F "$work/nonesuch"
check "two filters" says 2 'given twice' -F "$work/filter" sport 5
check "-K without a filter" says 2 'would end every socket' -K
deep=$(printf '!%.0s ' {1..200})
check "nested too deeply" says 2 'too deeply' "$deep sport 5"
{
	printf 'sport 5 and %.0s' {1..9000}
	echo sport 5
} >"$work/long"
check "too long" says 2 'too long' -F "$work/long"
check "stdout is full" [ "$("$xss" 2>&1 >/dev/full)" = "xss: stdout: No space left on device" ]

# ---- another namespace, another user ----

if space_pair "xss-a-$$" "xss-b-$$"; then
	check "another namespace" lines 0 -aN "xss-a-$$"
	check "from within it, the first" lines 3 -aN /proc/1/ns/net sport 7000 or dport 7000
fi
unprivileged() {
	setpriv --reuid 65534 --clear-groups "$xss" "$@"
}
check "anyone may look" [ "$(unprivileged -Ha sport 7000 or dport 7000 | wc -l)" -eq 3 ]
kills_nothing() {
	! unprivileged -K dport 7000 2>"$work/says" && grep -q "takes CAP_NET_ADMIN" "$work/says" && lines 1 dport 7000
}
check "but not kill" kills_nothing
marks() {
	! unprivileged fwmark 7 2>"$work/says" && grep -q "fwmark takes CAP_NET_ADMIN" "$work/says"
}
check "nor ask for marks" marks

# ---- a port that is taken ----

python3 -c '
import socket, sys
s = socket.socket(int(sys.argv[3]), socket.SOCK_STREAM, 253)
s.bind((sys.argv[1], 7321))
print("bound", flush=True)
sys.stdin.read()' "$here" "" "$([ "$XTCP_IP" = 4 ] && echo 2 || echo 10)" <"$work/hold" >"$work/bound" 5>&- &
holder=$!
pids+=("$holder")
retry grep -q bound "$work/bound"
check "who has the port" shows "BOUND +0 +0 +$local_end:7321 +.*\"python3\",pid=$holder" -Bnp
check "not among the others" lines 0 sport 7321

# ---- kill ----

check "-K shows what it ends" shows "ESTAB .*:7000\$" -Kn dport = :7000
exec 5>&-
ended() {
	! kill -0 "$client" 2>/dev/null
}
check "its program is told" retry ended
check "a listener" shows "LISTEN " -Kln sport 7000
check "listens no more" lines 0 -l sport 7000
check "again: there is nothing" lines 0 -Kl sport 7000

# ---- without the modules ----

without() {
	rmmod xtcp_diag || return
	echo >/etc/modprobe.d/xtcp-diag.conf
	says 1 'xtcp_diag is not there' -a
}
if [ -e /etc/modprobe.d/xtcp-diag.conf ]; then
	cp /etc/modprobe.d/xtcp-diag.conf "$work/conf"
	check "without xtcp_diag" without
	cp "$work/conf" /etc/modprobe.d/xtcp-diag.conf
	check "which loads itself" shows '^Wire' -a
fi
tap_end
