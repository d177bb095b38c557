/* SPDX-License-Identifier: MIT */
/*
 * Two users beside root, for tests that root runs: whoever they are on this machine, they own
 * nothing of ours. A test program with them is skipped for everybody else.
 */
#ifndef TESTS_PROC_USER_H
#define TESTS_PROC_USER_H

#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"

enum { ALICE = 54321, BOB = 54322 };

/* Tells TAP that all is skipped, unless root runs it. */
static inline bool user_skipped(void)
{
	if (geteuid() == 0)
		return false;
	printf("1..0 # SKIP only root can become two other users\n");
	return true;
}

/* For good, and one of these groups, beside one of the user's own number. */
static inline void user_become_in(uid_t user, const gid_t *groups, size_t count)
{
	ck_assert_int_eq(setgroups(count, groups), 0);
	ck_assert_int_eq(setresgid(user, user, user), 0);
	ck_assert_int_eq(setresuid(user, user, user), 0);
}

static inline void user_become(uid_t user)
{
	user_become_in(user, NULL, 0);
}

/* Makes the fixture's home, of that owner and mode. */
static inline void user_make_home(uid_t owner, mode_t mode)
{
	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chown(fixture_home, owner, owner), 0);
	ck_assert_int_eq(chmod(fixture_home, mode), 0);
}

#endif
