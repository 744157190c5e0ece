# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# openssh: a session, and a file by scp.

needs[openssh]="sshd ssh scp ssh-keygen"

ssh=$shared/ssh

# SHLVL keeps bash from reading the user's .bashrc.
sshd_conf() {
	cat <<-END
	ListenAddress ${any_url-$address}:$port
	HostKey $ssh/host
	AuthorizedKeysFile $ssh/user.pub
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PasswordAuthentication no
	PidFile none
	Subsystem sftp internal-sftp
	SetEnv SHLVL=1
	END
}

# The directory's name is compiled into sshd; it is gone after the next boot.
make_openssh() {
	mkdir "$ssh" && ssh-keygen -q -t ed25519 -N '' -f "$ssh/host" &&
		ssh-keygen -q -t ed25519 -N '' -f "$ssh/user"
	mkdir /run/sshd 2>/dev/null && made_run=1
}

ssh_conf() {
	cat <<-END
	Host *
	Port $port
	User $(id -un)
	IdentityFile $ssh/user
	IdentitiesOnly yes
	UserKnownHostsFile $work/known
	StrictHostKeyChecking accept-new
	BatchMode yes
	LogLevel ERROR
	KexAlgorithms curve25519-sha256
	END
}

# Each handshake costs more than a megabyte: the session takes one both ways.
ssh_session() {
	on_client ssh -F "$work/client" "$address" \
		'cat; echo to stderr >&2; exit 7' \
		<"$www/medium" >"$work/out" 2>"$work/err"
	[ $? -eq 7 ] || { cat "$work/err"; tail -n 3 "$work/log"; return 1; }
	cmp "$www/medium" "$work/out" && [ "$(<"$work/err")" = "to stderr" ]
}

scp_there() {
	on_client scp -q -F "$work/client" "$www/medium" \
		"$address:$work/there" && cmp "$www/medium" "$work/there"
}

start_openssh() {
	sshd_conf >"$work/config"
	ssh_conf >"$work/client"
	# its sessions have an environment without xtcp: that is no fault here
	strict='' serve "$(command -v sshd)" -D -e -f "$work/config"
}

test_openssh() {
	check "$who: ssh, a session, 1 MB there and back" ssh_session
	check "$who: scp, 1 MB" scp_there
}

end_openssh() {
	[ -z "${made_run-}" ] || rmdir /run/sshd
}
