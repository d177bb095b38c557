#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The inner half of package_try in package.sh: runs as root in a bare Debian, with the packages in
# /opt/package and debian/tests in /opt/tests.
#
# An older version is put in and upgraded, the tests run as somebody without rights, then all is
# removed and purged. Afterwards the system must be what it was before.

set -euo pipefail

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
cd /opt

ours='^(libfsps|pubsub-tools)'

apt_get() {
	apt-get -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@" >/tmp/apt.log 2>&1 || {
		cat /tmp/apt.log
		return 1
	}
}

# What the tests say that they need, without our own packages.
test_packages() {
	sed -n 's/^Depends: //p' tests/control | tr -d ' ' | tr ',' '\n' |
		grep -Ev "$ours" | sort -u
}

# What is there, but for what package managers and caches keep for themselves.
snapshot() {
	local -a apart=(-path /proc)
	local path

	for path in /dev /sys /opt /tmp /var/lib/dpkg /var/lib/apt /var/cache /var/log \
		/etc/ld.so.cache; do
		apart+=(-o -path "$path")
	done
	find / -xdev \( "${apart[@]}" \) -prune -o -printf '%y %m %u %g %l %p\n' | sort
	find /etc -type f ! -name ld.so.cache -exec sha256sum {} + | sort
	ldconfig -p | grep fsps || true
}

# Packages of the same files that call themselves older, so that there is something to upgrade.
make_older() {
	local package version

	mkdir older
	for package in package/*.deb; do
		version=$(dpkg-deb -f "$package" Version)
		rm -rf unpacked
		dpkg-deb -R "$package" unpacked
		sed -i "s/$version/0~older/" unpacked/DEBIAN/control
		dpkg-deb -b unpacked "older/${package##*/}" >/dev/null
	done
}

installed() {
	dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' | grep -E "$ours" || true
}

run_tests() {
	local name place

	for name in $(sed -n 's/^Tests: //p' tests/control | tr ',' ' '); do
		echo "== package: debian/tests/$name"
		place=$(mktemp -d)
		chown nobody "$place"
		setpriv --reuid=nobody --regid=nogroup --clear-groups \
			env HOME="$place" AUTOPKGTEST_TMP="$place" "tests/$name"
		rm -rf "$place"
	done
}

# gone WHEN: fails if anything differs from the first snapshot, once what came as a dependency of
# ours went as well.
gone() {
	apt_get autoremove --purge
	snapshot >/tmp/after
	if ! diff /tmp/before /tmp/after; then
		echo "== package: this is left, or lost, $1"
		return 1
	fi
	echo "== package: nothing is left $1"
}

apt_get update
mapfile -t wanted < <(test_packages)
apt_get install "${wanted[@]}"
snapshot >/tmp/before

make_older
apt_get install ./older/*.deb
installed
apt_get install ./package/*.deb
installed
mapfile -t names < <(installed | cut -d ' ' -f 1)
# Every file is what its package says.
dpkg --verify "${names[@]}"
run_tests
apt_get remove "${names[@]}"
installed
# apt knows what is installed only; what is left of others is dpkg's to purge.
mapfile -t left < <(installed | cut -d ' ' -f 1)
((${#left[@]} == 0)) || dpkg --purge "${left[@]}" >/tmp/apt.log
gone "after installing, upgrading, removing and purging"
apt_get install ./package/*.deb
apt_get purge "${names[@]}"
gone "after installing and purging at once"
