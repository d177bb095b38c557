# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev bench: builds for speed and runs the benchmark (bench/README.md) with the arguments.

verb_bench() {
	require build bench
	say "bench: building in build-bench/"
	configure build-bench -Dbuildtype=release -Dtests=false -Dbench=true -Dman=disabled
	compile build-bench
	bench/run.py build-bench "$@"
}
