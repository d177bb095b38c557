# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev soak: a whole bus under random violence for as long as one likes (tests/soak). A
# minute of it is a part of scripts/dev test, too (suite "soak").

soak_usage='usage: scripts/dev soak SECONDS [--seed N] [--keep] [--towns KIND,...]'

verb_soak() {
	local seconds=${1:-}
	local -a programs=(soak_publish soak_read soak_replay soak_effect soak_clock.so)
	local -a commands=(publish subscribe ls peek dead purge rm)

	if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
		die_usage "$soak_usage"
	fi
	shift
	require build test
	# shellcheck source=scripts/lib/test.sh
	. "$ROOT/scripts/lib/test.sh"
	say "soak: building in build/"
	gcc_options test_options
	configure build "${test_options[@]}" || die "soak: the build"
	compile build "${programs[@]/#/tests/soak/}" "${commands[@]/#/tools/pubsub-}" ||
		die "soak: the build"
	say "soak: $seconds s"
	unset PUBSUB_HOME XDG_RUNTIME_DIR
	FSPS_INTEROP_VENV=$ROOT/build/tests/interop/venv PYTHONDONTWRITEBYTECODE=1 \
		FSPS_SOAK_FORMIX=$ROOT/tests/interop/environment.py \
		python3 tests/soak/soak.py --build "$ROOT/build" --seconds "$seconds" "$@"
}
