# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What each verb needs from the system, and how it gets there.
#
# On Debian and its kin the missing packages are listed and installed, as root or through sudo.
# Where that is not possible, a probe tells whether the thing is there by other means; what is
# still missing is named, and the script ends with 2.

# One need a line: set, Debian package, probe, name elsewhere.
needs() {
	grep -v '^#' "$ROOT/scripts/lib/needs.txt"
}

is_debian() {
	have dpkg-query && have apt-get && grep -Eq '^ID(_LIKE)?=.*debian' /etc/os-release
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Whether what a need stands for is there, whoever put it there.
probe() {
	local kind=${1%%:*} what=${1#*:}

	case $kind in
	command) have "$what" ;;
	daemon) PATH=$PATH:/usr/sbin:/sbin have "$what" ;;
	library) pkg-config --exists "$what" 2>/dev/null ;;
	module) python3 -c "import $what" 2>/dev/null ;;
	header) echo "#include <$what>" | "${CC:-cc}" -E - >/dev/null 2>&1 ;;
	fuzzer)
		echo "int LLVMFuzzerTestOneInput(void) { return 0; }" |
			clang -fsanitize=fuzzer -xc - -o /dev/null 2>/dev/null
		;;
	file) [[ -e $what ]] ;;
	*) die "unknown probe '$1'" ;;
	esac
}

# The lines of needs() that belong to the given sets.
needs_of() {
	local wanted=" $* " set rest

	while read -r set rest; do
		if [[ $wanted == *" $set "* ]]; then
			printf '%s\n' "$rest"
		fi
	done < <(needs)
}

# Prints the words with which a command becomes root's, or fails.
root_prefix() {
	if is_root; then
		echo env
	elif have sudo && sudo -n true 2>/dev/null; then
		echo sudo -n
	elif have sudo && [[ -t 0 ]]; then
		echo sudo
	else
		return 1
	fi
}

may_install() {
	is_debian && [[ ${PUBSUB_DEV_NO_INSTALL:-} != 1 ]] && root_prefix >/dev/null
}

install_packages() {
	local -a as_root

	read -ra as_root < <(root_prefix)
	say "installing: $*"
	quietly "${as_root[@]}" apt-get -q update
	quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		--no-install-recommends install "$@"
}

# Names what is missing and can't be installed here, then ends.
refuse_missing() {
	local need package name

	{
		echo "scripts/dev: this needs what follows, and it is not here:"
		for need in "$@"; do
			read -r package _ name <<<"$need"
			printf '  %-36s Debian package %s\n' "$name" "$package"
		done
		echo "Install it and run the same command again. On Debian that is done by"
		echo "itself if you are root or may use sudo, unless PUBSUB_DEV_NO_INSTALL is 1."
	} >&2
	exit 2
}

# Makes sure that everything in the given sets is there.
require() {
	local need package probe
	local -a packages=() absent=()

	while read -r need; do
		read -r package probe _ <<<"$need"
		if is_debian && is_installed "$package"; then
			continue
		fi
		packages+=("$package")
		if ! probe "$probe"; then
			absent+=("$need")
		fi
	done < <(needs_of "$@")

	if ((${#packages[@]} == 0)); then
		return 0
	fi
	if may_install; then
		say "Debian packages that are missing: ${packages[*]}"
		install_packages "${packages[@]}"
	elif ((${#absent[@]} > 0)); then
		refuse_missing "${absent[@]}"
	fi
}

# Makes sure of it where it can be installed. Else the tests that miss something are skipped.
wish() {
	if may_install && ! (require "$@"); then
		say "going on without; tests that miss something are skipped"
	fi
}
