#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs from the distribution's packages, run by xtcpize: client and server on
# xtcp, and, on the TCP wire, each against its counterpart on the kernel's TCP.
#
# Each program has two namespaces of its own, so that several run at a time.

# shellcheck disable=SC2317 # check, retry and aside call the functions

# XTCP_PROGRAMS names those to run: by default all.
# XTCP_QUICK_PROGRAMS: a tenth, and on the TCP wire only against the kernel's TCP.
requests=1000		# of curl, on one connection
file_mb=200		# that curl gets from nginx
redis_requests=1000	# of redis-benchmark, each kind
if [ -n "${XTCP_QUICK_PROGRAMS-}" ]; then
	requests=100 file_mb=20 redis_requests=100
fi
iperf_bytes=8M		# each way

# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

case $XTCP_WIRE in
kernel)	pairs=("kernel kernel") ;;
native)	pairs=("xtcp xtcp") ;;
tcp)	pairs=("xtcp kernel" "kernel xtcp")
	[ -n "${XTCP_QUICK_PROGRAMS-}" ] || pairs=("xtcp xtcp" "${pairs[@]}")
	;;
esac

address=10.9.0.2
shared=$work
export no_proxy='*'

# ---- one end and the other ----

# as KIND: put the words that make a program use the TCP of KIND in $as
as() {
	as=()
	[ "$1" = kernel ] && return
	as=("$OUT/xtcpize")
	[ "$XTCP_WIRE" = native ] && as+=(--native)
}

on_client() {
	as "$client_kind"
	in_space "$client" timeout -k 5 300 "${as[@]}" "$@"
}

# serve PROGRAM...: in the background, as the server of $program.  Not by in_space:
# there a function is a process of its own, and kill would find only that.
serve() {
	as "$server_kind"
	ip netns exec "$server" "${as[@]}" "$@" >"$work/$program.log" 2>&1 &
	pids+=($!)
}

# listens: the server of $program, to the TCP of $server_kind
listens() {
	local file=tcp line

	[ "$server_kind" = xtcp ] && file=xtcp
	line=$(printf ':%04X 00000000:0000 0A' "${port[$program]}")
	retry in_space "$server" grep -q "$line" "/proc/net/$file" && return
	tail -n 3 "$work/$program.log"
	return 1
}

# opened: how many connections the client's end has opened by xtcp
opened() {
	in_space "$client" sed -n 's/^ActiveOpens //p' /proc/net/xtcp_stat
}

# Each program listens to a port and takes some programs; the slowest comes first.
programs=(nginx openssh iperf3 redis socat python)
declare -A port=(
	[nginx]=8080 [iperf3]=5200 [redis]=6380
	[openssh]=2220 [socat]=9000 [python]=8000
)
declare -A needs=(
	[nginx]="nginx curl perl" [iperf3]=iperf3
	[redis]="redis-server redis-cli redis-benchmark"
	[openssh]="sshd ssh scp ssh-keygen" [socat]=socat [python]=python3
)
read -ra programs <<<"${XTCP_PROGRAMS:-${programs[*]}}"

# missing PROGRAM: the first of its needs that is not installed, in $absent
missing() {
	for absent in ${needs[$1]}; do
		command -v "$absent" >/dev/null || return 0
	done
	return 1
}

# ---- curl and nginx ----

www=$shared/www
mkdir "$www" && chmod 755 "$shared" "$www"
head -c 1000 /dev/urandom >"$www/small"
head -c 1000000 /dev/urandom >"$www/medium"

# Each block of 64 KiB differs from all others.
# shellcheck disable=SC2016 # perl's variables
make_nginx() {
	perl -e 'read STDIN, $block, 65528;
		print pack("Q", $_), $block for 1 .. $ARGV[0] * 16' \
		"$file_mb" </dev/urandom >"$www/big"
	hash=$(md5sum <"$www/big")
}

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
			listen $address:${port[nginx]};
			root $www;
		}
	}
	END
}

# One process, one connection, every body whole.
keep_alive() {
	local i

	on_client curl -q -sS -w '%{stderr}%{http_code} %{num_connects}\n' \
		"http://$address:${port[nginx]}/small?[1-$requests]" \
		>"$work/got" 2>"$work/codes" || return
	for ((i = 0; i < requests; i++)); do
		echo "$www/small"
	done | xargs cat | cmp - "$work/got" || return
	sort "$work/codes" | uniq -c | tee "$work/sorted"
	[ "$(tr -s ' ' <"$work/sorted" | tr '\n' ,)" = \
		" $((requests - 1)) 200 0, 1 200 1," ]
}

# MD5, because it is the hash that costs an emulated processor least.
big() {
	on_client curl -q -sS "http://$address:${port[nginx]}/big" | md5sum >"$work/hash"
	[ "${PIPESTATUS[*]}" = "0 0" ] && [ "$(<"$work/hash")" = "$hash" ]
}

start_nginx() {
	nginx_conf >"$work/nginx.conf"
	serve nginx -e stderr -c "$work/nginx.conf"
}

test_nginx() {
	check "$who: curl, $requests requests on a connection" keep_alive
	check "$who: curl, a file of $file_mb MB by hash" big
}

# ---- iperf3 ----

# Each of the four streams delivered something at the receiving end.
iperf() {
	on_client iperf3 -c "$address" -p "${port[iperf3]}" -P 4 -n "$iperf_bytes" "$@" \
		>"$work/iperf" || { cat "$work/iperf"; return 1; }
	tail -n 4 "$work/iperf"
	[ "$(grep -c '^\[ *[0-9]*\].*receiver' "$work/iperf")" -eq 4 ] &&
		! grep -q ' 0.00 .*receiver' "$work/iperf"
}

start_iperf3() {
	serve iperf3 -4 -s -B "$address" -p "${port[iperf3]}"
}

test_iperf3() {
	check "$who: iperf3, 4 streams" iperf
	check "$who: iperf3, 4 streams the other way" iperf -R
}

# ---- redis ----

redis() {
	local tool=$1

	shift
	on_client "redis-$tool" -h "$address" -p "${port[redis]}" "$@"
}

redis_value() {
	[ "$(redis cli -x set key <"$www/medium")" = OK ] &&
		redis cli get key | head -c -1 | cmp - "$www/medium"
}

# redis-benchmark exits with 0 whatever the server answers, but not early.
redis_bench() {
	redis benchmark -n "$redis_requests" -t set,get --csv "$@" >"$work/redis" ||
		return
	cat "$work/redis"
	[ "$(grep -cE '^"(SET|GET)","[1-9]' "$work/redis")" -eq 2 ]
}

start_redis() {
	serve redis-server --bind "$address" --port "${port[redis]}" --save '' \
		--protected-mode no --dir "$work"
}

test_redis() {
	check "$who: redis, a value of 1 MB" redis_value
	check "$who: redis-benchmark, 50 clients" redis_bench
	check "$who: redis-benchmark, pipelined" redis_bench -P 16 -c 8
}

# ---- openssh ----

ssh=$shared/ssh

# SHLVL keeps bash from reading the user's .bashrc.
sshd_conf() {
	cat <<-END
	ListenAddress $address:${port[openssh]}
	HostKey $ssh/host
	AuthorizedKeysFile $ssh/user.pub
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PasswordAuthentication no
	PidFile none
	Subsystem sftp internal-sftp
	SetEnv SHLVL=1
	END
}

# The directory's name is compiled into sshd; it is gone after the next boot.
make_openssh() {
	mkdir "$ssh" && ssh-keygen -q -t ed25519 -N '' -f "$ssh/host" &&
		ssh-keygen -q -t ed25519 -N '' -f "$ssh/user"
	mkdir /run/sshd 2>/dev/null && made_run=1
}

ssh_conf() {
	cat <<-END
	Host *
	Port ${port[openssh]}
	User $(id -un)
	IdentityFile $ssh/user
	IdentitiesOnly yes
	UserKnownHostsFile $work/known
	StrictHostKeyChecking accept-new
	BatchMode yes
	LogLevel ERROR
	KexAlgorithms curve25519-sha256
	END
}

# Each handshake costs more than a megabyte: the session takes one both ways.
ssh_session() {
	on_client ssh -F "$work/client" "$address" \
		'cat; echo to stderr >&2; exit 7' \
		<"$www/medium" >"$work/out" 2>"$work/err"
	[ $? -eq 7 ] || { cat "$work/err"; tail -n 3 "$work/openssh.log"; return 1; }
	cmp "$www/medium" "$work/out" && [ "$(<"$work/err")" = "to stderr" ]
}

scp_there() {
	on_client scp -q -F "$work/client" "$www/medium" \
		"$address:$work/there" && cmp "$www/medium" "$work/there"
}

start_openssh() {
	sshd_conf >"$work/config"
	ssh_conf >"$work/client"
	serve "$(command -v sshd)" -D -e -f "$work/config"
}

test_openssh() {
	check "$who: ssh, a session, 1 MB there and back" ssh_session
	check "$who: scp, 1 MB" scp_there
}

# ---- socat ----

socat_echo() {
	on_client socat -t 20 - "TCP4:$address:${port[socat]}" <"$www/medium" \
		>"$work/out" && cmp "$www/medium" "$work/out"
}

# A program on the kernel's TCP reaches a server on xtcp by way of a relay.
socat_relay() {
	ip netns exec "$client" "${as[@]}" --only-connect socat \
		TCP4-LISTEN:9100,bind=127.0.0.1,reuseaddr \
		"TCP4:$address:${port[socat]}" >"$work/relay.log" 2>&1 &
	pids+=($!)
	retry in_space "$client" grep -q ':238C 00000000:0000 0A' /proc/net/tcp
	in_space "$client" timeout -k 5 300 socat -t 20 - TCP4:127.0.0.1:9100 \
		<"$www/medium" >"$work/out" &&
		cmp "$www/medium" "$work/out" && return
	cat "$work/relay.log"
	return 1
}

start_socat() {
	serve socat "TCP4-LISTEN:${port[socat]},bind=$address,reuseaddr,fork" \
		EXEC:cat
}

test_socat() {
	check "$who: socat, 1 MB there and back" socat_echo
	[ "$client_kind" = xtcp ] || return
	as xtcp
	check "$who: socat, a relay from the kernel's TCP" socat_relay
}

# ---- python3 ----

python_get() {
	on_client python3 -c 'if True:
		import http.client, sys
		for path, file in zip(sys.argv[2::2], sys.argv[3::2]):
			connection = http.client.HTTPConnection(sys.argv[1])
			connection.request("GET", "/" + path)
			body = connection.getresponse().read()
			assert body == open(file, "rb").read(), path' \
		"$address:${port[python]}" small "$www/small" medium "$www/medium"
}

start_python() {
	serve python3 -m http.server --bind "$address" \
		--directory "$www" "${port[python]}"
}

test_python() {
	check "$who: python3, http.server and http.client" python_get
}

# ---- all of them, some at a time ----

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
		check "$who: $program's clients are xtcp's" [ "$(opened)" -gt 0 ]
	{
		kill "${pids[@]}"
		wait "${pids[@]}"
	} 2>/dev/null
	echo "# $who: $program took $(((${EPOCHREALTIME/[.,]/} - start_us) / 1000)) ms"
}

for program in "${programs[@]}"; do
	missing "$program" && continue
	declare -F "make_$program" >/dev/null && "make_$program"
done
for program in "${programs[@]}"; do
	for pair in "${pairs[@]}"; do
		read -r client_kind server_kind <<<"$pair"
		for side in client server; do
			spaces+=("$program-$client_kind-$server_kind-$side-$$")
		done
		aside "$program-$client_kind-$server_kind" \
			run_program "$program" "$client_kind" "$server_kind"
	done
done
asides_end
[ "${made_run-}" ] && rmdir /run/sshd

tap_end
