#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The inner half of scripts/dev fresh, started in new mount and process namespaces:
#     fresh-inside.sh CHROOT VERB...
# Mounts what a running system has, runs scripts/dev VERB in the chroot for each VERB (words
# separated by spaces) with a stranger's environment, and tells how long each took.

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

failed=0
times=()
for verb in "$@"; do
	printf '== fresh: scripts/dev %s\n' "$verb"
	start=$SECONDS
	status=0
	# A stranger types this, word by word.
	# shellcheck disable=SC2016
	env -i "${environment[@]}" chroot "$place" \
		/bin/bash -c 'cd /opt/libfsps && scripts/dev $1' bash "$verb" \
		</dev/null || status=$?
	if ((status != 0)); then
		failed=1
	fi
	times+=("$(printf 'scripts/dev %-12s exit code %d after %d s' \
		"$verb" "$status" $((SECONDS - start)))")
done
printf '== fresh: %s\n' "${times[@]}"
exit "$failed"
