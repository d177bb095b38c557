/* SPDX-License-Identifier: MIT */
/*
 * Segments between processes: a reader that polls never sleeps beside a frame, and a publisher
 * without space or with a limit on its files is told and goes on, and nobody gets a SIGBUS.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/lane.h"
#include "proc/process.h"
#include "unit/check_main.h"

enum { MESSAGES = 100000, LENGTH = 1000 };

/* ---- never too late ---- */

/* Spends some time, more or less, without the kernel. */
static void dawdle(uint32_t turns)
{
	for (volatile uint32_t i = 0; i < turns; i++)
		;
}

static void publish_with_pauses(const struct process_ends *ends, void *userdata)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = lane_open_publisher(bus);
	uint64_t lot = 1;

	(void)userdata;
	process_say_ready(ends);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 16, NULL), 1);
		lot = lot * UINT64_C(6364136223846793005) + 1;
		/* As long as a reader needs to fall asleep, more or less. */
		dawdle((uint32_t)(lot >> 52));
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* A wait that is as long as the clock's period was a sleep beside a frame: its publisher goes on at
 * once. Some few are the machine's. */
START_TEST(a_reader_that_polls_never_sleeps_beside_a_frame)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct process publisher = process_start(publish_with_pauses, NULL);
	int fd = fsps_channel_fd(channel);
	uint32_t number = 0;
	unsigned late = 0;

	process_await_ready(&publisher);
	while (number < MESSAGES) {
		int64_t start_ms = fixture_now_ms();
		fsps_message *message = NULL;

		ck_assert(fixture_readable(fd, FIXTURE_PATIENCE_MS));
		late += fixture_now_ms() - start_ms > 500;
		while (fsps_channel_fetch(channel, &message) == 1) {
			ck_assert_uint_eq(lane_number_of(message), number++);
			fsps_message_unref(message);
		}
	}
	ck_assert_uint_le(late, 2);
	process_join(&publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- without space ---- */

/* A home on a small file system of its own; false where that is not allowed. */
static bool mount_small(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mkdir(fixture_home, 0700) != 0)
		return false;
	return mount("none", fixture_home, "tmpfs", 0, "size=1m,mode=0700") == 0;
}

static uint32_t publish_until_it_fails(fsps_publisher *publisher, uint32_t number, int *ret_code)
{
	int r;

	while ((r = lane_publish(publisher, "a", number, LENGTH, NULL)) == 1)
		ck_assert_uint_lt(number++, 100000);
	*ret_code = r;
	return number;
}

/* What was read is given back: by then at the latest when the reader looks after everything. */
static void expect_space_again(fsps_publisher *publisher, fsps_channel *channel, uint32_t number)
{
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	int r;

	while ((r = lane_publish(publisher, "a", number, LENGTH, NULL)) == FSPS_ERR_NO_SPACE) {
		ck_assert_int_lt(fixture_now_ms(), end_ms);
		fixture_expect_nothing(channel);
	}
	ck_assert_int_eq(r, 1);
	lane_expect(channel, number);
}

static void fill_small(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_channel *channel;
	fsps_bus *bus;
	uint32_t next = 0;
	int code = 0;

	(void)userdata;
	if (!mount_small()) {
		/* Below a chroot the root is no mount whose changes could be kept private. */
		process_say(ends, errno == EINVAL ? "c" : "s", 1);
		return;
	}
	bus = fixture_open_bus();
	/* It would take more than there is. */
	channel = lane_subscribe(bus, "a", 64 << 20);
	publisher = lane_open_publisher(bus);
	for (int round = 0; round < 3; round++) {
		uint32_t failed = publish_until_it_fails(publisher, next, &code);

		ck_assert_int_eq(code, FSPS_ERR_NO_SPACE);
		ck_assert_uint_gt(failed, next);
		lane_expect_all(channel, next, failed - next);
		expect_space_again(publisher, channel, failed);
		next = failed + 1;
	}
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	process_say(ends, "d", 1);
}

START_TEST(a_full_file_system_is_an_error_and_no_end)
{
	struct process process = process_start(fill_small, NULL);
	char answer = 0;

	ck_assert(process_read(&process, &answer, 1));
	process_join(&process);
	/* Where nobody may mount there is nothing to see: only root may, and not below a chroot. */
	ck_assert(answer == 'd' || answer == 'c' || (answer == 's' && geteuid() != 0));
}
END_TEST

/* ---- with a limit on files ---- */

/* No assertion once the limit is set: check would write it into a file. */
static void publish_limited(const struct process_ends *ends, void *userdata)
{
	const struct rlimit limits = {.rlim_cur = 40000, .rlim_max = 40000};
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = lane_open_publisher(bus);
	static char large[60000];

	(void)userdata;
	if (setrlimit(RLIMIT_FSIZE, &limits) != 0)
		_exit(1);
	/* Smaller segments than usual. */
	for (uint32_t i = 0; i < 200; i++)
		if (lane_publish(publisher, "a", i, LENGTH, NULL) != 1)
			_exit(2);
	if (fsps_publish(publisher, "a", NULL, large, sizeof large, NULL) != FSPS_ERR_TOO_LARGE)
		_exit(3);
	if (lane_publish(publisher, "a", 200, LENGTH, NULL) != 1)
		_exit(4);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	process_say_ready(ends);
}

START_TEST(a_limit_on_files_makes_segments_smaller_and_kills_nobody)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct process process = process_start(publish_limited, NULL);

	process_join(&process);
	lane_expect_all(channel, 0, 201);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 201);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tcase = fixture_tcase(suite, "lane");

	tcase_add_test(tcase, a_reader_that_polls_never_sleeps_beside_a_frame);
	tcase_add_test(tcase, a_full_file_system_is_an_error_and_no_end);
	tcase_add_test(tcase, a_limit_on_files_makes_segments_smaller_and_kills_nobody);
	return check_main(suite);
}
