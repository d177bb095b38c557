/* SPDX-License-Identifier: MIT */
/* The listing of durable channels and inboxes through the public API: who reads, and how. What
 * readers write into a control block is written here by hand (see pubsub-format(5)). */
#include <sys/stat.h>
#include <sys/wait.h>

#include "api/work_files.h"
#include "unit/check_main.h"

/* Where it stands in a control block, in host byte order. */
enum { AT_FEATURES = 20, AT_ACKNOWLEDGED = 416, AT_REDELIVERED = 424, AT_READERS = 1536 };

struct reader {
	char member[12];
	uint32_t pid;
};

static fsps_bus *bus;
/* Makes the bus a member of its home. */
static fsps_channel *live;
static struct fsps_channel_info info;
static char durable[64];

static void set_up(void)
{
	bus = fixture_open_bus();
	live = fixture_subscribe(bus, "z");
	(void)work_durable(bus, "x");
}

static void tear_down(void)
{
	fsps_channel_close(live);
	fsps_bus_close(bus);
}

static void put(long at, const void *bytes, size_t length)
{
	int fd = open(fixture_path("a_x/.c"), O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, length, at), (ssize_t)length);
	close(fd);
}

static void put_reader(int place, const char *member, uint32_t pid)
{
	struct reader reader = {.pid = pid};

	ck_assert_uint_ge(strlen(member), sizeof reader.member);
	memcpy(reader.member, member, sizeof reader.member);
	put(AT_READERS + place * (long)sizeof reader, &reader, sizeof reader);
}

static void put_features(uint32_t features)
{
	put(AT_FEATURES, &features, sizeof features);
}

/* That of our bus: its lock file's name tells. */
static const char *our_member(void)
{
	return fixture_find(fixture_path(".fsps"), "w-") + 2;
}

static int note(const struct fsps_channel_info *seen, void *userdata)
{
	if (strcmp(seen->name, userdata) != 0)
		return 0;
	info = *seen;
	snprintf(durable, sizeof durable, "%s", seen->durable);
	return 1;
}

/* Lists one channel into info and durable. */
static void list(const char *name)
{
	char copy[256];

	memset(&info, 0, sizeof info);
	snprintf(copy, sizeof copy, "%s", name);
	ck_assert_int_ge(fsps_bus_list(bus, note, copy), 1);
	ck_assert_uint_eq(info.size, sizeof info);
}

START_TEST(a_live_channel_has_one_reader_and_no_name)
{
	list(fsps_channel_name(live));
	ck_assert_int_eq(info.kind, FSPS_KIND_LIVE);
	ck_assert_uint_eq(info.readers, 1);
	ck_assert_int_eq(info.shared, 0);
	ck_assert_str_eq(durable, "");
}
END_TEST

START_TEST(a_durable_channel_that_nobody_reads_is_not_alive)
{
	list("a_x");
	ck_assert_int_eq(info.kind, FSPS_KIND_DURABLE);
	ck_assert_str_eq(durable, "x");
	ck_assert_int_eq(info.alive, FSPS_ALIVE_NO);
	ck_assert_int_eq(info.pid, 0);
	ck_assert_uint_eq(info.readers, 0);
	ck_assert_int_eq(info.shared, 0);
	ck_assert_int_eq(info.plain, 0);
}
END_TEST

START_TEST(a_reader_that_lives_is_shown_and_one_that_does_not_is_not)
{
	put_reader(0, "DeadMember12", 77);
	put_reader(5, our_member(), 4711);
	list("a_x");
	ck_assert_int_eq(info.alive, FSPS_ALIVE_YES);
	ck_assert_uint_eq(info.readers, 1);
	ck_assert_int_eq(info.pid, 4711);
	put_reader(5, our_member(), 0);
	list("a_x");
	ck_assert_int_eq(info.alive, FSPS_ALIVE_NO);
	ck_assert_uint_eq(info.readers, 0);
	ck_assert_int_eq(info.pid, 0);
}
END_TEST

START_TEST(a_process_that_reads_twice_counts_once)
{
	put_reader(0, our_member(), 1);
	put_reader(31, our_member(), 1);
	list("a_x");
	ck_assert_uint_eq(info.readers, 1);
}
END_TEST

START_TEST(what_can_be_no_member_is_no_reader)
{
	put_reader(0, "../../x/yyyy", 1);
	put_reader(1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1);
	list("a_x");
	ck_assert_uint_eq(info.readers, 0);
	ck_assert_int_eq(info.alive, FSPS_ALIVE_NO);
}
END_TEST

START_TEST(readers_who_take_no_segments_are_a_group)
{
	put_features(0);
	list("a_x");
	ck_assert_int_eq(info.shared, 0);
	put_reader(0, our_member(), 1);
	list("a_x");
	ck_assert_int_eq(info.shared, 1);
	put_features(1);
	list("a_x");
	ck_assert_int_eq(info.shared, 0);
}
END_TEST

START_TEST(what_was_counted_is_shown)
{
	const uint64_t acknowledged = 12;
	const uint64_t redelivered = 34;

	put(AT_ACKNOWLEDGED, &acknowledged, sizeof acknowledged);
	put(AT_REDELIVERED, &redelivered, sizeof redelivered);
	list("a_x");
	ck_assert_uint_eq(info.acknowledged, 12);
	ck_assert_uint_eq(info.redelivered, 34);
}
END_TEST

START_TEST(what_is_claimed_and_delayed_is_no_backlog)
{
	work_put("a_x", "5", 5, "a", "waits");
	work_put("a_x", ".k-" WORK_MEMBER "-1800000000000-1-1", 1, "a", "claimed");
	work_put("a_x", ".k-" WORK_MEMBER "-1-1-2", 2, "a", "its time is over");
	work_put("a_x", ".r-1-1-3", 3, "a", "due");
	work_put("a_x", ".d-failed-5-4", 4, "a", "dead");
	fixture_write(fixture_path("a_x/.e-failed-5-4"), "why", 3);
	list("a_x");
	ck_assert_uint_eq(info.backlog, 1);
	ck_assert_uint_eq(info.claimed, 2);
	ck_assert_uint_eq(info.delayed, 1);
	ck_assert_uint_eq(info.dead_letters, 1);
}
END_TEST

START_TEST(an_inbox_is_shown_by_its_process)
{
	char living[64];
	char dead[64];
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	snprintf(living, sizeof living, "a_x.in_%ld", (long)getpid());
	snprintf(dead, sizeof dead, "a_x.in_%ld", (long)child);
	ck_assert_int_eq(mkdir(fixture_path("%s", living), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s", dead), 0700), 0);
	work_put(living, "7", 7, "a", "has just come");
	list(living);
	ck_assert_int_eq(info.kind, FSPS_KIND_INBOX);
	ck_assert_str_eq(durable, "x");
	ck_assert_int_eq(info.plain, 1);
	ck_assert_int_eq(info.pid, getpid());
	ck_assert_int_eq(info.alive, FSPS_ALIVE_YES);
	ck_assert_uint_eq(info.backlog, 1);
	list(dead);
	ck_assert_int_eq(info.alive, FSPS_ALIVE_NO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("list durable");
	TCase *tcase = fixture_tcase(suite, "list durable");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_live_channel_has_one_reader_and_no_name);
	tcase_add_test(tcase, a_durable_channel_that_nobody_reads_is_not_alive);
	tcase_add_test(tcase, a_reader_that_lives_is_shown_and_one_that_does_not_is_not);
	tcase_add_test(tcase, a_process_that_reads_twice_counts_once);
	tcase_add_test(tcase, what_can_be_no_member_is_no_reader);
	tcase_add_test(tcase, readers_who_take_no_segments_are_a_group);
	tcase_add_test(tcase, what_was_counted_is_shown);
	tcase_add_test(tcase, what_is_claimed_and_delayed_is_no_backlog);
	tcase_add_test(tcase, an_inbox_is_shown_by_its_process);
	return check_main(suite);
}
