/* SPDX-License-Identifier: MIT */
/* The umask decides nothing: what lies in a home has the modes that its kind of home asks for. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"
#include "proc/process.h"
#include "unit/check_main.h"

/* Modes of a home, and of what is made in it (see src/store/home.c). */
struct profile {
	const char *name;
	/* 0: it is not there before. */
	mode_t home;
	unsigned shared_directory;
	unsigned channel;
	unsigned queue;
	unsigned message;
};

static const struct profile profiles[] = {
	{"new", 0, 0700, 0700, 0600, 0600},
	{"private", 0700, 0700, 0700, 0600, 0600},
	{"formix-pubsub's", 0755, 0700, 0700, 0600, 0600},
	{"of a group", 03770, 03770, 03730, 0620, 0640},
	{"public", 01777, 01777, 01733, 0622, 0644},
};

static const mode_t umasks[] = {000, 022, 027, 077, 0777};

enum {
	PROFILES = sizeof profiles / sizeof profiles[0],
	UMASKS = sizeof umasks / sizeof umasks[0],
};

static void expect_mode(const char *path, unsigned mode)
{
	ck_assert_msg(fixture_mode(path) == mode, "%s has mode %04o, not %04o", path,
		      fixture_mode(path), mode);
}

static void expect_modes(const struct profile *profile, const fsps_channel *channel)
{
	const char *name = fsps_channel_name(channel);

	expect_mode(fixture_home, profile->home == 0 ? 0700 : profile->home);
	expect_mode(fixture_path(".fsps"), profile->shared_directory);
	expect_mode(fixture_path(".fsps/seq"), 0600);
	expect_mode(fixture_path(".fsps/%s", fixture_find(fixture_path(".fsps"), "w-")), 0600);
	expect_mode(fixture_path("tmp"), profile->shared_directory);
	expect_mode(fixture_path("%s", name), profile->channel);
	expect_mode(fixture_path("%s/queue", name), profile->queue);
	expect_mode(fixture_path("%s/.c", name), 0600);
	if (fixture_lane() == FIXTURE_LANE_FAST)
		/* Our own readers only read it, and nobody else gets one. */
		expect_mode(
			fixture_path("%s/%s", name, fixture_find(fixture_path("%s", name), ".s-")),
			0400);
	else
		expect_mode(
			fixture_path("%s/%s", name, fixture_find(fixture_path("%s", name), "1")),
			profile->message);
}

/* Another process of the same user, with an ordinary umask, has to be able to work there. */
static void visit(const struct process_ends *ends, void *userdata)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);

	(void)ends;
	(void)userdata;
	umask(022);
	ck_assert_int_eq(fixture_publish(publisher, "a", "visit"), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(what_is_made_in_a_home_has_its_modes_whatever_the_umask)
{
	const struct profile *profile = &profiles[_i / UMASKS];
	mode_t mask = umasks[_i % UMASKS];
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel;
	struct process visitor;

	if (profile->home != 0) {
		ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
		ck_assert_int_eq(chmod(fixture_home, profile->home), 0);
	}
	umask(mask);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	channel = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	ck_assert_uint_eq(umask(mask), mask);
	expect_modes(profile, channel);
	visitor = process_start(visit, NULL);
	process_join(&visitor);
	fixture_expect(channel, "x");
	fixture_expect(channel, "visit");
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_umask_that_changes_is_noticed)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	unsigned mode = 0;

	umask(022);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_expect(channel, "x");
	umask(0777);
	while (mode != 0600) {
		fsps_message *message = NULL;

		ck_assert_msg(fixture_now_ms() < end_ms, "messages stay without permissions");
		ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
		mode = fixture_mode(fixture_path(
			"%s/%s", fsps_channel_name(channel),
			fixture_find(fixture_path("%s", fsps_channel_name(channel)), "1")));
		ck_assert_int_eq(fsps_channel_fetch(channel, &message) >= 0, 1);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("umask");
	TCase *tcase = fixture_tcase(suite, "umask");

	tcase_add_loop_test(tcase, what_is_made_in_a_home_has_its_modes_whatever_the_umask, 0,
			    PROFILES * UMASKS);
	tcase_add_test(tcase, a_umask_that_changes_is_noticed);
	return check_main(suite);
}
