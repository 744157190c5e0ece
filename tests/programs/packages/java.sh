# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# java: its own web server, on selectors, and clients on plain sockets and channels.

needs[java]=java

# Started sooner, and in less memory
jvm=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -Xshare:auto -cp "$shared/java")
# otherwise its sockets are of AF_INET6, even for an IPv4 address
[ -n "${any-}" ] || jvm+=(-Djava.net.preferIPv4Stack=true)

make_java() {
	java -XX:TieredStopAtLevel=1 -m jdk.compiler/com.sun.tools.javac.Main -d "$shared/java" \
		"$packages/Http.java"
}

java_client() {
	on_client "${jvm[@]}" Http "$1" "$address" "$port" "$2" "$3"
}

start_java() {
	serve "${jvm[@]}" Http serve "${any-$address}" "$port"
}

test_java() {
	check "$who: java, requests by sockets" java_client sockets $((requests / 10)) 1000
	check "$who: java, 1 MB by channels" java_client channels 2 1000000
}
