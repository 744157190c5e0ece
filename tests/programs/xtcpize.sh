#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# xtcpize: programs for the kernel's TCP, run on xtcp as they are.

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
check "no module" says 125 'modprobe xtcp' --family 22 true
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
	[ "$status" -eq 0 ]
}

export XTCP_WIRE=kernel # the TCP that the programs believe they use
check "sockets that it opens" all_ok "$OUT/tools/xtcpize-probe" 253 253
check "sockets under --only-connect" \
	all_ok --only-connect "$OUT/tools/xtcpize-probe" 253 6
check "sockets under --only-listen" \
	all_ok --only-listen "$OUT/tools/xtcpize-probe" 6 253
for name in socket sockopt tcpopt ioctl splice share poll epoll; do
	check "api/$name, made for the kernel's TCP" all_ok "$OUT/api/$name"
done

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
mkdir -p "$work/lib/xtcp"
cp "$OUT/libxtcpize.so" "$work/lib/xtcp/"
chmod 711 "$work"
# shellcheck disable=SC2016
nobody() {
	setpriv --reuid 65533 --clear-groups "$work/bin/xtcpize" \
		"${xtcpize[@]:1}" sh -c '"$1" && cat /proc/self/maps' - \
		"$work/setuid" >"$work/out" 2>&1
	grep -v 'r-xp\|r--p\|rw-p\|---p' "$work/out"
	! grep -q 'LD_PRELOAD\|cannot' "$work/out" &&
		grep -q "$work/lib/xtcp/libxtcpize.so" "$work/out"
}
check "another user, a setuid child" nobody

tap_end
