# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# rsync and its daemon: there, there again when something has changed, and back.

needs[rsync]=rsync

make_rsync() {
	local i

	mkdir -p "$shared/rsync/folder"
	for ((i = 0; i < 50; i++)); do
		head -c $((i * 100)) "$www/medium" >"$shared/rsync/folder/$i"
	done
	ln -s folder/1 "$shared/rsync/link"
	cp "$www/medium" "$shared/rsync"
}

rsync_conf() {
	cat <<-END
	use chroot = no
	uid = root
	gid = root
	reverse lookup = no
	munge symlinks = no
	lock file = $work/lock
	[there]
		path = $work/there
		read only = no
	END
}

# sync FROM TO: both are the same then
sync() {
	on_client rsync -a --stats "$1" "$2" >"$work/stats" && cat "$work/stats"
}

rsync_there() {
	sync "$work/here/" "rsync://$address:$port/there/" && diff -r "$work/here" "$work/there"
}

# Only what differs is sent.
rsync_again() {
	{
		echo changed
		cat "$www/medium"
	} >"$work/here/medium"
	rsync_there && [ "$(sed -n 's/^Matched data: \([0-9,]*\) bytes/\1/p' "$work/stats" |
		tr -d ,)" -gt 900000 ]
}

rsync_back() {
	sync "rsync://$address:$port/there/" "$work/back/" && diff -r "$work/here" "$work/back"
}

start_rsync() {
	rsync_conf >"$work/conf"
	mkdir "$work/there"
	cp -a "$shared/rsync" "$work/here"
	serve rsync --daemon --no-detach --config="$work/conf" --address="$address" \
		--port="$port"
}

test_rsync() {
	check "$who: rsync to its daemon" rsync_there
	check "$who: rsync, what has changed" rsync_again
	check "$who: rsync from its daemon" rsync_back
}
