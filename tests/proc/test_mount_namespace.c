/* SPDX-License-Identifier: MIT */
/*
 * A container with mounts of its own: the home has another path there, a channel is a mount of its
 * own, or another file system lies over the home.
 */
#include <stdlib.h>
#include <string.h>

#include "proc/container.h"
#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

/* At another path, as a container has it. */
static void meet_at_another_path(const struct process_ends *ends, void *userdata)
{
	char other[FIXTURE_PATH_BYTES + 8];
	fsps_publisher *publisher;
	fsps_channel *channel;
	fsps_bus *bus;

	(void)userdata;
	snprintf(other, sizeof other, "%s.bound", fixture_home);
	ck_assert(container_enter_mounts());
	ck_assert_int_eq(mount(fixture_home, other, NULL, MS_BIND, NULL), 0);
	strcpy(fixture_home, other);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "in");
	process_say_ready(ends);
	ck_assert(process_hear(ends));
	for (int i = 0; i < 20; i++) {
		fixture_expect(channel, "to inside");
		ck_assert_int_eq(fixture_publish(publisher, "out", "to outside"), 1);
	}
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(a_home_that_is_bound_elsewhere_is_the_same)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "out");
	char other[FIXTURE_PATH_BYTES + 8];
	struct process container;

	snprintf(other, sizeof other, "%s.bound", fixture_home);
	ck_assert_int_eq(mkdir(other, 0700), 0);
	container = process_start(meet_at_another_path, NULL);
	process_await_ready(&container);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(fixture_publish(publisher, "in", "to inside"), 1);
	process_tell(&container);
	for (int i = 0; i < 20; i++)
		fixture_expect(channel, "to outside");
	process_join(&container);
	fixture_remove(other);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* A channel on a mount of its own: the kernel links nothing across mounts, not even of one file
 * system. */
static void publish_across_mounts(const struct process_ends *ends, void *userdata)
{
	const char *path = fixture_path("%s", (const char *)userdata);
	fsps_publisher *publisher;
	fsps_bus *bus;

	(void)ends;
	ck_assert(container_enter_mounts());
	ck_assert_int_eq(mount(path, path, NULL, MS_BIND, NULL), 0);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	for (int i = 0; i < 20; i++) {
		int r = fixture_publish(publisher, "a", i % 2 == 0 ? "even" : "odd");

		ck_assert_msg(r == 2, "%d: %s", r, fsps_last_error()->text);
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(a_channel_on_a_mount_of_its_own_gets_copies)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *mounted = fixture_subscribe(bus, "a");
	fsps_channel *other = fixture_subscribe(bus, "a");
	struct process container;
	char name[256];

	snprintf(name, sizeof name, "%s", fsps_channel_name(mounted));
	container = process_start(publish_across_mounts, name);
	process_join(&container);
	for (int i = 0; i < 20; i++) {
		fixture_expect(mounted, i % 2 == 0 ? "even" : "odd");
		fixture_expect(other, i % 2 == 0 ? "even" : "odd");
	}
	fsps_channel_close(mounted);
	fsps_channel_close(other);
	fsps_bus_close(bus);
}
END_TEST

/* Another tmpfs at the same path is another home. */
static void publish_over_there(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_channel *channel;
	fsps_bus *bus;

	(void)ends;
	(void)userdata;
	ck_assert(container_enter_mounts());
	ck_assert_int_eq(mount("tmpfs", fixture_home, "tmpfs", 0, "mode=0700,size=4m"), 0);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fixture_publish(publisher, "a", "nobody"), 0);
	channel = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "over there"), 1);
	fixture_expect(channel, "over there");
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(what_is_mounted_over_a_home_is_another_one)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct process container = process_start(publish_over_there, NULL);

	process_join(&container);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped() || container_skipped(container_enter_mounts, 0, "mount"))
		return EXIT_SUCCESS;
	suite = suite_create("mount_namespace");
	tcase = fixture_tcase(suite, "mount_namespace");
	tcase_add_test(tcase, a_home_that_is_bound_elsewhere_is_the_same);
	tcase_add_test(tcase, a_channel_on_a_mount_of_its_own_gets_copies);
	tcase_add_test(tcase, what_is_mounted_over_a_home_is_another_one);
	return check_main(suite);
}
