/* SPDX-License-Identifier: MIT */
/* Implements cut.h. */
#include "exhaust/cut.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exhaust/steps.h"
#include "publish/publisher.h"

const char *const cut_names[CUT_DURABLES] = {"jobs", "all"};
const char *const cut_patterns[CUT_DURABLES] = {FAULT_TOPIC, "+"};
const char *const cut_channels[CUT_DURABLES] = {FAULT_TOPIC "_jobs", "+_all"};

struct cut_book *cut_book;

/* Where we are, for who is told of a failure; and what came out, for the record. */
static struct {
	char where[200];
	unsigned steps;
	unsigned acknowledged;
	unsigned lost;
	/* Files that were no messages, and were set aside and not handed out. */
	unsigned torn;
} * log_book;

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

void cut_begin(void)
{
	cut_book = share(sizeof *cut_book);
	log_book = share(sizeof *log_book);
}

void cut_tell_failure(void)
{
	if (log_book->where[0] != '\0')
		dprintf(STDOUT_FILENO, "# it stopped at: %s\n", log_book->where);
	log_book->where[0] = '\0';
}

/* ---- handles ---- */

static int publish(fsps_publisher *publisher, unsigned number)
{
	char body[BODY_BYTES];
	size_t length = body_fill(number, body);

	return fsps_publish(publisher, FAULT_TOPIC, NULL, body, length, NULL);
}

static fsps_publisher *open_publisher(fsps_bus *bus)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = 1};
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	return publisher;
}

/* ---- before ---- */

/* Ends what a test before left. */
static void empty_home(void)
{
	char command[500];

	snprintf(command, sizeof command, "rm -rf %s/* %s/.[!.]*", fault_home(), fault_home());
	ck_assert_int_eq(system(command), 0);
}

static void prepare(const struct cut_scenario *scenario, const struct image *image)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = open_publisher(bus);

	for (unsigned i = 0; i < CUT_DURABLES && !scenario->bare; i++)
		ck_assert_int_ge(fsps_durable_create(bus, cut_patterns[i], cut_names[i]), 0);
	for (unsigned i = 0; i < scenario->before; i++)
		ck_assert_int_eq(publish(publisher, i), CUT_DURABLES);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	image_write_all(image);
	memset(cut_book, 0, sizeof *cut_book);
	cut_book->begun = scenario->before;
	cut_book->returned = scenario->before;
}

/* A process with a live channel, which dies with the power. */
static pid_t start_listener(void)
{
	pid_t child;
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)fault_channel(fault_bus(), "fault.=");
		if (write(ready[1], "!", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void end_listener(pid_t child)
{
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

/* ---- after ---- */

/* As if the machine had been off for a while and were started now. It matters for a channel whose
 * control block was not written, as nobody knows whose it was: it goes as formix-pubsub's do, ten
 * seconds old; and for files that were not written to their end. */
static void age(int directory)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	DIR *names = fdopendir(directory);
	struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (inner >= 0)
			age(inner);
		ck_assert_int_eq(utimensat(directory, entry->d_name, long_ago, 0), 0);
	}
	closedir(names);
}

static void age_home(void)
{
	int fd = open(fault_home(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	age(fd);
}

/* Takes all that a channel hands out. */
static void drain(fsps_channel *channel, unsigned *counts)
{
	fsps_message *message = NULL;

	for (int second = 0; second < 3; second++) {
		int r;

		fault_let_second_pass(channel);
		while ((r = fsps_channel_fetch(channel, &message)) == 1) {
			counts[body_number_of(message)]++;
			ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
			fsps_message_unref(message);
		}
		fault_assert(r == 0, "fetch: %s", fsps_last_error()->text);
	}
}

static fsps_channel *attach(fsps_bus *bus, unsigned which)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .durable = cut_names[which]};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, cut_patterns[which], &options, &channel);

	fault_assert(r == FSPS_OK, "channel %s: %s", cut_channels[which], fsps_last_error()->text);
	return channel;
}

struct letters {
	fsps_bus *bus;
	unsigned *counts;
};

/* A message that was rejected is whole; what else was set aside is none. */
static int see_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct letters *letters = userdata;

	if (strcmp(letter->reason, "rejected") == 0)
		letters->counts[body_number_of(letter->message)]++;
	else
		log_book->torn++;
	ck_assert_int_eq(fsps_dead_discard(letters->bus, letter->channel_name, letter->file_name),
			 FSPS_OK);
	return 0;
}

/* settled: it may be gone. It need not be, as that is not written through. */
static void expect_number(unsigned number, unsigned count, bool settled, bool must)
{
	fault_assert(count <= 1, "message %u is there %u times", number, count);
	fault_assert(count == 0 || number < cut_book->begun, "message %u was never published",
		     number);
	if (number >= cut_book->returned || settled)
		return;
	log_book->acknowledged++;
	if (count == 1)
		return;
	log_book->lost++;
	fault_assert(!must, "message %u is lost", number);
}

static void check_channel(const struct cut_scenario *scenario, fsps_bus *bus, unsigned which,
			  bool must)
{
	unsigned counts[BODY_NUMBERS] = {0};
	struct letters letters = {.bus = bus, .counts = counts};
	bool told = !scenario->bare || (cut_book->created & 1u << which) != 0;
	int made = fsps_durable_create(bus, cut_patterns[which], cut_names[which]);
	fsps_channel *channel;

	fault_assert(made >= 0, "channel %s: %s", cut_channels[which], fsps_last_error()->text);
	fault_assert(made == 0 || !told, "channel %s is gone", cut_channels[which]);
	channel = attach(bus, which);
	drain(channel, counts);
	fsps_channel_close(channel);
	ck_assert_int_ge(fsps_dead_list(bus, cut_channels[which], see_letter, &letters), 0);
	for (unsigned i = 0; i < BODY_NUMBERS; i++)
		expect_number(i, counts[i], which == 0 && cut_book->acknowledging[i], must);
}

/* Files and segments come through, and whoever died is cleared away. */
static void expect_home_works(fsps_bus *bus)
{
	fsps_publisher *through = open_publisher(bus);
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_channel *live = fault_channel(bus, "=.test");
	unsigned counts[BODY_NUMBERS] = {0};
	int reached;

	fault_assert(through->home == NULL, "the home is open already");
	reached = publish(through, 0);
	fault_assert(reached == CUT_DURABLES + 1, "the home's next message reached %d channels",
		     reached);
	fault_assert(through->home->counter.page != NULL, "the home has no ID counter any more");
	for (unsigned i = 1; i < 6; i++)
		ck_assert_int_eq(publish(publisher, i), CUT_DURABLES + 1);
	for (unsigned i = 0; i < 6; i++) {
		fsps_message *message = NULL;

		ck_assert_int_eq(fsps_channel_fetch(live, &message), 1);
		ck_assert_uint_eq(body_number_of(message), i);
		fsps_message_unref(message);
	}
	fsps_channel_close(live);
	fsps_publisher_close(publisher);
	fsps_publisher_close(through);
	for (unsigned i = 0; i < CUT_DURABLES; i++) {
		fsps_channel *channel = attach(bus, i);

		memset(counts, 0, sizeof counts);
		drain(channel, counts);
		for (unsigned number = 0; number < 6; number++)
			ck_assert_uint_eq(counts[number], 1);
		fsps_channel_close(channel);
	}
}

static void check(const struct cut_scenario *scenario, enum image_cut cut)
{
	bool must = scenario->promised || cut == IMAGE_CUT_ALL;
	unsigned torn = log_book->torn;
	fsps_bus *bus;

	age_home();
	fault_visit();
	bus = fault_bus();
	for (unsigned i = 0; i < CUT_DURABLES; i++)
		check_channel(scenario, bus, i, must);
	fault_assert(!must || log_book->torn == torn, "%u files were no messages",
		     log_book->torn - torn);
	expect_home_works(bus);
	fsps_bus_close(bus);
	fault_visit();
	fault_expect_clean(CUT_DURABLES, 0);
}

/* ---- a cut ---- */

struct stop {
	const struct cut_scenario *scenario;
	const struct image *image;
	enum image_cut cut;
	struct steps steps;
};

static int work_in_lane(void *userdata)
{
	const struct cut_scenario *scenario = userdata;

	if (scenario->lane != NULL)
		(void)setenv("FSPS_LANE", scenario->lane, 1);
	return scenario->work(NULL);
}

static void cut_now(void *userdata)
{
	const struct stop *stop = userdata;

	if (stop->scenario->meanwhile != NULL)
		stop->scenario->meanwhile(!stop->steps.struck);
	image_cut(stop->image, stop->cut);
}

/* Returns whether it came that far. */
static bool cut_at(struct stop *stop, struct image *image, unsigned at)
{
	pid_t listener;

	stop->steps = (struct steps){.work = work_in_lane,
				     .userdata = (void *)(uintptr_t)stop->scenario,
				     .act = cut_now,
				     .act_userdata = stop};

	prepare(stop->scenario, image);
	listener = start_listener();
	steps_run(&stop->steps, at);
	end_listener(listener);
	image_restart(image);
	fault_assert(stop->steps.struck || stop->steps.exit_code == 0, "the program ended with %d",
		     stop->steps.exit_code);
	check(stop->scenario, stop->cut);
	log_book->steps++;
	return stop->steps.struck;
}

/* Some calls are made by the clock only, so one run may be shorter than another: so many in a row
 * have to end before their call. */
enum { ENDS = 4 };

void cut_everywhere(const struct cut_scenario *scenario, struct image *image, enum image_cut cut,
		    bool aged)
{
	struct stop stop = {.scenario = scenario, .image = image, .cut = cut};
	unsigned ended = 0;

	log_book->steps = log_book->acknowledged = log_book->lost = log_book->torn = 0;
	image->mounts = 0;
	for (unsigned at = 0; ended < ENDS; at++) {
		snprintf(log_book->where, sizeof log_book->where, "%s on %s, on disk %s, call %u",
			 scenario->name, image->type, image_cut_name(cut), at);
		if (!aged || at == 0)
			empty_home();
		ended = cut_at(&stop, image, at) ? 0 : ended + 1;
	}
	log_book->where[0] = '\0';
	dprintf(STDOUT_FILENO,
		"# %s on %s%s, on disk %s: %u steps, %u mounts, %u acknowledged, %u lost, "
		"%u torn\n",
		scenario->name, image->type, aged ? " (aged)" : "", image_cut_name(cut),
		log_book->steps, image->mounts, log_book->acknowledged, log_book->lost,
		log_book->torn);
}
