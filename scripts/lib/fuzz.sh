# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev fuzz: runs each libFuzzer target (tests/fuzz/fuzz_NAME.c) for a while, beginning
# with what is kept in tests/fuzz/corpus/NAME. Inputs that reach code which those kept don't reach
# are added there, so that every test run replays them. A crash is kept in build-fuzz/crashes.

fuzz_usage='usage: scripts/dev fuzz [SECONDS] [TARGET]'

verb_fuzz() {
	local seconds=60 target
	local -a targets

	if [[ ${1:-} =~ ^[0-9]+$ ]]; then
		seconds=$1
		shift
	fi
	if (($# > 1)); then
		die_usage "$fuzz_usage"
	fi
	require build test fuzz
	CC=clang configure build-fuzz -Dfuzz=true -Dtests=true -Dbench=false -Dman=disabled
	mapfile -t targets < <(fuzz_targets)
	if (($# == 1)); then
		targets=("$1")
	fi
	for target in "${targets[@]}"; do
		fuzz_one "$target" "$seconds"
	done
}

fuzz_targets() {
	find tests/fuzz -name 'fuzz_*.c' -printf '%f\n' | sed 's/^fuzz_//; s/\.c$//' | sort
}

# fuzz_one TARGET SECONDS: what is found is gathered apart first, then merged into the corpus.
fuzz_one() {
	local target=$1 seconds=$2 program=build-fuzz/tests/fuzz/fuzz_$1 corpus=tests/fuzz/corpus/$1
	local found

	if [[ ! -f tests/fuzz/fuzz_$target.c ]]; then
		die_usage "there is no fuzz target '$target'; there are: $(fuzz_targets | xargs)"
	fi
	say "fuzz: building $program"
	compile build-fuzz "tests/fuzz/fuzz_$target"
	make_temporary found
	mkdir -p "$corpus" build-fuzz/crashes
	say "fuzz: $target for $seconds s"
	if ! "$program" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 -timeout=10 \
		-artifact_prefix="build-fuzz/crashes/$target-" "$found" "$corpus" \
		>"build-fuzz/$target.log" 2>&1; then
		cat -- "build-fuzz/$target.log" >&2
		die "fuzz: $target failed; its input is in build-fuzz/crashes"
	fi
	grep '^stat::' "build-fuzz/$target.log"
	quietly "$program" -merge=1 "$corpus" "$found"
	say "fuzz: $target has $(find "$corpus" -type f | wc -l) inputs now"
}
