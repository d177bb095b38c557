# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev format: lays the C files out as .clang-format says.

# shellcheck source=scripts/lib/lint.sh
. "$ROOT/scripts/lib/lint.sh"

verb_format() {
	local -a files

	require lint
	mapfile -d '' files < <(c_files)
	clang_format -i "${files[@]}"
}
