/* SPDX-License-Identifier: MIT */
/* <fsps/home.h>: what a home is told to be. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/fixture.h"
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

static int init(int profile)
{
	const struct fsps_home_options options = {.size = sizeof options, .profile = profile};

	return fsps_home_init(bus, &options);
}

START_TEST(where_there_is_no_home_there_is_nothing_to_see)
{
	struct fsps_home_info info = {.size = sizeof info};

	ck_assert_int_eq(fsps_home_look(bus, &info), 0);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

START_TEST(a_home_is_told_as_it_is)
{
	struct fsps_home_info info = {.size = sizeof info};
	struct statvfs status;

	ck_assert_int_eq(init(FSPS_PROFILE_PRIVATE), 1);
	ck_assert_int_eq(fsps_home_look(bus, &info), 1);
	ck_assert_int_eq(statvfs(fixture_home, &status), 0);
	ck_assert_uint_eq(info.uid, geteuid());
	ck_assert_uint_eq(info.gid, getegid());
	ck_assert_uint_eq(info.mode, 0700);
	ck_assert_uint_eq(info.bytes_total, status.f_blocks * status.f_frsize);
	ck_assert_uint_eq(info.inodes_total, status.f_files);
	ck_assert_uint_le(info.bytes_free, info.bytes_total);
	ck_assert_uint_le(info.inodes_free, info.inodes_total);
}
END_TEST

static uint64_t reserve_of(uint64_t total, unsigned percent, int in_memory, uint64_t most)
{
	uint64_t reserve = total / 100 * percent + total % 100 * percent / 100;

	return in_memory || reserve < most ? reserve : most;
}

/* In memory, and, where there is such a place, on a disk. */
START_TEST(what_publishers_leave_free_follows_from_the_watermark)
{
	static const int percents[] = {0, 1, 50, 99, 100};
	const char *homes[] = {fixture_home, "/tmp"};

	ck_assert_int_eq(init(FSPS_PROFILE_PRIVATE), 1);
	for (int i = 0; i < 10; i++) {
		int percent = percents[i / 2];
		unsigned kept = percent == 0 ? 20 : 100 - (unsigned)percent;
		const struct fsps_bus_options options = {
			.size = sizeof options, .home = homes[i % 2], .watermark_percent = percent};
		struct fsps_home_info info = {.size = sizeof info};
		fsps_bus *own = NULL;

		ck_assert_int_eq(fsps_bus_open(&options, &own), FSPS_OK);
		ck_assert_int_eq(fsps_home_look(own, &info), 1);
		ck_assert_uint_eq(info.bytes_reserved,
				  reserve_of(info.bytes_total, kept, info.in_memory, 1U << 30));
		ck_assert_uint_eq(info.inodes_reserved,
				  reserve_of(info.inodes_total, kept, info.in_memory, 65536));
		fsps_bus_close(own);
	}
}
END_TEST

static struct fsps_home_info look(void)
{
	struct fsps_home_info info = {.size = sizeof info};

	ck_assert_int_eq(fsps_home_look(bus, &info), 1);
	return info;
}

START_TEST(what_nobody_has_used_yet_has_no_version_and_stays_so)
{
	struct fsps_home_info info;

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	info = look();
	ck_assert_uint_eq(info.format_version, 0);
	ck_assert_uint_eq(info.last_id, 0);
	ck_assert_uint_eq(info.state_mode, 0);
	ck_assert_uint_eq(info.staging_mode, 0);
	ck_assert(!fixture_exists(fixture_path(".fsps")));
}
END_TEST

START_TEST(a_home_tells_its_version_its_last_id_and_what_lies_in_it)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_receipt *receipt = NULL;
	struct fsps_home_info info;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	ck_assert_int_eq(fsps_publish(publisher, "a", NULL, "x", 1, receipt), 1);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_int_eq(chmod(fixture_path("tmp"), 0711), 0);
	info = look();
	ck_assert_uint_eq(info.format_version, 1);
	ck_assert_uint_eq(info.last_id, fsps_receipt_id(receipt));
	ck_assert_uint_eq(info.state_mode, 0700);
	ck_assert_uint_eq(info.state_uid, geteuid());
	ck_assert_uint_eq(info.staging_mode, 0711);
	ck_assert_uint_eq(info.staging_uid, geteuid());
	ck_assert_int_eq(info.watermark_percent, 80);
	ck_assert_uint_eq(info.live_limit_bytes,
			  info.bytes_total / 4 < (64U << 20) ? info.bytes_total / 4 : 64U << 20);
	fsps_receipt_free(receipt);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(an_older_program_gets_what_it_knows)
{
	struct {
		struct fsps_home_info info;
		unsigned char behind[16];
	} newer;
	struct fsps_home_info older;

	ck_assert_int_eq(init(FSPS_PROFILE_PRIVATE), 1);
	memset(&older, 0xff, sizeof older);
	older.size = offsetof(struct fsps_home_info, mode);
	ck_assert_int_eq(fsps_home_look(bus, &older), 1);
	ck_assert_uint_eq(older.size, offsetof(struct fsps_home_info, mode));
	ck_assert_int_eq(older.profile, FSPS_PROFILE_PRIVATE);
	ck_assert_uint_eq(older.mode, UINT32_MAX);
	memset(&newer, 0xff, sizeof newer);
	newer.info.size = sizeof newer;
	ck_assert_int_eq(fsps_home_look(bus, &newer.info), 1);
	ck_assert_uint_eq(newer.info.size, sizeof newer.info);
	ck_assert_uint_eq(newer.behind[15], 0);
}
END_TEST

START_TEST(of_a_later_version_no_more_is_told_than_that)
{
	const uint32_t version = 2;
	fsps_channel *channel = fixture_subscribe(bus, "a");
	int fd = open(fixture_path(".fsps/seq"), O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(pwrite(fd, &version, sizeof version, 4), (ssize_t)sizeof version);
	close(fd);
	ck_assert_uint_eq(look().format_version, version);
	ck_assert_uint_eq(look().last_id, 0);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("home_look");
	TCase *tcase = fixture_tcase(suite, "home_look");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, where_there_is_no_home_there_is_nothing_to_see);
	tcase_add_test(tcase, a_home_is_told_as_it_is);
	tcase_add_test(tcase, what_publishers_leave_free_follows_from_the_watermark);
	tcase_add_test(tcase, what_nobody_has_used_yet_has_no_version_and_stays_so);
	tcase_add_test(tcase, a_home_tells_its_version_its_last_id_and_what_lies_in_it);
	tcase_add_test(tcase, an_older_program_gets_what_it_knows);
	tcase_add_test(tcase, of_a_later_version_no_more_is_told_than_that);
	return check_main(suite);
}
