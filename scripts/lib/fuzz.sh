# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev fuzz: runs each libFuzzer target (tests/fuzz/fuzz_NAME.c) for a while, beginning
# with what is kept in tests/fuzz/corpus/NAME. Inputs that reach code which those kept don't reach
# are added there, so that every test run replays them. A crash is kept in build-fuzz/crashes.

fuzz_usage='usage: scripts/dev fuzz [SECONDS] [TARGET]'

# How many of the inputs that were found are kept for a target, and how long they are at most: a
# test run tries them all.
fuzz_kept=250
fuzz_kept_bytes=1500

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
	local found place dictionary=tests/fuzz/dictionaries/$1
	local -a options=(-timeout=60 -artifact_prefix="build-fuzz/crashes/$target-")

	if [[ ! -f tests/fuzz/fuzz_$target.c ]]; then
		die_usage "there is no fuzz target '$target'; there are: $(fuzz_targets | xargs)"
	fi
	say "fuzz: building $program"
	compile build-fuzz "tests/fuzz/fuzz_$target"
	make_temporary found
	# Homes of targets that were killed go with it; in memory, where a home is quickest.
	make_temporary place "$([[ -w /dev/shm ]] && echo /dev/shm || echo /tmp)"
	local -x FSPS_FUZZ_PLACE=$place
	mkdir -p "$corpus" build-fuzz/crashes
	if [[ -f $dictionary ]]; then
		options+=(-dict="$dictionary")
	fi
	say "fuzz: $target for $seconds s"
	if ! "$program" -max_total_time="$seconds" -print_final_stats=1 -max_len=4096 \
		"${options[@]}" "$found" "$corpus" >"build-fuzz/$target.log" 2>&1; then
		tail -n 200 -- "build-fuzz/$target.log" >&2
		die "fuzz: $target failed; its input is in build-fuzz/crashes"
	fi
	grep -E '^#[0-9]+.*DONE|^stat::' "build-fuzz/$target.log"
	fuzz_keep "$program" "$corpus" "$found"
	say "fuzz: $target has $(find "$corpus" -type f | wc -l) inputs now"
}

# fuzz_keep PROGRAM CORPUS FOUND: of what was found the smallest inputs that reach each branch that
# is reached. Those that people wrote, with names of their own, stay in any case.
fuzz_keep() {
	local program=$1 corpus=$2 found=$3
	local written least input

	make_temporary written
	make_temporary least
	find "$corpus" -type f -regextype posix-extended ! -regex '.*/[0-9a-f]{40}' \
		-exec cp -t "$written" -- {} +
	# Merging adds to what is there already: first all of that, then what else reaches more.
	cp -r -- "$written/." "$least"
	quietly "$program" -merge=1 -use_counters=0 -timeout=60 "$least" "$corpus" "$found"
	find "$corpus" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
	while read -r input; do
		cp -- "$input" "$corpus"
	done < <(fuzz_choose "$least")
}

# fuzz_choose DIRECTORY: which of the merged inputs are kept. If there are too many, some of all
# sizes, evenly; the same ones whenever it is asked.
fuzz_choose() {
	find "$1" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' \
		-size "-$((fuzz_kept_bytes + 1))c" -printf '%s %p\n' | sort -n -k 1,1 -k 2,2 |
		cut -d ' ' -f 2 |
		awk -v most="$fuzz_kept" '{ line[NR] = $0 }
			END {
				step = NR > most ? NR / most : 1
				for (i = 1; i <= NR; i += step) print line[int(i)]
			}'
}
