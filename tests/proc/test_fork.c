/* SPDX-License-Identifier: MIT */
/*
 * fork: the child's publishers publish under an identity of their own, its channels are the
 * parent's and say so, and it keeps nothing of its parent's alive.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/fixture.h"
#include "proc/process.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* ---- publishing ---- */

enum { EACH = 1000 };

static void publish_as_child(const struct process_ends *ends, void *userdata)
{
	(void)ends;
	(void)userdata;
	for (int i = 0; i < EACH; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "child"), 1);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(parent_and_child_publish_through_the_same_publisher)
{
	struct process child;
	int children = 0;
	int parents = 0;

	/* Before the fork it was in use. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "parent"), 1);
	child = process_start(publish_as_child, NULL);
	for (int i = 1; i < EACH; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "parent"), 1);
	process_join(&child);
	for (int i = 0; i < 2 * EACH; i++) {
		fsps_message *message = fixture_receive(channel);

		if (strcmp(fsps_message_payload(message, NULL), "child") == 0)
			children++;
		else
			parents++;
		fsps_message_unref(message);
	}
	ck_assert_int_eq(children, EACH);
	ck_assert_int_eq(parents, EACH);
	fixture_expect_nothing(channel);
}
END_TEST

static atomic_bool stop_publishing;
static atomic_int failed_publishes;

/* Reads along, so that nothing piles up. Without assertions: check's own lock, held at a fork,
 * would stay held in the child. */
static void *publish_all_the_time(void *userdata)
{
	fsps_channel *other = userdata;

	while (!atomic_load(&stop_publishing)) {
		fsps_message *message = NULL;

		if (fixture_publish(publisher, "b", "thread") != 1 ||
		    fsps_channel_fetch(other, &message) < 0)
			atomic_fetch_add(&failed_publishes, 1);
		fsps_message_unref(message);
	}
	return NULL;
}

static void publish_once_as_child(const struct process_ends *ends, void *userdata)
{
	(void)ends;
	(void)userdata;
	ck_assert_int_eq(fixture_publish(publisher, "a", "child"), 1);
}

START_TEST(a_child_forked_in_the_middle_of_a_publish_can_publish)
{
	enum { ROUNDS = 100 };
	fsps_channel *other = fixture_subscribe(bus, "b");
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, publish_all_the_time, other), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct process child = process_start(publish_once_as_child, NULL);

		process_join(&child);
		fixture_expect(channel, "child");
	}
	atomic_store(&stop_publishing, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(atomic_load(&failed_publishes), 0);
	fsps_channel_close(other);
}
END_TEST

/* ---- subscribing ---- */

static int handle(fsps_message *message, void *userdata)
{
	(void)message;
	(void)userdata;
	return 0;
}

static void use_the_parents_channel(const struct process_ends *ends, void *userdata)
{
	fsps_message *message = NULL;
	fsps_channel *own;

	(void)ends;
	(void)userdata;
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_FORKED);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_FORKED);
	ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message), FSPS_ERR_FORKED);
	ck_assert_int_eq(fsps_subscribe(channel, handle, NULL, FSPS_FOREVER), FSPS_ERR_FORKED);
	ck_assert_int_eq(fsps_channel_backlog(channel), FSPS_ERR_FORKED);
	ck_assert_ptr_null(message);
	/* One of its own works. */
	own = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "both"), 2);
	fixture_expect(own, "both");
	fsps_channel_close(own);
	/* This frees memory and leaves the parent's directory. */
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(the_parents_channel_is_the_parents)
{
	struct process child;

	ck_assert_int_eq(fixture_publish(publisher, "a", "before"), 1);
	child = process_start(use_the_parents_channel, NULL);
	process_join(&child);
	fixture_expect(channel, "before");
	fixture_expect(channel, "both");
	ck_assert_int_eq(fixture_publish(publisher, "a", "after"), 1);
	fixture_expect(channel, "after");
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
}
END_TEST

static void live_on(const struct process_ends *ends, void *userdata)
{
	(void)userdata;
	/* It is to outlive its parent, though not for ever. */
	(void)prctl(PR_SET_PDEATHSIG, 0);
	alarm(3 * FIXTURE_PATIENCE_MS / 1000);
	process_say_ready(ends);
	for (;;)
		pause();
}

/* A subscriber with a child that does nothing. It tells the child's process ID. */
static void subscribe_and_fork(const struct process_ends *ends, void *userdata)
{
	fsps_bus *own_bus = fixture_open_bus();
	struct process child;

	(void)userdata;
	(void)fixture_subscribe(own_bus, "orphan");
	child = process_start(live_on, NULL);
	process_await_ready(&child);
	process_say(ends, &child.pid, sizeof child.pid);
	(void)process_hear(ends);
}

START_TEST(a_child_that_outlives_a_subscriber_does_not_keep_it_alive)
{
	struct process subscriber = process_start(subscribe_and_fork, NULL);
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	pid_t grandchild = 0;

	ck_assert(process_read(&subscriber, &grandchild, sizeof grandchild));
	ck_assert_int_eq(fixture_publish(publisher, "orphan", "x"), 1);
	process_kill(&subscriber);
	ck_assert_int_eq(kill(grandchild, 0), 0);
	while (fsps_publisher_matched(publisher, "orphan") > 0)
		ck_assert_msg(fixture_now_ms() < end_ms, "the dead one's channel stays");
	ck_assert_uint_eq(fixture_count(fixture_home, "orphan"), 0);
	ck_assert_int_eq(kill(grandchild, 0), 0);
	ck_assert_int_eq(kill(grandchild, SIGKILL), 0);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(no_descriptor_of_ours_is_inherited_by_a_program)
{
	DIR *descriptors;
	struct dirent *entry;
	int ours = 0;

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_expect(channel, "x");
	descriptors = opendir("/proc/self/fd");
	while ((entry = readdir(descriptors)) != NULL) {
		char target[FIXTURE_PATH_BYTES] = "";
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(descriptors))
			continue;
		(void)!readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1);
		if (strncmp(target, fixture_home, strlen(fixture_home)) != 0 &&
		    strncmp(target, "anon_inode:", 11) != 0)
			continue;
		ours++;
		ck_assert_msg((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "%d is %s", fd, target);
	}
	closedir(descriptors);
	ck_assert_int_ge(ours, 6);
}
END_TEST

static void work_without_stdio(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *own_publisher;
	fsps_channel *own;
	fsps_bus *own_bus;

	(void)ends;
	(void)userdata;
	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	own_bus = fixture_open_bus();
	own = fixture_subscribe(own_bus, "stdio");
	own_publisher = fixture_open_publisher(own_bus);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(fixture_publish(own_publisher, "stdio", "x"), 1);
		fixture_expect(own, "x");
	}
	fixture_expect_nothing(own);
	ck_assert_uint_eq(fixture_stats(own).set_aside, 0);
	fsps_channel_close(own);
	fsps_publisher_close(own_publisher);
	fsps_bus_close(own_bus);
	/* All three are free again. */
	for (int fd = 0; fd <= 2; fd++)
		ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
}

START_TEST(a_process_without_stdio_publishes_and_subscribes)
{
	struct process child = process_start(work_without_stdio, NULL);

	process_join(&child);
	ck_assert_uint_eq(fixture_count(fixture_home, "stdio"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fork");
	TCase *tcase = fixture_tcase(suite, "fork");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, parent_and_child_publish_through_the_same_publisher);
	/* The sanitizer's own allocator is not made ready for a fork, as the C library's is: a
	 * child that was forked while another thread was in it waits for that thread for ever. */
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(tcase, a_child_forked_in_the_middle_of_a_publish_can_publish);
#else
	(void)a_child_forked_in_the_middle_of_a_publish_can_publish;
#endif
	tcase_add_test(tcase, the_parents_channel_is_the_parents);
	tcase_add_test(tcase, a_child_that_outlives_a_subscriber_does_not_keep_it_alive);
	tcase_add_test(tcase, no_descriptor_of_ours_is_inherited_by_a_program);
	tcase_add_test(tcase, a_process_without_stdio_publishes_and_subscribes);
	return check_main(suite);
}
