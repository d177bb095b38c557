/* SPDX-License-Identifier: MIT */
/*
 * The inbox of a durable channel when its holder, or who takes it over, is killed or fails at any
 * kernel call: each message that formix-pubsub linked is in the channel once, when the next visitor
 * has been there.
 */
#include "fault/inbox.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "fault/story.h"
#include "unit/check_main.h"

/* Nothing else is documented than what an errno becomes, and these. */
static const int codes[] = {FSPS_ERR_BUSY, FSPS_ERR_GONE, 0};

/* Publishes the next number. */
static void publish_next(unsigned *published, bool ring)
{
	if (stage_publish(*published, ring))
		(*published)++;
}

/* Its ID is taken in the channel, by a message that has its number, too. */
static void publish_taken(unsigned *published)
{
	const uint64_t id = STAGE_ID + 1000 + *published;
	char inbox[FSI_NAME_BYTES];

	stage_find_inbox(inbox, sizeof inbox);
	if (inbox[0] == '\0' || !stage_link(inbox, *published, id))
		return;
	(*published)++;
	ck_assert(stage_link(FAULT_TOPIC "_jobs", *published, id));
	(*published)++;
	(void)stage_ring(inbox, id);
}

/* All that a holder does. Answers are checked; that it can't be done is no matter. */
static void live(struct stage *stage, unsigned *published)
{
	fault_expect_documented(stage_hold(stage), codes, "open");
	publish_next(published, true);
	publish_next(published, false);
	publish_taken(published);
	fault_expect_documented(stage_move(stage, false), codes, "move");
	publish_next(published, true);
	fault_expect_documented(stage_move(stage, true), codes, "move");
	publish_next(published, true);
	publish_next(published, false);
	fsi_inbox_close(&stage->inbox, stage->home, stage->channel_fd);
}

/* ---- killed ---- */

/* The parent's, and where the child counts what was linked. */
static struct {
	struct stage stage;
	unsigned *published;
} scene;

/* The test's own home and channel are another process' now. */
static void become_holder(struct stage *stage)
{
	*stage = (struct stage){.home = stage_open_home(), .channel_fd = stage_open_channel()};
	fsi_inbox_init(&stage->inbox);
}

static void work_as_holder(struct story *story)
{
	static struct stage own;

	become_holder(&own);
	fault_plan_start(&story->plan);
	live(&own, scene.published);
}

static void work_as_adopter(struct story *story)
{
	uint64_t budget = 1000;
	struct fsi_home *home = stage_open_home();

	fault_plan_start(&story->plan);
	(void)fsi_inbox_adopt_all(home, FAULT_TOPIC "_jobs", &budget);
}

/* An inbox with arrivals whose holder is dead. Returns how many they are. */
static unsigned leave_inbox(struct stage *stage)
{
	unsigned published = 0;

	ck_assert_int_eq(stage_hold(stage), 0);
	publish_next(&published, true);
	publish_taken(&published);
	publish_next(&published, false);
	stage_die(stage);
	return published;
}

static void empty_channel(struct stage *stage)
{
	durable_remove(&stage->durable);
	close(stage->channel_fd);
	durable_make(&stage->durable);
	stage->channel_fd = stage_open_channel();
}

static void share_count(void)
{
	scene.published = mmap(NULL, sizeof *scene.published, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(scene.published, MAP_FAILED);
}

START_TEST(a_holder_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	share_count();
	stage_set(&scene.stage);
	for (unsigned at = 0; killed; at++) {
		*scene.published = 0;
		killed = story_run(story, work_as_holder, at);
		stage_sweep(&scene.stage);
		stage_expect(*scene.published);
		empty_channel(&scene.stage);
	}
	ck_assert_uint_eq(*scene.published, 7);
	story_expect_calls(story, "renameat2", 7);
	stage_clear(&scene.stage);
	story_end(story);
}
END_TEST

START_TEST(an_adopter_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	stage_set(&scene.stage);
	for (unsigned at = 0; killed; at++) {
		unsigned published = leave_inbox(&scene.stage);

		killed = story_run(story, work_as_adopter, at);
		if (!killed)
			stage_expect(published);
		stage_sweep(&scene.stage);
		stage_expect(published);
		empty_channel(&scene.stage);
	}
	story_expect_calls(story, "renameat2", 5);
	story_expect_calls(story, "fchmodat", 1);
	stage_clear(&scene.stage);
	story_end(story);
}
END_TEST

/* ---- failing ---- */

START_TEST(a_holder_with_each_errno_anywhere)
{
	struct fault_plan plan = fault_errno_plan(_i);
	bool struck = true;

	stage_set(&scene.stage);
	while (struck) {
		unsigned published = 0;

		fault_plan_start(&plan);
		live(&scene.stage, &published);
		fault_plan_stop();
		ck_assert_int_eq(scene.stage.inbox.directory_fd, -1);
		ck_assert_int_eq(scene.stage.inbox.bell_fd, -1);
		stage_sweep(&scene.stage);
		/* A hidden one that could not be removed is our member's as long as it lives. */
		if (fault_count_names(".", FSI_PREFIX_BUILDING) > 0) {
			fsi_home_unref(scene.stage.home);
			scene.stage.home = stage_open_home();
			stage_sweep(&scene.stage);
		}
		stage_expect(published);
		empty_channel(&scene.stage);
		scene.stage.told_count = 0;
		struck = fault_plan_next(&plan);
	}
	ck_assert_uint_ge(plan.calls, 25);
	stage_clear(&scene.stage);
}
END_TEST

START_TEST(an_adopter_with_each_errno_anywhere)
{
	struct fault_plan plan = fault_errno_plan(_i);
	bool struck = true;

	stage_set(&scene.stage);
	while (struck) {
		unsigned published = leave_inbox(&scene.stage);
		uint64_t budget = 1000;
		int r;

		fault_plan_start(&plan);
		r = fsi_inbox_adopt_all(scene.stage.home, FAULT_TOPIC "_jobs", &budget);
		fault_plan_stop();
		fault_expect_documented(r, codes, "adopt");
		stage_sweep(&scene.stage);
		/* What was left may have been met before it was renamed. */
		stage_sweep(&scene.stage);
		stage_expect(published);
		empty_channel(&scene.stage);
		struck = fault_plan_next(&plan);
	}
	ck_assert_uint_ge(plan.calls, 15);
	stage_clear(&scene.stage);
}
END_TEST

/* ---- a publisher in between ---- */

static void publish_in_between(void *userdata)
{
	publish_next(userdata, true);
}

/* One that found the directory before, and is in the middle of its link: that goes by no name. */
static struct {
	int inbox_fd;
	unsigned published;
} slow;

static void begin_link(unsigned published)
{
	char inbox[FSI_NAME_BYTES];
	char path[600];

	stage_find_inbox(inbox, sizeof inbox);
	stage_path(path, sizeof path, inbox, "");
	slow.inbox_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(slow.inbox_fd, 0);
	slow.published = published;
}

static void end_link(void *userdata)
{
	char staged[600];
	char name[32];

	(void)userdata;
	snprintf(name, sizeof name, "%llu", (unsigned long long)STAGE_ID + slow.published);
	stage_path(staged, sizeof staged, FSI_NAME_STAGING, name);
	stage_write(staged, slow.published);
	if (linkat(AT_FDCWD, staged, slow.inbox_fd, name, 0) == 0)
		slow.published++;
	ck_assert_int_eq(unlink(staged), 0);
}

START_TEST(a_publish_anywhere_in_a_close)
{
	bool acted = true;

	stage_set(&scene.stage);
	for (unsigned at = 0; acted; at++) {
		unsigned published = 0;
		struct fault_poke poke = {
			.act = publish_in_between, .userdata = &published, .at = at};

		ck_assert_int_eq(stage_hold(&scene.stage), 0);
		publish_next(&published, true);
		fault_poke_start(&poke);
		fsi_inbox_close(&scene.stage.inbox, scene.stage.home, scene.stage.channel_fd);
		fault_poke_stop();
		acted = fault_poke_acted(&poke);
		stage_expect(published);
		empty_channel(&scene.stage);
	}
	stage_clear(&scene.stage);
}
END_TEST

START_TEST(a_link_anywhere_in_a_close_or_an_adoption)
{
	struct fault_poke poke = {.act = end_link};
	bool acted = true;

	stage_set(&scene.stage);
	for (; acted; poke.at++) {
		uint64_t budget = 1000;
		unsigned published = 0;

		ck_assert_int_eq(stage_hold(&scene.stage), 0);
		publish_next(&published, true);
		begin_link(published);
		if (_i == 1)
			stage_die(&scene.stage);
		fault_poke_start(&poke);
		fsi_inbox_close(&scene.stage.inbox, scene.stage.home, scene.stage.channel_fd);
		ck_assert_int_eq(
			fsi_inbox_adopt_all(scene.stage.home, FAULT_TOPIC "_jobs", &budget),
			FSI_INBOX_GONE);
		fault_poke_stop();
		acted = fault_poke_acted(&poke);
		close(slow.inbox_fd);
		stage_expect(slow.published);
		empty_channel(&scene.stage);
	}
	stage_clear(&scene.stage);
}
END_TEST

/* Another visitor does the same at each step. */
static void adopt_too(void *userdata)
{
	uint64_t budget = 1000;

	(void)fsi_inbox_adopt_all(userdata, FAULT_TOPIC "_jobs", &budget);
}

START_TEST(two_visitors_move_none_twice)
{
	struct fsi_home *other;
	bool acted = true;

	stage_set(&scene.stage);
	other = stage_open_home();
	for (unsigned at = 0; acted; at++) {
		unsigned published = leave_inbox(&scene.stage);
		struct fault_poke poke = {.act = adopt_too, .userdata = other, .at = at};
		uint64_t budget = 1000;

		fault_poke_start(&poke);
		ck_assert_int_ge(
			fsi_inbox_adopt_all(scene.stage.home, FAULT_TOPIC "_jobs", &budget), 0);
		fault_poke_stop();
		acted = fault_poke_acted(&poke);
		stage_sweep(&scene.stage);
		stage_expect(published);
		empty_channel(&scene.stage);
	}
	fsi_home_unref(other);
	stage_clear(&scene.stage);
}
END_TEST

/* ---- formix-pubsub's clean-up ---- */

/* It lists each directory with two underscores in its name whose process is gone. */
static void try_to_list(void *userdata)
{
	DIR *names = opendir(fault_home());
	const struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		const char *first = strchr(entry->d_name, '_');
		char path[600];

		if (first == NULL || strchr(first + 1, '_') == NULL)
			continue;
		stage_path(path, sizeof path, entry->d_name, "");
		ck_assert_ptr_null(opendir(path));
		ck_assert_int_eq(errno, EACCES);
		(*(unsigned *)userdata)++;
	}
	closedir(names);
}

START_TEST(at_no_moment_can_its_clean_up_list_an_inbox)
{
	unsigned tried = 0;
	bool acted = true;

	stage_set(&scene.stage);
	for (unsigned at = 0; acted; at++) {
		struct fault_poke poke = {.act = try_to_list, .userdata = &tried, .at = at};
		unsigned published = 0;

		fault_poke_start(&poke);
		if (_i == 0) {
			live(&scene.stage, &published);
		} else {
			published = leave_inbox(&scene.stage);
			stage_sweep(&scene.stage);
		}
		fault_poke_stop();
		acted = fault_poke_acted(&poke);
		stage_expect(published);
		empty_channel(&scene.stage);
	}
	ck_assert_uint_gt(tried, 5);
	stage_clear(&scene.stage);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("inbox");
	TCase *killed = fault_case(suite, "killed");
	TCase *failing = fault_case(suite, "failing");
	TCase *between = fault_case(suite, "between");

	tcase_add_test(killed, a_holder_killed_anywhere);
	tcase_add_test(killed, an_adopter_killed_anywhere);
	tcase_add_loop_test(failing, a_holder_with_each_errno_anywhere, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(failing, an_adopter_with_each_errno_anywhere, 0, FAULT_ERRNO_TESTS);
	tcase_add_test(between, a_publish_anywhere_in_a_close);
	tcase_add_loop_test(between, a_link_anywhere_in_a_close_or_an_adoption, 0, 2);
	tcase_add_test(between, two_visitors_move_none_twice);
	tcase_add_loop_test(between, at_no_moment_can_its_clean_up_list_an_inbox, 0, 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
