#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The inner half of package_build in package.sh: runs as root in a bare Debian, with the sources
# in /opt/package. Only what debian/control names is installed before the build, which runs as
# somebody without rights.

set -euo pipefail

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
log=/opt/package/build.log
cd /opt/package/libfsps-*/

apt_get() {
	apt-get -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@" >/tmp/apt.log 2>&1 || {
		cat /tmp/apt.log
		return 1
	}
}

# Debian 12's lintian is older than the policy that debian/control follows.
lintian_options=(--fail-on 'error,warning,info,pedantic' --display-info --pedantic
	--display-experimental --verbose)
if grep -q bookworm /etc/os-release; then
	lintian_options+=(--suppress-tags newer-standards-version)
fi

apt_get update
apt_get build-dep ./
useradd --create-home builder
chown -R builder: /opt/package

echo "== package: dpkg-buildpackage"
if ! setpriv --reuid=builder --regid=builder --init-groups env HOME=/home/builder \
	dpkg-buildpackage -us -uc >"$log" 2>&1; then
	tail -n 100 "$log"
	exit 1
fi
grep -E '^(Ok|Fail|Skipped|dpkg-gensymbols)|warning:' "$log" || true

apt_get install lintian
echo "== package: lintian"
setpriv --reuid=builder --regid=builder --init-groups \
	lintian "${lintian_options[@]}" /opt/package/*.changes
