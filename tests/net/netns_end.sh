#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A namespace ends with connections in each of the eleven states in it, their
# processes killed: it must really go, with all that it held.
#
# run: counts-objects

# shellcheck disable=SC2016,SC2317 # awk has its own $; check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

modprobe -q tun
if [ ! -c /dev/net/tun ]; then
	skip "everything" "no tun"
	tap_end
fi
outer=xtcp-o-$$
space_new "$outer"
coproc monitor { exec ip -n "$outer" monitor link; }

# objects: how many of ours are in the kernel's caches, in all namespaces
objects() {
	local cache

	for cache in XTCP xtcp_timewait xtcp_request; do
		echo 1 >"/sys/kernel/slab/$cache/shrink"
	done
	awk '$1 ~ /^(XTCP|xtcp_.*)$/ { n += $2 } END { print n + 0 }' /proc/slabinfo
} 2>/dev/null

# objects_at_most COUNT
objects_at_most() {
	objects
	[ "$(objects)" -le "$1" ]
}

# populate SPACE [kept]: sockets in all states; the process is in $pid
populate() {
	{ coproc states { exec ip netns exec "$1" "$OUT/tools/states" "${@:2}"; }; } 2>/dev/null
	# shellcheck disable=SC2154 # coproc sets it
	pid=$states_PID
	read -r -t 30 -u "${states[0]}" line
	# bits 1 to 11 except CLOSED's, which nothing lists
	[ "$line" = "states f7e" ] || {
		echo "${line-nothing said}"
		return 1
	}
}

# gone DEVICE: the kernel reports its end, which comes with that of its peer's namespace
gone() {
	local line

	while read -r -t 30 -u "${monitor[0]}" line; do
		[[ $line == Deleted*" "$1[@:]* ]] && return 0
	done
	return 1
}

# begin NAME: make a namespace with a device in $outer that ends with it
begin() {
	ip netns add "$1" &&
		ip -n "$1" link set lo up &&
		ip -n "$1" link add inner type veth peer name "$1" netns "$outer" &&
		ip netns exec "$1" sysctl -qw net."$prefix"orphan_retries=1 \
			net."$prefix"fin_timeout=1
}

prefix=xtcp.
[ "$XTCP_WIRE" = kernel ] && prefix=ipv4.tcp_
# Objects of earlier tests may still be going.
[ "$XTCP_WIRE" = kernel ] || retry objects_at_most 0
before=$(objects)
for how in closed kept; do
	space=x$how$$
	check "$how: a namespace" begin "$space"
	check "$how: connections in all eleven states" populate "$space" "$how"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "$how: its name is deleted" ip netns delete "$space"
	check "$how: it goes" gone "$space"
done

# Namespaces are cleaned up one after another: this one ends after all before it.
check "an empty namespace" begin "x$$"
check "its name is deleted" ip netns delete "x$$"
check "it goes" gone "x$$"
[ "$XTCP_WIRE" = kernel ] ||
	check "no socket, request or TIME_WAIT is left" retry objects_at_most "$before"

# Ends are batched: xtcp waits once for all namespaces that end together, and not at
# all where nobody has used TCP's wire.
calls() {
	grep -c "$1" "$instance/trace"
}

# waited_at_most COUNT
waited_at_most() {
	grep "synchronize_net <-.*xtcp" "$instance/trace"
	[ "$(calls "synchronize_net <-.*xtcp")" -le "$1" ]
}

# used NAME: make a namespace in which there has been a connection
used() {
	local port

	begin "$1"
	port=$(in_space "$1" "$OUT/tools/xcat" -l 127.0.0.1 7000 cat) || return 1
	[ "$(echo hello | in_space "$1" timeout 20 "$OUT/tools/xcat" 127.0.0.1 7000)" = hello ]
	kill "$port"
}

holds_all() {
	[ "$(cat "/proc/$holder/comm")" = sleep ]
}

tracing=/sys/kernel/tracing
if [ "$XTCP_WIRE" = kernel ] || ! grep -q '^synchronize_net$' $tracing/available_filter_functions; then
	skip "waiting" "no functions to watch"
else
	instance=$tracing/instances/xtcp-$$
	mkdir "$instance"
	for i in 1 2 3 4 5 6; do
		check "a namespace that was used" used "y$i-$$"
	done
	(
		for i in 1 2 3 4 5 6; do
			# shellcheck disable=SC2034 # it only has to be open
			exec {fd}<"/run/netns/y$i-$$"
		done
		exec sleep 1000
	) &
	holder=$!
	check "one process holds them all" retry holds_all
	for i in 1 2 3 4 5 6; do
		ip netns delete "y$i-$$"
	done
	echo cleanup_net synchronize_net >"$instance/set_ftrace_filter"
	echo function >"$instance/current_tracer"
	kill "$holder"
	wait "$holder" 2>/dev/null
	for i in 1 2 3 4 5 6; do
		gone "y[1-6]-$$" || break
	done
	# its end follows theirs
	begin "z$$"
	ip netns delete "z$$"
	check "they go" gone "z$$"
	echo 0 >"$instance/tracing_on"
	check "their ends were seen" [ "$(calls "cleanup_net <-")" -gt 0 ]
	most=0
	[ "$XTCP_WIRE" = tcp ] && most=$(calls "cleanup_net <-")
	check "xtcp waits at most $most times" waited_at_most "$most"
	echo nop >"$instance/current_tracer"
	rmdir "$instance"
fi
# shellcheck disable=SC2154 # coproc sets it
pids+=("$monitor_PID")

tap_end
