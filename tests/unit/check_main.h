/* SPDX-License-Identifier: MIT */
/*
 * What the main of every unit test does: runs one suite, each test in a process of its own, and
 * prints TAP on stdout.
 *
 *	int main(void)
 *	{
 *		return check_main(make_suite());
 *	}
 */
#ifndef TESTS_UNIT_CHECK_MAIN_H
#define TESTS_UNIT_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/* Runs and frees the suite; answers the exit code. */
static inline int check_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, CK_FORK);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
