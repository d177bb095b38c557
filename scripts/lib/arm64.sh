# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev arm64: builds all for 64-bit ARM and runs the suites unit, api and proc and, for a
# while, the stress of the fast lane by qemu's user mode emulation.
#
# That shows wrong sizes, alignment, and atomics that are no single instructions. Of the order of
# memory accesses it shows little: see tests/stress/stress_lane.c.

arm64_usage='usage: scripts/dev arm64 [SECONDS]'

# Static ones, so that nothing has to be found at run time.
arm64_libraries=(check libsubunit-dev libjansson-dev libxxhash-dev)
arm64_libraries_dir=build-arm64-libraries

verb_arm64() {
	local seconds=60

	if (($# > 1)) || [[ ! ${1:-1} =~ ^[1-9][0-9]*$ ]]; then
		die_usage "$arm64_usage"
	fi
	seconds=${1:-$seconds}
	require build test arm64
	unset PUBSUB_HOME XDG_RUNTIME_DIR
	[[ -d $arm64_libraries_dir/pkgconfig ]] || arm64_get_libraries
	# shellcheck source=scripts/lib/test.sh
	. "$ROOT/scripts/lib/test.sh"
	test_options=(--cross-file scripts/lib/arm64.ini --cross-file
		"$arm64_libraries_dir/where.ini" -Dtests=true -Dbench=false -Dman=disabled)
	part arm64 build-arm64 --timeout-multiplier 5 --suite unit --suite api --suite proc
	arm64_check_calls
	arm64_stress "$seconds"
	python3 scripts/lib/summary.py "${test_results[@]}"
}

# The tests' libraries for ARM, as Debian has them. They are fetched with lists of their own and
# only unpacked, so that the system need not be told of another architecture.
arm64_get_libraries() {
	local place package

	if ! is_debian; then
		die_usage "the libraries for arm64 (${arm64_libraries[*]}) come from Debian"
	fi
	say "arm64: fetching ${arm64_libraries[*]}"
	make_temporary place
	# So that apt may fetch as its own user.
	chmod 755 "$place"
	mkdir -p "$place"/{state/lists/partial,cache/archives/partial,packages,root}
	: >"$place/state/status"
	cat >"$place/apt.conf" <<-END
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		Dir::State "$place/state";
		Dir::State::status "$place/state/status";
		Dir::Cache "$place/cache";
	END
	quietly env APT_CONFIG="$place/apt.conf" apt-get -q update
	(
		cd -- "$place/packages" || exit
		quietly env APT_CONFIG="$place/apt.conf" apt-get -q download \
			"${arm64_libraries[@]}"
	)
	for package in "$place"/packages/*.deb; do
		dpkg-deb -x "$package" "$place/root"
	done
	arm64_lay_libraries "$place/root"
}

# What pkg-config says of them is about /usr; shared ones would be preferred.
arm64_lay_libraries() {
	local from=$1/usr to=$ROOT/$arm64_libraries_dir name

	rm -rf -- "$to" "$to.new"
	mkdir "$to.new" "$to.new/pkgconfig"
	cp -R -- "$from/include" "$to.new/include"
	cp -- "$from"/lib/aarch64-linux-gnu/*.a "$to.new"
	for name in check jansson libsubunit libxxhash; do
		sed -e "s|^\(prefix\|exec_prefix\|libdir\)=.*|\1=$to|" \
			-e "s|^includedir=.*|includedir=$to/include|" \
			"$from/lib/aarch64-linux-gnu/pkgconfig/$name.pc" \
			>"$to.new/pkgconfig/$name.pc"
	done
	printf "[properties]\npkg_config_libdir = '%s'\n" "$to/pkgconfig" >"$to.new/where.ini"
	mv -- "$to.new" "$to"
}

# Words shared between processes need atomics that are instructions.
arm64_check_calls() {
	local library=build-arm64/src/libfsps.so

	say "arm64: looking for atomics that are calls"
	if [[ ! -e $library ]]; then
		return 0
	fi
	if aarch64-linux-gnu-nm -D --undefined-only "$library" |
		grep -E ' U (__atomic_|__sync_)'; then
		test_results+=(--failure "arm64: libfsps.so needs libatomic")
	fi
}

arm64_stress() {
	local seconds=$1 program=build-arm64/tests/stress/stress_lane

	say "arm64: the fast lane under load for $seconds s"
	if [[ ! -x $program ]] ||
		! qemu-aarch64 -L /usr/aarch64-linux-gnu "$program" "$seconds"; then
		test_results+=(--failure "arm64: $program $seconds")
	fi
}
