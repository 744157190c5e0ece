# shellcheck shell=bash
# What every script of xtcp shares: where things are, how to talk, how to lock. Sourced, never run.

XTCP_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
XTCP_CACHE=${XTCP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/xtcp}
export XTCP_CACHE

# The kernels that xtcp is built for and tested on: Debian 12's, the newest of later suites of Debian, and those of the unit tests.
XTCP_STOCK_KERNELS=(6.1 6.12)
XTCP_SUITE_KERNELS=(trixie backports testing)
XTCP_KUNIT_KERNELS=(kunit kunit-san)
XTCP_KERNELS=("${XTCP_STOCK_KERNELS[@]}" "${XTCP_SUITE_KERNELS[@]}" "${XTCP_KUNIT_KERNELS[@]}")

XTCP_ME=${0##*/}

# say TEXT...: a message for people, on stderr, so that stdout stays a script's result.
say()
{
	printf '%s: %s\n' "$XTCP_ME" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# bad_usage TEXT...: an argument is wrong.
bad_usage()
{
	say "$*"
	say "try --help"
	exit 2
}

is_stock_kernel()
{
	[[ " ${XTCP_STOCK_KERNELS[*]} " == *" $1 "* ]]
}

is_suite_kernel()
{
	[[ " ${XTCP_SUITE_KERNELS[*]} " == *" $1 "* ]]
}

# is_packaged_kernel NAME: whether Debian packages it.
is_packaged_kernel()
{
	is_stock_kernel "$1" || is_suite_kernel "$1"
}

is_kunit_kernel()
{
	[[ " ${XTCP_KUNIT_KERNELS[*]} " == *" $1 "* ]]
}

is_kernel()
{
	[[ " ${XTCP_KERNELS[*]} " == *" $1 "* ]]
}

# with_lock NAME: hold the lock NAME until the script ends; waits, and says so, if another script holds it. Children inherit
# the lock: start none that outlives the script.
with_lock()
{
	local fd dir=$XTCP_CACHE/locks

	mkdir -p "$dir"
	exec {fd}>"$dir/$1"
	if ! flock -n "$fd"; then
		say "waiting for another run of $1"
		flock "$fd"
	fi
}

# in_root ROOT DIR COMMAND ARGUMENT...: run COMMAND with ROOT, the unpacked packages of another suite, as the root directory
# and DIR as its /build. The mounts are gone with the command. Without root's rights this needs user namespaces.
in_root()
{
	local as=()

	((EUID == 0)) || as=(--map-root-user)
	# shellcheck disable=SC2016
	unshare --mount "${as[@]}" bash -euc '
		root=$1
		mount --rbind /dev "$root/dev"
		mount --rbind /proc "$root/proc"
		mount -t tmpfs tmp "$root/tmp"
		mount --bind "$2" "$root/build"
		shift 2
		exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C "$@"' in_root "$@"
}

# build_dir KERNEL: where this checkout's module for KERNEL is built. Two checkouts do not share objects.
build_dir()
{
	local sum

	sum=$(printf '%s' "$XTCP_ROOT" | sha1sum)
	printf '%s/build/%s-%s/%s\n' "$XTCP_CACHE" "${XTCP_ROOT##*/}" "${sum:0:6}" "$1"
}

# count_tests FILE: add to passed, failed and skipped what the last line of FILE counts, "N passed, N failed[, N skipped]".
# Fails if that is not its last line.
passed=0
failed=0
skipped=0
count_tests()
{
	[[ $(tail -n 1 "$1") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]] || return 1
	passed=$((passed + BASH_REMATCH[1]))
	failed=$((failed + BASH_REMATCH[2]))
	skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
}

# tested_tree: the commit of what is built and tested here, with "+" if something of that differs from it.
tested_tree()
{
	local commit changes

	commit=$(git -C "$XTCP_ROOT" rev-parse --short HEAD)
	changes=$(git -C "$XTCP_ROOT" status --porcelain -- Kbuild ask module kunit tests tools examples 'bench/*.[ch]')
	printf '%s%s\n' "$commit" "${changes:++}"
}

# record KERNEL WHAT [RELEASE VERSION SIZE TREE PASSED FAILED SKIPPED]: what a run over all tests has found on a kernel of that
# RELEASE and package VERSION, for scripts/kernels; or, without it, that there is nothing yet.
record()
{
	local file

	file=$(build_dir tested)/$1-$2
	rm -f "$file"
	(($# > 2)) || return 0
	mkdir -p "${file%/*}"
	printf '%s\n' "$*" >"$file"
}

# print_count: the closing line of every kind of test.
print_count()
{
	printf '%d passed, %d failed' "$passed" "$failed"
	((skipped == 0)) || printf ', %d skipped' "$skipped"
	printf '\n'
}
