# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# socat: an echo, and a relay from a program that does not run on xtcp.

needs[socat]=socat

socat_echo() {
	on_client socat -t 20 - "TCP4:$address:$port" <"$www/medium" \
		>"$work/out" && cmp "$www/medium" "$work/out"
}

# A program on the kernel's TCP reaches a server on xtcp by way of a relay.
socat_relay() {
	ip netns exec "$client" "${as[@]}" --only-connect socat \
		TCP4-LISTEN:9100,bind=127.0.0.1,reuseaddr \
		"TCP4:$address:$port" >"$work/relay.log" 2>&1 &
	pids+=($!)
	retry in_space "$client" grep -q ':238C 00000000:0000 0A' /proc/net/tcp
	in_space "$client" timeout -k 5 300 socat -t 20 - TCP4:127.0.0.1:9100 \
		<"$www/medium" >"$work/out" &&
		cmp "$www/medium" "$work/out" && return
	cat "$work/relay.log"
	return 1
}

start_socat() {
	serve socat "TCP4-LISTEN:$port,bind=$address,reuseaddr,fork" \
		EXEC:cat
}

test_socat() {
	check "$who: socat, 1 MB there and back" socat_echo
	[ "$client_kind" = xtcp ] || return
	as xtcp
	check "$who: socat, a relay from the kernel's TCP" socat_relay
}
