# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# git and its daemon: clone, fetch, push.

needs[git]=git

# A user's name, from no file
git_here() {
	git -c user.name=xtcp -c user.email=xtcp@example.org "$@"
}

make_git() {
	git init -q -b main "$shared/git" && cp "$www/medium" "$www/small" "$shared/git" &&
		git_here -C "$shared/git" add . && git_here -C "$shared/git" commit -q -m one
}

# same_heads REPOSITORY REPOSITORY
same_heads() {
	[ "$(git -C "$1" rev-parse main)" = "$(git -C "$2" rev-parse main)" ]
}

git_clone() {
	on_client git clone -q "git://$address:$port/base.git" "$work/clone" &&
		cmp "$www/medium" "$work/clone/medium" && git -C "$work/clone" fsck --no-progress
}

git_push() {
	tac "$www/medium" >"$work/clone/other" && git -C "$work/clone" add . &&
		git_here -C "$work/clone" commit -q -m two &&
		on_client git -C "$work/clone" push -q origin main &&
		same_heads "$work/clone" "$work/base.git" && git -C "$work/base.git" fsck --no-progress
}

git_pull() {
	git clone -q "$shared/git" "$work/older" &&
		on_client git -C "$work/older" pull -q "git://$address:$port/base.git" main &&
		same_heads "$work/older" "$work/base.git"
}

# Not by "git daemon", which would start another process.
start_git() {
	git clone -q --bare "$shared/git" "$work/base.git"
	serve "$(git --exec-path)/git-daemon" --listen="$address" --port="$port" --reuseaddr \
		--export-all --enable=receive-pack --base-path="$work" "$work"
}

test_git() {
	check "$who: git clone" git_clone
	check "$who: git push" git_push
	check "$who: git pull" git_pull
}
