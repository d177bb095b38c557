#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The inner half of chroot.sh, started in new mount and process namespaces:
#     chroot-inside.sh PLACE COMMAND...
# Mounts what a running system has, and runs the command in the chroot with a stranger's
# environment. Its exit code is the command's.

set -euo pipefail

place=$1
shift

mount -t proc proc "$place/proc"
mount --rbind /dev "$place/dev"
mount -t tmpfs -o mode=1777,nosuid,nodev shm "$place/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$place/dev/pts"

# Only what tells how to reach the network goes in.
environment=(HOME=/root USER=root TERM="${TERM:-dumb}"
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL \
	PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT; do
	if [[ -n ${!name:-} ]]; then
		environment+=("$name=${!name}")
	fi
done
if [[ -f $place/etc/fsps-host-ca.crt ]]; then
	environment+=(PIP_CERT=/etc/fsps-host-ca.crt)
fi

# Not exec: this shell is the namespace's first process, and takes all the others with it.
env -i "${environment[@]}" chroot "$place" "$@"
