# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev lint: every check runs, and each that finds something is named at the end.
# clang-format's judgement differs between its versions: Debian 12's (14) is the one that counts,
# where it is there under its own name or as the default.

# In this order: what ends soon comes first.
lint_checks=(
	formatting # .clang-format settles layout, so that nobody has to talk about it
	spelling   # in all texts: documents, pages, comments, messages
	licenses   # each file says whose it is and what may be done with it (REUSE)
	python     # names that are not defined or never used, which only a run would find
	shell      # words that fall apart at spaces, and other traps of the shell
	gcc        # our warnings, each with its reason in meson.build, as a release is compiled
	clang      # the same warnings by another compiler, which sees others
	clang_tidy # paths to mistakes; .clang-tidy says why a check is left out
	cppcheck   # the same by other means
	abi        # programs that were linked with the last version run with this one
)

verb_lint() {
	local check lint_depth=${1:-}
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
	# The words are test data; corpora were written by chance.
	codespell --ignore-words-list=nulll,falsy \
		--skip='.git,./build*,./tests/*/corpus,__pycache__' .
}

lint_licenses() {
	reuse lint --quiet || reuse lint
}

lint_python() {
	local -a files

	mapfile -d '' files < <(find . -name '*.py' -not -path './build*' -print0)
	pyflakes3 "${files[@]}"
}

# Not in this shell: it ends it where it fails.
lint_abi() {
	"$ROOT/scripts/dev" abi
}

lint_shell() {
	local -a files

	# Documents show scripts within them: tests/docs runs those.
	mapfile -d '' files < <(grep -rlZE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' \
		--exclude-dir='build*' --exclude-dir=.git --exclude-dir=corpus \
		--exclude='*.md' --exclude='*.scd' .)
	shellcheck -x "${files[@]}"
}

lint_gcc() {
	if is_ci; then
		lint_gcc_of_tests
	else
		configure build-gcc -Dwerror=true -Dbuildtype=release && compile_objects build-gcc
	fi
}

# The build that the tests use next: anew, so that it warns of everything, but without -Werror, so
# that they can run whatever it says.
lint_gcc_of_tests() {
	local log
	local -a options

	gcc_options options
	make_temporary log
	rm -rf -- build
	configure build "${options[@]}" || return
	ninja -C build all meson-test-prereq >"$log/said" 2>&1 || true
	! grep -E -A 8 '(warning|error|FAILED):' "$log/said"
}

# Not optimised: what clang warns of is found before that.
lint_clang() {
	local -x CC=clang

	configure build-clang -Dwerror=true -Dbuildtype=plain && compile_objects build-clang
}

# Over the compilation database of the clang build, which knows what clang knows. The analyzer gives
# a function up after so many steps: by itself after 225,000, which a few functions reach, and they
# take most of its time. "deep" lets it.
lint_clang_tidy() {
	local -a files steps=()

	if [[ $lint_depth != deep ]]; then
		steps=(-Xclang -analyzer-config -Xclang max-nodes=50000)
		steps=("${steps[@]/#/--extra-arg=}")
	fi
	mapfile -d '' files < <(find src tools -name '*.c' -print0 | sort -z)
	printf '%s\0' "${files[@]}" |
		xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p build-clang \
			--warnings-as-errors='*' "${steps[@]}" \
			2> >(grep -Ev '^[0-9]+ warnings? |^Suppressed|^Use -' >&2)
}

lint_cppcheck() {
	run_cppcheck src && run_cppcheck tools
}

# One folder at a time, because two headers may have one name. Style is clang-format's and ours.
# Headers of the system are not looked for: cppcheck knows libc by itself, and is slow in them.
# c11 is the latest that Debian 12's knows. ctuuninitvar takes an array in a struct for a pointer
# that was never set.
run_cppcheck() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem --suppress=ctuuninitvar \
		-D_GNU_SOURCE -I include -I "$1" "$1"
}
