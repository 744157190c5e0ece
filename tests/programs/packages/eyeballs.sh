# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# curl, of a name that has addresses of both versions: RFC 8305, happy eyeballs.  For
# packaged-ipv6.sh, which has the names.

needs[eyeballs]="nginx curl"

start_eyeballs() {
	nginx_conf "$port" | sed "s/listen .*/listen 10.9.0.2:$port; listen [2001:db8::2]:$port; listen 10.9.0.2:7001;/" \
		>"$work/nginx.conf"
	serve nginx -e stderr -c "$work/nginx.conf"
	# nobody has this card: what is sent there is gone
	ip -n "$client" neigh replace 2001:db8::dead lladdr 02:00:00:00:00:01 dev veth0 nud permanent
}

# reaches ADDRESS CURL-ARGUMENT...: the file comes from there
reaches() {
	local from=$1

	shift
	on_client curl -q -sS -w '%{stderr}%{remote_ip}\n' "$@" >"$work/got" 2>"$work/from" || return
	cat "$work/from"
	cmp "$work/got" "$www/small" && [ "$(<"$work/from")" = "$from" ]
}

# The attempt that came to nothing is not left behind.
none_tries() {
	local file=tcp

	[ "$client_kind" = kernel ] || file=xtcp
	! in_space "$client" grep -hE ' 02 [0-9A-F]{8}:' "/proc/net/$file" "/proc/net/${file}6"
}

times_out() {
	on_client curl -q -sS -6 --connect-timeout 1 "http://hole:$port/small"
	[ $? -eq 28 ]
}

test_eyeballs() {
	check "$who: curl takes IPv6 first" reaches 2001:db8::2 "http://both:$port/small"
	check "$who: curl -4" reaches 10.9.0.2 -4 "http://both:$port/small"
	check "$who: curl -6" reaches 2001:db8::2 -6 "http://both:$port/small"
	check "$who: curl takes IPv4 where IPv6 is refused" reaches 10.9.0.2 "http://both:7001/small"
	check "$who: curl takes IPv4 where IPv6 does not answer" reaches 10.9.0.2 "http://hole:$port/small"
	check "$who: no SYN is sent any more" retry none_tries
	check "$who: curl -6 gives up where nothing answers" times_out
}
