# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# apache2 and ab: with a connection for each request, and without.

needs[apache2]="apache2 ab"

apache2_conf() {
	cat <<-END
	ServerRoot /usr/lib/apache2
	ServerName xtcp
	DefaultRuntimeDir $work
	PidFile $work/pid
	ErrorLog $work/error
	User www-data
	Group www-data
	LoadModule mpm_event_module modules/mod_mpm_event.so
	LoadModule authz_core_module modules/mod_authz_core.so
	StartServers 1
	ServerLimit 1
	MinSpareThreads 1
	ThreadsPerChild 16
	MaxRequestWorkers 16
	MaxKeepAliveRequests 0
	Listen ${any_url-$address}:$port
	DocumentRoot $www
	END
}

# ab exits with 0 whatever it gets.
ab_gets() {
	local file=$1 n=$2 line

	shift 2
	on_client ab -q -n "$n" "$@" "http://$address:$port/$file" >"$work/ab" || return
	tr -s ' ' <"$work/ab" >"$work/said"
	tail -n 5 "$work/error"
	for line in "Complete requests: $n" "Failed requests: 0" \
		"HTML transferred: $((n * $(stat -c %s "$www/$file"))) bytes"; do
		grep -x "$line" "$work/said" || return
	done
	! grep Non-2xx "$work/said"
}

ab_keeps() {
	ab_gets small "$requests" -c 8 -k &&
		grep -x "Keep-Alive requests: $requests" "$work/said"
}

start_apache2() {
	apache2_conf >"$work/conf"
	serve apache2 -D FOREGROUND -f "$work/conf"
}

test_apache2() {
	check "$who: ab, $requests requests, 8 connections" ab_keeps
	check "$who: ab, a connection for each" ab_gets small $((requests / 2)) -c 8
	check "$who: ab, 1 MB at a time" ab_gets medium 10 -c 2
}
