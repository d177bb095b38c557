# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev exhaustive: what the tests fault-every_* try a part of in each test run, all of it:
# every command and call of the library, killed before and after each system call, stopped there
# while each of six others runs, with each of twelve errnos, with less than was asked for, and
# without memory at each allocation; by files and by segments, in memory and on a disk.

verb_exhaustive() {
	local -a chosen=("$@")
	local status=0

	require build test
	unset PUBSUB_HOME XDG_RUNTIME_DIR
	configure build -Dtests=true -Dbench=false
	say "exhaustive: building in build/"
	compile build all meson-test-prereq
	if ((${#chosen[@]} == 0)); then
		mapfile -t chosen < <(meson test -C build --list | grep -o 'fault-every_.*')
	fi
	say "exhaustive: testing; this takes hours"
	FSPS_EXHAUSTIVE=1 meson test -C build --no-rebuild --timeout-multiplier 0 \
		--logbase exhaustive "${chosen[@]}" || status=$?
	say "exhaustive: figures"
	grep -E '^# [0-9]+ points tried|^=+ .*/.* =+$' build/meson-logs/exhaustive.txt || true
	return "$status"
}
