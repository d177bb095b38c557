# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev package: the Debian packages of the committed tree, from source to purge.
#
# One bare Debian (chroot.sh) gets the build dependencies only, builds the source package and the
# binaries, and lintian judges them (package-build.sh). Another one installs, upgrades, tests and
# purges them, and nothing may be left (package-try.sh). What was built is in build-package/.

package_usage='usage: scripts/dev package [12|13]'

verb_package() {
	local suite=bookworm

	# shellcheck source=scripts/lib/chroot.sh
	. "$ROOT/scripts/lib/chroot.sh"
	if (($# > 1)) || ! chroot_suite "${1:-$suite}" suite; then
		die_usage "$package_usage"
	fi
	chroot_require "package $*"
	package_build "$suite"
	package_try "$suite"
	say "package: done; what was built is in build-package/"
}

# Puts what dpkg-buildpackage makes of the committed tree into build-package/.
package_build() {
	local suite=$1 place status=0

	chroot_make "$suite" place
	package_source "$place/opt/package"
	cp -- scripts/lib/package-build.sh "$place/opt"
	say "package: building on $suite"
	chroot_run "$place" /bin/bash /opt/package-build.sh || status=$?
	# What lintian complains of is to be looked at, too.
	rm -rf -- build-package
	mkdir build-package
	find "$place/opt/package" -maxdepth 1 -type f -exec cp -t build-package -- {} +
	return "$status"
}

# Lays out the committed tree as Debian's tools want it: an archive, and debian/ beside what is in
# it.
package_source() {
	local to=$1 upstream name

	upstream=$(sed -n '1s/^libfsps (\(.*\)-[^-]*) .*/\1/p' debian/changelog)
	name=libfsps-$upstream
	mkdir -p -- "$to"
	git archive --prefix="$name/" HEAD -- . ':!debian' |
		gzip -9n >"$to/libfsps_$upstream.orig.tar.gz"
	tar -C "$to" -xzf "$to/libfsps_$upstream.orig.tar.gz"
	git archive --prefix="$name/" HEAD -- debian | tar -C "$to" -xf -
}

package_try() {
	local suite=$1 place

	chroot_make "$suite" place
	mkdir -p "$place/opt/package"
	cp -- build-package/*.deb "$place/opt/package"
	cp -R -- debian/tests "$place/opt/tests"
	cp -- scripts/lib/package-try.sh "$place/opt"
	say "package: trying on $suite"
	chroot_run "$place" /bin/bash /opt/package-try.sh
}
