#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module's own life: loading, unloading, both again and again, parameters,
# and being loaded by the first socket. It is loaded again at the end.
#
# XTCP_KO is the module's file; XTCP_CYCLES, how often it is loaded: 100 times, or 40
# where XTCP_QUICK is set.
#
# run: first ip-blind

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

cycles=${XTCP_CYCLES:-${XTCP_QUICK:+40}}
cycles=${cycles:-100}
ko=${XTCP_KO:-}
modules=/lib/modules/$(uname -r)
if [ "$XTCP_WIRE" != native ] || [ ! -f "$ko" ] || [ ! -d /sys/module/xtcp ]; then
	skip "everything" "wire $XTCP_WIRE, or no module of ours is loaded"
	tap_end
fi

# What was there may be a mount as well: undo only ours, and once.
mounted=false
unmount() {
	$mounted && umount "$modules"
	mounted=false
}

# Whatever happens, the next test finds the module.
finish() {
	unmount
	[ -d /sys/module/xtcp ] || insmod "$ko"
	tap_cleanup
}
trap finish EXIT

# says TEXT COMMAND...: it fails, and its output contains this
says() {
	"${@:2}" >"$work/said" 2>&1 && return 1
	cat "$work/said"
	grep -q "$1" "$work/said"
}

# echo_works [CLIENT]: a connection, made and ended
echo_works() {
	local pid status

	pid=$("$OUT/tools/xcat" -l 127.0.0.1 7010 cat) || return 1
	[ "$(echo hello | timeout 20 "$OUT/tools/xcat" 127.0.0.1 7010)" = hello ]
	status=$?
	kill "$pid"
	return "$status"
}

# The listener's process was killed: its socket has gone when it has.
unload() {
	retry unload_xtcp
}

traces() {
	# not /sys/kernel/slab: there the kernel leaves its links where they are
	ls -d /proc/net/xtcp* /proc/sys/net/xtcp /sys/module/xtcp \
		/sys/kernel/tracing/events/xtcp 2>/dev/null
	grep -iw xtcp /proc/net/protocols
	grep -i '^xtcp' /proc/slabinfo
}

nothing_left() {
	[ -z "$(traces)" ] || {
		traces
		return 1
	}
}

# memory: how much is available, and how much slabs and modules hold, in kB
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(MemAvailable|SUnreclaim|VmallocUsed):/ { print $2 }' /proc/meminfo
}

pid=$("$OUT/tools/xcat" -l 127.0.0.1 7010 cat)
check "rmmod refuses while a socket is open" says "in use" rmmod xtcp
kill "$pid"
if [ -e /etc/modprobe.d/xtcp-diag.conf ]; then
	check "xtcp_diag" modprobe xtcp_diag
	check "rmmod refuses while it is there" says "in use by: xtcp_diag" rmmod xtcp
fi
check "it does not once the socket is closed" unload
check "nothing is left of it" nothing_left
check "no socket without it" says "socket: EAFNOSUPPORT" \
	"$OUT/tools/xcat" 127.0.0.1 7010

# family=
check "a number that is taken is refused" says "resource busy" insmod "$ko" family=2
check "nothing is left of that" nothing_left
check "a number that is none is refused" says insmod insmod "$ko" family=4711
check "another number" insmod "$ko" family=27
check "is told" [ "$(cat /sys/module/xtcp/parameters/family)" = 27 ]
check "and counts, not the default" says "socket: EAFNOSUPPORT" \
	"$OUT/tools/xcat" 127.0.0.1 7010
check "rmmod" unload

# Again and again. The first few fill caches of the kernel's.
again() {
	local i

	for ((i = 0; i < $1; i++)); do
		insmod "$ko" || return 1
		if ((i % 10 == 0)); then
			echo_works || return 1
			unload || return 1
		else
			unload_xtcp || return 1
		fi
	done
}
check "a few loads, some with a connection" again $((cycles / 10))
mapfile -t before < <(memory)
check "many more" again $((cycles - cycles / 10))
mapfile -t after < <(memory)
# Available memory varies by some 10 MB; the others hardly.
check "memory: no less is available" [ $((before[0] - after[0])) -lt 40000 ]
check "memory: slabs have not grown" [ $((after[1] - before[1])) -lt 2000 ]
check "memory: nor has what modules live in" [ $((after[2] - before[2])) -lt 2000 ]
check "nothing is left" nothing_left

# A namespace that exists before, and one that has gone.
space_new "xtcp-m-$$"
check "insmod with another namespace" insmod "$ko"
check "which has its own files" \
	in_space "xtcp-m-$$" test -e /proc/net/xtcp -a -d /proc/sys/net/xtcp
check "rmmod with it" unload
check "which has them no more" \
	in_space "xtcp-m-$$" test ! -e /proc/net/xtcp -a ! -d /proc/sys/net/xtcp

# By its alias, with the first socket.
# A directory of its own: the kernel's other modules would take depmod long.
mkdir -p "$work/modules/extra"
cp "$ko" "$work/modules/extra/"
mount --bind "$work/modules" "$modules" && mounted=true
if $mounted && depmod 2>"$work/depmod"; then
	check "modprobe knows net-pf-13" says xtcp \
		sh -c 'modprobe -n -v net-pf-13; exit 1'
	check "the first socket loads it" echo_works
	check "it is there" [ -d /sys/module/xtcp ]
	check "modprobe -r" retry modprobe -r xtcp
else
	skip "autoloading" "no way to install a module"
fi
unmount
check "insmod, for those who come after" insmod "$ko"
talks() {
	local pid status

	pid=$(in_space "xtcp-m-$$" "$OUT/tools/xcat" -l 127.0.0.1 7010 cat) || return 1
	[ "$(echo hello | in_space "xtcp-m-$$" timeout 20 "$OUT/tools/xcat" 127.0.0.1 7010)" = hello ]
	status=$?
	kill "$pid"
	return "$status"
}
check "a connection" talks

tap_end
