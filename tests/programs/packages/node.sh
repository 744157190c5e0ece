# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# node: its web server, and a client with several connections.

needs[node]=node

start_node() {
	serve node "$packages/http.js" serve "${any-0.0.0.0}" "$port"
}

test_node() {
	check "$who: node, requests on 4 connections" \
		on_client node "$packages/http.js" get "$address" "$port" "$((requests / 5))" 1000
	check "$who: node, 1 MB there and back" \
		on_client node "$packages/http.js" get "$address" "$port" 2 1000000
}
