#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcpize: programs for the kernel's TCP, run on xtcp as they are.
#
# run: ip-blind

# shellcheck disable=SC2317 # check and retry call the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

xtcpize=("$OUT/xtcpize")
[ "$XTCP_WIRE" = native ] && xtcpize+=(--native)

# ---- what it refuses ----

# says STATUS PATTERN ARGUMENT...: xtcpize gives up, and says why
says() {
	local status=$1 pattern=$2 got

	shift 2
	"$OUT/xtcpize" "$@" >"$work/says" 2>&1
	got=$?
	cat "$work/says"
	[ "$got" -eq "$status" ] && grep -q -- "$pattern" "$work/says"
}

check "--help" says 0 '^usage: xtcpize' --help
check "no program" says 125 'which program'
check "--version says what the header does" says 0 \
	"^xtcpize $(sed -n 's/^#define XTCP_VERSION[[:space:]]*"\(.*\)"$/\1/p' "$(dirname "$0")/../../module/uapi/xtcp.h")\$" --version
check "an unknown option" says 125 'xtcpize --help' --nonesuch true
check "an impossible --family" says 125 'from 1 to 255' --family 300 true
check "--only-connect --only-listen" \
	says 125 'exclude' --only-connect --only-listen true
check "a program that is not there" says 127 'no such program' nonesuch-$$
check "a path that is not there" says 127 'No such file' "$work/nonesuch"
check "a file that is no program" says 126 'not a program' /etc/passwd

# ldconfig needs no library, since it repairs them.
check "a static program" says 126 'linked statically' /sbin/ldconfig
check "the way for a static program" says 126 'AF_INET.*253' /sbin/ldconfig
check "a Go program" says 126 'Go program' "$OUT/tools/xtcpize-go"
printf '#!/sbin/ldconfig -v\n' >"$work/script"
chmod +x "$work/script"
check "a script for a static program" says 126 'ldconfig is linked statically' \
	"$work/script"
cp /bin/true "$work/setuid"
chown 65534 "$work/setuid" && chmod 4755 "$work/setuid"
check "a setuid program" says 126 'more rights' "$work/setuid"
# without_sys COMMAND...: where nothing says what modules there are
without_sys() {
	unshare -m sh -c 'mount -t tmpfs none /sys && exec "$@"' - "$@"
}
no_module() {
	without_sys "$OUT/xtcpize" --family 22 true >"$work/says" 2>&1
	[ $? -eq 125 ] && cat "$work/says" && grep -q 'modprobe xtcp' "$work/says"
}
check "no module" no_module
mkdir "$work/bin"
cp "$OUT/xtcpize" "$work/bin/"
no_library() {
	! "$work/bin/xtcpize" "${xtcpize[@]:1}" true 2>"$work/says" &&
		cat "$work/says" && grep -q 'libxtcpize.so' "$work/says"
}

if [ "$XTCP_WIRE" = kernel ]; then
	skip "everything else" "it takes xtcp"
	tap_end
fi

check "no library" no_library
mkdir -p "$work/unreadable/lib/xtcp" "$work/unreadable/bin"
cp "$OUT/xtcpize" "$work/unreadable/bin/"
cp "$OUT/libxtcpize.so" "$work/unreadable/lib/xtcp/"
chmod 700 "$work/unreadable/lib"
chmod 711 "$work"
library_unreadable() {
	! setpriv --reuid 65533 --clear-groups "$work/unreadable/bin/xtcpize" "${xtcpize[@]:1}" true 2>"$work/says" &&
		cat "$work/says" && grep -q 'cannot read libxtcpize.so' "$work/says"
}
check "a library that its user cannot read" library_unreadable

# ---- is it xtcp? ----

forbid=$OUT/tools/forbid
family=$(cat /sys/module/xtcp/parameters/family)
check "a family that is not xtcp" says 125 'protocol family 2 is not xtcp' --family 2 true
check "a family without TCP" says 125 'family 1 has no TCP wire' --family 1 true
check "another number than the module's" says 125 "xtcp is protocol family $family, not 22" --family 22 true
# filtered ERRNO TEXT: a seccomp filter makes socket() fail with ERRNO
filtered() {
	! "$forbid" "$family" "$1" "${xtcpize[@]}" true 2>"$work/says" && cat "$work/says" &&
		grep -q "a seccomp filter forbids protocol family $family: $2" "$work/says"
}
check "a seccomp filter, as systemd's" filtered 97 'Address family not supported'
check "a seccomp filter, as a container's" filtered 1 'Operation not permitted'
unloaded() {
	! without_sys "$forbid" "$family" 97 "${xtcpize[@]}" true 2>"$work/says" &&
		cat "$work/says" && grep -q 'modprobe xtcp' "$work/says" && grep -q 'or is it the seccomp filter' "$work/says"
}
check "no module in sight, and a seccomp filter" unloaded

# ---- what it runs ----

space=xtcp-xtcpize-$$
space_new "$space"
printf 'one\ntwo\n\nthree, which is a longer line\n' >"$work/in"

run() {
	in_space "$space" timeout 60 "${xtcpize[@]}" "$@"
}

# serve PORT OPTION... PROGRAM...: an echo server, until the end
serve() {
	local port=$1

	shift
	background ip netns exec "$space" "${xtcpize[@]}" "$@" 127.0.0.1 "$port"
}

# echoes PORT COMMAND...: an echo client gets back what it sent
echoes() {
	local port=$1

	shift
	in_space "$space" timeout 10 "$@" 127.0.0.1 "$port" \
		<"$work/in" >"$work/out" && cmp "$work/in" "$work/out"
}

# listens FILE PORT: a listener in /proc/net/FILE
listens() {
	in_space "$space" cat "/proc/net/$1" | tee "$work/$1" |
		grep -q "$(printf ':%04X 00000000:0000 0A' "$2")" || {
			cat "$work/$1"
			return 1
		}
}

client=$OUT/examples/echo-client-kernel server=$OUT/examples/echo-server-kernel
serve 7001 "$server"
check "an echo client and server" \
	retry echoes 7001 "${xtcpize[@]}" "$client"
check "the server is in /proc/net/xtcp" listens xtcp 7001
if [ "$XTCP_WIRE" = native ]; then
	not_in_tcp() { ! listens tcp 7001; }
	check "the server is not in /proc/net/tcp" not_in_tcp
else
	check "a client without xtcpize" echoes 7001 "$client"
	background ip netns exec "$space" "$server" 127.0.0.1 7002
	check "a server without xtcpize" \
		retry echoes 7002 "${xtcpize[@]}" "$client"
fi

serve 7003 sh -c '"$@" & trap "kill $!" TERM; wait' - "$server"
check "a child" retry listens xtcp 7003
printf '#!/bin/sh\nexec "%s" "$@"\n' "$client" >"$work/script"
check "a script" echoes 7003 "${xtcpize[@]}" "$work/script"

serve 7004 --only-listen "$server"
check "--only-listen: a server is xtcp's" retry listens xtcp 7004
check "--only-listen: it serves" \
	echoes 7004 "${xtcpize[@]}" --only-connect "$client"
serve 7005 --only-connect "$server"
check "--only-connect: a server is the kernel's" retry listens tcp 7005
check "--only-connect: it serves" \
	echoes 7005 "${xtcpize[@]}" --only-listen "$client"

# ---- what a program sees ----

# all_ok COMMAND...: a TAP program; show only what fails
all_ok() {
	run "$@" >"$work/tap" 2>&1
	local status=$?

	grep -v '^ok ' "$work/tap"
	[ "$status" -eq 0 ] && grep -q '^ok ' "$work/tap"
}

export XTCP_WIRE=kernel # the TCP that the programs believe they use
check "sockets that it opens" all_ok "$OUT/tools/xtcpize-probe" 253 253
check "sockets under --only-connect" \
	all_ok --only-connect "$OUT/tools/xtcpize-probe" 253 6
check "sockets under --only-listen" \
	all_ok --only-listen "$OUT/tools/xtcpize-probe" 6 253
for name in socket sockopt tcpopt ioctl splice share poll epoll bind connect listen; do
	check "api/$name, made for the kernel's TCP" all_ok "$OUT/api/$name"
done
# but for proc, which looks into the kernel's own table
for name in open stream dual only listeners ports errors families options; do
	check "api/ipv6, its test $name" all_ok env "TAP_ONLY=$name" "$OUT/api/ipv6"
done

# ---- what stays on the kernel's TCP ----

# kinds RESULT TELLS OPTION... -- WORD...: the program prints RESULT, a line for each
# "WORD: VALUE"; on standard error is what TELLS matches, each line of it once, and no more
kinds() {
	local result=$1 tells=$2 options=()

	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	run "${options[@]}" "$OUT/tools/xtcpize-kinds" "$@" >"$work/out" 2>"$work/err" || return
	cat "$work/out" "$work/err"
	[ "$(cat "$work/out")" = "$result" ] &&
		[ "$(wc -l <"$work/err")" -eq "$(grep -c . <<<"$tells")" ] &&
		{ [ -z "$tells" ] || [ "$(grep -c -f - "$work/err" <<<"$tells")" -eq "$(grep -c . <<<"$tells")" ]; }
}

mptcp="^xtcpize: xtcpize-kinds has the kernel's TCP for an IPPROTO_MPTCP socket"
no_mptcp="^xtcpize --strict: xtcpize-kinds is refused an IPPROTO_MPTCP socket"
past="has the kernel's TCP for a TCP socket .*past the C library"
no_past="--strict: xtcpize-kinds is refused a TCP socket .*past the C library"
inet6_words=(inet6 inet6-listens inet6-connects)
all_are() { printf "%s $1\n" "${@:2}"; }
check "nothing is told of IPv4" kinds 'inet 253' '' -- inet
check "nor of IPv6" kinds "$(all_are 253 "${inet6_words[@]}")" '' -- "${inet6_words[@]}"
check "IPPROTO_MPTCP: one line" kinds $'mptcp 262\nmptcp 262' "$mptcp" -- mptcp mptcp
check "IPPROTO_MPTCP over IPv6" kinds 'mptcp6 262' "$mptcp" -- mptcp6
check "IPPROTO_MPTCP, also of a child: one line" kinds 'forked-mptcp 262' "$mptcp" -- forked-mptcp
past_words=(past-listens past-connects past-listens6 past-connects6)
check "past the C library" kinds "$(all_are 6 "${past_words[@]}")" "$past" -- "${past_words[@]}"
check "not where standard error is another file" kinds 'other-stderr 262' '' -- other-stderr
rm -f other-stderr

check "--strict: IPv4 and IPv6" kinds $'inet 253\ninet6 253' '' --strict -- inet inet6
check "--strict: IPPROTO_MPTCP" kinds "$(all_are EPROTONOSUPPORT mptcp mptcp6)" "$no_mptcp" --strict -- mptcp mptcp6
check "--strict: past the C library" kinds "$(all_are EAFNOSUPPORT "${past_words[@]}")" "$no_past" --strict -- "${past_words[@]}"

# With half of the sockets asked for, what counts is what a socket does.
check "--only-listen: IPv6" kinds $'inet6-listens 253\ninet6-connects 6' '' --only-listen -- inet6-listens inet6-connects
check "--only-connect: IPv6" kinds $'inet6-listens 6\ninet6-connects 253' '' --only-connect -- inet6-listens inet6-connects
check "--only-listen: an IPPROTO_MPTCP listener" kinds 'mptcp-listens 262' "$mptcp" --only-listen -- mptcp-listens
check "--only-listen: an IPPROTO_MPTCP connection" kinds 'mptcp-connects 262' '' --only-listen -- mptcp-connects
check "--only-connect: an IPPROTO_MPTCP listener" kinds 'mptcp-listens 262' '' --only-connect -- mptcp-listens
check "--only-connect: an IPPROTO_MPTCP connection" kinds 'mptcp-connects 262' "$mptcp" --only-connect -- mptcp-connects
check "--only-listen --strict" kinds $'mptcp-listens EAFNOSUPPORT\nmptcp-connects 262' "$no_mptcp" \
	--only-listen --strict -- mptcp-listens mptcp-connects
check "--only-connect --strict" kinds $'mptcp-listens 262\nmptcp-connects EAFNOSUPPORT' "$no_mptcp" \
	--only-connect --strict -- mptcp-listens mptcp-connects

uring=$("$OUT/tools/xtcpize-kinds" uring-listens)
if [ "$uring" = "uring-listens 6" ]; then
	check "io_uring" kinds 'uring-listens 6' 'has an io_uring' -- uring-listens
else
	skip "io_uring" "it opens no sockets here: $uring"
fi
check "--strict: io_uring" kinds 'uring-listens EPERM' '' --strict -- uring-listens
# the same without the right to filter system calls at will
unprivileged() {
	in_space "$space" setpriv --reuid 65533 --clear-groups "$work/bin/xtcpize" "${xtcpize[@]:1}" --strict \
		"$work/kinds" uring-listens >"$work/out" 2>&1
	cat "$work/out"
	[ "$(cat "$work/out")" = "uring-listens EPERM" ]
}
mkdir -p "$work/lib/xtcp"
cp "$OUT/libxtcpize.so" "$work/lib/xtcp/"
cp "$OUT/tools/xtcpize-kinds" "$work/kinds"
check "--strict: io_uring, not as root" unprivileged

# inherits OPTION...: standard input is a socket that listens, of the kernel's TCP
inherits() {
	python3 -c 'import os, socket, sys
s = socket.socket()
s.listen()
os.dup2(s.fileno(), 0)
os.execvp(sys.argv[1], sys.argv[1:])' "${xtcpize[@]}" "$@" >"$work/out" 2>"$work/err"
}
inherited() {
	inherits true && cat "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -q 'file 0 is a TCP socket from outside' "$work/err"
}
not_inherited() { inherits --only-connect true && [ ! -s "$work/err" ]; }
refuses_inherited() { inherits --strict true; [ $? -eq 126 ] && grep -q 'file 0' "$work/err"; }
check "a socket from outside" inherited
check "--only-connect: a listener from outside" not_inherited
check "--strict: a socket from outside" refuses_inherited

# ---- programs that it does not reach ----

# What a shell runs as its own child prints nothing.
static=(/bin/busybox true)
told="on the kernel's TCP, since it is linked statically"
ways=(execve execv execvp execvpe execl execlp execle fexecve execveat posix_spawn posix_spawnp vfork)
check "a static program: one line, whatever starts it" kinds "$(printf '%s 0\n' "${ways[@]}" system)" \
	"$(printf '^xtcpize: %s starts .* %s\n' xtcpize-kinds "$told" sh "$told")" -- "${ways[@]}" system -- "${static[@]}"
check "--strict: a static program, whatever starts it" kinds "$(printf '%s EPERM\n' "${ways[@]}")" \
	'^xtcpize --strict: xtcpize-kinds may not start .*: it is linked statically' \
	--strict -- "${ways[@]}" -- "${static[@]}"
check "of any other program" kinds "$(printf '%s 0\n' "${ways[@]}")" '' --strict -- "${ways[@]}" -- /bin/true -
check "found in PATH" kinds $'execvp EPERM\nposix_spawnp EPERM' 'may not start .*/busybox: it is linked statically' \
	--strict -- execvp posix_spawnp -- busybox true
check "a Go child" kinds 'execv 0' 'since it is a Go program' -- execv -- "$OUT/tools/xtcpize-go" -
own='with an environment without our LD_PRELOAD'
check "an environment of its own" kinds 'environment 0' "$own" -- environment -- /bin/true -
check "--strict: an environment of its own" kinds 'environment EPERM' "$own" --strict -- environment -- /bin/true -
setuid_child() {
	setpriv --reuid 65533 --clear-groups "$work/bin/xtcpize" "${xtcpize[@]:1}" "$@" \
		"$work/kinds" execv -- "$work/setuid" - >"$work/out" 2>"$work/err"
	cat "$work/out" "$work/err"
}
setuid_told() { setuid_child && grep -q '^execv 0' "$work/out" && grep -q 'since it has more rights' "$work/err"; }
setuid_refused() { setuid_child --strict; grep -q '^execv EPERM' "$work/out" && grep -q 'may not start' "$work/err"; }
chown 65534 "$work/setuid" && chmod 4755 "$work/setuid"
check "a setuid child" setuid_told
# root's --strict leaves setuid programs their rights, and another user's does not: then the library gets into them
not_setuid() { setuid_child --strict && grep -q '^execv 0' "$work/out" && [ ! -s "$work/err" ]; }
check "--strict: a setuid child, which gains no rights" not_setuid
private=("$work/unreadable/bin/xtcpize" "${xtcpize[@]:1}")
drops() { "${private[@]}" "$@" "$work/kinds" another-user -- /bin/true - >"$work/out" 2>"$work/err"; cat "$work/out" "$work/err"; }
dropped() { drops && grep -q '^another-user 0' "$work/out" && grep -q 'by a user who cannot read libxtcpize.so' "$work/err"; }
not_dropped() { drops --strict && grep -q '^another-user EPERM' "$work/out" && grep -q 'may not start /bin/true' "$work/err"; }
check "a program of a user who cannot read the library" dropped
check "--strict: a program of such a user" not_dropped

# ---- --report ----

# reports LINE... -- OPTION... WORD...: the last lines are LINE
reports() {
	local lines=() status

	while [ "$1" != -- ]; do
		lines+=("xtcpize: $1")
		shift
	done
	shift
	run --report "$@" >"$work/out" 2>"$work/err"
	status=$?
	cat "$work/out" "$work/err"
	[ "$(tail -n "${#lines[@]}" "$work/err")" = "$(printf '%s\n' "${lines[@]}")" ] && return "$status"
	return 99
}

kinds=$OUT/tools/xtcpize-kinds
check "--report: nothing" reports 'on xtcp: 0 sockets' "on the kernel's TCP: 0 sockets" -- true
check "--report: each kind" reports 'on xtcp: 4 sockets' \
	"on the kernel's TCP: 5 sockets (2 IPPROTO_MPTCP, 3 past the C library)" \
	-- "$kinds" inet inet6 inet6 inet mptcp mptcp6 past-listens past-connects past-listens6
check "--report: of all processes" reports 'on xtcp: 4 sockets' "on the kernel's TCP: 2 sockets (2 IPPROTO_MPTCP)" \
	-- sh -c '"$@"; "$@"; true' - "$kinds" inet inet6 mptcp
check "--report --strict" reports 'on xtcp: 2 sockets' "on the kernel's TCP: 0 sockets" -- --strict "$kinds" inet inet6 mptcp
check "--report --only-listen" reports 'on xtcp: 1 socket' \
	"on the kernel's TCP: 2 sockets (1 IPPROTO_MPTCP, 1 as asked for)" \
	-- --only-listen "$kinds" inet inet6-listens mptcp-listens
# shellcheck disable=SC2016 # the shell that it starts expands them
check "--report: programs" reports 'on xtcp: 0 sockets' "on the kernel's TCP: 0 sockets" \
	"out of reach, and on the kernel's TCP: 3 programs (2 static, 1 own environment)" \
	-- sh -c '"$1" execv execl -- /bin/busybox true; "$1" environment -- /bin/true -' - "$kinds"
if [ "$uring" = "uring-listens 6" ]; then
	check "--report: io_uring" reports 'on xtcp: 0 sockets' "on the kernel's TCP: 1 socket (1 io_uring)" -- "$kinds" uring-listens
else
	skip "--report: io_uring" "it opens no sockets here"
fi
report_inherited() {
	inherits --report true && cat "$work/err" && grep -q "on the kernel's TCP: 1 socket (1 inherited from outside)" "$work/err"
}
check "--report: a socket from outside" report_inherited
listeners() {
	reports 'on xtcp: 1 socket' "on the kernel's TCP: 0 sockets" -- --only-listen "$kinds" inet-listens &&
		reports 'on xtcp: 0 sockets' "on the kernel's TCP: 1 socket (1 as asked for)" -- --only-connect "$kinds" inet-listens &&
		reports 'on xtcp: 1 socket' "on the kernel's TCP: 0 sockets" -- --only-listen "$kinds" inet6-listens
}
check "--report: a socket that changes its kind" listeners
report_exits() { run --report sh -c 'exit 7' 2>/dev/null; [ $? -eq 7 ]; }
check "--report: the exit status" report_exits
report_dies() { "${xtcpize[@]}" --report sh -c 'kill -KILL $$' 2>/dev/null; [ $? -eq 137 ]; }
check "--report: the signal" report_dies
# a signal that is sent to xtcpize is PROGRAM's
# shellcheck disable=SC2016
report_forwards() {
	local pid

	mkfifo "$work/ready"
	"${xtcpize[@]}" --report sh -c 'trap "kill \$!; exit 8" TERM; sleep 60 & echo >"$1"; wait' - "$work/ready" 2>/dev/null &
	pid=$!
	read -r _ <"$work/ready" && kill -TERM "$pid"
	wait "$pid"
	[ $? -eq 8 ]
}
check "--report: a signal" report_forwards
report_leaves() { [ "$(ipcs -m | grep -c '^0x')" -eq "$segments" ]; }
segments=$(ipcs -m | grep -c '^0x')
run --report true 2>/dev/null
check "--report: no shared memory stays" report_leaves
# a number that has become another's: nothing is written there
stale_tally() { XTCPIZE_TALLY=0:1234 run "$kinds" inet >"$work/out" 2>&1; cat "$work/out"; [ "$(cat "$work/out")" = "inet 253" ]; }
check "a tally that is gone" stale_tally

# ---- what it leaves alone ----

exits() { run sh -c 'exit 7'; [ $? -eq 7 ]; }
check "the exit status" exits

preloads() {
	LD_PRELOAD=libm.so.6 run sh -c 'echo "$LD_PRELOAD"' >"$work/out"
	cat "$work/out"
	grep -q '/libxtcpize.so:libm.so.6$' "$work/out"
}
check "another LD_PRELOAD" preloads

inner() {
	run --only-listen "${xtcpize[@]}" env >"$work/out"
	grep XTCPIZE "$work/out"
	! grep -q XTCPIZE_ONLY "$work/out"
}
check "xtcpize in xtcpize: the inner one decides" inner

# As installed, and for another user, who starts a setuid program.
# shellcheck disable=SC2016
nobody() {
	setpriv --reuid 65533 --clear-groups "$work/bin/xtcpize" \
		"${xtcpize[@]:1}" sh -c '"$1" && cat /proc/self/maps' - \
		"$work/setuid" >"$work/out" 2>&1
	grep -v 'r-xp\|r--p\|rw-p\|---p' "$work/out"
	! grep -q 'ERROR: ld.so' "$work/out" &&
		grep -q "$work/lib/xtcp/libxtcpize.so" "$work/out"
}
check "another user, a setuid child" nobody

tap_end
