# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# curl and nginx: many requests on one connection, and a large file.

needs[nginx]="nginx curl perl"

# Each block of 64 KiB differs from all others.
# shellcheck disable=SC2016 # perl's variables
make_nginx() {
	perl -e 'read STDIN, $block, 65528;
		print pack("Q", $_), $block for 1 .. $ARGV[0] * 16' \
		"$file_mb" </dev/urandom >"$www/big"
	hash=$(md5sum <"$www/big")
}

# One process, one connection, every body whole.
keep_alive() {
	local i

	on_client curl -q -sS -w '%{stderr}%{http_code} %{num_connects}\n' \
		"http://$address:$port/small?[1-$requests]" \
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
	on_client curl -q -sS "http://$address:$port/big" | md5sum >"$work/hash"
	[ "${PIPESTATUS[*]}" = "0 0" ] && [ "$(<"$work/hash")" = "$hash" ]
}

start_nginx() {
	serve_nginx "$port"
}

test_nginx() {
	check "$who: curl, $requests requests on a connection" keep_alive
	check "$who: curl, a file of $file_mb MB by hash" big
}
