# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # for the files in packages/
# Programs from the distribution's packages, run by xtcpize: client and server on
# xtcp, and, on the TCP wire, each against its counterpart on the kernel's TCP, which
# is also the control.  To be sourced.
#
# What one program needs is in programs/packages/NAME.sh:
#
#   needs[NAME]	the commands without which it is skipped
#   make_NAME	optional: what all pairs share, made once
#   start_NAME	its server, by serve, listening to $address:$port
#   test_NAME	checks, with on_client for its client
#   end_NAME	optional: takes away what make_NAME has put outside $shared
#
# Each pair has two namespaces of its own, so that several run at a time, and a folder
# of its own, $work.  Under --strict nothing falls back to the kernel's TCP.

# XTCP_PROGRAMS names those to run: by default all that the test names.
# XTCP_QUICK_PROGRAMS: a tenth, and on the TCP wire only one end on xtcp.
requests=1000 file_mb=200
if [ -n "${XTCP_QUICK_PROGRAMS-}" ]; then
	requests=100 file_mb=20
fi

# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

case $XTCP_WIRE in
kernel)	pairs=("kernel kernel") ;;
native)	pairs=("xtcp xtcp") ;;
tcp)	pairs=("xtcp kernel" "kernel xtcp")
	[ -n "${XTCP_QUICK_PROGRAMS-}" ] ||
		pairs=("xtcp xtcp" "${pairs[@]}" "kernel kernel")
	;;
esac

packages=$here/programs/packages
address=10.9.0.2 port=7000 strict=1
declare -A needs=()

# What a user other than root can read, too
shared=$work
chmod 755 "$shared"
install "$OUT/xtcpize" "$OUT/libxtcpize.so" "$shared"

www=$shared/www
mkdir "$www"
head -c 1000 /dev/urandom >"$www/small"
head -c 1000000 /dev/urandom >"$www/medium"

# What would lead a program away from here
export no_proxy='*' GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

# ---- one end and the other ----

# as KIND: put the words that make a program use the TCP of KIND in $as
as() {
	as=()
	[ "$1" = kernel ] && return
	as=("$shared/xtcpize")
	[ -z "$strict" ] || as+=(--strict)
	[ "$XTCP_WIRE" != native ] || as+=(--native)
}

on_client() {
	as "$client_kind"
	in_space "$client" timeout -k 5 300 "${as[@]}" "$@"
}

# serve PROGRAM...: in the background, as the server of $program
serve() {
	as "$server_kind"
	ip_line netns exec "$server" "${as[@]}" "$@"
	command "${ip_line[@]}" >>"$work/log" 2>&1 &
	pids+=($!)
}

# listens [PORT]: the server of $program does, to the TCP of $server_kind
listens() {
	local file=tcp line i pid

	[ "$server_kind" = xtcp ] && file=xtcp
	line=$(printf ':%04X 00000000:0000 0A' "${1:-$port}")
	for ((i = 0; i < 6; i++)); do
		retry in_space "$server" grep -q "$line" "/proc/net/$file" && return
		for pid in "${pids[@]}"; do
			kill -0 "$pid" || break 2
		done
	done
	tail -n 3 "$work/log"
	return 1
}

# opened SPACE: how many connections it has opened by xtcp
opened() {
	in_space "$1" sed -n 's/^ActiveOpens //p' /proc/net/xtcp_stat
}

# server_opens: so has the server, which is a client of others
server_opens() {
	[ "$server_kind" = kernel ] ||
		check "$who: what $program's server opens is xtcp's" \
			[ "$(opened "$server")" -gt 0 ]
}

# nginx_conf PORT: for a process in the foreground that serves $www
nginx_conf() {
	cat <<-END
	user root;
	worker_processes 1;
	daemon off;
	pid $work/nginx.pid;
	events { }
	http {
		access_log off;
		sendfile on;
		keepalive_requests 1000000;
		client_body_temp_path $work/nginx.body;
		proxy_temp_path $work/nginx.proxy;
		fastcgi_temp_path $work/nginx.fastcgi;
		uwsgi_temp_path $work/nginx.uwsgi;
		scgi_temp_path $work/nginx.scgi;
		server {
			listen $address:$1;
			root $www;
		}
	}
	END
}

# serve_nginx PORT
serve_nginx() {
	nginx_conf "$1" >"$work/nginx.conf"
	serve nginx -e stderr -c "$work/nginx.conf"
}

# ---- all of them, some at a time ----

# missing PROGRAM: the first of its needs that is not installed, in $absent
missing() {
	for absent in ${needs[$1]}; do
		command -v "$absent" >/dev/null || return 0
	done
	return 1
}

# run_program PROGRAM CLIENT-KIND SERVER-KIND
run_program() {
	local program=$1 client_kind=$2 server_kind=$3 who="$2 to $3"
	local client=$1-$2-$3-client-$$ server=$1-$2-$3-server-$$
	local start_us=${EPOCHREALTIME/[.,]/}

	if missing "$program"; then
		skip "$who: $program" "no $absent"
		return
	fi
	if ! space_pair "$client" "$server"; then
		skip "$who: $program" "no veth"
		return
	fi
	"start_$program"
	check "$who: $program listens" listens
	"test_$program"
	[ "$client_kind" = xtcp ] &&
		check "$who: $program's clients are xtcp's" [ "$(opened "$client")" -gt 0 ]
	{
		kill "${pids[@]}"
		wait "${pids[@]}"
	} 2>/dev/null
	# a machine's files are in its memory
	rm -rf "${work:?}"/*
	echo "# $who: $program took $(((${EPOCHREALTIME/[.,]/} - start_us) / 1000)) ms"
}

# run_programs NAME...: in this order: the slowest first
run_programs() {
	local program pair client_kind server_kind side chosen=()

	for program in ${XTCP_PROGRAMS-}; do
		[ -e "$packages/$program.sh" ] || bail_out "there is no packages/$program.sh"
	done
	for program; do
		[[ " ${XTCP_PROGRAMS-$program} " == *" $program "* ]] || continue
		chosen+=("$program")
		# shellcheck disable=SC1090 # each is checked by itself
		. "$packages/$program.sh"
		missing "$program" && continue
		declare -F "make_$program" >/dev/null && "make_$program"
	done
	for program in "${chosen[@]}"; do
		for pair in "${pairs[@]}"; do
			read -r client_kind server_kind <<<"$pair"
			for side in client server; do
				spaces+=("$program-$client_kind-$server_kind-$side-$$")
			done
			aside "$program-$client_kind-$server_kind" \
				run_program "$program" "$client_kind" "$server_kind"
		done
	done
	[ ${#chosen[@]} -gt 0 ] || return
	asides_end
	for program in "${chosen[@]}"; do
		declare -F "end_$program" >/dev/null && "end_$program"
	done
}
