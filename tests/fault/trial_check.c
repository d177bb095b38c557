/* SPDX-License-Identifier: MIT */
/* Implements trial.h: what has to hold in a home whatever went wrong, and the figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/failing_malloc.h"
#include "fault/trial.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

static const char *const channels[TRIAL_CHANNELS + 1] = {TRIAL_KEEP, TRIAL_ALSO, TRIAL_MADE};
static const char *const names[TRIAL_CHANNELS + 1] = {"keep", "also", "made"};

/* Of all tests of a program, which are processes of their own. */
static struct {
	unsigned points;
	unsigned killed;
	unsigned lost;
	unsigned repeated;
} * figures;

/* ---- looking ---- */

static bool is_there(const char *channel)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", fault_home(), channel);
	return access(path, F_OK) == 0;
}

static void publish_last(const struct trial *trial, unsigned expected)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	const char *payload = trial_payload(TRIAL_LAST);
	int reached;

	if ((trial->scenario->effects & TRIAL_DROPS) != 0 && is_there(TRIAL_KEEP))
		trial_limit(bus, 0);
	reached = fsps_publish(publisher, FAULT_TOPIC, NULL, payload, strlen(payload), NULL);

	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	/* A live channel of somebody dead may be met, too. */
	fault_assert(reached >= (int)expected, "afterwards a publish reaches %d of %u: %s", reached,
		     expected, fsps_last_error()->text);
}

/* What was given back comes a little later where a name was taken. */
static bool has_more_to_come(const char *name, fsps_channel *channel)
{
	fault_assert(fault_count_names(name, FSI_PREFIX_CLAIMED) == 0,
		     "what the dead had claimed in %s is nobody's", name);
	if (fault_count_names(name, FSI_PREFIX_DELAYED) == 0)
		return false;
	fsi_sys_clock_step_us += 1000000;
	channel->look_over_due = true;
	return fsi_sys_clock_step_us < 100000000;
}

static void drain_all(fsps_channel *channel, unsigned *counts)
{
	fsps_message *message = NULL;
	int r;

	fault_let_second_pass(channel);
	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		counts[trial_number_of(message)]++;
		ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
		fsps_message_unref(message);
	}
	fault_assert(r == 0, "fetch: %s", fsps_last_error()->text);
}

/* Takes out all that is in a channel. */
static void drain(unsigned which, unsigned *counts)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .durable = names[which]};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);

	fault_assert(r == FSPS_OK, "afterwards %s can't be opened: %s", channels[which],
		     fsps_last_error()->text);
	do {
		drain_all(channel, counts);
	} while (has_more_to_come(channels[which], channel));
	/* Which publishers live is known by now. */
	drain_all(channel, counts);
	fsi_sys_clock_step_us = 0;
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

struct letters {
	fsps_bus *bus;
	struct trial *trial;
};

static int take_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct letters *letters = userdata;

	ck_assert_ptr_nonnull(letter->message);
	letters->trial->letters[trial_number_of(letter->message)]++;
	ck_assert_int_eq(fsps_dead_discard(letters->bus, letter->channel_name, letter->file_name),
			 FSPS_OK);
	return 0;
}

static void collect_letters(struct trial *trial)
{
	struct letters letters = {.bus = fault_bus(), .trial = trial};

	ck_assert_int_ge(fsps_dead_list(letters.bus, TRIAL_KEEP, take_letter, &letters), 0);
	fsps_bus_close(letters.bus);
}

/* ---- judging ---- */

/* Whether the scenario ran to its end and says that all is well. */
static bool has_succeeded(const struct trial *trial)
{
	if (trial->outcome.killed)
		return false;
	return trial->scenario->run == NULL ? trial->outcome.status == 0
					    : trial->completed && trial->answer >= 0;
}

static void lose(unsigned number, const char *channel, const char *where)
{
	figures->lost++;
	ck_abort_msg("%s: message %u is lost for %s", where, number, channel);
}

static bool may_be_gone(const struct trial *trial, unsigned number, unsigned channel)
{
	unsigned effects = trial->scenario->effects;

	if (trial->lied)
		return true;
	if (channel != 0)
		return false;
	if (trial->outcome.killed && trial->begun[number])
		return true;
	if ((effects & TRIAL_DISCARDS) != 0 && number < 2)
		return true;
	/* And one that was not new any more when another one came. */
	if ((effects & TRIAL_DROPS) != 0 && number < TRIAL_QUEUED + (trial->visitor_reached > 0))
		return true;
	return trial->purged || trial->removed ||
	       (effects & (TRIAL_PURGES | TRIAL_REMOVES | TRIAL_ONCE)) != 0;
}

/* A message of which it is known that it was in the channel. */
static void check_kept(struct trial *trial, unsigned number, unsigned channel, const char *where)
{
	unsigned found = trial->left[channel][number];

	if (channel == 0)
		found += trial->done[number] + trial->letters[number];
	if (found == 0 && !may_be_gone(trial, number, channel))
		lose(number, channels[channel], where);
	if (found < 2 || trial->lied)
		return;
	trial->repeated += found - 1;
	if (found == 3)
		trial->thrice++;
	/* How far a segment was read may not have been saved, which only a repeat tells. And who is
	 * killed while he gives the frame that he has a file of its own leaves it twice. */
	fault_assert((trial->scenario->effects & TRIAL_TAKES) != 0 && found <= 3 &&
			     trial->thrice <= trial->outcome.killed &&
			     (trial->faulted || !has_succeeded(trial)),
		     "%s: message %u comes %u times from %s", where, number, found,
		     channels[channel]);
}

/* One that the scenario may have published. */
static void check_added(struct trial *trial, unsigned number, unsigned channel, const char *where)
{
	unsigned found = trial->left[channel][number];
	bool sure = trial->acknowledged[number] ||
		    (has_succeeded(trial) && number < TRIAL_QUEUED + trial->scenario->adds);

	if (channel == 0)
		found += trial->done[number];
	fault_assert(found <= 1, "%s: message %u was published once and comes %u times from %s",
		     where, number, found, channels[channel]);
	if (found == 0 && sure && !may_be_gone(trial, number, channel))
		lose(number, channels[channel], where);
}

/* What somebody published meanwhile. */
static void check_visitor(struct trial *trial, const char *where)
{
	unsigned reached = trial->done[TRIAL_VISITOR];

	for (unsigned channel = 0; channel < TRIAL_CHANNELS; channel++)
		reached += trial->left[channel][TRIAL_VISITOR];
	fault_assert(reached <= (unsigned)trial->visitor_reached + 1 || trial->lied,
		     "%s: what was published meanwhile comes too often", where);
	if (trial->left[1][TRIAL_VISITOR] == 0 && trial->visitor_reached >= TRIAL_CHANNELS &&
	    !trial->lied)
		lose(TRIAL_VISITOR, TRIAL_ALSO, where);
}

static void check_messages(struct trial *trial, const char *where)
{
	/* A fetch that can't tell whether more waits says that nothing does. */
	bool sure = trial->scenario->run == NULL || !trial->faulted;
	unsigned taken = 0;

	for (unsigned channel = 0; channel < TRIAL_CHANNELS; channel++) {
		for (unsigned i = 0; i < TRIAL_QUEUED; i++)
			check_kept(trial, i, channel, where);
		for (unsigned i = TRIAL_QUEUED; i < TRIAL_VISITOR; i++)
			check_added(trial, i, channel, where);
	}
	check_visitor(trial, where);
	for (unsigned i = 0; i < TRIAL_MESSAGES; i++)
		taken += trial->done[i] + trial->letters[i];
	fault_assert(!has_succeeded(trial) || !sure || taken >= trial->scenario->takes ||
			     trial->purged || trial->removed || trial->lied,
		     "%s: success, and %u of %u messages", where, taken, trial->scenario->takes);
}

void trial_check(struct trial *trial, const char *where)
{
	unsigned made[TRIAL_MESSAGES] = {0};
	unsigned expected = 0;

	for (unsigned i = 0; i <= TRIAL_CHANNELS; i++)
		expected += is_there(channels[i]);
	if (!trial->lied && !trial->removed && (trial->scenario->effects & TRIAL_REMOVES) == 0)
		fault_assert(is_there(TRIAL_KEEP) && is_there(TRIAL_ALSO), "%s: a channel is gone",
			     where);
	publish_last(trial, expected);
	if (is_there(TRIAL_KEEP))
		collect_letters(trial);
	for (unsigned i = 0; i <= TRIAL_CHANNELS; i++) {
		unsigned *counts = i < TRIAL_CHANNELS ? trial->left[i] : made;

		if (!is_there(channels[i]))
			continue;
		drain(i, counts);
		fault_assert(counts[TRIAL_LAST] == 1, "%s: the last message comes %u times", where,
			     counts[TRIAL_LAST]);
	}
	check_messages(trial, where);
	fault_assert(!trial->leaked, "%s: descriptors are left open", where);
	fault_visit();
	fault_expect_clean(expected, 0);
	figures->points++;
	figures->killed += trial->outcome.killed;
	figures->repeated += trial->repeated;
}

/* ---- figures ---- */

bool trial_is_exhaustive(void)
{
	return getenv("FSPS_EXHAUSTIVE") != NULL;
}

unsigned trial_stride(unsigned one_of)
{
	if (trial_is_exhaustive())
		return 1;
	if (fault_is_fast())
		one_of *= 2;
	return getenv("FSPS_FAULT_DISK") != NULL ? one_of * 8 : one_of;
}

static void add_case(Suite *suite, const char *name, const struct trial_scenario *table,
		     const TTest *test)
{
	TCase *made = fault_case(suite, name);
	int count = 0;

	while (table[count].name != NULL)
		count++;
	tcase_set_timeout(made, trial_is_exhaustive() ? 36000 : 200);
	tcase_add_loop_test(made, test, 0, count);
}

void trial_add(Suite *suite, const TTest *of_commands, const TTest *of_calls)
{
	add_case(suite, "commands", trial_commands, of_commands);
	add_case(suite, "calls", trial_calls, of_calls);
}

int trial_main(Suite *(*make_suite)(void))
{
	int status;

	if (!trace_is_possible() || !fault_has_place()) {
		printf("1..0 # SKIP %s here\n",
		       fault_has_place() ? "processes can't be traced" : "there is no disk");
		return EXIT_SUCCESS;
	}
	figures = mmap(NULL, sizeof *figures, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (figures == MAP_FAILED)
		abort();
	status = check_main(make_suite());
	printf("# %u points tried, %u killed, %u lost, %u repeated\n", figures->points,
	       figures->killed, figures->lost, figures->repeated);
	munmap(figures, sizeof *figures);
	return status;
}
