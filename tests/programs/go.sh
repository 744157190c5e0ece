#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program in Go, caddy: a web server that listens on every address of both versions,
# and, as a proxy, a client. It calls the kernel past every library: xtcpize refuses to
# run it, and says why. On TCP's wire it talks to programs on xtcp.
#
# A proxy must be gone before the next one has its port, which they would share: hence
# "command ip", which is no function.
#
# run: costly ip-blind

# shellcheck disable=SC2317 # check calls the functions
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

for need in caddy nginx curl; do
	command -v "$need" >/dev/null && continue
	skip "everything" "no $need"
	tap_end
done
caddy=$(command -v caddy)
export XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work no_proxy='*'

if [ "$XTCP_WIRE" != kernel ]; then
	xtcpize=("$OUT/xtcpize")
	[ "$XTCP_WIRE" != native ] || xtcpize+=(--native)
	refuses() {
		"${xtcpize[@]}" caddy version >"$work/out" 2>&1
		[ $? -eq 126 ] && cat "$work/out" && grep -q "^xtcpize: $caddy is a Go program, which calls the kernel past" "$work/out" &&
			grep -q '^xtcpize: socket(AF_INET, SOCK_STREAM, 253) in its source' "$work/out"
	}
	check "xtcpize refuses a Go program, and names the way in" refuses
	child() {
		"${xtcpize[@]}" "$@" sh -c 'caddy version; true' >"$work/out" 2>"$work/err"
		cat "$work/out" "$work/err"
	}
	told() {
		child --report
		grep -q '^v\?[0-9]' "$work/out" && grep -q "^xtcpize: sh starts $caddy on the kernel's TCP, since it is a Go program" "$work/err" &&
			grep -q '^xtcpize: out of reach, and on the kernel.s TCP: 1 program (1 Go)$' "$work/err"
	}
	check "as a child it runs on the kernel's TCP, which is told and counted" told
	child_refused() {
		child --strict
		[ ! -s "$work/out" ] && grep -q "^xtcpize --strict: sh may not start $caddy: it is a Go program" "$work/err"
	}
	check "--strict: nor may a child start" child_refused
fi
if [ "$XTCP_WIRE" = native ]; then
	skip "a connection" "Go's are of TCP's wire"
	tap_end
fi

a=xtcp-a-$$ b=xtcp-b-$$
if ! space_pair "$a" "$b"; then
	skip "a connection" "no veth"
	tap_end
fi
ip -n "$a" addr add 2001:db8::1/64 dev veth0 nodad
ip -n "$b" addr add 2001:db8::2/64 dev veth0 nodad
[ "$XTCP_WIRE" = tcp ] || xtcpize=()
mkdir "$work/www"
head -c 1000000 /dev/urandom >"$work/www/file"
chmod -R a+rX "$work"

gets() {
	in_space "$a" timeout 60 "${xtcpize[@]}" curl -q -sS "$1/file" >"$work/got" && cmp "$work/got" "$work/www/file"
}

# ready SPACE FILE PORT: a listener of :: is in /proc/net/FILE
ready() {
	local i

	for ((i = 0; i < 6; i++)); do
		retry in_space "$1" grep -q "$(printf ' %032d:%04X %032d:0000 0A' 0 "$3" 0)" "/proc/net/$2" && return
	done
	tail -n 3 "$work/log"
	return 1
}

command ip netns exec "$b" caddy file-server --root "$work/www" --listen :7000 >"$work/log" 2>&1 &
pids+=($!)
check "caddy listens on ::" ready "$b" tcp6 7000
check "it serves curl by IPv6" gets "http://[2001:db8::2]:7000"
check "it serves curl by IPv4" gets http://10.9.0.2:7000

table=tcp6
[ "$XTCP_WIRE" != tcp ] || table=xtcp6
cat >"$work/nginx.conf" <<-END
	user root;
	worker_processes 1;
	daemon off;
	pid $work/nginx.pid;
	events { }
	http {
		access_log off;
		client_body_temp_path $work/nginx.body;
		server {
			listen [::]:7001 ipv6only=off;
			root $work/www;
		}
	}
END
command ip netns exec "$b" "${xtcpize[@]}" nginx -e stderr -c "$work/nginx.conf" >"$work/log" 2>&1 &
pids+=($!)
check "nginx listens on ::" ready "$b" "$table" 7001
# As /proc/net has them: what nginx calls its end.
declare -A hex=(["[2001:db8::2]"]=B80D0120000000000000000002000000 [10.9.0.2]=0000000000000000FFFF00000200090A)
# kept ADDRESS: the connection that the proxy keeps for its next request
kept() {
	in_space "$b" cat "/proc/net/$table" >"$work/table"
	cat "$work/table"
	grep -qE " ${hex[$1]}:1B59 [0-9A-F]{32}:[0-9A-F]{4} 01 " "$work/table"
}
for to in "[2001:db8::2]" 10.9.0.2; do
	command ip netns exec "$a" caddy reverse-proxy --from http://:7002 --to "$to:7001" >"$work/log" 2>&1 &
	proxy=$!
	pids+=("$proxy")
	check "caddy as a proxy to $to" ready "$a" tcp6 7002
	check "a file by way of it" gets http://127.0.0.1:7002
	check "its connection is in /proc/net/$table" kept "$to"
	kill "$proxy"
	wait "$proxy"
done

tap_end
