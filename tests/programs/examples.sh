#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The examples, echo-server and echo-client, as a user runs them: on loopback,
# and, on the TCP wire, against the same programs on the kernel's TCP.
#
# run: wire-blind ip-blind

# shellcheck disable=SC2317 # check and retry call the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

space=xtcp-echo-$$
space_new "$space"
printf 'one\ntwo\n\nthree, which is a longer line\n' >"$work/in"

# echo_over PORT INPUT [CLIENT] [ADDRESS]: what the server sends back is what was sent
echo_over() {
	in_space "$space" timeout 20 "$OUT/examples/echo-client${3-$suffix}" \
		"${4-127.0.0.1}" "$1" <"$2" >"$work/out" && cmp "$2" "$work/out"
}

background in_space "$space" "$OUT/examples/echo-server$suffix" 127.0.0.1 7001
check "echo-server answers" retry echo_over 7001 "$work/in"
check "a second client" echo_over 7001 "$work/in"
check "a client that says nothing" echo_over 7001 /dev/null

refused() {
	in_space "$space" "$OUT/examples/echo-client$suffix" 127.0.0.1 7002 \
		</dev/null 2>&1 | grep -q 'Connection refused'
}
check "nobody listens: Connection refused" refused

in_use() {
	in_space "$space" timeout 5 "$OUT/examples/echo-server$suffix" 127.0.0.1 7001 \
		2>&1 | grep -q 'Address already in use'
}
check "a second server: Address already in use" in_use

# With the kernel's TCP it takes more than another word: socket() wants the family.
if [ ! -e /proc/net/if_inet6 ]; then
	skip "over IPv6" "this kernel was started without"
elif [ "$XTCP_WIRE" != kernel ]; then
	background in_space "$space" "$OUT/examples/echo-server$suffix" ::1 7006
	check "over IPv6" retry echo_over 7006 "$work/in" "$suffix" ::1
fi

if [ "$XTCP_WIRE" = tcp ]; then
	check "the kernel's client, xtcp's server" \
		echo_over 7001 "$work/in" -kernel
	background in_space "$space" "$OUT/examples/echo-server-kernel" 127.0.0.1 7003
	check "xtcp's client, the kernel's server" \
		retry echo_over 7003 "$work/in"
fi

tap_end
