# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev test: sets up, builds, runs the tests, and adds their cases up (summary.py).
#
# A part is a build and the suites that run in it. What breaks before its tests can run (a build,
# say) is a failed case, so that the last line always tells the whole truth.

# Words before meson test, those that make it run as somebody else or otherwise.
test_as=()

# What summary.py is told: LABEL=LOG of each part, and --failure TEXT for what broke before.
test_results=()

test_arguments_quick=(--suite unit --suite api --suite cli --suite proc)

# What is built before the tests run. Without it, meson builds what the chosen tests need.
test_targets=(all meson-test-prereq)

# How many programs run at once: most wait for deadlines and for other processes most of the time.
TESTS_PER_PROCESSOR=3

# How a part is built.
test_options=()

verb_test() {
	local tier=full

	if [[ ${1:-} == quick || ${1:-} == full ]]; then
		tier=$1
		shift
	fi
	require build test
	if [[ $tier == full ]]; then
		wish extra
	fi
	gcc_options test_options
	unset PUBSUB_HOME XDG_RUNTIME_DIR
	if (($# > 0)); then
		test_named "$@"
	else
		"test_$tier"
	fi
	python3 scripts/lib/summary.py "${test_results[@]}"
}

test_quick() {
	part gcc build "${test_arguments_quick[@]}"
}

test_full() {
	part gcc build
	test_memory
	test_threads
	if is_root; then
		part_unprivileged
	fi
}

# As they are, publishers use both files and segments: the sanitizers need not see the programs that
# run once more with each kind alone. Only what the tests need is built.
test_memory() {
	local -a test_targets=()

	part_sanitized asan address,undefined "${test_arguments_quick[@]}" \
		--suite fault --suite fuzz --no-suite plain --no-suite fast
}

# Only what the few tests with threads need is built.
test_threads() {
	local -a test_targets=()

	part_sanitized tsan thread --suite threads
}

# Names are suites or programs. Meson runs what is in the given suites and has the given name, so
# that they are two runs.
test_named() {
	local name
	local -a suites=() programs=()

	for name in "$@"; do
		case $name in
		unit | api | cli | proc | interop | fault | exhaust | fuzz | model | soak | meta | \
			threads)
			suites+=(--suite "$name")
			;;
		*)
			programs+=("$name")
			;;
		esac
	done
	if ((${#suites[@]} > 0)); then
		part gcc build "${suites[@]}"
	fi
	if ((${#programs[@]} > 0)); then
		part named build "${programs[@]}"
	fi
}

# part LABEL DIR MESON_TEST_ARGUMENT...: builds DIR and runs tests in it.
part() {
	local label=$1 dir=$2
	shift 2

	say "$label: building in $dir/"
	if configure "$dir" "${test_options[@]}" && test_compile "$dir"; then
		run_tests "$label" "$dir" "$@"
	else
		test_results+=(--failure "$label: the build")
	fi
}

test_compile() {
	((${#test_targets[@]} == 0)) || compile "$1" "${test_targets[@]}"
}

# part_sanitized LABEL SANITIZERS MESON_TEST_ARGUMENT...: the same with sanitizers compiled in.
# FSPS_SANITIZER tells tests which, for the few that count system calls, memory or time.
part_sanitized() {
	local label=$1 sanitizers=$2 dir=build-$1
	# -O1 compiles in two thirds of the time, and the tests take as long.
	local -a test_options=(-Dtests=true -Dbench=false -Dman=disabled -Doptimization=1
		"-Db_sanitize=$sanitizers" -Db_lundef=false)
	local -a test_as=()
	shift 2

	# Some kernels spread addresses wider than ThreadSanitizer can bear.
	if setarch --addr-no-randomize true 2>/dev/null; then
		test_as=(setarch --addr-no-randomize)
	fi
	local -x FSPS_SANITIZER=$label
	local -x ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	local -x UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	local -x TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
	part "$label" "$dir" --timeout-multiplier 4 "$@"
}

# run_tests LABEL DIR MESON_TEST_ARGUMENT...: meson's line per program is shown as it comes. Its
# exit code says nothing that summary.py doesn't see for itself.
run_tests() {
	local label=$1 dir=$2
	local log=$dir/meson-logs/$label.json said=$dir/$label.out
	shift 2

	say "$label: testing"
	rm -f -- "$log"
	local -x MESON_TESTTHREADS=${MESON_TESTTHREADS:-$(($(nproc) * TESTS_PER_PROCESSOR))}
	# From inside DIR: whoever runs it may not be allowed to be here.
	(cd -- "$dir" && "${test_as[@]}" meson test --logbase "$label" "$@") 2>&1 |
		tee "$said" | grep -E '^ *[0-9]+/[0-9]+ ' || true
	if [[ ! -s $log ]]; then
		cat -- "$said" >&2
	fi
	test_results+=("$label=$log")
}

# Root may do what others may not, so the tests run again as "nobody", who may not be allowed to
# enter this tree: in a copy, which he sees where the tree is, because a build knows its own path.
part_unprivileged() {
	local label=unprivileged place
	local -a test_as=(setpriv --reuid=65534 --regid=65534 --clear-groups)

	make_temporary place /var/tmp
	say "$label: copying the tree and what was built, for user 65534"
	mkdir "$place/tree" "$place/tmp"
	tar -C "$ROOT" --exclude='./build-*' --exclude=./.git -cf - . |
		tar -C "$place/tree" -xf -
	chown -R 65534:65534 "$place"
	local -x HOME=$place TMPDIR=$place/tmp
	local -x PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

	local -a as_nobody=("${test_as[@]}")
	test_as=(unshare --mount bash -c "$IN_COPY" in_copy "$place/tree" "$ROOT"
		"$(first_closed "$ROOT")" "${as_nobody[@]}")
	if "${test_as[@]}" true 2>/dev/null; then
		test_copy "$label" "$place/tree/build" "$ROOT"
	else
		# A container whose root may not mount.
		test_as=("${as_nobody[@]}")
		rm -rf -- "$place/tree/build"
		cd -- "$place/tree" || die "can't enter $place/tree"
		test_copy "$label" "$place/tree/build" "$place/tree"
		cd -- "$ROOT" || die "can't enter $ROOT"
	fi
}

# test_copy LABEL DIR TREE: sets DIR up, which is seen as TREE/build, builds what is missing there,
# and tests. Set up again, because root may have found a Python of his own.
test_copy() {
	local label=$1 dir=$2 tree=$3
	local -a again=()

	if [[ -e $dir ]]; then
		again=(--reconfigure)
	fi
	if quietly "${test_as[@]}" meson setup "${again[@]}" "$tree/build" "$tree" \
		"${test_options[@]}"; then
		run_tests "$label" "$dir" "${test_arguments_quick[@]}" \
			--no-suite plain --no-suite fast
	else
		test_results+=(--failure "$label: setting up the copy")
	fi
}

# Arguments: the copy, the tree, the first folder above it that is closed, a command.
# shellcheck disable=SC2016
IN_COPY='
	set -e
	copy=$1 tree=$2 closed=$3
	shift 3
	exec {opened}<"$copy"
	if [[ -n $closed ]]; then
		mount -t tmpfs -o mode=755 fsps-tests "$closed"
		mkdir -p -- "$tree"
	fi
	mount --bind -- "/proc/self/fd/$opened" "$tree"
	exec {opened}<&-
	cd -- "$tree/build"
	exec "$@"
'

# Prints the highest of the folders of a path that others may not enter, or nothing.
first_closed() {
	local path=$1 closed=""

	while [[ $path != / ]]; do
		path=$(dirname -- "$path")
		if ! [[ $(stat -c %A -- "$path") == *[xt] ]]; then
			closed=$path
		fi
	done
	printf '%s\n' "$closed"
}
