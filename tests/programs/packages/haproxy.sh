# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# haproxy before nginx: as a proxy of HTTP, and of TCP by splice(2).

needs[haproxy]="haproxy nginx curl"

haproxy_conf() {
	cat <<-END
	global
		maxconn 100
	defaults
		timeout connect 60s
		timeout client 60s
		timeout server 60s
	listen http
		mode http
		bind $address:$port
		server nginx $address:$((port + 1))
	listen tcp
		mode tcp
		option splice-request
		option splice-response
		bind $address:$((port + 2))
		server nginx $address:$((port + 1))
	END
}

# gets URL N: N files of 1 MB, some at a time
gets() {
	local i

	on_client curl -q -sS -f -Z --parallel-max 4 -o "$work/got#1" "$1?[1-$2]" || return
	for ((i = 1; i <= $2; i++)); do
		cmp "$www/medium" "$work/got$i" || return
	done
}

haproxy_get() {
	local i

	on_client curl -q -sS -f "http://$address:$port/small?[1-$1]" >"$work/got" || return
	for ((i = 0; i < $1; i++)); do
		echo "$www/small"
	done | xargs cat | cmp - "$work/got"
}

start_haproxy() {
	haproxy_conf >"$work/conf"
	serve_nginx $((port + 1))
	serve haproxy -db -f "$work/conf"
}

test_haproxy() {
	check "$who: nginx behind haproxy listens" listens $((port + 1))
	check "$who: haproxy, $((requests / 2)) requests" haproxy_get $((requests / 2))
	check "$who: haproxy, 1 MB at a time" gets "http://$address:$port/medium" 4
	check "$who: haproxy by splice, 1 MB at a time" \
		gets "http://$address:$((port + 2))/medium" 4
	server_opens
}
