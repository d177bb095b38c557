# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What all verbs share: talking, failing, running quietly, temporary directories.
# Expects strict mode and $ROOT, the source tree.

# The heading of a step.
say() {
	printf '== %s\n' "$*"
}

die() {
	printf 'scripts/dev: %s\n' "$*" >&2
	exit 1
}

die_usage() {
	printf 'scripts/dev: %s\n' "$*" >&2
	exit 2
}

have() {
	command -v "$1" >/dev/null 2>&1
}

is_root() {
	[[ $(id -u) -eq 0 ]]
}

# Directories that are removed when the script ends, however it ends. Before that, background
# jobs are ended, stopped ones too.
cleanup_dirs=()

cleanup() {
	local dir pid

	for pid in $(jobs -p); do
		kill -TERM "$pid" 2>/dev/null || true
		kill -CONT "$pid" 2>/dev/null || true
	done
	for dir in "${cleanup_dirs[@]}"; do
		rm -rf -- "$dir"
	done
}
trap cleanup EXIT

# Makes a temporary directory under $2 (default: TMPDIR) and puts its path into the variable $1.
# Not for subshells: what they add to cleanup_dirs is lost.
make_temporary() {
	local -n ret_directory=$1
	local parent=${2:-${TMPDIR:-/tmp}}

	ret_directory=$(mktemp -d "$parent/fsps-dev.XXXXXX")
	cleanup_dirs+=("$ret_directory")
}

# Runs a command without showing its output, unless it fails: then its end.
quietly() {
	local log status=0

	log=$(mktemp "${TMPDIR:-/tmp}/fsps-dev-log.XXXXXX")
	"$@" >"$log" 2>&1 || status=$?
	if ((status != 0)); then
		printf 'scripts/dev: failed with %d: %s\n' "$status" "$*" >&2
		tail -n 100 -- "$log" >&2
	fi
	rm -f -- "$log"
	return "$status"
}
