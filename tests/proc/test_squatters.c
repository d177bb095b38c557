/* SPDX-License-Identifier: MIT */
/*
 * Bad neighbours in a public home of root's: one who was there first and left something in the
 * place of what all users share, and one whose channels take everything and give nothing back. None
 * of them stops others.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

static void in_home_of_root(void)
{
	const struct fsps_home_options options = {.size = sizeof options,
						  .profile = FSPS_PROFILE_PUBLIC};
	fsps_bus *bus = fixture_open_bus();

	ck_assert_int_eq(fsps_home_init(bus, &options), 1);
	fsps_bus_close(bus);
}

/* ---- in the place of what is shared ---- */

static void squat_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 01777), 0);
}

static void squat_symlink(const char *path)
{
	ck_assert_int_eq(symlink("/", path), 0);
}

static void squat_file(const char *path)
{
	fixture_write(path, "x", 1);
}

/* Alice's, in root's home, which has nothing in it yet; what Bob's calls answer then. Without .fsps
 * nobody could tell who lives; without tmp nobody writes segments, but files. */
static const struct squat {
	const char *name;
	void (*make)(const char *path);
	int init;
	int subscribe;
	int publish;
} squats[] = {
	{".fsps", squat_directory, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, 0},
	{".fsps", squat_symlink, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, 0},
	{".fsps", squat_file, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, 0},
	{"tmp", squat_directory, FSPS_ERR_UNSAFE_HOME, FSPS_OK, FSPS_ERR_UNSAFE_HOME},
	{"tmp", squat_symlink, FSPS_ERR_UNSAFE_HOME, FSPS_OK, FSPS_ERR_UNSAFE_HOME},
	{"tmp", squat_file, FSPS_ERR_UNSAFE_HOME, FSPS_OK, FSPS_ERR_UNSAFE_HOME},
};

static void alice_squats(const struct process_ends *ends, void *userdata)
{
	const struct squat *squat = userdata;

	(void)ends;
	user_become(ALICE);
	squat->make(fixture_path("%s", squat->name));
}

static void bob_tries(const struct process_ends *ends, void *userdata)
{
	const struct squat *squat = userdata;
	fsps_publisher *publisher;
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)ends;
	user_become(BOB);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), squat->subscribe);
	if (channel == NULL)
		ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, squat->name));
	for (int i = 0; i < 10 && channel != NULL; i++) {
		int r = fixture_publish(publisher, "a", "x");

		if (r != squat->publish)
			ck_assert_int_eq(r, 1);
		else if (r < 0)
			ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, squat->name));
		if (r == 1)
			fixture_expect(channel, "x");
	}
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(what_others_left_for_the_shared_directories_leads_nobody_astray)
{
	struct squat squat = squats[_i];
	const struct fsps_home_options options = {.size = sizeof options,
						  .profile = FSPS_PROFILE_PUBLIC};
	struct process process;
	fsps_bus *bus;

	user_make_home(0, 01777);
	process = process_start(alice_squats, &squat);
	process_join(&process);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_home_init(bus, &options), squat.init);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, squat.name));
	fsps_bus_close(bus);
	process = process_start(bob_tries, &squat);
	process_join(&process);
	ck_assert_uint_eq(fixture_mode(fixture_home), 01777);
}
END_TEST

/* Makes the counter by being the first. */
static void alice_counts(const struct process_ends *ends, void *userdata)
{
	fsps_bus *bus;

	(void)ends;
	(void)userdata;
	user_become(ALICE);
	bus = fixture_open_bus();
	fsps_channel_close(fixture_subscribe(bus, "a"));
	fsps_bus_close(bus);
}

static void read_counter(unsigned char bytes[4096])
{
	int fd = open(fixture_path(".fsps/seq"), O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(read(fd, bytes, 4096), 4096);
	close(fd);
}

/* Nobody else can open it but root, who could map it. */
START_TEST(a_counter_of_somebody_else_is_not_used)
{
	struct squat nothing = {.name = "", .publish = 1};
	unsigned char before[4096];
	unsigned char after[4096];
	fsps_publisher *publisher;
	struct process process;
	fsps_bus *bus;

	in_home_of_root();
	process = process_start(alice_counts, NULL);
	process_join(&process);
	read_counter(before);
	process = process_start(bob_tries, &nothing);
	process_join(&process);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	fsps_channel_close(fixture_subscribe(bus, "a"));
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	read_counter(after);
	ck_assert_mem_eq(after, before, sizeof before);
}
END_TEST

/* Root could change it, and would say with that who may use what is not his. */
START_TEST(a_home_of_somebody_else_gets_no_profile)
{
	const struct fsps_home_options options = {.size = sizeof options,
						  .profile = FSPS_PROFILE_PUBLIC};
	fsps_bus *bus = fixture_open_bus();

	user_make_home(ALICE, 0700);
	ck_assert_int_eq(fsps_home_init(bus, &options), FSPS_ERR_UNSAFE_HOME);
	ck_assert_uint_eq(fixture_mode(fixture_home), 0700);
	ck_assert_uint_eq(fixture_count(fixture_home, ""), 0);
	fsps_bus_close(bus);
}
END_TEST

/* ---- channels that take all ---- */

/* Alice's subscription to everything: open, or closed to all others. */
static void alice_takes_all(const struct process_ends *ends, void *userdata)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .publishers = *(const int *)userdata};
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	user_become(ALICE);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_channel_open(bus, "+", &options, &channel), FSPS_OK);
	process_say_ready(ends);
	(void)process_hear(ends);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* What Bob's publishes came to, all but the first of which she must not hold. */
struct outcome {
	int published;
	int refused;
	int forbidden;
	int got;
	int64_t took_ms;
};

enum { BOBS_MESSAGES = 20 };

static void bob_publishes_to_himself(const struct process_ends *ends, void *userdata)
{
	const struct fsps_publisher_options options = {.size = sizeof options,
						       .wait_ms = FSPS_FOREVER};
	struct outcome outcome = {.published = 0};
	fsps_publisher *publisher = NULL;
	fsps_receipt *receipt = NULL;
	fsps_channel *channel;
	int64_t start_ms;
	fsps_bus *bus;

	(void)userdata;
	user_become(BOB);
	bus = fixture_open_bus();
	channel = fixture_subscribe(bus, "b");
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	start_ms = fixture_now_ms();
	for (int i = 0; i < BOBS_MESSAGES; i++) {
		outcome.published += fsps_publish(publisher, "b", NULL, "x", 1, receipt) == 1;
		ck_assert_int_eq(fsps_receipt_reached(receipt), 1);
		outcome.refused += fsps_receipt_refused(receipt);
		outcome.forbidden += fsps_receipt_forbidden(receipt);
	}
	outcome.took_ms = fixture_now_ms() - start_ms;
	for (; outcome.got < BOBS_MESSAGES; outcome.got++)
		fixture_expect(channel, "x");
	process_say(ends, &outcome, sizeof outcome);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static struct outcome let_bob_publish(void)
{
	struct process bob = process_start(bob_publishes_to_himself, NULL);
	struct outcome outcome;

	ck_assert(process_read(&bob, &outcome, sizeof outcome));
	process_join(&bob);
	return outcome;
}

START_TEST(who_closes_his_channel_for_everything_makes_nobodys_publish_fail)
{
	int publishers = FSPS_PUBLISHERS_OURS;
	struct process alice;
	struct outcome outcome;

	in_home_of_root();
	alice = process_start(alice_takes_all, &publishers);
	process_await_ready(&alice);
	outcome = let_bob_publish();
	ck_assert_int_eq(outcome.published, BOBS_MESSAGES);
	ck_assert_int_eq(outcome.forbidden, BOBS_MESSAGES);
	ck_assert_int_eq(outcome.refused, 0);
	ck_assert_int_lt(outcome.took_ms, 1000);
	process_let_go(&alice);
	process_join(&alice);
}
END_TEST

/* Her bell is as full as it can be, and she does not read. */
START_TEST(who_never_reads_holds_a_publisher_for_a_second_and_no_more)
{
	static const uint64_t record = 0;
	char name[256];
	int publishers = 0;
	struct process alice;
	struct outcome outcome;
	int bell;

	in_home_of_root();
	alice = process_start(alice_takes_all, &publishers);
	process_await_ready(&alice);
	process_stop(&alice);
	snprintf(name, sizeof name, "%s", fixture_find(fixture_home, "+_"));
	bell = open(fixture_path("%s/queue", name), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(bell, 0);
	while (write(bell, &record, sizeof record) == sizeof record)
		;
	ck_assert_int_eq(errno, EAGAIN);
	outcome = let_bob_publish();
	ck_assert_int_eq(outcome.got, BOBS_MESSAGES);
	ck_assert_int_eq(outcome.refused, BOBS_MESSAGES);
	ck_assert_int_ge(outcome.took_ms, 900);
	ck_assert_int_lt(outcome.took_ms, 5000);
	close(bell);
	process_continue(&alice);
	process_let_go(&alice);
	process_join(&alice);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("squatters");
	tcase = fixture_tcase(suite, "squatters");
	tcase_add_loop_test(tcase, what_others_left_for_the_shared_directories_leads_nobody_astray,
			    0, sizeof squats / sizeof squats[0]);
	tcase_add_test(tcase, a_counter_of_somebody_else_is_not_used);
	tcase_add_test(tcase, a_home_of_somebody_else_gets_no_profile);
	tcase_add_test(tcase, who_closes_his_channel_for_everything_makes_nobodys_publish_fail);
	tcase_add_test(tcase, who_never_reads_holds_a_publisher_for_a_second_and_no_more);
	return check_main(suite);
}
