# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# memcached: a large value, and many clients.

needs[memcached]="memcached memccp memccat memcslap memcstat"

memc() {
	local tool=$1

	shift
	on_client "memc$tool" --servers="$address:$port" "$@"
}

# The key is the file's name.
memcached_value() {
	memc cp --set "$www/medium" && memc cat medium | head -c -1 | cmp - "$www/medium"
}

# memcslap says only how long it took: what the server counts has to be there.
memcached_bench() {
	memc slap --test=set --concurrency=8 --execute-number=$((requests / 10)) || return
	memc stat | grep -E 'cmd_set|total_connections' | tee "$work/counts"
	[ "$(sed -n 's/.*cmd_set: *//p' "$work/counts")" -ge $((8 * (requests / 10))) ]
}

start_memcached() {
	serve memcached -u root -l "$address" -p "$port" -U 0 -t 2 -I 2m -m 32
}

test_memcached() {
	check "$who: memcached, a value of 1 MB" memcached_value
	check "$who: memcslap, 8 clients" memcached_bench
}
