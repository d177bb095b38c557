# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev bench: builds for speed and runs the benchmark (bench/README.md) with the arguments.

# scripts/dev bench peers: the same with all that is measured beside it, written down as
# docs/performance.md; --quick tries it out and writes into build-bench/ instead.

verb_bench() {
	if [[ ${1:-} == peers ]]; then
		shift
		bench_build peers
		bench_document "$@"
	else
		bench_build
		bench/run.py build-bench "$@"
	fi
}

# bench_build [SET...]: with the packages of these sets, too.
bench_build() {
	require build bench "$@"
	say "bench: building in build-bench/"
	bench_notice_libraries
	configure build-bench -Dbuildtype=release -Dtests=false -Dbench=true -Dman=disabled
	compile build-bench
}

bench_document() {
	local place=docs argument

	for argument in "$@"; do
		if [[ $argument == --quick ]]; then
			place=build-bench/docs
		fi
	done
	say "bench: writing $place/performance.md"
	bench/run.py build-bench --document "$place" "$@"
}

# A peer whose library came after build-bench/ was configured is left out there until it is
# configured anew.
bench_notice_libraries() {
	local source

	for source in bench/peers/*.c; do
		if [[ ! -e build-bench/bench/$(basename -- "$source" .c) ]]; then
			rm -f -- build-bench/.dev-options
		fi
	done
}
