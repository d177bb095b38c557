# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev lint: every check runs, and each that finds something is named at the end.
# clang-format's judgement differs between its versions: Debian 12's (14) is the one that counts,
# where it is there under its own name or as the default.

lint_checks=(formatting spelling shell gcc clang clang_tidy cppcheck)

verb_lint() {
	local check
	local -a failed=()

	require build test lint
	for check in "${lint_checks[@]}"; do
		say "lint: $check"
		if ! "lint_$check"; then
			failed+=("$check")
		fi
	done
	if ((${#failed[@]} > 0)); then
		die "lint found something: ${failed[*]}"
	fi
	say "lint found nothing"
}

clang_format() {
	if have clang-format-14; then
		clang-format-14 "$@"
	else
		clang-format "$@"
	fi
}

lint_formatting() {
	local -a files

	mapfile -d '' files < <(c_files)
	clang_format --dry-run -Werror "${files[@]}"
}

lint_spelling() {
	# Words of test data.
	codespell --ignore-words-list=nulll,falsy \
		--skip='.git,./build*,./tests/*/corpus,__pycache__' .
}

lint_shell() {
	local -a files

	mapfile -d '' files < <(grep -rlZE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' \
		--exclude-dir='build*' --exclude-dir=.git --exclude-dir=corpus .)
	shellcheck -x "${files[@]}"
}

lint_gcc() {
	configure build-gcc -Dwerror=true -Dbuildtype=release && compile build-gcc
}

lint_clang() {
	local -x CC=clang

	configure build-clang -Dwerror=true -Dbuildtype=release && compile build-clang
}

# Over the compilation database of the clang build, which knows what clang knows.
lint_clang_tidy() {
	local -a files

	mapfile -d '' files < <(find src tools -name '*.c' -print0 | sort -z)
	printf '%s\0' "${files[@]}" |
		xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p build-clang \
			--warnings-as-errors='*' \
			2> >(grep -Ev '^[0-9]+ warnings? |^Suppressed|^Use -' >&2)
}

lint_cppcheck() {
	run_cppcheck src && run_cppcheck tools
}

# ctuuninitvar takes an array in a struct for a pointer that was never set.
run_cppcheck() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem --suppress=ctuuninitvar \
		-D_GNU_SOURCE -I include -I "$1" "$1"
}
