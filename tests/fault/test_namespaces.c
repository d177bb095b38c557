/* SPDX-License-Identifier: MIT */
/*
 * Processes that share a home and not their process IDs or their clocks, as containers do: who
 * lives is told by a lock alone.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/names.h"
#include "unit/check_main.h"

enum { MESSAGES = 3, CANNOT_UNSHARE = 77 };

static int wait_for(pid_t child)
{
	int status = 0;

	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* What has passed in seconds since the start is a week more for the children to come. */
static bool shift_clock(void)
{
	static const char shift[] = "monotonic 604800 0\n";
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	bool shifted = fd >= 0 && write(fd, shift, strlen(shift)) == (ssize_t)strlen(shift);

	if (fd >= 0)
		close(fd);
	return shifted;
}

/* Does some work in a process that is the first of another namespace. Returns its exit code. */
static int run_apart(int namespace, int (*work)(void))
{
	pid_t child = fork();

	if (child == 0) {
		pid_t first;

		if (!fault_unshare(namespace) || (namespace == CLONE_NEWTIME && !shift_clock()))
			_exit(CANNOT_UNSHARE);
		first = fork();
		if (first == 0)
			_exit(work());
		_exit(wait_for(first));
	}
	return wait_for(child);
}

static int do_nothing(void)
{
	return EXIT_SUCCESS;
}

/* ---- process IDs ---- */

static int publish_and_sweep(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	fault_let_sweep();
	for (unsigned i = 0; i < MESSAGES; i++)
		if (fault_publish(publisher, i, NULL) != 1)
			return EXIT_FAILURE;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return EXIT_SUCCESS;
}

static void expect_messages(fsps_channel *channel)
{
	unsigned counts[MESSAGES];

	fault_drain(channel, MESSAGES, counts);
	for (unsigned i = 0; i < MESSAGES; i++)
		ck_assert_uint_eq(counts[i], 1);
}

START_TEST(one_who_sees_other_process_ids_takes_nobody_for_dead)
{
	struct fault_channels channels;

	fault_channels_open(&channels, 1);
	ck_assert_int_eq(run_apart(CLONE_NEWPID, publish_and_sweep), EXIT_SUCCESS);
	expect_messages(channels.list[0]);
	fault_expect_clean(1, 1);
	fault_channels_close(&channels);
}
END_TEST

static int subscribe_and_die(void)
{
	(void)fault_channel(fault_bus(), FAULT_TOPIC);
	return getpid() == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Its process ID is 1, and here somebody lives under that. */
START_TEST(the_dead_of_another_process_namespace_are_cleared_away)
{
	struct fault_channels channels;

	fault_channels_open(&channels, 1);
	ck_assert_int_eq(run_apart(CLONE_NEWPID, subscribe_and_die), EXIT_SUCCESS);
	fault_visit();
	fault_expect_clean(1, 1);
	fault_channels_close(&channels);
}
END_TEST

/* ---- clocks ---- */

START_TEST(one_who_lives_by_another_clock_publishes_and_sweeps_as_well)
{
	struct fault_channels channels;
	char trash[400];

	fault_channels_open(&channels, 1);
	ck_assert_int_eq(run_apart(CLONE_NEWTIME, publish_and_sweep), EXIT_SUCCESS);
	/* And this side, for which the last sweep was in the future. */
	snprintf(trash, sizeof trash, "%s/" FSI_PREFIX_REMOVING "DeadMember00-1", fault_home());
	ck_assert_int_eq(mkdir(trash, 0700), 0);
	expect_messages(channels.list[0]);
	fault_expect_clean(1, 1);
	fault_channels_close(&channels);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("namespaces");
	TCase *processes = fault_case(suite, "processes");

	tcase_add_test(processes, one_who_sees_other_process_ids_takes_nobody_for_dead);
	tcase_add_test(processes, the_dead_of_another_process_namespace_are_cleared_away);
	if (run_apart(CLONE_NEWTIME, do_nothing) != EXIT_SUCCESS)
		return suite;
	tcase_add_test(fault_case(suite, "clocks"),
		       one_who_lives_by_another_clock_publishes_and_sweeps_as_well);
	return suite;
}

int main(void)
{
	if (run_apart(CLONE_NEWPID, do_nothing) != EXIT_SUCCESS) {
		printf("1..0 # SKIP no process namespace can be made here (%s)\n", strerror(errno));
		return EXIT_SUCCESS;
	}
	return check_main(make_suite());
}
