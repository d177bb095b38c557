# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev fresh: runs the README's commands where nothing is installed: in a bare Debian 12
# or 13 (chroot.sh), with the committed tree in it.

fresh_usage='usage: scripts/dev fresh [12|13] [--full]'

verb_fresh() {
	local suite=bookworm tests='test quick' word

	# shellcheck source=scripts/lib/chroot.sh
	. "$ROOT/scripts/lib/chroot.sh"
	for word in "$@"; do
		if [[ $word == --full ]]; then
			tests='test'
		elif ! chroot_suite "$word" suite; then
			die_usage "$fresh_usage"
		fi
	done
	chroot_require "fresh $*"
	fresh_run "$suite" demo "$tests"
}

# fresh_run SUITE VERB...: runs scripts/dev VERB there for each VERB (words separated by spaces),
# and tells how long each took.
fresh_run() {
	local suite=$1 place verb start status failed=0
	local -a times=()
	shift

	chroot_make "$suite" place
	say "fresh: cloning the committed tree"
	quietly git clone --depth 1 "file://$ROOT" "$place/opt/libfsps"
	for verb in "$@"; do
		say "fresh: scripts/dev $verb"
		start=$SECONDS
		status=0
		# A stranger types this, word by word.
		# shellcheck disable=SC2016
		chroot_run "$place" /bin/bash -c 'cd /opt/libfsps && scripts/dev $1' bash "$verb" ||
			status=$?
		((status == 0)) || failed=1
		times+=("$(printf 'scripts/dev %-12s exit code %d after %d s' \
			"$verb" "$status" $((SECONDS - start)))")
	done
	printf '== fresh: %s\n' "${times[@]}"
	return "$failed"
}
