# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Build directories: set up once with given options, set up again when the options change.

# configure DIR OPTION...: afterwards DIR is a build directory with these meson options.
# DIR/.dev-options remembers for what; a directory that was moved or half made is made anew.
configure() {
	local dir=$1
	shift
	local wanted="$ROOT ${CC:-} $*"

	if [[ -f $dir/build.ninja && -f $dir/.dev-options ]]; then
		if [[ $(<"$dir/.dev-options") == "$wanted" ]]; then
			return 0
		fi
		rm -rf -- "$dir"
	fi
	if [[ -e $dir && ! -f $dir/build.ninja ]]; then
		rm -rf -- "$dir"
	fi
	if [[ -e $dir ]]; then
		quietly meson setup --reconfigure "$dir" "$@" || return
	else
		quietly meson setup "$dir" "$@" || return
	fi
	printf '%s\n' "$wanted" >"$dir/.dev-options"
}

# compile DIR [TARGET...]: builds, showing output only if it fails.
compile() {
	local dir=$1
	shift

	quietly ninja -C "$dir" "$@"
}

# c_files [DIR...]: every C source and header of the tree (or of those of its folders), NUL-ended.
c_files() {
	local -a places=("$@")

	if ((${#places[@]} == 0)); then
		places=(include src tools tests examples bench addons)
	fi
	find "${places[@]}" -name '*.[ch]' -print0 2>/dev/null | sort -z
}
