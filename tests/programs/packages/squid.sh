# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# squid before nginx: as a cache, and as a tunnel.

needs[squid]="squid nginx curl"

squid_conf() {
	cat <<-END
	http_port $address:$port
	tcp_outgoing_address $address
	http_access allow all
	visible_hostname xtcp
	cache_mem 8 MB
	maximum_object_size_in_memory 2 MB
	refresh_pattern . 60 100% 60
	access_log none
	cache_log /dev/null
	cache_store_log none
	coredump_dir /
	pid_filename none
	netdb_filename none
	pinger_enable off
	shutdown_lifetime 0 seconds
	max_filedescriptors 1024
	END
}

# through_squid OPTION...: 1 MB from nginx
through_squid() {
	on_client curl -q -sS -f --noproxy '' -x "http://$address:$port" \
		-D "$work/head" "$@" "http://$address:$((port + 1))/medium" \
		>"$work/got" || return
	cat "$work/head"
	cmp "$www/medium" "$work/got"
}

cached() {
	through_squid -4 && grep -q '^X-Cache: HIT' "$work/head"
}

start_squid() {
	squid_conf >"$work/conf"
	serve_nginx $((port + 1))
	serve squid -N -f "$work/conf"
}

test_squid() {
	check "$who: nginx behind squid listens" listens $((port + 1))
	check "$who: squid, 1 MB" through_squid -4
	check "$who: squid, 1 MB that it has" cached
	check "$who: squid, 1 MB by CONNECT" through_squid -p
	server_opens
}
