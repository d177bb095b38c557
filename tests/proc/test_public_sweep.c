/* SPDX-License-Identifier: MIT */
/* Sweeping a public home, root's: whose things are whose to judge and to remove. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

/* Subscribes, tells her channel's name, and is killed. */
static void alice(const struct process_ends *ends, void *userdata)
{
	char name[256] = "";
	fsps_bus *own;

	(void)userdata;
	user_become(ALICE);
	own = fixture_open_bus();
	strcpy(name, fsps_channel_name(fixture_subscribe(own, "a")));
	process_say(ends, name, sizeof name);
	(void)process_hear(ends);
}

static void kill_alice(char name[256])
{
	struct process process = process_start(alice, NULL);

	ck_assert(process_read(&process, name, 256));
	process_kill(&process);
}

/* What a sweep says of a channel and of a lock file, both of Alice's. */
struct told {
	int channel_reason;
	int lock_reason;
	int others;
};

static int note_told(const struct fsps_sweep_item *item, void *userdata)
{
	struct told *told = userdata;

	if (item->uid == ALICE && item->kind == FSPS_SWEEP_CHANNEL)
		told->channel_reason = item->reason;
	else if (item->uid == ALICE && item->kind == FSPS_SWEEP_LOCK)
		told->lock_reason = item->reason;
	else
		told->others++;
	return 0;
}

static void expect_sweep(bool dry, int things, int channel_reason, int lock_reason)
{
	struct told told = {.others = 0};
	const struct fsps_sweep_options options = {
		.size = sizeof options, .dry_run = dry, .callback = note_told, .userdata = &told};
	fsps_bus *own = fixture_open_bus();

	ck_assert_int_eq(fsps_home_sweep(own, &options, NULL), things);
	ck_assert_int_eq(told.channel_reason, channel_reason);
	ck_assert_int_eq(told.lock_reason, lock_reason);
	ck_assert_int_eq(told.others, 0);
	fsps_bus_close(own);
}

static void bob_sweeps(const struct process_ends *ends, void *userdata)
{
	(void)ends;
	user_become(BOB);
	for (int dry = 0; dry < 2; dry++)
		expect_sweep(dry, 0, *(const int *)userdata, FSPS_SWEEP_CLOSED_TO_US);
}

static void let_bob_sweep(int channel_reason)
{
	struct process bob = process_start(bob_sweeps, &channel_reason);

	process_join(&bob);
}

START_TEST(what_alice_leaves_is_not_bobs_to_judge_or_remove_but_roots)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	fsps_bus *bus;
	char name[256];

	user_make_home(0, 01777);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	fsps_channel_close(fixture_subscribe(bus, "b"));
	fsps_bus_close(bus);
	kill_alice(name);
	let_bob_sweep(FSPS_SWEEP_TOO_NEW);
	ck_assert_int_eq(utimensat(AT_FDCWD, fixture_path("%s", name), long_ago, 0), 0);
	let_bob_sweep(FSPS_SWEEP_NOT_OURS);
	ck_assert(fixture_exists(fixture_path("%s/queue", name)));
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
	expect_sweep(true, 2, FSPS_SWEEP_NO_PROCESS, FSPS_SWEEP_OWNER_DIED);
	expect_sweep(false, 2, FSPS_SWEEP_NO_PROCESS, FSPS_SWEEP_OWNER_DIED);
	ck_assert(!fixture_exists(fixture_path("%s", name)));
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 0);
}
END_TEST

int main(void)
{
	Suite *suite;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("public-sweep");
	tcase_add_test(fixture_tcase(suite, "public"),
		       what_alice_leaves_is_not_bobs_to_judge_or_remove_but_roots);
	return check_main(suite);
}
