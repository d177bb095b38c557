# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev arm64, i386, s390x, musl: builds all for another processor or C library and runs the
# suites that can run there, and for a while the stress of the fast lane.
#
# arm64 runs by qemu's user mode emulation. That shows wrong sizes, alignment, and atomics that are
# no single instructions; of the order of memory accesses it shows little: see
# tests/stress/stress_lane.c.
# i386, on the machine's own processor, shows what takes a pointer, size or time for 64 bits. s390x,
# by qemu, shows what takes numbers for little-endian ones. musl shows what relies on glibc; see
# port-musl.sh.
#
# Each port is described by a function port_NAME, which sets what follows.

port=
port_gcc=         # the compiler
port_multiarch=   # Debian's name of the folder with its libraries
port_family=      # meson's name of the processor
port_endian=little
port_emulator=()  # what runs a program, if the machine doesn't
port_c_args=()
port_link_args=() # so that programs find what they are linked with
port_suites=()
port_seconds=60   # of stress

# Static ones, so that nothing has to be found at run time.
port_libraries=(check libsubunit-dev libjansson-dev libxxhash-dev)

port_arm64() {
	port_gcc=aarch64-linux-gnu-gcc
	port_multiarch=aarch64-linux-gnu
	port_family=aarch64
	port_emulator=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
	port_suites=(unit api proc)
}

# libjansson4 is for the commands, which open it when JSON is read.
port_i386() {
	port_gcc=i686-linux-gnu-gcc
	port_multiarch=i386-linux-gnu
	port_family=x86
	port_libraries+=(libjansson4)
	# gcc tells wherever an alignment is not what it was before version 11.
	port_c_args=(-Wno-psabi)
	port_link_args=("-Wl,--dynamic-linker=/usr/i686-linux-gnu/lib/ld-linux.so.2"
		"-Wl,-rpath,/usr/i686-linux-gnu/lib" "-Wl,-rpath,$ROOT/build-i386-libraries")
	port_suites=(unit api proc cli)
	port_seconds=10
}

port_s390x() {
	port_gcc=s390x-linux-gnu-gcc
	port_multiarch=s390x-linux-gnu
	port_family=s390x
	port_endian=big
	port_emulator=(qemu-s390x -L /usr/s390x-linux-gnu)
	port_suites=(unit api proc)
}

# Its compiler and libraries are in a folder of our own.
port_musl() {
	# shellcheck source=scripts/lib/port-musl.sh
	. "$ROOT/scripts/lib/port-musl.sh"
	port_gcc=$ROOT/build-musl-libraries/gcc
	port_family=$(uname -m)
	port_suites=(unit api proc)
	port_seconds=10
}

# verb_port NAME [SECONDS]
verb_port() {
	port=$1
	shift
	if (($# > 1)) || [[ ! ${1:-1} =~ ^[1-9][0-9]*$ ]]; then
		die_usage "usage: scripts/dev $port [SECONDS]"
	fi
	"port_$port"
	port_seconds=${1:-$port_seconds}
	require build test "$port"
	unset PUBSUB_HOME XDG_RUNTIME_DIR
	port_have_libraries
	# shellcheck source=scripts/lib/test.sh
	. "$ROOT/scripts/lib/test.sh"
	test_options=(--cross-file "build-$port-libraries/cross.ini" -Dtests=true -Dbench=false
		-Dman=disabled)
	port_test
	port_check_calls
	port_stress
	python3 scripts/lib/summary.py "${test_results[@]}"
}

# Only what the tests need is built.
port_test() {
	local suite
	local -a test_targets=()
	local -a arguments=()

	for suite in "${port_suites[@]}"; do
		arguments+=(--suite "$suite")
	done
	if ((${#port_emulator[@]} > 0)); then
		arguments+=(--timeout-multiplier 10)
		# That of the tests themselves.
		local -x CK_TIMEOUT_MULTIPLIER=10
	fi
	part "$port" "build-$port" "${arguments[@]}"
}

# ---- what is built with ----

# Afterwards build-PORT-libraries has the tests' libraries and a cross file for meson.
port_have_libraries() {
	local to=$ROOT/build-$port-libraries

	if [[ -e $to/cross.ini ]]; then
		return 0
	fi
	if ! is_debian; then
		die_usage "the libraries for $port (${port_libraries[*]}) come from Debian"
	fi
	say "$port: fetching ${port_libraries[*]}"
	rm -rf -- "$to"
	mkdir -p "$to/pkgconfig"
	if [[ $port == musl ]]; then
		musl_make_libraries "$to"
	else
		port_get_libraries "$to"
	fi
	port_cross_file "$to" >"$to/cross.new"
	mv -- "$to/cross.new" "$to/cross.ini"
}

# The tests' libraries for another processor, as Debian has them. They are fetched with lists of
# their own and only unpacked, so that the system need not be told of another architecture.
port_get_libraries() {
	local to=$1 place package

	make_temporary place
	port_apt_config "$place"
	quietly env APT_CONFIG="$place/apt.conf" apt-get -q update ||
		say "$port: some lists are missing; perhaps they are not needed"
	(
		cd -- "$place/packages" || exit
		quietly env APT_CONFIG="$place/apt.conf" apt-get -q download \
			"${port_libraries[@]}"
	)
	for package in "$place"/packages/*.deb; do
		dpkg-deb -x "$package" "$place/root"
	done
	port_lay_libraries "$place/root/usr" "$to"
}

# Makes $1/apt.conf, with which apt knows the port's packages and touches nothing of the system's.
port_apt_config() {
	local place=$1

	# So that apt may fetch as its own user.
	chmod 755 "$place"
	mkdir -p "$place"/{state/lists/partial,cache/archives/partial,packages,root}
	: >"$place/state/status"
	cat >"$place/apt.conf" <<-END
		APT::Architecture "$port";
		APT::Architectures { "$port"; };
		Dir::State "$place/state";
		Dir::State::status "$place/state/status";
		Dir::Cache "$place/cache";
	END
}

# What pkg-config says of them is about /usr; shared ones would be preferred.
port_lay_libraries() {
	local from=$1 to=$2 name

	cp -R -- "$from/include" "$to/include"
	cp -- "$from/lib/$port_multiarch"/*.a "$to"
	find "$from/lib/$port_multiarch" -name '*.so.*' -exec cp -P -t "$to" -- {} +
	for name in check jansson libsubunit libxxhash; do
		sed -E -e "s#^(prefix|exec_prefix|libdir)=.*#\1=$to#" \
			-e "s#^includedir=.*#includedir=$to/include#" \
			"$from/lib/$port_multiarch/pkgconfig/$name.pc" >"$to/pkgconfig/$name.pc"
	done
}

# Words as a list of meson's.
port_list() {
	(($# == 0)) || printf "'%s', " "$@"
}

port_cross_file() {
	local to=$1 prefix=${port_gcc%gcc}

	cat <<-END
		# Written by scripts/dev $port.
		[binaries]
		c = '$port_gcc'
		cpp = '$port_gcc-for-no-c++'
		ar = '${prefix}ar'
		strip = '${prefix}strip'
		pkgconfig = 'pkg-config'
		exe_wrapper = [$(port_list "${port_emulator[@]}")]

		[built-in options]
		c_args = [$(port_list "${port_c_args[@]}")]
		c_link_args = [$(port_list "${port_link_args[@]}")]

		[properties]
		pkg_config_libdir = '$to/pkgconfig'
		needs_exe_wrapper = $( ((${#port_emulator[@]} > 0)) && echo true || echo false)

		[host_machine]
		system = 'linux'
		cpu_family = '$port_family'
		cpu = '$port_family'
		endian = '$port_endian'
	END
}

# ---- what beside the suites is looked at ----

# Words shared between processes need atomics that are instructions.
port_check_calls() {
	local library=build-$port/src/libfsps.so.0

	say "$port: looking for atomics that are calls"
	if [[ ! -e $library ]]; then
		test_results+=(--failure "$port: no $library")
		return 0
	fi
	if "${port_gcc%gcc}nm" -D --undefined-only "$library" |
		grep -E ' U (__atomic_|__sync_)'; then
		test_results+=(--failure "$port: libfsps.so needs libatomic")
	fi
}

port_stress() {
	local program=build-$port/tests/stress/stress_lane

	say "$port: the fast lane under load for $port_seconds s"
	if [[ ! -x $program ]] || ! "${port_emulator[@]}" "$program" "$port_seconds"; then
		test_results+=(--failure "$port: $program $port_seconds")
	fi
}
