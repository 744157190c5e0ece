# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# samba: smbd and smbclient, files there and back.

needs[samba]="smbd smbclient"

# samba_conf FOLDER: what it remembers is there
samba_conf() {
	cat <<-END
	[global]
		server role = standalone server
		interfaces = $address/24
		bind interfaces only = yes
		smb ports = $port
		disable netbios = yes
		map to guest = Bad User
		load printers = no
		printcap name = /dev/null
		disable spoolss = yes
		usershare path =
		log level = 1
		private dir = $1
		lock directory = $1
		state directory = $1
		cache directory = $1
		pid directory = $1
		ncalrpc dir = $1/rpc
		log file = $1/log
	[files]
		path = $work/files
		read only = no
		guest ok = yes
		force user = root
	END
}

# samba COMMANDS: on the client's end
samba() {
	on_client smbclient -N -s "$work/client.conf" -p "$port" "//$address/files" -c "$1"
}

samba_files() {
	samba "put $www/medium there; get there $work/back; mkdir folder; cd folder;
		put $www/small small; ls" || return
	cmp "$www/medium" "$work/files/there" && cmp "$www/medium" "$work/back" &&
		cmp "$www/small" "$work/files/folder/small"
}

# More than a window, in requests that go side by side
samba_large() {
	samba "put $shared/large large; get large $work/large" &&
		cmp "$shared/large" "$work/files/large" && cmp "$shared/large" "$work/large"
}

make_samba() {
	local i

	for ((i = 0; i < 10; i++)); do
		cat "$www/medium"
	done >"$shared/large"
}

start_samba() {
	mkdir "$work/files" "$work/server" "$work/client"
	samba_conf "$work/server" >"$work/server.conf"
	samba_conf "$work/client" >"$work/client.conf"
	# when it ends it kills its process group, which is its own
	serve smbd --foreground --debug-stdout -s "$work/server.conf"
}

test_samba() {
	check "$who: samba, files there and back" samba_files
	check "$who: samba, 10 MB there and back" samba_large
}
