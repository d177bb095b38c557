/* SPDX-License-Identifier: MIT */
/*
 * Another pid namespace: process IDs there mean nothing here and those here nothing there, and
 * nobody is taken for dead because of it. A lock tells for our channels; for formix-shaped ones,
 * that somebody reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/plain.h"
#include "proc/process.h"
#include "unit/check_main.h"

/* ---- getting there ---- */

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* The next child is the first process of a new pid namespace. Who is not root needs a user
 * namespace for it, in which he is who he was. */
static bool enter_pid_namespace(void)
{
	uid_t user = geteuid();
	char map[64];

	if (unshare(CLONE_NEWPID) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return false;
	snprintf(map, sizeof map, "%lu %lu 1", (unsigned long)user, (unsigned long)user);
	return write_file("/proc/self/uid_map", map);
}

/* Runs body in a process of another pid namespace, and stays between it and us: it ends as the
 * body does. */
struct inside {
	process_body body;
	void *userdata;
};

static void run_inside(const struct process_ends *ends, void *userdata)
{
	const struct inside *inside = userdata;
	int status = 0;
	pid_t child;

	ck_assert_msg(enter_pid_namespace(), "%m");
	child = fork();
	if (child == 0) {
		ck_assert_int_eq(getpid(), 1);
		inside->body(ends, inside->userdata);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

static bool namespaces_are_missing(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(enter_pid_namespace() ? EXIT_SUCCESS : EXIT_FAILURE);
	(void)waitpid(child, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
}

/* ---- the tests ---- */

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

/* So old that nothing is spared for being new. */
static void make_old(const char *path)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

static int expect_alive(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	if (!info->plain)
		ck_assert_int_eq(info->alive, FSPS_ALIVE_YES);
	return 0;
}

/* Publishes to all and sweeps, more than once a second apart. */
static void visit(const struct process_ends *ends, void *userdata)
{
	fsps_bus *own = fixture_open_bus();
	fsps_publisher *own_publisher = fixture_open_publisher(own);
	fsps_channel *own_channel = fixture_subscribe(own, "sweep");
	int64_t end_ms = fixture_now_ms() + 1500;
	fsps_message *message = NULL;

	(void)ends;
	while (fixture_now_ms() < end_ms)
		ck_assert_int_eq(fsps_channel_receive(own_channel, 300, &message), 0);
	ck_assert_int_eq(fsps_bus_list(own, expect_alive, NULL), *(const int *)userdata + 1);
	ck_assert_int_eq(fixture_publish(own_publisher, "a", "visit"), *(const int *)userdata);
	fsps_channel_close(own_channel);
	fsps_publisher_close(own_publisher);
	fsps_bus_close(own);
}

START_TEST(channels_of_outside_are_not_dead_to_a_visitor_from_inside)
{
	struct plain_channel plain = plain_subscribe("a");
	int expected_reach = 2;
	struct inside inside = {.body = visit, .userdata = &expected_reach};
	struct process visitor;

	make_old(fixture_path("%s", plain.name));
	make_old(fixture_path("%s", fsps_channel_name(channel)));
	visitor = process_start(run_inside, &inside);
	process_join(&visitor);
	fixture_expect(channel, "visit");
	(void)plain_next(&plain);
	ck_assert(fixture_exists(fixture_path("%s", plain.name)));
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
	plain_close(&plain);
}
END_TEST

/* Goes on as a child of that process ID, which is free in this namespace. */
static void become(long pid)
{
	char last[32];
	int status = 0;
	pid_t child;

	snprintf(last, sizeof last, "%ld", pid - 1);
	ck_assert(write_file("/proc/sys/kernel/ns_last_pid", last));
	child = fork();
	if (child == 0) {
		ck_assert_int_eq(getpid(), pid);
		return;
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

/* A subscriber inside, of a process ID that is nobody's outside, and a formix-shaped channel. */
static void subscribe_inside(const struct process_ends *ends, void *userdata)
{
	char names[2][256] = {"", ""};
	struct plain_channel plain;
	fsps_channel *own_channel;
	fsps_bus *own;

	become(*(const long *)userdata);
	own = fixture_open_bus();
	own_channel = fixture_subscribe(own, "inside");
	plain = plain_create("inside", (long)getpid());
	plain_open(&plain);
	strcpy(names[0], fsps_channel_name(own_channel));
	strcpy(names[1], plain.name);
	process_say(ends, names, sizeof names);
	fixture_expect(own_channel, "from outside");
	(void)process_hear(ends);
}

/* A process ID that nobody has. */
static long free_pid(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(EXIT_SUCCESS);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	return child;
}

START_TEST(channels_of_inside_are_not_dead_to_us_until_they_are)
{
	long pid = free_pid();
	struct inside inside = {.body = subscribe_inside, .userdata = &pid};
	struct process subscriber = process_start(run_inside, &inside);
	int64_t end_ms = fixture_now_ms() + 1500;
	fsps_message *message = NULL;
	char names[2][256];

	ck_assert(process_read(&subscriber, names, sizeof names));
	make_old(fixture_path("%s", names[0]));
	make_old(fixture_path("%s", names[1]));
	/* We sweep once a second. */
	while (fixture_now_ms() < end_ms)
		ck_assert_int_eq(fsps_channel_receive(channel, 300, &message), 0);
	ck_assert_int_eq(fixture_publish(publisher, "inside", "from outside"), 2);
	process_tell(&subscriber);
	process_join(&subscriber);
	make_old(fixture_path("%s", names[1]));
	end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	while (fixture_exists(fixture_path("%s", names[0])) ||
	       fixture_exists(fixture_path("%s", names[1]))) {
		ck_assert_msg(fixture_now_ms() < end_ms, "the dead of inside stay");
		ck_assert_int_eq(fsps_channel_receive(channel, 300, &message), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (namespaces_are_missing()) {
		printf("1..0 # SKIP no pid namespace can be made here: %s\n", strerror(EPERM));
		return EXIT_SUCCESS;
	}
	suite = suite_create("namespace");
	tcase = fixture_tcase(suite, "namespace");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, channels_of_outside_are_not_dead_to_a_visitor_from_inside);
	tcase_add_test(tcase, channels_of_inside_are_not_dead_to_us_until_they_are);
	return check_main(suite);
}
