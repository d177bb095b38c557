# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Bare Debian systems to try things in, for the verbs fresh and package: made by debootstrap from
# this machine's own mirror.
#
# What runs in one does so in mount and process namespaces of its own, so that nothing stays
# mounted and nothing keeps running, however it ends. The bare system is kept as a tar file in
# ${XDG_CACHE_HOME:-~/.cache}/libfsps; remove that to have it made anew.

# chroot_suite WORD VARIABLE: puts the suite that a user's word means into the variable, or fails.
chroot_suite() {
	local -n ret_suite=$2

	# shellcheck disable=SC2034
	case $1 in
	12 | bookworm) ret_suite=bookworm ;;
	13 | trixie) ret_suite=trixie ;;
	*) return 1 ;;
	esac
}

# Ends unless we may make such a system; $1 is what was asked for.
chroot_require() {
	if ! is_root; then
		die_usage "${1%% *} needs root, for chroot and mount: try sudo scripts/dev $1"
	fi
	require fresh
}

# chroot_make SUITE VARIABLE: puts the path of a new bare system into the variable. It goes when
# the script ends.
chroot_make() {
	local suite=$1 base
	local -n ret_place=$2

	base=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libfsps/$suite.tar.gz
	if [[ ! -f $base ]]; then
		chroot_base "$suite" "$base"
	fi
	make_temporary ret_place /var/tmp
	say "unpacking $base"
	tar -C "$ret_place" -xzf "$base"
	# The directory becomes /, which everybody may enter.
	chmod 0755 "$ret_place"
	chroot_copy_host "$ret_place"
}

# chroot_run PLACE COMMAND...: runs a command there as root; see chroot-inside.sh.
chroot_run() {
	unshare --mount --pid --fork --kill-child \
		"$BASH" "$ROOT/scripts/lib/chroot-inside.sh" "$@" </dev/null
}

# Makes the bare system and keeps it: Debian's smallest, with nothing that we chose.
chroot_base() {
	local suite=$1 base=$2 mirror made

	chroot_mirror "$suite" mirror
	make_temporary made /var/tmp
	say "making a bare $suite from $mirror"
	http_proxy=${http_proxy:-$(chroot_apt_proxy)} quietly debootstrap --variant=minbase \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$made" "$mirror"
	rm -f -- "$made"/var/cache/apt/archives/*.deb "$made"/var/lib/apt/lists/*debian* || true
	mkdir -p -- "$(dirname -- "$base")"
	tar -C "$made" -czf "$base.part" .
	mv -- "$base.part" "$base"
}

# The first of this machine's package sources that has the suite. apt reads its own configuration,
# in all its formats, and fetches with its own proxies. Puts the address into the variable $2.
chroot_mirror() {
	local suite=$1 place uri
	local -n ret_mirror=$2

	make_temporary place
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u >"$place/uris"
	while read -r uri; do
		quiet_download "${uri%/}/dists/$suite/InRelease" "$place/release" || continue
		if grep -q '^Label: Debian$' "$place/release"; then
			# shellcheck disable=SC2034
			ret_mirror=${uri%/}
			return 0
		fi
	done <"$place/uris"
	die "none of this machine's package sources has Debian $suite"
}

quiet_download() {
	rm -f -- "$2"
	/usr/lib/apt/apt-helper download-file "$1" "$2" >/dev/null 2>&1
}

chroot_apt_proxy() {
	local proxy

	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	printf '%s' "${proxy:-}"
}

# How this machine reaches the network, for the chroot: names, proxies, certificates. Nothing of
# it installs or configures what the two commands need.
chroot_copy_host() {
	local place=$1 file

	for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
		if [[ -f $file ]]; then
			cp -L -- "$file" "$place$file"
		fi
	done
	apt-config dump | grep -iE '^Acquire::(https?|ftp|Check-[a-z-]+)\b' \
		>"$place/etc/apt/apt.conf.d/99host" || true
	if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
		cp -L -- /etc/ssl/certs/ca-certificates.crt "$place/etc/fsps-host-ca.crt"
		echo 'Acquire::https::CAInfo "/etc/fsps-host-ca.crt";' \
			>>"$place/etc/apt/apt.conf.d/99host"
	fi
}
