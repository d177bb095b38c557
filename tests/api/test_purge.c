/* SPDX-License-Identifier: MIT */
/* Durable channels through the public API without reading from them: made, purged, removed. */
#include <sys/stat.h>

#include "api/lane.h"
#include "api/work_files.h"
#include "unit/check_main.h"

static fsps_bus *bus;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static bool is_there(const char *channel, const char *file)
{
	return fixture_exists(fixture_path("%s/%s", channel, file));
}

static int stop(const struct fsps_channel_info *info, void *userdata)
{
	*(struct fsps_channel_info *)userdata = *info;
	return 1;
}

/* What a listing says of the first channel; strings are not to be used. */
static struct fsps_channel_info first_channel(void)
{
	struct fsps_channel_info info = {0};

	ck_assert_int_eq(fsps_bus_list(bus, stop, &info), 1);
	return info;
}

/* ---- making ---- */

START_TEST(a_durable_channel_is_made_once)
{
	struct fsps_channel_info info;

	ck_assert_int_eq(fsps_durable_create(bus, "a", "x"), 1);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "x"), 0);
	ck_assert_int_eq(fsps_durable_create(bus, "a.+", "x"), 1);
	ck_assert(is_there("a_x", "queue"));
	info = first_channel();
	ck_assert_int_eq(info.kind, FSPS_KIND_DURABLE);
	ck_assert_int_eq(info.alive, FSPS_ALIVE_NO);
	ck_assert_int_eq(info.pid, 0);
	ck_assert_int_eq(info.plain, 0);
	ck_assert_uint_eq(info.readers, 0);
	ck_assert_int_eq(info.shared, 0);
}
END_TEST

START_TEST(what_can_be_no_durable_channel_is_not_made)
{
	char pattern[201];
	char name[65];

	memset(pattern, 'a', 200);
	pattern[200] = '\0';
	memset(name, 'n', 64);
	name[64] = '\0';
	ck_assert_int_eq(fsps_durable_create(NULL, "a", "x"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, NULL, "x"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a_b", "x"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_durable_create(bus, "", "x"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_durable_create(bus, "a", ""), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "x_y"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "../x"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a", name), FSPS_ERR_ARGUMENT);
	/* Each is allowed, but no directory's name has room for both. */
	ck_assert_int_eq(fsps_durable_create(bus, pattern, name + 1), FSPS_ERR_ARGUMENT);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

/* ---- purging ---- */

START_TEST(what_waits_is_purged_and_nothing_else)
{
	static const char *const kept[] = {
		".k-" WORK_MEMBER "-1800000000000-1-4",
		".d-failed-5-5",
		".e-failed-5-5",
		"queue",
		".c",
	};
	const char *channel = work_durable(bus, "x");
	struct fsps_channel_info info;

	work_put(channel, "1", 1, "a", "waits");
	work_put(channel, ".m-" WORK_MEMBER "-1", 1, "a", "waits, too");
	work_put(channel, ".r-1800000000000-1-2", 2, "a", "comes again");
	work_put(channel, ".r-1-1-3", 3, "a", "comes again now");
	work_put(channel, kept[0], 4, "a", "claimed");
	work_put(channel, kept[1], 5, "a", "dead");
	fixture_write(fixture_path("%s/%s", channel, kept[2]), "why", 3);
	info = first_channel();
	ck_assert_uint_eq(info.backlog, 2);
	ck_assert_uint_eq(info.delayed, 2);
	ck_assert_uint_eq(info.claimed, 1);
	ck_assert_uint_eq(info.dead_letters, 1);
	ck_assert_int_eq(fsps_channel_purge(bus, channel), 4);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		ck_assert_msg(is_there(channel, kept[i]), "%s", kept[i]);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", channel), ""), 5);
	info = first_channel();
	ck_assert_uint_eq(info.backlog, 0);
	ck_assert_uint_eq(info.delayed, 0);
	ck_assert_uint_eq(info.claimed, 1);
	ck_assert_uint_eq(info.dead_letters, 1);
	ck_assert_int_eq(fsps_channel_purge(bus, channel), 0);
}
END_TEST

START_TEST(a_name_of_a_message_is_purged_whatever_bears_it)
{
	const char *channel = work_durable(bus, "x");

	fixture_write(fixture_path("elsewhere"), "kept", 4);
	fixture_write(fixture_path("%s/1", channel), "", 0);
	ck_assert_int_eq(symlink("../elsewhere", fixture_path("%s/2", channel)), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s/3", channel), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s/4", channel), 0700), 0);
	fixture_write(fixture_path("%s/4/file", channel), "", 0);
	ck_assert_int_eq(fsps_channel_purge(bus, channel), 3);
	ck_assert(fixture_exists(fixture_path("elsewhere")));
	ck_assert(is_there(channel, "4/file"));
}
END_TEST

START_TEST(null_and_what_is_no_channel_are_refused)
{
	ck_assert_int_eq(fsps_channel_purge(NULL, "a_x"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_purge(bus, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_purge(bus, "../a_x"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), FSPS_ERR_NOT_FOUND);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

START_TEST(the_reader_of_a_live_channel_goes_on_after_a_purge)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = fixture_open_file_publisher(bus);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "purged"), 1);
	ck_assert_int_eq(fsps_channel_purge(bus, fsps_channel_name(channel)), 3);
	ck_assert_int_eq(fixture_publish(publisher, "a", "stays"), 1);
	fixture_expect(channel, "stays");
	fixture_expect_nothing(channel);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(segments_of_a_live_channel_are_its_readers)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = lane_open_publisher(bus);
	const char *name = fsps_channel_name(channel);

	ck_assert_int_eq(fixture_publish(publisher, "a", "in a segment"), 1);
	ck_assert_uint_eq(lane_segments(channel), 1);
	work_put(name, "7", 7, "a", "in a file");
	ck_assert_int_eq(fsps_channel_purge(bus, name), FSPS_ERR_BUSY);
	ck_assert(!is_there(name, "7"));
	fixture_expect(channel, "in a segment");
	/* The segment is still there, but nothing waits in it. */
	ck_assert_uint_eq(lane_segments(channel), 1);
	work_put(name, "8", 8, "a", "in a file");
	ck_assert_int_eq(fsps_channel_purge(bus, name), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "goes on"), 1);
	fixture_expect(channel, "goes on");
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

/* ---- segments of a durable channel ---- */

/* A publisher of segments, five of whose messages wait in the durable channel a_x. */
static fsps_publisher *fill_segment(void)
{
	fsps_publisher *publisher;

	(void)work_durable(bus, "x");
	publisher = lane_open_publisher(bus);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "purged"), 1);
	ck_assert_uint_eq(fixture_count(fixture_path("a_x"), ".s-"), 1);
	return publisher;
}

static int keep_payload(const struct fsps_waiting *waiting, void *userdata)
{
	snprintf(userdata, 64, "%s", (const char *)fsps_message_payload(waiting->message, NULL));
	return 0;
}

START_TEST(a_segment_that_is_being_written_is_purged_up_to_where_it_is)
{
	fsps_publisher *publisher = fill_segment();
	char payload[64] = "";

	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 5);
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 0);
	ck_assert_uint_eq(fixture_count(fixture_path("a_x"), ".s-"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "comes after"), 1);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_x", keep_payload, payload), 1);
	ck_assert_str_eq(payload, "comes after");
	ck_assert_uint_eq(first_channel().backlog, 1);
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(a_segment_that_has_ended_goes_when_it_is_purged)
{
	fsps_publisher_close(fill_segment());
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 5);
	ck_assert_uint_eq(fixture_count(fixture_path("a_x"), ".s-"), 0);
}
END_TEST

START_TEST(a_segment_that_is_none_is_left_to_the_reader)
{
	(void)work_durable(bus, "x");
	fixture_write(fixture_path("a_x/.s-5-64"), "rubbish", 7);
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 0);
	ck_assert(is_there("a_x", ".s-5-64"));
}
END_TEST

START_TEST(while_somebody_reads_segments_only_files_are_purged)
{
	fsps_publisher *publisher = fill_segment();
	int lock = work_lock("a_x", LOCK_EX);

	work_put("a_x", "7", 7, "a", "in a file");
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), FSPS_ERR_BUSY);
	ck_assert(!is_there("a_x", "7"));
	ck_assert_uint_eq(first_channel().backlog, 5);
	close(lock);
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 5);
	/* With nothing that waits in segments a reader is nobody's concern. */
	lock = work_lock("a_x", LOCK_EX);
	work_put("a_x", "7", 7, "a", "in a file");
	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 1);
	close(lock);
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(a_purge_leaves_no_lock_behind)
{
	fsps_publisher *publisher = fill_segment();

	ck_assert_int_eq(fsps_channel_purge(bus, "a_x"), 5);
	close(work_lock("a_x", LOCK_EX));
	fsps_publisher_close(publisher);
}
END_TEST

/* ---- removing ---- */

START_TEST(a_durable_channel_is_removed_with_all_that_is_in_it)
{
	const char *channel = work_durable(bus, "x");
	fsps_publisher *publisher = fixture_open_publisher(bus);

	ck_assert_int_eq(fixture_publish(publisher, "a", "reaches it"), 1);
	work_put(channel, "1", 1, "a", "waits");
	work_put(channel, ".k-" WORK_MEMBER "-1800000000000-1-4", 4, "a", "claimed");
	work_put(channel, ".d-failed-5-5", 5, "a", "dead");
	ck_assert_int_eq(fsps_durable_remove(bus, channel, 0), FSPS_OK);
	ck_assert(!fixture_exists(fixture_path("%s", channel)));
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
	/* The publisher knew it. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "reaches nobody"), 0);
	ck_assert_int_eq(fsps_durable_remove(bus, channel, 0), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "x"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "reaches the new one"), 1);
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(a_bus_that_did_nothing_else_tells_publishers_of_a_removal)
{
	const char *channel = work_durable(bus, "x");
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_bus *other = fixture_open_bus();

	ck_assert_int_eq(fixture_publish(publisher, "a", "reaches it"), 1);
	ck_assert_int_eq(fsps_durable_remove(other, channel, 0), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "reaches nobody"), 0);
	fsps_bus_close(other);
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(a_channel_that_somebody_reads_is_removed_only_by_force)
{
	static const int operations[] = {LOCK_EX, LOCK_SH};

	for (int i = 0; i < 2; i++) {
		const char *channel = work_durable(bus, "x");
		int lock = work_lock(channel, operations[i]);

		ck_assert_int_eq(fsps_durable_remove(bus, channel, 0), FSPS_ERR_BUSY);
		ck_assert(is_there(channel, "queue"));
		ck_assert_int_eq(fsps_durable_remove(bus, channel, FSPS_DURABLE_FORCE), FSPS_OK);
		ck_assert(!fixture_exists(fixture_path("%s", channel)));
		close(lock);
	}
}
END_TEST

START_TEST(what_is_no_durable_channel_is_not_removed)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(mkdir(fixture_path("a_directory"), 0700), 0);
	ck_assert_int_eq(symlink(fsps_channel_name(channel), fixture_path("a_link")), 0);
	ck_assert_int_eq(fsps_durable_remove(bus, "a_directory", FSPS_DURABLE_FORCE),
			 FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_durable_remove(bus, "a_link", FSPS_DURABLE_FORCE),
			 FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_durable_remove(bus, "a_x", 0), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_durable_remove(bus, fsps_channel_name(channel), FSPS_DURABLE_FORCE),
			 FSPS_ERR_NOT_FOUND);
	ck_assert(fixture_exists(fixture_path("a_directory")));
	ck_assert(fixture_exists(fixture_path("%s", fsps_channel_name(channel))));
	fsps_channel_close(channel);
}
END_TEST

START_TEST(arguments_of_a_removal_are_checked)
{
	const char *channel = work_durable(bus, "x");

	ck_assert_int_eq(fsps_durable_remove(NULL, channel, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_remove(bus, NULL, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_remove(bus, "../a_x", 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_remove(bus, channel, 2), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_remove(bus, channel, -1), FSPS_ERR_ARGUMENT);
	ck_assert(is_there(channel, "queue"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("purge");
	TCase *tcase = fixture_tcase(suite, "purge");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_durable_channel_is_made_once);
	tcase_add_test(tcase, what_can_be_no_durable_channel_is_not_made);
	tcase_add_test(tcase, what_waits_is_purged_and_nothing_else);
	tcase_add_test(tcase, a_name_of_a_message_is_purged_whatever_bears_it);
	tcase_add_test(tcase, null_and_what_is_no_channel_are_refused);
	tcase_add_test(tcase, the_reader_of_a_live_channel_goes_on_after_a_purge);
	tcase_add_test(tcase, segments_of_a_live_channel_are_its_readers);
	tcase_add_test(tcase, a_segment_that_is_being_written_is_purged_up_to_where_it_is);
	tcase_add_test(tcase, a_segment_that_has_ended_goes_when_it_is_purged);
	tcase_add_test(tcase, a_segment_that_is_none_is_left_to_the_reader);
	tcase_add_test(tcase, while_somebody_reads_segments_only_files_are_purged);
	tcase_add_test(tcase, a_purge_leaves_no_lock_behind);
	tcase_add_test(tcase, a_durable_channel_is_removed_with_all_that_is_in_it);
	tcase_add_test(tcase, a_bus_that_did_nothing_else_tells_publishers_of_a_removal);
	tcase_add_test(tcase, a_channel_that_somebody_reads_is_removed_only_by_force);
	tcase_add_test(tcase, what_is_no_durable_channel_is_not_removed);
	tcase_add_test(tcase, arguments_of_a_removal_are_checked);
	return check_main(suite);
}
