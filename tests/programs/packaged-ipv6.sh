#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# As packaged.sh, over IPv6: programs that open a socket of AF_INET6 and listen on ::,
# and take IPv4 there as well. Those of packaged-more.sh run where it does.
#
# run: ip-blind

# shellcheck disable=SC2034,SC2317 # these are for lib/programs.sh and packages/, which call them

# Names of our own, in a /etc that nobody else sees.
if [ -z "${XTCP_OWN_NAMES-}" ]; then
	XTCP_OWN_NAMES=1 exec unshare -m "$0" "$@"
fi

# shellcheck source=tests/lib/programs.sh
. "$(dirname "$0")/../lib/programs.sh"

# What differs from IPv4 needs no large files.
requests=100 file_mb=20
# Both ends on xtcp are tried over its own wire.
[ "$XTCP_WIRE" != tcp ] || pairs=("xtcp kernel" "kernel xtcp")
address=six any=:: any_url='[::]'
printf '%s\n' "2001:db8::2 six both" "10.9.0.2 four both hole" "2001:db8::dead hole" \
	"127.0.0.1 localhost" "::1 localhost" >"$work.hosts"
printf '%s: files\n' passwd group shadow hosts >"$work.nsswitch"
own_names() {
	mount --bind "$work.hosts" /etc/hosts && mount --bind "$work.nsswitch" /etc/nsswitch.conf
	rm "$work.hosts" "$work.nsswitch"
}
own_names || bail_out "no names of our own"

eval "ipv4_$(declare -f space_pair)"
space_pair() {
	ipv4_space_pair "$@" &&
		ip -n "$1" addr add 2001:db8::1/64 dev veth0 nodad &&
		ip -n "$2" addr add 2001:db8::2/64 dev veth0 nodad
}

serve_nginx() {
	nginx_conf "$1" | sed "s/listen .*/listen [::]:$1 ipv6only=off;/" >"$work/nginx.conf"
	serve nginx -e stderr -c "$work/nginx.conf"
}

# As /proc/net has them.
port_hex=$(printf %04X "$port") any_hex=$(printf %032d 0)
client6_hex=B80D0120000000000000000001000000 server6_hex=B80D0120000000000000000002000000
client4_hex=0100090A server4_hex=0200090A mapped_hex=0000000000000000FFFF0000

# has SPACE KIND VERSION PATTERN: a line of /proc/net
has() {
	local file=tcp

	[ "$2" = kernel ] || file=xtcp
	[ "$3" = 4 ] || file+=6
	in_space "$1" grep -qE "$4" "/proc/net/$file"
}

# seen ADDRESS: a connection to it is among those of its kind at either end, and of its family
seen() {
	local version=6 c=$client6_hex s=$server6_hex there mine status end pid

	[ "$1" = six ] || version=4 c=$client4_hex s=$server4_hex
	mine=" $c:[0-9A-F]{4} $s:$port_hex 01 " there=" $s:$port_hex $c:[0-9A-F]{4} 01 "
	[ "$version" = 6 ] || there=" $mapped_hex$s:$port_hex $mapped_hex$c:[0-9A-F]{4} 01 "
	rm -f "$work/end" && mkfifo "$work/end"
	# An octet that means nothing yet: apache2's listener defers until there is one.
	# shellcheck disable=SC2016 # the other bash expands them
	on_client bash -c 'exec 3<>/dev/tcp/$0/$1 && printf "\r" >&3 && read -r _' "$1" "$port" <"$work/end" &
	pid=$!
	exec {end}>"$work/end"
	retry has "$client" "$client_kind" "$version" "$mine" && retry has "$server" "$server_kind" 6 "$there"
	status=$?
	echo >&"$end"
	exec {end}>&-
	wait "$pid" && [ "$status" = 0 ]
}

# Each program's server; openssh's keeps IPv4 off, by IPV6_V6ONLY.
listens() {
	local pid i

	for ((i = 0; i < 6; i++)); do
		retry has "$server" "$server_kind" 6 "(${any_hex}|$server6_hex):$port_hex ${any_hex}:0000 0A" && break
		for pid in "${pids[@]}"; do
			kill -0 "$pid" || break 2
		done
	done
	seen six && { [[ $program == @(openssh|eyeballs) ]] || seen four; } && return
	tail -n 3 "$work/log"
	return 1
}

programs=(nginx apache2 openssh python eyeballs)
[ -n "${XTCP_QUICK_PROGRAMS-}" ] || programs=(java node "${programs[@]}")
run_programs "${programs[@]}"

tap_end
