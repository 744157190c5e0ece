#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory that runs out where the module may wait for it: loading, a namespace's
# beginning, a server's and a client's calls. Each is done again and again while
# its first allocation fails, then its second, and so on to the last. What fails
# must say ENOMEM or ENOBUFS (ENFILE where the socket core lacks an inode), and
# leave nothing behind; the rest must work.
#
# The kernel's fault injection does this, and only the test kernels have it:
# scripts/e2e --kernel kunit module/faults, or kunit-san
#
# XTCP_KO is the module's file.

# shellcheck disable=SC2016,SC2317 # what sh expands; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

most=1000	# allocations; no step has as many
debug=/sys/kernel/debug
ko=${XTCP_KO:-}
[ -d $debug/failslab ] || mount -t debugfs none $debug 2>/dev/null
if [ ! -e $debug/failslab/require-start ] || [ ! -f "$ko" ] ||
	[ ! -d /sys/module/xtcp ] || [ "$XTCP_WIRE" = kernel ]; then
	skip "everything" "no fault injection, or no module of ours is loaded"
	tap_end
fi

set_all() {
	local kind

	for kind in failslab fail_page_alloc; do
		echo "$2" >"$debug/$kind/$1"
	done
}

finish() {
	set_all ignore-gfp-wait Y
	[ -d /sys/module/xtcp ] || insmod "$ko"
	tap_cleanup
}
trap finish EXIT

set_all verbose 0
set_all stacktrace-depth 32
set_all ignore-gfp-wait N
echo 0 >$debug/fail_page_alloc/min-order

# range KIND FROM TO: addresses that must be, or must not be, on the stack of an
# allocation that counts
range() {
	set_all "$1-start" "0x$2"
	set_all "$1-end" "0x$3"
}

# function_at NAME: where a function of the kernel begins, and the next one
function_at() {
	sort /proc/kallsyms | awk -v name="$1" '
		found && $1 != from { print from, $1; exit }
		$3 == name { from = $1; found = 1 }'
}

# What loading a module calls; but not the files in sysfs that the kernel makes
# for a slab cache, a hundred allocations that are not the module's.
only_module_init() {
	# shellcheck disable=SC2046
	range require $(function_at do_one_initcall)
	# shellcheck disable=SC2046
	range reject $(function_at sysfs_slab_add)
}

# The module's own functions.
only_module() {
	# shellcheck disable=SC2046
	range require $(grep -i ' t .*\[xtcp\]$' /proc/kallsyms | sort | awk '
		NR == 1 { from = $1 } { to = $1 } END { print from, to }')
	range reject 0 0
}

# failing N COMMAND...: its Nth allocation fails; $reached says if it had as many
failing() {
	local status kind times

	set_all times 1000000
	# in its own process, and in the program that this executes
	sh -c 'echo "$1" >/proc/self/fail-nth && shift && exec "$@"' - "$@" \
		>"$work/said" 2>&1
	status=$?
	reached=
	for kind in failslab fail_page_alloc; do
		read -r times <"$debug/$kind/times"
		[ "$times" -eq 1000000 ] || reached=$kind
	done
	return "$status"
}

says_no_memory() {
	[[ $(<"$work/said") =~ Cannot\ allocate\ memory|No\ buffer\ space|Too\ many\ open\ files\ in\ system|ENOMEM|ENOBUFS|ENFILE ]] && return
	cat "$work/said"
	return 1
}

# each AFTER COMMAND...: the command, with each of its allocations failing in
# turn. AFTER gets its status, and checks what it left behind.
each() {
	local after=$1 n status refused=0

	shift
	for ((n = 1; n < most; n++)); do
		failing "$n" "$@"
		status=$?
		if [ "$status" -ne 0 ]; then
			echo "allocation $n:"
			says_no_memory || return 1
			refused=$((refused + 1))
		fi
		"$after" "$status" || return 1
		if [ -z "$reached" ]; then
			echo "$((n - 1)) allocations, $refused of them needed"
			[ "$status" -eq 0 ] && [ "$n" -gt 1 ]
			return
		fi
	done
	return 1
}

# counted NAME COMMAND...: a check that says how many allocations there were
counted() {
	check "$@" && sed -n '$s/^/# /p' "$work/output"
}

# A connection, made and ended.
works() {
	local status pid

	pid=$("$OUT/tools/xcat" -l 127.0.0.1 7020 cat) || return 1
	[ "$(echo hello | timeout 20 "$OUT/tools/xcat" 127.0.0.1 7020)" = hello ]
	status=$?
	kill "$pid"
	return "$status"
}

nothing_left() {
	local left

	left=$(ls -d /proc/net/xtcp* /proc/sys/net/xtcp /sys/module/xtcp \
		2>/dev/null
		grep -iw xtcp /proc/net/protocols
		grep -i '^xtcp' /proc/slabinfo)
	echo "$left"
	[ -z "$left" ]
}

# If a failed load left anything, the next could not succeed.
loaded() {
	[ "$1" -ne 0 ] || unload_xtcp
}

if [ "$XTCP_WIRE" = native ]; then
	if [ -e $debug/kmemleak ]; then
		skip "loading" "with the sanitizers it takes longer than it may"
	else
		check "rmmod" retry unload_xtcp
		only_module_init
		# a file that is loaded this often had better be small
		strip -g -o "$work/xtcp.ko" "$ko"
		counted "loading" each loaded insmod "$work/xtcp.ko"
		check "nothing is left" nothing_left
		check "insmod" insmod "$ko"
		check "it works" works
	fi

	only_module
	counted "a new namespace" each true unshare --net true
	check "another one" unshare --net test -e /proc/self/net/xtcp
fi

space=xtcp-f-$$
space_new "$space"
only_module

# If fork() failed the server has no process; else it is killed.
served() {
	[ "$1" -ne 0 ] || kill "$(cat "$work/said")"
}
counted "socket, bind, listen" each served \
	ip netns exec "$space" "$OUT/tools/xcat" -l 127.0.0.1 7021 cat

pid=$(in_space "$space" "$OUT/tools/xcat" -l 127.0.0.1 7022 cat)
pids+=("$pid")
head -c 20000 /dev/urandom >"$work/in"

# The client got back what it sent, or says why not.
sent() {
	[ "$1" -ne 0 ] || cmp "$work/in" "$work/out"
}
counted "socket, connect, send, recv, close" each sent \
	ip netns exec "$space" sh -c 'exec "$1" 127.0.0.1 7022 <"$2" >"$3"' \
	- "$OUT/tools/xcat" "$work/in" "$work/out"
check "afterwards it works" in_space "$space" \
	sh -c '"$1" 127.0.0.1 7022 <"$2" | cmp - "$2"' - "$OUT/tools/xcat" "$work/in"

tap_end
