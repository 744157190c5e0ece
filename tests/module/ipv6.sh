#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What there is of IPv6 on a kernel that has it, and on one that was started with
# ipv6.disable=1; that IPv4 is served there, over either wire; and that the module can
# be unloaded and loaded again.
#
# run: first

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

ko=${XTCP_KO:-}
if [ "$XTCP_WIRE" != native ] || [ ! -f "$ko" ] || [ ! -d /sys/module/xtcp ]; then
	skip "everything" "wire $XTCP_WIRE, or no module of ours is loaded"
	tap_end
fi

finish() {
	[ -d /sys/module/xtcp ] || insmod "$ko"
	tap_cleanup
}
trap finish EXIT

if [ "$(cat /sys/module/ipv6/parameters/disable)" = 1 ]; then
	here="without IPv6" hears=EAFNOSUPPORT wanted=$(printf '%s EAFNOSUPPORT\n' bind connect option socket tcp)
	has_table() { [ -e /proc/net/xtcp ] && [ ! -e /proc/net/xtcp6 ]; }
else
	here="with IPv6" hears="ok ('::', 0)" wanted=$'bind ok\nconnect ECONNREFUSED\noption ok\nsocket ok\ntcp ok'
	has_table() { [ -e /proc/net/xtcp ] && [ -e /proc/net/xtcp6 ]; }
fi

# It goes before the module does, and our connections' TIME_WAIT with it.
space=xtcp-ipv6-$$
space_new "$space"

families() {
	in_space "$space" env XTCP_WIRE="$1" "$OUT/tools/families" | tee "$work/families"
	[ "$(<"$work/families")" = "$wanted" ]
}

# echoes WIRE: 1 MB there and back
echoes() {
	local pid status

	pid=$(XTCP_WIRE=$1 in_space "$space" "$OUT/tools/xcat" -l 127.0.0.1 7010 cat) || return
	XTCP_WIRE=$1 in_space "$space" timeout 60 "$OUT/tools/xcat" 127.0.0.1 7010 <"$work/in" >"$work/out" &&
		cmp "$work/in" "$work/out"
	status=$?
	kill "$pid"
	return "$status"
}

opens6() {
	in_space "$space" "$@" python3 -c 'import errno, socket
try:
	s = socket.socket(socket.AF_INET6)
	print("ok", s.getsockname()[:2])
except OSError as e:
	print(errno.errorcode[e.errno])'
}
# xtcpized OPTION...: a program hears by xtcpize what it hears without
xtcpized() {
	opens6 >"$work/plain"
	opens6 "$OUT/xtcpize" "$@" >"$work/xtcpized"
	cat "$work/plain" "$work/xtcpized"
	cmp "$work/plain" "$work/xtcpized" && grep -qx "$hears" "$work/plain"
}

head -c 1000000 /dev/urandom >"$work/in"
check "$here: the module's tables" has_table
check "$here: a namespace's tables" in_space "$space" bash -c "$(declare -f has_table); has_table"
for wire in native tcp; do
	option=()
	[ "$wire" = tcp ] || option=(--native)
	check "$here, $wire wire: addresses, options and families" families "$wire"
	check "$here, $wire wire: an echo over IPv4" echoes "$wire"
	check "$here, $wire wire: by xtcpize" xtcpized "${option[@]}"
done

ip netns delete "$space" && spaces=()
# unloads: or who uses the module still, and what the namespace's end waits for
unloads() {
	retry unload_xtcp && return
	cat /sys/module/xtcp/refcnt /proc/net/xtcp /proc/net/xtcp6
	grep -iw 'xtcp\|xtcpv6' /proc/net/protocols
	ps -eo pid,stat,wchan:30,args
	grep -l cleanup_net /proc/[0-9]*/stack | xargs -r cat
	return 1
}
check "$here: rmmod" unloads
nothing_left() {
	! ls -d /proc/net/xtcp* /proc/sys/net/xtcp /sys/module/xtcp 2>/dev/null &&
		! grep -iw 'xtcp\|xtcpv6' /proc/net/protocols
}
check "$here: nothing is left of it" nothing_left
check "$here: insmod" insmod "$ko"
check "$here: the tables are there again" has_table
# but that a module from outside the kernel's source has been loaded
clean() { ! dmesg -l emerg,alert,crit,err,warn | grep -i xtcp | grep -v 'taint'; }
check "$here: the kernel has no complaint" clean

tap_end
