/* SPDX-License-Identifier: MIT */
/*
 * More FIFOs than the kernel gives an ordinary user whole: from the 1,025th on they have an eighth
 * of their size (pipe-user-pages-soft), so that bells are full sooner. No message is lost for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

enum {
	CHANNELS = 1100,
	/* More than a small bell has room for, which are 1,024. */
	MESSAGES = 1500,
	DESCRIPTORS = 8 * CHANNELS,
	NOBODY = 65534,
};

static bool has_descriptors(void)
{
	struct rlimit limits = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};

	if (getrlimit(RLIMIT_NOFILE, &limits) == 0 && limits.rlim_max >= DESCRIPTORS)
		limits.rlim_cur = DESCRIPTORS;
	return setrlimit(RLIMIT_NOFILE, &limits) == 0;
}

/* Root is given whole FIFOs without end. */
static bool become_ordinary(void)
{
	char above[400];

	if (geteuid() != 0)
		return true;
	snprintf(above, sizeof above, "%s", fault_home());
	*strrchr(above, '/') = '\0';
	return mkdir(fault_home(), 0700) == 0 && chmod(above, 0755) == 0 &&
	       chown(fault_home(), NOBODY, NOBODY) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	       setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

static fsps_channel *channels[CHANNELS];

static int open_all(fsps_bus *bus)
{
	for (int i = 0; i < CHANNELS; i++) {
		int r = fsps_channel_open(bus, i == CHANNELS - 1 ? FAULT_TOPIC : "fault.=", NULL,
					  &channels[i]);

		if (r < 0) {
			dprintf(STDOUT_FILENO, "# channel %d: %s\n", i, fsps_last_error()->text);
			return r;
		}
	}
	return 0;
}

static void tell_small(void)
{
	enum { WHOLE = 65536 };
	unsigned small = 0;

	for (int i = 0; i < CHANNELS; i++)
		small += fcntl(channels[i]->bell_fd, F_GETPIPE_SZ) < WHOLE;
	dprintf(STDOUT_FILENO, "# %u of %d bells are smaller\n", small, CHANNELS);
}

/* Each of them has the message. */
static bool have_all(unsigned number)
{
	for (int i = 0; i < CHANNELS; i++)
		if (fault_fetch(channels[i]) != (int)number)
			return false;
	return true;
}

static int use_all(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;

	if (open_all(bus) < 0)
		return 1;
	tell_small();
	publisher = fault_publisher(bus);
	if (fault_publish(publisher, 0, NULL) != CHANNELS || !have_all(0))
		return 2;
	for (int i = 0; i < CHANNELS - 1; i++)
		fsps_channel_close(channels[i]);
	for (unsigned i = 0; i < MESSAGES; i++)
		if (fault_publish(publisher, i, NULL) != 1)
			return 3;
	for (int i = 0; i < MESSAGES; i++)
		if (fault_fetch_now(channels[CHANNELS - 1]) != i)
			return 4;
	fsps_channel_close(channels[CHANNELS - 1]);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

START_TEST(an_ordinary_user_with_1100_channels_loses_nothing)
{
	pid_t child = fork();
	int status = 0;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fault_use_files();
		_exit(has_descriptors() && become_ordinary() ? use_all() : 9);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "it ended with %x", (unsigned)status);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("fifos");
	TCase *fifos = fault_case(suite, "fifos");

	tcase_add_test(fifos, an_ordinary_user_with_1100_channels_loses_nothing);
	return suite;
}

int main(void)
{
	struct rlimit limits;

	if (getrlimit(RLIMIT_NOFILE, &limits) != 0 ||
	    (geteuid() != 0 && limits.rlim_max < DESCRIPTORS)) {
		printf("1..0 # SKIP no process here may have %d descriptors\n", DESCRIPTORS);
		return EXIT_SUCCESS;
	}
	return check_main(make_suite());
}
