# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev powercut: cuts the power of ext4 and xfs disks (loop devices in memory) at every
# system call of programs that publish, create and settle, and looks at what is left. Needs root. A
# short part of it is in scripts/dev test, too (suite "exhaust").

verb_powercut() {
	local program=tests/exhaust/test_exhaust_powercut

	if ! is_root; then
		die_usage "powercut mounts disks: run it as root"
	fi
	require build test powercut
	configure build -Dtests=true -Dbench=false -Dman=enabled
	compile build "$program" tools/pubsub-publish tools/pubsub-subscribe
	say "powercut: every call, every state of the disk; a quarter of an hour"
	PATH=$PATH:/usr/sbin:/sbin PUBSUB_BINDIR=$ROOT/build/tools FSPS_POWERCUT=full \
		"build/$program"
}
