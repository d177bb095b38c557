# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev fresh: runs the README's commands where nothing is installed: in a bare Debian 12
# or 13, made by debootstrap from this machine's own mirror, with the committed tree in it.
#
# The chroot lives in mount and process namespaces of its own, so that nothing stays mounted and
# nothing keeps running, however it ends. The bare system is kept as a tar file in
# ${XDG_CACHE_HOME:-~/.cache}/libfsps; remove that to have it made anew.

fresh_usage='usage: scripts/dev fresh [12|13] [--full]'

verb_fresh() {
	local suite=bookworm tests='test quick' word

	for word in "$@"; do
		case $word in
		12 | bookworm) suite=bookworm ;;
		13 | trixie) suite=trixie ;;
		--full) tests='test' ;;
		*) die_usage "$fresh_usage" ;;
		esac
	done
	if ! is_root; then
		die_usage "fresh needs root, for chroot and mount: try sudo scripts/dev fresh $*"
	fi
	require fresh
	fresh_run "$suite" "$tests"
}

fresh_run() {
	local suite=$1 tests=$2 place base status=0

	base=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libfsps/$suite.tar.gz
	if [[ ! -f $base ]]; then
		fresh_base "$suite" "$base"
	fi
	make_temporary place /var/tmp
	say "fresh: unpacking $base"
	tar -C "$place" -xzf "$base"
	# The directory becomes /, which everybody may enter.
	chmod 0755 "$place"
	fresh_copy_host "$place"
	say "fresh: cloning the committed tree"
	quietly git clone --depth 1 "file://$ROOT" "$place/opt/libfsps"
	unshare --mount --pid --fork --kill-child \
		"$BASH" "$ROOT/scripts/lib/fresh-inside.sh" "$place" demo "$tests" || status=$?
	return "$status"
}

# Makes the bare system and keeps it: Debian's smallest, with nothing that we chose.
fresh_base() {
	local suite=$1 base=$2 mirror made

	fresh_mirror "$suite" mirror
	make_temporary made /var/tmp
	say "fresh: making a bare $suite from $mirror"
	http_proxy=${http_proxy:-$(fresh_apt_proxy)} quietly debootstrap --variant=minbase \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$made" "$mirror"
	rm -f -- "$made"/var/cache/apt/archives/*.deb "$made"/var/lib/apt/lists/*debian* || true
	mkdir -p -- "$(dirname -- "$base")"
	tar -C "$made" -czf "$base.part" .
	mv -- "$base.part" "$base"
}

# The first of this machine's package sources that has the suite. apt reads its own configuration,
# in all its formats, and fetches with its own proxies. Puts the address into the variable $2.
fresh_mirror() {
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

fresh_apt_proxy() {
	local proxy

	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	printf '%s' "${proxy:-}"
}

# How this machine reaches the network, for the chroot: names, proxies, certificates. Nothing of
# it installs or configures what the two commands need.
fresh_copy_host() {
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
