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

is_ci() {
	[[ ${CI:-} == true ]]
}

# Options of build/, where tests run. Tests of speed are for scripts/dev bench: no optimiser games
# here. Continuous integration compiles everything once with gcc, so there it is also what lint looks
# at: with the benchmark, and optimised as a release is, because some warnings need that.
gcc_options() {
	# shellcheck disable=SC2034 # It is the caller's.
	local -n ret_options=$1

	ret_options=(-Dtests=true -Dman=enabled -Dbench=false)
	if is_ci; then
		# shellcheck disable=SC2034 # As above.
		ret_options=(-Dtests=true -Dman=enabled -Dbench=true -Dbuildtype=release
			-Ddebug=true)
	fi
}

# compile DIR [TARGET...]: builds, showing output only if it fails.
compile() {
	local dir=$1
	shift

	quietly ninja -C "$dir" "$@"
}

# compile_objects DIR: compiles all, links nothing.
compile_objects() {
	local -a objects

	mapfile -t objects < <(ninja -C "$1" -t targets all | sed -n 's/: c\(pp\)\?_COMPILER$//p')
	compile "$1" "${objects[@]}"
}

# c_files [DIR...]: every C source and header of the tree (or of those of its folders), NUL-ended.
c_files() {
	local -a places=("$@")

	if ((${#places[@]} == 0)); then
		places=(include src tools tests examples bench addons)
	fi
	find "${places[@]}" -name '*.[ch]' -print0 2>/dev/null | sort -z
}
