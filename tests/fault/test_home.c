/* SPDX-License-Identifier: MIT */
/*
 * A home that is given another profile while calls fail, or that is left halfway by a kill: never
 * may others do more than before or afterwards, in the home or in what is shared in it, and the
 * next call completes it.
 */
#include "fault/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

static const int init_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE, 0};

enum { PROFILES = 3 };

static const mode_t modes[] = {0700, 03770, 01777};

static int init(int profile)
{
	const struct fsps_home_options options = {.size = sizeof options, .profile = profile};
	fsps_bus *bus = fault_bus();
	int r = fsps_home_init(bus, &options);

	fsps_bus_close(bus);
	return r;
}

/* What others may, which a home that is entered by nobody leaves to nobody. */
static mode_t others_may(const char *name)
{
	struct stat status;
	char path[600];

	snprintf(path, sizeof path, "%s/%s", fault_home(), name);
	if (stat(path, &status) < 0)
		return 0;
	/* What is writable for others without that could be taken from its owner. */
	ck_assert((status.st_mode & 0022) == 0 || (status.st_mode & S_ISVTX) != 0);
	return status.st_mode & 0077;
}

static void expect_no_wider(int before, int after)
{
	static const char *const names[] = {".", ".fsps", "tmp"};
	const mode_t allowed = (modes[before] | modes[after]) & 0077;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_uint_eq(others_may(names[i]) & ~allowed, 0);
	/* Nobody gets in where something is still to be made. */
	if (others_may(".fsps") == 0 || others_may("tmp") == 0)
		ck_assert_uint_eq(others_may(".") & ~(modes[before] & 0077), 0);
}

static void expect_done(int after)
{
	ck_assert_int_ge(init(after + 1), 0);
	ck_assert_uint_eq(others_may("."), modes[after] & 0077);
	ck_assert_uint_eq(others_may(".fsps"), modes[after] & 0077);
	ck_assert_uint_eq(others_may("tmp"), modes[after] & 0077);
}

START_TEST(a_home_is_never_open_to_more_while_a_call_fails)
{
	const int before = _i / PROFILES;
	const int after = _i % PROFILES;

	for (int test = 0; test < FAULT_ERRNO_TESTS; test++) {
		struct fault_plan plan = fault_errno_plan(test);
		bool more = true;

		while (more) {
			int r;

			ck_assert_int_ge(init(before + 1), 0);
			fault_plan_start(&plan);
			r = init(after + 1);
			fault_plan_stop();
			fault_expect_documented(r, init_codes, "home_init");
			expect_no_wider(before, after);
			more = fault_plan_next(&plan);
			expect_done(after);
		}
	}
}
END_TEST

START_TEST(a_home_is_never_open_to_more_after_a_kill)
{
	const int before = _i / PROFILES;
	const int after = _i % PROFILES;
	struct fault_plan plan = {.kind = FAULT_KILL};
	bool killed = true;

	for (; killed; plan.at++) {
		int status = 0;
		pid_t child;

		fault_remove_tree(fault_home());
		if (before != after)
			ck_assert_int_ge(init(before + 1), 0);
		child = fork();
		if (child == 0) {
			fault_plan_start(&plan);
			_exit(init(after + 1) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		killed = WIFSIGNALED(status);
		ck_assert(killed || WEXITSTATUS(status) == EXIT_SUCCESS);
		expect_no_wider(before == after ? 0 : before, after);
		expect_done(after);
	}
	ck_assert_uint_ge(plan.at, 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("home");
	TCase *tcase = fault_case(suite, "profiles");

	tcase_add_loop_test(tcase, a_home_is_never_open_to_more_while_a_call_fails, 0,
			    PROFILES * PROFILES);
	tcase_add_loop_test(tcase, a_home_is_never_open_to_more_after_a_kill, 0,
			    PROFILES * PROFILES);
	return check_main(suite);
}
