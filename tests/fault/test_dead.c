/* SPDX-License-Identifier: MIT */
/*
 * The dead, and channels that go, while a publisher waits: for space that the dead have, or for a
 * channel that is full. What is done beside the messages otherwise is in test_upkeep.c.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/plain.h"
#include "publish/publisher.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

static void path_in_home(const char *name, char *to, size_t size)
{
	snprintf(to, size, "%s/%s", fault_home(), name);
}

/* ---- the dead ---- */

enum { WAIT_MS = 3000 };

/* An interceptor takes no argument. */
static struct {
	const char *call;
	bool died;
} space;

/* Right before the first such call somebody dies, and there is no space as long as what he left
 * is there. */
static int space_of_the_dead(const char *call, size_t *length)
{
	(void)length;
	if (strcmp(call, space.call) != 0)
		return 0;
	if (!space.died) {
		space.died = true;
		fsi_sys_intercept = NULL;
		(void)fault_make_dead_subscriber(1);
		fault_let_sweep();
		fsi_sys_intercept = space_of_the_dead;
	}
	return fault_count_names(".", FAULT_TOPIC) > 0 ? ENOSPC : 0;
}

static fsps_publisher *patient_publisher(fsps_bus *bus)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = WAIT_MS};
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	return publisher;
}

START_TEST(a_publisher_that_waits_for_space_clears_away_the_dead)
{
	static const char *const calls[] = {"writev", "linkat"};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, "+");
	fsps_publisher *publisher;

	fault_use_files();
	publisher = patient_publisher(bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	space.call = calls[_i];
	space.died = false;
	fsi_sys_intercept = space_of_the_dead;
	ck_assert_int_eq(fault_publish(publisher, 1, NULL), 1);
	fsi_sys_intercept = NULL;
	ck_assert(space.died);
	ck_assert_int_eq(fault_fetch(channel), 0);
	ck_assert_int_eq(fault_fetch(channel), 1);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_publisher_that_waits_for_space_for_a_segment_clears_away_the_dead)
{
	static const char *const calls[] = {"fallocate", "linkat"};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, "+");
	fsps_publisher *publisher;

	fault_use_segments();
	publisher = patient_publisher(bus);
	space.call = calls[_i];
	space.died = false;
	fsi_sys_intercept = space_of_the_dead;
	ck_assert_int_eq(fault_publish(publisher, 1, NULL), 1);
	fsi_sys_intercept = NULL;
	ck_assert(space.died);
	ck_assert_int_eq(fault_fetch(channel), 1);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- a channel that is full goes ---- */

/* Of segments there is room for one. */
static fsps_channel *small_channel(fsps_bus *bus)
{
	const struct fsps_channel_options options = {.size = sizeof options, .limit_bytes = 1};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, FAULT_TOPIC, &options, &channel), FSPS_OK);
	return channel;
}

/* A process with such a channel, which it never reads. */
static pid_t start_small_subscriber(void)
{
	int ready[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)small_channel(fault_bus());
		ck_assert_int_eq(write(ready[1], "!", 1), 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void kill_process(void *userdata)
{
	const pid_t *child = userdata;

	ck_assert_int_eq(kill(*child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(*child, NULL, 0), *child);
	fault_let_sweep();
}

static void close_channel(void *userdata)
{
	fsps_channel **channel = userdata;

	fsps_channel_close(*channel);
	*channel = NULL;
}

/* Fills what takes one segment, and waits to fill more until the other channel is gone. */
static void publish_until_gone(struct fault_poke *poke, unsigned members)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *reader = fault_channel(bus, "+");
	fsps_publisher *publisher = patient_publisher(bus);
	unsigned count = 0;

	poke->only = "poll";
	fault_poke_start(poke);
	for (int reached = 2; reached == 2; count++) {
		reached = fault_publish(publisher, count, NULL);
		ck_assert_int_ge(reached, 1);
		ck_assert_int_eq(fault_fetch_now(reader), (int)count);
	}
	fault_poke_stop();
	ck_assert(fault_poke_acted(poke));
	ck_assert_uint_gt(count, 1);
	ck_assert_int_eq(fault_publish(publisher, count, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(reader), (int)count);
	fsps_publisher_close(publisher);
	fsps_channel_close(reader);
	fsps_bus_close(bus);
	fault_visit();
	fault_expect_clean(0, members);
}

START_TEST(a_publisher_that_waits_for_a_full_channel_goes_on_when_its_reader_dies)
{
	pid_t child = start_small_subscriber();
	struct fault_poke poke = {.act = kill_process, .userdata = &child};

	fault_use_segments();
	publish_until_gone(&poke, 0);
}
END_TEST

START_TEST(a_publisher_that_waits_for_a_full_channel_goes_on_when_it_is_closed)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = small_channel(bus);
	struct fault_poke poke = {.act = close_channel, .userdata = &channel};

	fault_use_segments();
	publish_until_gone(&poke, 1);
	fsps_bus_close(bus);
}
END_TEST

/* Dies with a channel that can't be emptied: what is in its directories nobody enters. */
static void make_dead_with_directories(void)
{
	pid_t child = fork();
	char path[800];
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		path_in_home(fsps_channel_name(fault_channel(fault_bus(), FAULT_TOPIC)), path,
			     sizeof path);
		_exit(chdir(path) == 0 && mkdir("full", 0700) == 0 && mkdir("full/er", 0700) == 0
			      ? 0
			      : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

START_TEST(what_cannot_be_removed_keeps_no_lock_file)
{
	make_dead_with_directories();
	for (unsigned i = 0; i < 2; i++) {
		fault_visit();
		ck_assert_uint_eq(fault_count_names(".", FSI_PREFIX_REMOVING), 1);
		ck_assert_uint_eq(fault_count_names(FSI_NAME_STATE, FSI_PREFIX_MEMBER), 0);
		(void)fault_make_dead_subscriber(1);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("dead");
	TCase *dead = fault_case(suite, "dead");

	tcase_add_loop_test(dead, a_publisher_that_waits_for_space_clears_away_the_dead, 0, 2);
	tcase_add_loop_test(
		dead, a_publisher_that_waits_for_space_for_a_segment_clears_away_the_dead, 0, 2);
	tcase_add_test(dead,
		       a_publisher_that_waits_for_a_full_channel_goes_on_when_its_reader_dies);
	tcase_add_test(dead, a_publisher_that_waits_for_a_full_channel_goes_on_when_it_is_closed);
	tcase_add_test(dead, what_cannot_be_removed_keeps_no_lock_file);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
