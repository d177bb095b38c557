/* SPDX-License-Identifier: MIT */
/* Sweeping a home: what the dead left is told of and removed, and all else is not touched. */
#include "api/sweep_stage.h"
#include "unit/check_main.h"

START_TEST(a_home_that_is_missing_has_nothing_to_sweep)
{
	ck_assert_int_eq(sweep(_i == 1), 0);
	ck_assert_int_eq(seen.count, 0);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

/* A home that only formix-pubsub has used has no ".fsps", and gets none. */
START_TEST(a_home_without_state_is_swept_without_making_any)
{
	struct plain_channel plain;

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	plain = plain_create("plain.dead", no_pid());
	make_old(fixture_path("%s", plain.name));
	ck_assert_int_eq(sweep(false), 1);
	ck_assert(!fixture_exists(fixture_path("%s", plain.name)));
	ck_assert(!fixture_exists(fixture_path(".fsps")));
}
END_TEST

static const struct expected {
	const char *prefix;
	int kind;
	int reason;
	/* Whether it says who it was. */
	bool has_identity;
	bool has_bytes;
} expected[] = {
	{"dead.channel_", FSPS_SWEEP_CHANNEL, FSPS_SWEEP_OWNER_DIED, true, true},
	{PLAIN_PREFIX, FSPS_SWEEP_CHANNEL, FSPS_SWEEP_NO_PROCESS, false, false},
	{".n-", FSPS_SWEEP_UNFINISHED, FSPS_SWEEP_OWNER_DIED, false, true},
	{".x-", FSPS_SWEEP_TRASH, FSPS_SWEEP_REMOVAL_BEGUN, false, true},
	{"tmp/.i-", FSPS_SWEEP_INTENT, FSPS_SWEEP_OWNER_DIED, false, true},
	{"tmp/123456", FSPS_SWEEP_STAGED, FSPS_SWEEP_ABANDONED, false, true},
	{WORK_CHANNEL ".in_", FSPS_SWEEP_INBOX, FSPS_SWEEP_NOBODY_HOLDS_IT, false, false},
	{WORK_CHANNEL "/.k-", FSPS_SWEEP_CLAIM, FSPS_SWEEP_OWNER_DIED, true, false},
};

static void expect_item(const struct expected *wanted, int outcome)
{
	/* Two claims: the first will do. */
	int i = wanted->kind == FSPS_SWEEP_CLAIM ? 0 : find(wanted->prefix);
	const struct fsps_sweep_item *item;

	while (strncmp(seen.names[i], wanted->prefix, strlen(wanted->prefix)) != 0)
		ck_assert_int_lt(++i, seen.count);
	item = &seen.items[i];
	ck_assert_int_eq(item->kind, wanted->kind);
	ck_assert_int_eq(item->reason, wanted->reason);
	ck_assert_int_eq(item->outcome, outcome);
	ck_assert_int_eq(item->error, FSPS_OK);
	ck_assert_uint_eq(item->uid, geteuid());
	ck_assert_msg((item->bytes > 0) == wanted->has_bytes, "%s", wanted->prefix);
	ck_assert_int_eq(item->changed_us > 0, wanted->kind != FSPS_SWEEP_CLAIM);
	ck_assert_msg((seen.identities[i][0] != '\0') == wanted->has_identity, "%s",
		      wanted->prefix);
	ck_assert_msg((item->pid > 0) == (wanted->has_identity || strchr(wanted->prefix, '_')),
		      "%s", wanted->prefix);
}

static void expect_all(int outcome)
{
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		expect_item(&expected[i], outcome);
	ck_assert_uint_eq(counts.channels, 2);
	ck_assert_uint_eq(counts.unfinished, 1);
	ck_assert_uint_eq(counts.trash, 1);
	ck_assert_uint_eq(counts.intents, 1);
	ck_assert_uint_eq(counts.staged, 1);
	ck_assert_uint_eq(counts.inboxes, 1);
	ck_assert_uint_eq(counts.claims, 2);
	ck_assert_uint_eq(counts.locks, 2);
	ck_assert_uint_ge(counts.segments, fixture_lane() == FIXTURE_LANE_PLAIN ? 0 : 1);
	ck_assert_uint_eq(counts.not_removed + counts.left_alone, 0);
	ck_assert_uint_gt(counts.bytes, 0);
}

START_TEST(a_dry_run_tells_of_everything_and_changes_nothing)
{
	fsps_channel *living = make_all();
	char *before = describe_home();
	char *after;

	ck_assert_int_eq(sweep(true), seen.count);
	after = describe_home();
	ck_assert_str_eq(after, before);
	expect_all(FSPS_SWEEP_WOULD_REMOVE);
	free(before);
	free(after);
	fsps_channel_close(living);
}
END_TEST

/* What lives, what waits and what is nobody's is there as before. */
static void expect_rest(fsps_channel *living)
{
	fsps_channel *reader;

	for (int i = 0; i < 20; i++)
		fixture_expect(living, "x");
	fixture_expect_nothing(living);
	ck_assert(fixture_exists(fixture_path("not.a.channel/1")));
	ck_assert(fixture_exists(fixture_path("tmp/anything")));
	reader = work_open(bus);
	work_ack(reader, work_take(reader, 0, 2));
	work_ack(reader, work_take(reader, 1, 2));
	work_ack(reader, work_take(reader, 2, 1));
	fsps_channel_close(reader);
}

START_TEST(a_sweep_removes_what_a_dry_run_tells_of_and_nothing_else)
{
	fsps_channel *living = make_all();
	struct fsps_sweep_counts foretold;

	sweep(true);
	foretold = counts;
	ck_assert_int_eq(sweep(false), seen.count);
	expect_all(FSPS_SWEEP_REMOVED);
	ck_assert_mem_eq(&foretold, &counts, sizeof counts);
	for (int i = 0; i < seen.count; i++)
		ck_assert_msg(!fixture_exists(fixture_path("%s", seen.names[i])), "%s is there",
			      seen.names[i]);
	ck_assert_int_eq(sweep(false), 0);
	ck_assert_int_eq(seen.count, 0);
	expect_rest(living);
	fsps_channel_close(living);
}
END_TEST

/* Of a message that lies in three dead channels nothing is given back but with the last. */
START_TEST(bytes_are_counted_once_however_many_names_a_file_has)
{
	enum { BYTES = 100000 };
	static char payload[BYTES + 1];

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	memset(payload, 'x', BYTES);
	make_directory(".x-" DEAD_MEMBER "-1");
	make_directory(".x-" DEAD_MEMBER "-2");
	make_directory(".x-" DEAD_MEMBER "-3");
	fixture_write(fixture_path(".x-" DEAD_MEMBER "-1/2"), payload, BYTES);
	for (int i = 2; i <= 3; i++)
		ck_assert_int_eq(link(fixture_path(".x-" DEAD_MEMBER "-1/2"),
				      fixture_path(".x-" DEAD_MEMBER "-%d/2", i)),
				 0);
	ck_assert_int_eq(sweep(_i == 1), 3);
	ck_assert_uint_ge(counts.bytes, BYTES);
	ck_assert_uint_lt(counts.bytes, 2 * BYTES);
}
END_TEST

static void lock_file(int number)
{
	fixture_write(fixture_path(".fsps/w-DeadMember%02d", number), "", 0);
}

START_TEST(however_many_died_all_are_forgotten)
{
	fsps_channel *living = fixture_subscribe(bus, "live");

	for (int i = 0; i < 99; i++)
		lock_file(i);
	ck_assert_int_eq(sweep(false), 99);
	ck_assert_uint_eq(counts.locks, 99);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
	fsps_channel_close(living);
}
END_TEST

/* ---- what can't be told ---- */

START_TEST(what_is_too_new_or_may_be_somebody_elses_is_told_of_and_left_alone)
{
	struct plain_channel too_new;
	struct plain_channel elsewhere;
	struct plain_channel taken;
	char *before;
	char *after;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	(void)mkdir(fixture_path("tmp"), 0700);
	fixture_write(fixture_path("tmp/123456"), "formix", 6);
	too_new = plain_create("too.new", no_pid());
	elsewhere = plain_create("elsewhere", no_pid());
	plain_open(&elsewhere);
	make_old(fixture_path("%s", elsewhere.name));
	taken = plain_create("taken", getpid());
	make_old(fixture_path("%s", taken.name));
	before = describe_home();
	ck_assert_int_eq(sweep(_i == 1), 0);
	after = describe_home();
	ck_assert_str_eq(after, before);
	ck_assert_uint_eq(counts.left_alone, 4);
	ck_assert_int_eq(seen.items[find("tmp/123456")].reason, FSPS_SWEEP_TOO_NEW);
	ck_assert_int_eq(seen.items[find(too_new.name)].reason, FSPS_SWEEP_TOO_NEW);
	ck_assert_int_eq(seen.items[find(elsewhere.name)].reason, FSPS_SWEEP_ELSEWHERE);
	ck_assert_int_eq(seen.items[find(taken.name)].reason, FSPS_SWEEP_PROCESS_ID_TAKEN);
	ck_assert_int_eq(seen.items[find(taken.name)].outcome, FSPS_SWEEP_LEFT_ALONE);
	free(before);
	free(after);
	plain_close(&elsewhere);
}
END_TEST

/* A directory in it that is not empty is not entered. */
START_TEST(what_can_not_be_removed_is_told_of)
{
	int i;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	make_directory(".x-" DEAD_MEMBER "-1");
	make_directory(".x-" DEAD_MEMBER "-1/inner");
	ck_assert_int_eq(sweep(false), 0);
	ck_assert_uint_eq(counts.not_removed, 1);
	i = find(".x-");
	ck_assert_int_eq(seen.items[i].outcome, FSPS_SWEEP_NOT_REMOVED);
	ck_assert_uint_eq(seen.items[i].bytes, 0);
	ck_assert(!fixture_exists(fixture_path(".x-" DEAD_MEMBER "-1/1")));
	ck_assert(fixture_exists(fixture_path(".x-" DEAD_MEMBER "-1/inner/1")));
}
END_TEST

START_TEST(an_inbox_that_is_held_is_nobodys_to_take)
{
	fsps_channel *reader = work_open(bus);

	ck_assert_uint_eq(fixture_count(fixture_home, WORK_CHANNEL ".in_"), 1);
	ck_assert_int_eq(sweep(_i == 1), 0);
	ck_assert_int_eq(seen.count, 0);
	ck_assert_uint_eq(fixture_count(fixture_home, WORK_CHANNEL ".in_"), 1);
	fsps_channel_close(reader);
}
END_TEST

/* ---- calls ---- */

/* The lock files are the reminder of what is left, and come last. */
START_TEST(a_callback_may_end_the_sweep)
{
	const struct fsps_sweep_options options = {
		.size = sizeof options, .callback = note, .userdata = &seen};

	fsps_channel_close(make_all());
	memset(&seen, 0, sizeof seen);
	seen.end_after = 2;
	ck_assert_int_eq(fsps_home_sweep(bus, &options, NULL), 2);
	ck_assert_int_eq(seen.count, 2);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 3);
	ck_assert_int_gt(sweep(false), 5);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
}
END_TEST

START_TEST(nobody_need_be_told)
{
	fsps_channel *living = make_all();
	int things = sweep(true);

	ck_assert_int_eq(fsps_home_sweep(bus, NULL, NULL), things);
	ck_assert_int_eq(fsps_home_sweep(bus, NULL, NULL), 0);
	expect_rest(living);
	fsps_channel_close(living);
}
END_TEST

START_TEST(arguments_that_are_none_are_refused)
{
	struct fsps_sweep_options options = {.size = 1};
	struct fsps_sweep_counts own = {.size = 1, .bytes = 7};

	ck_assert_int_eq(fsps_home_sweep(NULL, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_sweep(bus, &options, NULL), FSPS_ERR_ARGUMENT);
	options.size = SIZE_MAX;
	ck_assert_int_eq(fsps_home_sweep(bus, &options, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_sweep(bus, NULL, &own), FSPS_ERR_ARGUMENT);
	own.size = SIZE_MAX;
	ck_assert_int_eq(fsps_home_sweep(bus, NULL, &own), FSPS_ERR_ARGUMENT);
	ck_assert_uint_eq(own.bytes, 7);
}
END_TEST

START_TEST(a_program_of_another_version_gets_what_both_know)
{
	struct {
		struct fsps_sweep_options options;
		unsigned char behind[8];
	} newer = {.options = {.size = sizeof newer}};
	struct {
		struct fsps_sweep_counts counts;
		unsigned char behind[8];
	} filled;
	struct fsps_sweep_counts older = {.size = offsetof(struct fsps_sweep_counts, unfinished),
					  .unfinished = 7};

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	memset(&filled, 0xff, sizeof filled);
	filled.counts.size = sizeof filled;
	ck_assert_int_eq(fsps_home_sweep(bus, &newer.options, &filled.counts), 0);
	ck_assert_uint_eq(filled.counts.size, sizeof filled);
	ck_assert_uint_eq(filled.behind[7], 0);
	newer.behind[0] = 1;
	ck_assert_int_eq(fsps_home_sweep(bus, &newer.options, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_sweep(bus, NULL, &older), 0);
	ck_assert_uint_eq(older.unfinished, 7);
}
END_TEST

START_TEST(a_home_that_could_be_tampered_with_is_not_swept)
{
	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chmod(fixture_home, 0777), 0);
	counts = (struct fsps_sweep_counts){.size = sizeof counts, .bytes = 7};
	ck_assert_int_eq(fsps_home_sweep(bus, NULL, &counts), FSPS_ERR_UNSAFE_HOME);
	ck_assert_uint_eq(counts.bytes, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *tcase = fixture_tcase(suite, "sweep");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_home_that_is_missing_has_nothing_to_sweep, 0, 2);
	tcase_add_test(tcase, a_home_without_state_is_swept_without_making_any);
	tcase_add_test(tcase, a_dry_run_tells_of_everything_and_changes_nothing);
	tcase_add_test(tcase, a_sweep_removes_what_a_dry_run_tells_of_and_nothing_else);
	tcase_add_loop_test(tcase, bytes_are_counted_once_however_many_names_a_file_has, 0, 2);
	tcase_add_test(tcase, however_many_died_all_are_forgotten);
	tcase_add_loop_test(
		tcase, what_is_too_new_or_may_be_somebody_elses_is_told_of_and_left_alone, 0, 2);
	tcase_add_test(tcase, what_can_not_be_removed_is_told_of);
	tcase_add_loop_test(tcase, an_inbox_that_is_held_is_nobodys_to_take, 0, 2);
	tcase_add_test(tcase, a_callback_may_end_the_sweep);
	tcase_add_test(tcase, nobody_need_be_told);
	tcase_add_test(tcase, arguments_that_are_none_are_refused);
	tcase_add_test(tcase, a_program_of_another_version_gets_what_both_know);
	tcase_add_test(tcase, a_home_that_could_be_tampered_with_is_not_swept);
	return check_main(suite);
}
