# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# postgresql and pgbench: rows by COPY, transactions of some clients, a large value.

pg=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
needs[postgresql]="$pg/postgres $pg/initdb $pg/pgbench $pg/psql"

# It does not run as root.
as_postgres() {
	setpriv --reuid postgres --regid postgres --clear-groups "$@"
}

make_postgresql() {
	mkdir "$shared/postgresql" && chown postgres: "$shared/postgresql" &&
		as_postgres "$pg/initdb" --no-sync --no-instructions --auth trust --locale C \
			--wal-segsize 1 "$shared/postgresql/data" >/dev/null &&
		echo "host all all 10.9.0.0/24 trust" >>"$shared/postgresql/data/pg_hba.conf"
}

# pg PROGRAM OPTION...
pg() {
	on_client "$pg/$1" -h "$address" -p "$port" -U postgres "${@:2}"
}

# pg_bench CLIENTS TRANSACTIONS OPTION...: so many of each
pg_bench() {
	pg pgbench -n -c "$1" -t "$2" "${@:3}" postgres >"$work/bench" || return
	cat "$work/bench"
	grep -x "number of transactions actually processed: $(($1 * $2))/$(($1 * $2))" "$work/bench" &&
		grep -q '^number of failed transactions: 0 ' "$work/bench"
}

# 1 MB there and back
pg_value() {
	base64 -w 0 "$www/medium" >"$work/value" &&
		pg psql -X -q -v ON_ERROR_STOP=1 -c 'create table v (v text)' \
			-c "\\copy v from '$work/value'" postgres &&
		pg psql -X -q -A -t -c 'select v from v' postgres | head -c -1 |
			cmp - "$work/value"
}

start_postgresql() {
	cp -a "$shared/postgresql/data" "$work"
	serve setpriv --reuid postgres --regid postgres --clear-groups "$pg/postgres" \
		-D "$work/data" -c "listen_addresses=$address" -c "port=$port" \
		-c unix_socket_directories= -c fsync=off -c autovacuum=off -c shared_buffers=16MB
}

test_postgresql() {
	check "$who: pgbench, 100000 rows by COPY" pg pgbench -i -q postgres
	check "$who: pgbench, 4 clients" pg_bench 4 25
	check "$who: pgbench, a connection for each transaction" pg_bench 2 10 -S -C
	check "$who: postgresql, a value of 1 MB" pg_value
}
