# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# redis: a large value, and many clients.

needs[redis]="redis-server redis-cli redis-benchmark"

redis() {
	local tool=$1

	shift
	on_client "redis-$tool" -h "$address" -p "$port" "$@"
}

redis_value() {
	[ "$(redis cli -x set key <"$www/medium")" = OK ] &&
		redis cli get key | head -c -1 | cmp - "$www/medium"
}

# redis-benchmark exits with 0 whatever the server answers, but not early.
redis_bench() {
	redis benchmark -n "$requests" -t set,get --csv "$@" >"$work/redis" ||
		return
	cat "$work/redis"
	[ "$(grep -cE '^"(SET|GET)","[1-9]' "$work/redis")" -eq 2 ]
}

start_redis() {
	serve redis-server --bind "$address" --port "$port" --save '' \
		--protected-mode no --dir "$work"
}

test_redis() {
	check "$who: redis, a value of 1 MB" redis_value
	check "$who: redis-benchmark, 50 clients" redis_bench
	check "$who: redis-benchmark, pipelined" redis_bench -P 16 -c 8
}
