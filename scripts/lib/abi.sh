# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev abi [REF]: whether programs that were linked with the library of REF run with that of
# this tree. REF: a commit; by default the last version, a tag v*. There is nothing to compare with
# before the first one.

abi_usage='usage: scripts/dev abi [REF]'

verb_abi() {
	local reference=${1:-} place

	if (($# > 1)); then
		die_usage "$abi_usage"
	fi
	[[ -n $reference ]] || reference=$(abi_last_version) || {
		say "abi: no version is tagged yet; scripts/dev abi REF compares with any commit"
		return 0
	}
	require build abi
	make_temporary place
	mkdir "$place/then"
	say "abi: building the library of $reference and of this tree"
	git archive "$reference" -- . | tar -C "$place/then" -xf - ||
		die_usage "there is no commit '$reference'"
	abi_build "$place/then" "$place/build-then" || die "abi: the build of $reference"
	abi_build "$ROOT" "$place/build-now" || die "abi: the build"
	abi_compare "$place/build-then/src/libfsps.so" "$place/then/include" \
		"$place/build-now/src/libfsps.so" "$ROOT/include" ||
		die "abi: not that of $reference"
	say "abi: that of $reference still holds"
}

abi_last_version() {
	git describe --tags --abbrev=0 --match 'v*' 2>/dev/null
}

# Not optimised: what counts is what the debugger is told of functions and types.
abi_build() {
	local source=$1 dir=$2

	quietly meson setup "$dir" "$source" -Dbuildtype=debug -Dtests=false -Dbench=false \
		-Dman=disabled &&
		quietly meson compile -C "$dir" fsps:shared_library
}

# abi_compare OLD HEADERS NEW HEADERS: fails and says why if a function is gone or has changed, or a
# type that the public headers define. What was added is all right, and under another SONAME
# everything is: then programs go on with the old library.
abi_compare() {
	local old=$1 old_headers=$2 new=$3 new_headers=$4

	if [[ $(abi_soname "$old") != "$(abi_soname "$new")" ]]; then
		say "abi: the SONAME has changed, so everything else may"
		return 0
	fi
	abidiff --no-added-syms --drop-private-types --headers-dir1 "$old_headers" \
		--headers-dir2 "$new_headers" "$old" "$new"
}

abi_soname() {
	readelf --dynamic --wide "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'
}
