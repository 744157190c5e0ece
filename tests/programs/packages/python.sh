# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# python3: its own web server and client.

needs[python]=python3

python_get() {
	on_client python3 -c 'if True:
		import http.client, sys
		for path, file in zip(sys.argv[2::2], sys.argv[3::2]):
			connection = http.client.HTTPConnection(sys.argv[1])
			connection.request("GET", "/" + path)
			body = connection.getresponse().read()
			assert body == open(file, "rb").read(), path' \
		"$address:$port" small "$www/small" medium "$www/medium"
}

start_python() {
	serve python3 -m http.server --bind "${any-$address}" \
		--directory "$www" "$port"
}

test_python() {
	check "$who: python3, http.server and http.client" python_get
}
