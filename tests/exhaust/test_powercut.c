/* SPDX-License-Identifier: MIT */
/*
 * Power cuts at every system call of programs that use the library: publishing with sync, by all
 * ways; creating durable channels; settling what was published so; and publishing without sync,
 * where the cut may take messages, and must tear none.
 *
 * As it is, a part is run: at most 20 s. With FSPS_POWERCUT=full in the environment all is, with
 * each state that a disk may be left in, in new homes and in one that all the cuts before were in.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exhaust/cut.h"
#include "exhaust/steps.h"
#include "unit/check_main.h"

/* ---- publishing ---- */

/* One of each length; without sync also one more, which is long enough to be torn. */
enum { MESSAGES = 4, LOOSE_MESSAGES = 5 };

/* Programs end with the number of what went wrong first. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 100 + 1;                                                 \
	} while (0)

static int open_publisher(fsps_bus *bus, int sync, fsps_publisher **ret_publisher)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = sync};

	return fsps_publisher_open(bus, &options, ret_publisher);
}

static int publish_each(int sync, unsigned count)
{
	static char body[BODY_BYTES];
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = NULL;

	must(open_publisher(bus, sync, &publisher) == FSPS_OK);
	for (unsigned i = 0; i < count; i++) {
		size_t length = body_fill(i, body);

		cut_book->begun = i + 1;
		must(fsps_publish(publisher, FAULT_TOPIC, NULL, body, length, NULL) ==
		     CUT_DURABLES + 1);
		cut_book->returned = i + 1;
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

static int publish_through(void *userdata)
{
	(void)userdata;
	return publish_each(1, MESSAGES);
}

static int publish_loosely(void *userdata)
{
	(void)userdata;
	return publish_each(0, LOOSE_MESSAGES);
}

static int publish_batch(void *userdata)
{
	static char bodies[MESSAGES][BODY_BYTES];
	struct fsps_outgoing batch[MESSAGES] = {{.topic = FAULT_TOPIC}};
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = fault_bus();

	(void)userdata;
	must(open_publisher(bus, 1, &publisher) == FSPS_OK);
	for (unsigned i = 0; i < MESSAGES; i++)
		batch[i] = (struct fsps_outgoing){.topic = FAULT_TOPIC,
						  .payload = bodies[i],
						  .payload_len = body_fill(i, bodies[i])};
	cut_book->begun = MESSAGES;
	must(fsps_publish_batch(publisher, batch, MESSAGES, NULL) == MESSAGES);
	cut_book->returned = MESSAGES;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

static int publish_reserved(void *userdata)
{
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = fault_bus();

	(void)userdata;
	must(open_publisher(bus, 1, &publisher) == FSPS_OK);
	for (unsigned i = 0; i < MESSAGES; i++) {
		void *payload = NULL;

		must(fsps_reserve(publisher, FAULT_TOPIC, NULL, BODY_BYTES, &payload) == FSPS_OK);
		cut_book->begun = i + 1;
		must(fsps_commit(publisher, body_fill(i, payload), NULL) == CUT_DURABLES + 1);
		cut_book->returned = i + 1;
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

/* ---- creating ---- */

static int create(void *userdata)
{
	fsps_bus *bus = fault_bus();

	(void)userdata;
	for (unsigned i = 0; i < CUT_DURABLES; i++) {
		must(fsps_durable_create(bus, cut_patterns[i], cut_names[i]) >= 0);
		cut_book->created |= 1u << i;
	}
	fsps_bus_close(bus);
	return 0;
}

/* Creates, and publishes to what it made. */
static int create_and_publish(void *userdata)
{
	int r = create(userdata);

	return r != 0 ? r : publish_through(userdata);
}

/* Who made it was killed, and then somebody else is told that it is there. */
static void create_anew(bool ended)
{
	pid_t child = fork();
	int status = 0;

	(void)ended;
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(create(NULL));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* ---- working ---- */

/* By its number: each way there is. */
static int settle(fsps_channel *channel, fsps_message *message, unsigned number)
{
	if (number % 3 == 1 && fsps_message_attempt(message) == 1)
		return fsps_message_nack(channel, message, 0, "not now");
	cut_book->acknowledging[number] = number % 3 != 2;
	if (number % 3 == 2)
		return fsps_message_reject(channel, message, "never");
	return fsps_message_ack(channel, message);
}

static int work(void *userdata)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .durable = cut_names[0]};
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;
	fsps_bus *bus = fault_bus();
	int r;

	(void)userdata;
	must(fsps_channel_open(bus, cut_patterns[0], &options, &channel) == FSPS_OK);
	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		must(settle(channel, message, body_number_of(message)) == FSPS_OK);
		fsps_message_unref(message);
	}
	must(r == 0);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return 0;
}

/* ---- commands ---- */

/* What a command reads, and where it prints to. */
static struct {
	int input_fd;
	int output[2];
} pipes;

static void pipes_open(void)
{
	static char body[BODY_BYTES];

	pipes.input_fd = memfd_create("lines", MFD_CLOEXEC);
	ck_assert_int_eq(pipe2(pipes.output, O_CLOEXEC | O_NONBLOCK), 0);
	for (unsigned i = 0; i < MESSAGES; i++) {
		ck_assert_int_gt(dprintf(pipes.input_fd, "%.*s\n", (int)body_fill(i, body), body),
				 0);
	}
}

static void pipes_close(void)
{
	close(pipes.input_fd);
	close(pipes.output[0]);
	close(pipes.output[1]);
}

static int exec_command(const char *const *words)
{
	char path[500];

	snprintf(path, sizeof path, "%s/%s", getenv("PUBSUB_BINDIR"), words[0]);
	(void)setenv("PUBSUB_HOME", fault_home(), 1);
	if (lseek(pipes.input_fd, 0, SEEK_SET) == 0 && dup2(pipes.input_fd, 0) == 0 &&
	    dup2(pipes.output[1], 1) == 1)
		execv(path, (char *const *)(uintptr_t)words);
	return 126;
}

static int command_publish(void *userdata)
{
	const char *const words[] = {"pubsub-publish", "-l", "--sync", "--json", FAULT_TOPIC, NULL};

	(void)userdata;
	cut_book->begun = MESSAGES;
	return exec_command(words);
}

/* What has a receipt was published. */
static void read_receipts(bool ended)
{
	char said[4096];
	ssize_t length;

	while ((length = read(pipes.output[0], said, sizeof said)) > 0)
		for (ssize_t i = 0; i < length; i++)
			cut_book->returned += said[i] == '\n';
	ck_assert(!ended || cut_book->returned == MESSAGES);
}

static int command_create(void *userdata)
{
	const char *const words[] = {
		"pubsub-subscribe", cut_patterns[0], "--durable", cut_names[0], "-E", NULL};

	(void)userdata;
	return exec_command(words);
}

static void note_created(bool ended)
{
	if (ended)
		cut_book->created = 1;
}

/* ---- tests ---- */

enum { EXT4, XFS, TYPES };

/* Those that can be had here, in that order. */
static const char *types[TYPES];
static int type_count;
static bool is_full;

static void run(const struct cut_scenario *scenario, int number)
{
	const char *type = types[number / IMAGE_CUTS];
	enum image_cut cut = (enum image_cut)(number % IMAGE_CUTS);
	struct image image;

	cut_tell_failure();
	image_make(&image, type, fault_home());
	cut_everywhere(scenario, &image, cut, false);
	if (is_full)
		cut_everywhere(scenario, &image, cut, true);
	image_free(&image);
}

START_TEST(what_was_published_with_sync_is_there)
{
	const struct cut_scenario scenario = {
		.name = "publishing with sync", .work = publish_through, .promised = true};

	run(&scenario, _i);
}
END_TEST

START_TEST(what_of_a_batch_with_sync_is_there)
{
	const struct cut_scenario scenario = {
		.name = "a batch with sync", .work = publish_batch, .promised = true};

	run(&scenario, _i);
}
END_TEST

START_TEST(what_was_reserved_and_committed_with_sync_is_there)
{
	const struct cut_scenario scenario = {
		.name = "reservations with sync", .work = publish_reserved, .promised = true};

	run(&scenario, _i);
}
END_TEST

START_TEST(what_the_command_printed_a_receipt_for_is_there)
{
	const struct cut_scenario scenario = {.name = "pubsub-publish --sync",
					      .work = command_publish,
					      .promised = true,
					      .meanwhile = read_receipts};

	pipes_open();
	run(&scenario, _i);
	pipes_close();
}
END_TEST

START_TEST(a_durable_channel_that_was_created_is_there)
{
	const struct cut_scenario scenario = {
		.name = "creating", .work = create, .promised = true, .bare = true};

	run(&scenario, _i);
}
END_TEST

START_TEST(so_is_one_that_the_command_created)
{
	const struct cut_scenario scenario = {.name = "pubsub-subscribe --durable -E",
					      .work = command_create,
					      .promised = true,
					      .bare = true,
					      .meanwhile = note_created};

	pipes_open();
	run(&scenario, _i);
	pipes_close();
}
END_TEST

START_TEST(so_is_one_whose_maker_was_killed_and_that_was_found_there)
{
	const struct cut_scenario scenario = {.name = "creating what a killed process made",
					      .work = create,
					      .promised = true,
					      .bare = true,
					      .meanwhile = create_anew};

	run(&scenario, _i);
}
END_TEST

START_TEST(a_home_that_was_just_made_keeps_what_was_published_with_sync)
{
	const struct cut_scenario scenario = {.name = "creating and publishing with sync",
					      .work = create_and_publish,
					      .promised = true,
					      .bare = true};

	run(&scenario, _i);
}
END_TEST

START_TEST(what_was_not_acknowledged_comes_again_or_is_a_dead_letter)
{
	const struct cut_scenario scenario = {
		.name = "settling", .work = work, .promised = true, .before = 6};

	run(&scenario, _i);
}
END_TEST

START_TEST(without_sync_no_file_is_torn)
{
	const struct cut_scenario scenario = {
		.name = "publishing files", .work = publish_loosely, .lane = "plain"};

	run(&scenario, _i);
}
END_TEST

START_TEST(without_sync_no_segment_is_torn)
{
	const struct cut_scenario scenario = {
		.name = "publishing segments", .work = publish_loosely, .lane = "fast"};

	run(&scenario, _i);
}
END_TEST

/* Of a short run one case of a test: with that file system, if it is there, and that cut. */
static void add(TCase *tests, const TTest *test, int type, enum image_cut cut)
{
	int only = (type < type_count ? type : type_count - 1) * IMAGE_CUTS + (int)cut;

	if (is_full)
		tcase_add_loop_test(tests, test, 0, type_count * IMAGE_CUTS);
	else
		tcase_add_loop_test(tests, test, only, only + 1);
}

/* Those that a short run leaves out. */
static void add_to_full(TCase *tests, const TTest *test)
{
	if (is_full)
		add(tests, test, 0, IMAGE_CUT_WRITTEN);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("powercut");
	TCase *sync = fault_case(suite, "sync");
	TCase *created = fault_case(suite, "created");
	TCase *loose = fault_case(suite, "loose");

	tcase_set_timeout(sync, 600);
	tcase_set_timeout(created, 600);
	tcase_set_timeout(loose, 600);
	add(sync, what_was_published_with_sync_is_there, EXT4, IMAGE_CUT_NAMES);
	if (!is_full)
		add(sync, what_was_published_with_sync_is_there, XFS, IMAGE_CUT_WRITTEN);
	add_to_full(sync, what_of_a_batch_with_sync_is_there);
	add_to_full(sync, what_was_reserved_and_committed_with_sync_is_there);
	add_to_full(sync, what_the_command_printed_a_receipt_for_is_there);
	add(sync, what_was_not_acknowledged_comes_again_or_is_a_dead_letter, EXT4, IMAGE_CUT_PAGES);
	add(created, a_durable_channel_that_was_created_is_there, XFS, IMAGE_CUT_WRITTEN);
	add_to_full(created, so_is_one_that_the_command_created);
	add_to_full(created, so_is_one_whose_maker_was_killed_and_that_was_found_there);
	add_to_full(created, a_home_that_was_just_made_keeps_what_was_published_with_sync);
	add(loose, without_sync_no_file_is_torn, EXT4, IMAGE_CUT_PAGES);
	add(loose, without_sync_no_segment_is_torn, XFS, IMAGE_CUT_PAGES);
	return suite;
}

/* Why nothing of it can be run here; NULL: it can. */
static const char *why_not(void)
{
	static const char *const known[TYPES] = {"ext4", "xfs"};
	const char *reason = NULL;

	if (geteuid() != 0)
		return "only root may mount a disk";
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return "no private mount namespace can be made here";
	if (!steps_possible())
		return "processes may not be traced here";
	for (int i = 0; i < TYPES; i++) {
		const char *why = image_why_not(known[i]);

		if (why == NULL)
			types[type_count++] = known[i];
		else
			printf("# no %s: %s\n", known[i], reason = why);
	}
	return type_count > 0 ? NULL : reason;
}

int main(void)
{
	const char *which = getenv("FSPS_POWERCUT");
	const char *reason = why_not();
	int result;

	if (reason != NULL) {
		printf("1..0 # SKIP %s\n", reason);
		return EXIT_SUCCESS;
	}
	is_full = which != NULL && strcmp(which, "full") == 0;
	cut_begin();
	result = check_main(make_suite());
	cut_tell_failure();
	return result;
}
