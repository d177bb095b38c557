# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev coverage: branch coverage of src/topic and src/message by the suites unit and fuzz.
# It must be 100 %, but for lines that end in a comment like
#     /* GCOVR_EXCL_BR_LINE: why the branch can't be reached */

verb_coverage() {
	require build test cover
	configure build-coverage -Db_coverage=true -Dbuildtype=debug -Dtests=true -Dbench=false \
		-Dman=disabled
	say "coverage: building in build-coverage/"
	compile build-coverage meson-test-prereq
	find build-coverage -name '*.gcda' -delete
	say "coverage: testing"
	meson test -C build-coverage --no-rebuild --suite unit --suite fuzz |
		grep -E '^ *[0-9]+/[0-9]+ ' || die "coverage: a test failed; see scripts/dev test"
	say "coverage: branches"
	gcovr --root . --object-directory build-coverage --branches --exclude-unreachable-branches \
		--filter 'src/topic/' --filter 'src/message/' --fail-under-branch 100
}
