# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # for the scripts, and of tap.sh
# Sockets that do what a script tells them, by tools/puppet. To be sourced after tap.sh, with the
# names of two namespaces in $a and $b.

# puppet NAME SPACE: start one; tell NAME LINE: let it do something, with what it says in $told
declare -A into=() from=()
puppet() {
	local in out

	mkfifo "$work/$1.in" "$work/$1.out"
	in_space "$2" "$OUT/tools/puppet" <"$work/$1.in" >"$work/$1.out" 2>>"$work/puppets" &
	pids+=($!)
	exec {in}>"$work/$1.in" {out}<"$work/$1.out"
	into[$1]=$in from[$1]=$out
	rm "$work/$1.in" "$work/$1.out"
}
tell() {
	local name=$1

	shift
	echo "$*" >&"${into[$name]}"
	read -rt 20 told <&"${from[$name]}" || bail_out "$name: $*: $(cat "$work/puppets")"
}
dismiss() {
	local name fd

	for name; do
		fd=${into[$name]}
		exec {fd}>&-
		fd=${from[$name]}
		exec {fd}<&-
	done
}

# joined CLIENT SERVER PORT: two new puppets, connected
joined() {
	puppet "$1" "$a"
	puppet "$2" "$b"
	tell "$2" listen 0.0.0.0 "$3" 5
	tell "$1" connect 10.9.0.2 "$3"
	tell "$2" accept
}
