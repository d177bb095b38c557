# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the port to musl's C library (port.sh): the libraries of the tests, which Debian has for glibc
# only. They are built here from Debian's sources, as static ones.

musl_sources=(check jansson)

# Puts the libraries into the directory $1, and the tools that port.sh expects beside its compiler.
musl_make_libraries() {
	local to=$1 place name

	make_temporary place
	for name in gcc ar strip nm; do
		ln -s "$(command -v "$name")" "$to/$name"
	done
	ln -sf "$(command -v musl-gcc)" "$to/gcc"
	musl_headers "$to"
	musl_get_sources "$place"
	for name in "${musl_sources[@]}"; do
		say "musl: building $name"
		"musl_build_$name" "$place/$name" "$to"
	done
}

# musl-gcc looks into no folder of the system's. Of the kernel and xxHash only headers are needed.
musl_headers() {
	local to=$1/include from

	mkdir -p "$to"
	from=/usr/include/$(gcc -print-multiarch)
	cp -R -- /usr/include/linux /usr/include/asm-generic "$from/asm" "$to"
	from=$(pkg-config --variable=includedir libxxhash)
	cp -- "$from/xxhash.h" "$from/xxh3.h" "$to"
	printf '%s\n' "includedir=$to" "Name: xxhash" "Description: xxHash" "Version: 0.8" \
		"Cflags: -I$to" >"$1/pkgconfig/libxxhash.pc"
}

# Debian's sources, from where this machine gets its packages, each in $1/NAME.
musl_get_sources() {
	local place=$1 name

	port_apt_config "$place"
	musl_source_lists >"$place/sources.list"
	printf '%s\n' "Dir::Etc::sourcelist \"$place/sources.list\";" \
		'Dir::Etc::sourceparts "/nonexistent";' >>"$place/apt.conf"
	sed -i '/^APT::Architecture/d' "$place/apt.conf"
	quietly env APT_CONFIG="$place/apt.conf" apt-get -q update
	for name in "${musl_sources[@]}"; do
		mkdir "$place/$name"
		(
			cd -- "$place/$name" || exit
			quietly env APT_CONFIG="$place/apt.conf" apt-get -q --download-only \
				source "$name"
			tar -xf ./*.orig.tar.* --strip-components=1
		)
	done
}

# A line for the sources of each suite that packages come from here, with the keys that are for it.
musl_source_lists() {
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg

	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 'Label: Debian' | sort -u |
		sed "s|^|deb-src [signed-by=$keys] |"
}

# musl_build_NAME SOURCE TO: installs a library with headers and pkg-config file into TO.
musl_build_check() {
	local from=$1 to=$2

	(
		cd -- "$from" || exit
		export CC=$to/gcc CFLAGS="-O2 -isystem $to/include"
		quietly ./configure --prefix="$to" --libdir="$to" --disable-shared \
			--enable-static --disable-subunit --disable-build-docs
		quietly make -j"$(nproc)" install
	)
}

# Its sources are without a configure script, but with what one would say of such a system.
musl_build_jansson() {
	local from=$1 to=$2

	(
		cd -- "$from/src" || exit
		: >jansson_private_config.h
		quietly "$to/gcc" -O2 -I../android -I. -DHAVE_STDINT_H -DHAVE_UNISTD_H \
			-DHAVE_SYS_TIME_H -c ./*.c
		"$to/ar" rcs "$to/libjansson.a" ./*.o
		cp -- jansson.h ../android/jansson_config.h "$to/include"
	)
	printf '%s\n' "Name: jansson" "Description: jansson" "Version: 2.14" \
		"Cflags: -isystem $to/include" "Libs: -L$to -ljansson" \
		>"$to/pkgconfig/jansson.pc"
}
