/* SPDX-License-Identifier: MIT */
/* The listing of a home's channels through the public API: who is there, and what it counts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/plain.h"
#include "unit/check_main.h"

enum { SEEN_MAX = 16 };

/* What a listing showed; strings are copied, as they are only lent. */
struct listing {
	int count;
	int end_after;
	struct fsps_channel_info info[SEEN_MAX];
	char name[SEEN_MAX][256];
	char pattern[SEEN_MAX][256];
	char identity[SEEN_MAX][256];
};

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static int note(const struct fsps_channel_info *info, void *userdata)
{
	struct listing *listing = userdata;
	int i = listing->count++;

	ck_assert_int_lt(i, SEEN_MAX);
	ck_assert_uint_eq(info->size, sizeof *info);
	listing->info[i] = *info;
	snprintf(listing->name[i], sizeof listing->name[0], "%s", info->name);
	snprintf(listing->pattern[i], sizeof listing->pattern[0], "%s", info->pattern);
	snprintf(listing->identity[i], sizeof listing->identity[0], "%s", info->identity);
	return listing->count == listing->end_after;
}

static struct listing list(void)
{
	struct listing listing = {0};

	ck_assert_int_eq(fsps_bus_list(bus, note, &listing), listing.count);
	return listing;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- arguments and homes ---- */

START_TEST(null_is_an_argument_error)
{
	ck_assert_int_eq(fsps_bus_list(NULL, note, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_list(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(a_home_that_is_missing_has_no_channels_and_is_not_made)
{
	ck_assert_int_eq(list().count, 0);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

START_TEST(a_home_that_is_unsafe_is_not_listed)
{
	struct listing listing = {0};

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chmod(fixture_home, 0777), 0);
	ck_assert_int_eq(fsps_bus_list(bus, note, &listing), FSPS_ERR_UNSAFE_HOME);
	ck_assert_int_eq(listing.count, 0);
}
END_TEST

START_TEST(what_is_no_channel_is_not_listed)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(mkdir(fixture_path("a_b_c"), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("(_x_1"), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("b_0123456789ab_0"), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("durable_name"), 0700), 0);
	fixture_write(fixture_path("c_0123456789ab_1"), "", 0);
	ck_assert_int_eq(symlink(fsps_channel_name(channel), fixture_path("d_0123456789ab_1")), 0);
	ck_assert_int_eq(list().count, 1);
	fsps_channel_close(channel);
}
END_TEST

/* ---- what is shown ---- */

START_TEST(channels_come_by_name_and_say_whose_they_are)
{
	uint64_t before_us = now_us();
	fsps_channel *channels[3];
	struct listing listing;

	channels[0] = fixture_subscribe(bus, "c.+");
	channels[1] = fixture_subscribe(bus, "a.=");
	channels[2] = fixture_subscribe(bus, "b");
	listing = list();
	ck_assert_int_eq(listing.count, 3);
	for (int i = 0; i < 3; i++) {
		static const char *const patterns[] = {"a.=", "b", "c.+"};
		const struct fsps_channel_info *info = &listing.info[i];

		ck_assert_str_eq(listing.pattern[i], patterns[i]);
		ck_assert_str_eq(listing.identity[i], program_invocation_short_name);
		ck_assert_int_eq(info->pid, getpid());
		ck_assert_uint_eq(info->uid, geteuid());
		ck_assert_int_eq(info->alive, FSPS_ALIVE_YES);
		ck_assert_int_eq(info->plain, 0);
		ck_assert_uint_ge(info->created_us, before_us);
		ck_assert_uint_le(info->created_us, now_us());
		fsps_channel_close(channels[i]);
	}
	ck_assert_int_eq(list().count, 0);
}
END_TEST

static int drop_spam(const fsps_message *message, const char *channel_name, void *userdata)
{
	(void)channel_name;
	(void)userdata;
	return strcmp(fsps_message_payload(message, NULL), "spam") == 0;
}

START_TEST(a_channel_shows_what_it_counted_and_what_waits)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct listing listing;
	uint64_t before_us;

	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_spam, NULL), FSPS_OK);
	fixture_write(fixture_path("%s/5", fsps_channel_name(channel)), "no message", 10);
	ck_assert_int_eq(fixture_publish(publisher, "a", "spam"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "ham"), 1);
	fixture_expect(channel, "ham");
	before_us = now_us();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "waits"), 1);
	listing = list();
	ck_assert_int_eq(listing.count, 1);
	ck_assert_str_eq(listing.name[0], fsps_channel_name(channel));
	ck_assert_uint_eq(listing.info[0].backlog, 3);
	/* A file's time may be a tick of the kernel's clock behind. */
	ck_assert_uint_ge(listing.info[0].oldest_us, before_us - 20000);
	ck_assert_uint_le(listing.info[0].oldest_us, now_us());
	ck_assert_uint_eq(listing.info[0].dead_letters, 1);
	ck_assert_uint_eq(listing.info[0].published, 5);
	ck_assert_uint_eq(listing.info[0].delivered, 1);
	ck_assert_uint_eq(listing.info[0].dropped, 1);
	ck_assert_uint_eq(listing.info[0].set_aside, 1);
	/* Nobody was disturbed. */
	ck_assert_int_eq(fsps_channel_backlog(channel), 3);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(an_empty_channel_has_no_oldest_message)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct listing listing = list();

	ck_assert_uint_eq(listing.info[0].backlog, 0);
	ck_assert_uint_eq(listing.info[0].oldest_us, 0);
	ck_assert_uint_eq(listing.info[0].dead_letters, 0);
	ck_assert_uint_eq(listing.info[0].published, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(the_callback_may_end_the_listing)
{
	fsps_channel *one = fixture_subscribe(bus, "a");
	fsps_channel *other = fixture_subscribe(bus, "b");
	struct listing listing = {.end_after = 1};

	ck_assert_int_eq(fsps_bus_list(bus, note, &listing), 1);
	ck_assert_str_eq(listing.pattern[0], "a");
	fsps_channel_close(one);
	fsps_channel_close(other);
}
END_TEST

START_TEST(an_identity_is_shown_and_cut)
{
	char identity[300];
	struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .identity = identity};
	fsps_bus *named = NULL;
	fsps_channel *channel;

	memset(identity, 'i', sizeof identity);
	identity[299] = '\0';
	ck_assert_int_eq(fsps_bus_open(&options, &named), FSPS_OK);
	channel = fixture_subscribe(named, "a");
	ck_assert_uint_eq(strlen(list().identity[0]), 127);
	fsps_channel_close(channel);
	fsps_bus_close(named);
}
END_TEST

/* ---- the dead and the plain ---- */

static void subscribe_and_die(void)
{
	fsps_bus *own = fixture_open_bus();

	(void)fixture_subscribe(own, "a");
	raise(SIGKILL);
}

START_TEST(a_channel_whose_owner_died_is_shown_as_dead)
{
	struct listing listing;
	pid_t child = fork();

	if (child == 0)
		subscribe_and_die();
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	listing = list();
	ck_assert_int_eq(listing.count, 1);
	ck_assert_int_eq(listing.info[0].alive, FSPS_ALIVE_NO);
	ck_assert_int_eq(listing.info[0].pid, child);
	/* Looking on clears nothing; publishing does. */
	ck_assert_int_eq(list().count, 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_int_eq(list().count, 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
}
END_TEST

START_TEST(a_plain_channel_is_shown_by_its_process)
{
	struct plain_channel living;
	struct listing listing;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	living = plain_subscribe("a");
	(void)plain_create("b", child);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	listing = list();
	ck_assert_int_eq(listing.count, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(listing.info[i].plain, 1);
		ck_assert_str_eq(listing.identity[i], "");
		ck_assert_uint_eq(listing.info[i].published, 0);
		ck_assert_uint_eq(listing.info[i].created_us, 0);
	}
	ck_assert_int_eq(listing.info[0].alive, FSPS_ALIVE_YES);
	ck_assert_uint_eq(listing.info[0].backlog, 1);
	ck_assert_int_eq(listing.info[1].alive, FSPS_ALIVE_NO);
	plain_close(&living);
}
END_TEST

START_TEST(a_channel_of_another_version_is_plain_and_tells_why)
{
	const uint32_t later = 2;
	fsps_channel *channel = fixture_subscribe(bus, "a");
	int fd = open(fixture_path("%s/.c", fsps_channel_name(channel)), O_WRONLY | O_CLOEXEC);

	ck_assert_uint_eq(list().info[0].format_version, 1);
	ck_assert_int_eq(pwrite(fd, &later, sizeof later, 4), (ssize_t)sizeof later);
	close(fd);
	ck_assert_int_eq(list().info[0].plain, 1);
	ck_assert_uint_eq(list().info[0].format_version, later);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("list");
	TCase *tcase = fixture_tcase(suite, "list");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, null_is_an_argument_error);
	tcase_add_test(tcase, a_home_that_is_missing_has_no_channels_and_is_not_made);
	tcase_add_test(tcase, a_home_that_is_unsafe_is_not_listed);
	tcase_add_test(tcase, what_is_no_channel_is_not_listed);
	tcase_add_test(tcase, channels_come_by_name_and_say_whose_they_are);
	tcase_add_test(tcase, a_channel_shows_what_it_counted_and_what_waits);
	tcase_add_test(tcase, an_empty_channel_has_no_oldest_message);
	tcase_add_test(tcase, the_callback_may_end_the_listing);
	tcase_add_test(tcase, an_identity_is_shown_and_cut);
	tcase_add_test(tcase, a_channel_whose_owner_died_is_shown_as_dead);
	tcase_add_test(tcase, a_plain_channel_is_shown_by_its_process);
	tcase_add_test(tcase, a_channel_of_another_version_is_plain_and_tells_why);
	return check_main(suite);
}
