# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # these are lib/programs.sh's
#
# vsftpd and curl: the connection for the data opened by either end.

needs[vsftpd]="vsftpd curl"

vsftpd_conf() {
	cat <<-END
	listen=YES
	listen_ipv6=NO
	listen_address=$address
	listen_port=$port
	background=NO
	anonymous_enable=YES
	no_anon_password=YES
	local_enable=NO
	anon_root=$work/ftp
	write_enable=YES
	anon_upload_enable=YES
	connect_from_port_20=YES
	secure_chroot_dir=$work/empty
	END
}

# ftp_get OPTION...: 1 MB
ftp_get() {
	on_client curl -q -sS "$@" "ftp://$address:$port/medium" >"$work/got" &&
		cmp "$www/medium" "$work/got"
}

# ftp_put NAME OPTION...: 1 MB
ftp_put() {
	local name=$1

	shift
	on_client curl -q -sS "$@" -T "$www/medium" "ftp://$address:$port/in/$name" &&
		cmp "$www/medium" "$work/ftp/in/$name"
}

# vsftpd sets no_new_privs and gives up CAP_NET_RAW, and then binds: where Landlock knows
# TCP, that takes leave, of the first namespace as well.  See xtcp(7), POLICIES.
leave=/proc/sys/net/xtcp/tcp_wire

make_vsftpd() {
	[ ! -e $leave ] || { leave_before=$(<$leave) && echo 3 >$leave; }
}

start_vsftpd() {
	[ "$server_kind" = kernel ] || in_space "$server" sh -c "echo 3 >$leave"
	vsftpd_conf >"$work/conf"
	mkdir -p "$work/empty" "$work/ftp/in"
	chown ftp "$work/ftp/in"
	cp "$www/medium" "$work/ftp"
	serve vsftpd "$work/conf"
}

test_vsftpd() {
	check "$who: vsftpd, 1 MB, passive" ftp_get --ftp-pasv
	check "$who: vsftpd, 1 MB, active" ftp_get --ftp-port -
	check "$who: vsftpd, 1 MB to it, passive" ftp_put passive --ftp-pasv
	check "$who: vsftpd, 1 MB to it, active" ftp_put active --ftp-port -
	server_opens
}

end_vsftpd() {
	[ ! -e $leave ] || echo "$leave_before" >$leave
}
