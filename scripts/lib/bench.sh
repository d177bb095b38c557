# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev bench: builds for speed and runs the benchmark (bench/README.md) with the arguments.

verb_bench() {
	require build bench
	say "bench: building in build-bench/"
	bench_notice_libraries
	configure build-bench -Dbuildtype=release -Dtests=false -Dbench=true -Dman=disabled
	compile build-bench
	bench/run.py build-bench "$@"
}

# A peer whose library came after build-bench/ was configured is left out there until it is
# configured anew.
bench_notice_libraries() {
	if probe library:libzmq && [[ ! -e build-bench/bench/zmq_push ]]; then
		rm -f -- build-bench/.dev-options
	fi
}
