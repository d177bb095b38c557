/* SPDX-License-Identifier: MIT */
/* Implements work.h. */
#include "fault/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"
#include "store/control.h"
#include "store/names.h"
#include "subscribe/channel.h"

/* ---- books ---- */

struct work_book *work_book_new(void)
{
	struct work_book *book =
		mmap(NULL, sizeof *book, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(book, MAP_FAILED);
	return book;
}

void work_book_free(struct work_book *book)
{
	munmap(book, sizeof *book);
}

void work_book_clear(struct work_book *book)
{
	memset(book, 0, sizeof *book);
}

/* ---- the channel ---- */

/* Not if a group was its last reader. */
static bool takes_segments(void)
{
	struct fsi_control control;
	char path[400];
	int fd;

	snprintf(path, sizeof path, "%s/" WORK_CHANNEL "/" FSI_NAME_CONTROL, fault_home());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, &control, sizeof control), sizeof control);
	close(fd);
	return (control.features & FSI_CONTROL_READS_SEGMENTS) != 0;
}

void work_publish(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;

	ck_assert_int_ge(fsps_durable_create(bus, FAULT_TOPIC, WORK_NAME), 0);
	if (!takes_segments())
		fsps_channel_close(work_attach(bus, false, FSPS_AT_LEAST_ONCE));
	publisher = fault_publisher(bus);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		fault_assert(fault_publish(publisher, i, NULL) == 1, "publish: %s",
			     fsps_last_error()->text);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

void work_remove(void)
{
	fsps_bus *bus = fault_bus();

	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, 0), FSPS_OK);
	fsps_bus_close(bus);
}

struct fsps_channel_options work_options(bool shared, int delivery)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .durable = WORK_NAME,
					     .shared = shared,
					     .delivery = delivery};
}

fsps_channel *work_attach(fsps_bus *bus, bool shared, int delivery)
{
	const struct fsps_channel_options options = work_options(shared, delivery);
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);

	fault_assert(r == FSPS_OK, "attach: %s", fsps_last_error()->text);
	return channel;
}

void work_abandon(fsps_channel *channel)
{
	ck_assert_int_eq(flock(channel->directory_fd, LOCK_UN), 0);
	fsi_member_forget(&channel->home->member);
	fsi_inbox_forget(&channel->inbox);
	/* As in a child, where only memory and descriptors are freed. */
	channel->forked = true;
	fsps_channel_close(channel);
}

/* ---- a worker ---- */

/* So often nothing comes. */
enum { ENDLESS = 50 };

static void note_taken(struct work_book *book, fsps_message *message)
{
	unsigned number = fault_number_of(message);

	fault_assert(number < WORK_MESSAGES, "message %u", number);
	book->entries[number].handed_out++;
	fault_assert(book->entries[number].handed_out < ENDLESS, "message %u comes without end",
		     number);
	if (fsps_message_attempt(message) > book->entries[number].attempt)
		book->entries[number].attempt = fsps_message_attempt(message);
}

fsps_message *work_take(struct work_book *book, fsps_channel *channel)
{
	fsps_message *message = NULL;
	int r = fsps_channel_fetch(channel, &message);

	fault_assert(r >= 0, "fetch: %s", fsps_last_error()->text);
	if (r == 1)
		note_taken(book, message);
	return message;
}

/* Too late is no failure: somebody else has it. Returns whether it was in time. */
static bool in_time(struct work_entry *entry, int r)
{
	fault_assert(r >= 0 || r == FSPS_ERR_EXPIRED, "settle: %s", fsps_last_error()->text);
	if (r < 0)
		entry->late++;
	return r >= 0;
}

static void acknowledge(struct work_entry *entry, fsps_channel *channel, fsps_message *message)
{
	entry->ack_begun = true;
	entry->acked |= in_time(entry, fsps_message_ack(channel, message));
}

void work_acknowledge(struct work_book *book, fsps_channel *channel, fsps_message *message)
{
	acknowledge(&book->entries[fault_number_of(message)], channel, message);
	fsps_message_unref(message);
}

void work_settle(struct work_book *book, fsps_channel *channel, fsps_message *message)
{
	unsigned number = fault_number_of(message);
	struct work_entry *entry = &book->entries[number];

	switch (entry->handed_out > 1 ? WORK_ACK : (enum work_way)(number % WORK_WAYS)) {
	case WORK_NACK:
		entry->nacked = true;
		(void)in_time(entry, fsps_message_nack(channel, message, 0, "not now"));
		break;
	case WORK_REJECT:
		entry->reject_begun = true;
		entry->rejected = in_time(entry, fsps_message_reject(channel, message, "never"));
		break;
	case WORK_EXTEND:
		(void)in_time(entry, fsps_message_extend(channel, message, 60000));
		acknowledge(entry, channel, message);
		break;
	case WORK_LEAVE:
		break;
	case WORK_ACK:
	case WORK_WAYS:
		acknowledge(entry, channel, message);
		break;
	}
	fsps_message_unref(message);
}

void work_do_all(struct work_book *book, fsps_channel *channel)
{
	fsps_message *message;

	while ((message = work_take(book, channel)) != NULL)
		work_settle(book, channel, message);
}

/* ---- the end ---- */

/* A name that was taken has moved something a little into the future. */
static bool has_more_to_come(fsps_channel *channel)
{
	if (fault_count_names(WORK_CHANNEL, FSI_PREFIX_DELAYED) == 0 &&
	    fault_count_names(WORK_CHANNEL, FSI_PREFIX_CLAIMED) == 0)
		return false;
	fsi_sys_clock_step_us += 1000;
	channel->look_over_due = true;
	return fsi_sys_clock_step_us < 100000;
}

void work_recover(struct work_book *book, bool shared)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, shared, FSPS_AT_LEAST_ONCE);
	fsps_message *message;

	do {
		fault_let_second_pass(channel);
		while ((message = work_take(book, channel)) != NULL)
			work_acknowledge(book, channel, message);
	} while (has_more_to_come(channel));
	/* Which publishers live is known by now. */
	fault_let_second_pass(channel);
	ck_assert_ptr_null(work_take(book, channel));
	fsi_sys_clock_step_us = 0;
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

struct letters {
	fsps_bus *bus;
	unsigned *counts;
};

static int take_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct letters *letters = userdata;
	unsigned number;

	ck_assert_str_eq(letter->reason, "rejected");
	ck_assert_ptr_nonnull(letter->message);
	number = fault_number_of(letter->message);
	ck_assert_uint_lt(number, WORK_MESSAGES);
	letters->counts[number]++;
	ck_assert_int_eq(fsps_dead_discard(letters->bus, letter->channel_name, letter->file_name),
			 FSPS_OK);
	return 0;
}

void work_collect_dead(unsigned *counts)
{
	struct letters letters = {.bus = fault_bus(), .counts = counts};

	ck_assert_int_ge(fsps_dead_list(letters.bus, WORK_CHANNEL, take_letter, &letters), 0);
	fsps_bus_close(letters.bus);
}

/* Of one that was handed out, and nothing more, or not even that. */
static void check_attempts(const struct work_entry *done, const struct work_entry *again,
			   unsigned number, bool closing)
{
	if (done->handed_out == 0)
		fault_assert(again->attempt <= 2, "message %u: attempt %u at once", number,
			     again->attempt);
	else if (!closing)
		fault_assert(again->attempt > done->attempt,
			     "message %u: attempt %u, then attempt %u", number, done->attempt,
			     again->attempt);
}

/* Returns how often it comes beyond what it should. */
static unsigned check_entry(const struct work_entry *done, const struct work_entry *again,
			    unsigned letters, unsigned number)
{
	bool settled = done->acked || done->rejected;
	unsigned expected = done->acked && !done->rejected ? 0 : 1;
	unsigned found = again->handed_out + letters;

	fault_assert(letters <= done->reject_begun, "message %u is a dead letter", number);
	fault_assert(!done->rejected || letters == 1, "message %u is no dead letter", number);
	/* Whether what the kill met was done nobody knows. */
	if (!settled && !done->ack_begun)
		fault_assert(found >= 1, "message %u is lost", number);
	return found > expected ? found - expected : 0;
}

/* Of one message, of which there were others. */
static void check_repeats(unsigned number, unsigned extra, unsigned others,
			  enum work_repeats repeats)
{
	bool frame = number >= fault_count_files(WORK_MESSAGES);

	if (extra == 0)
		return;
	fault_assert(frame && repeats != WORK_NO_REPEATS && extra == 1,
		     "message %u comes %u times too often", number, extra);
	fault_assert(repeats == WORK_FRAMES_ONCE_MORE || others == 0,
		     "message %u is not the only one that comes again", number);
}

void work_check(const struct work_book *book, bool shared, enum work_repeats repeats)
{
	struct work_book again = {.closing = true};
	unsigned letters[WORK_MESSAGES] = {0};
	unsigned others = 0;

	work_recover(&again, shared);
	work_collect_dead(letters);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		const struct work_entry *done = &book->entries[i];
		unsigned extra = check_entry(done, &again.entries[i], letters[i], i);

		check_repeats(i, extra, others, repeats);
		others += extra;
		if (!done->ack_begun && !done->reject_begun)
			check_attempts(done, &again.entries[i], i, book->closing);
	}
}

void work_expect_clean(void)
{
	fault_visit();
	fault_expect_clean(1, 0);
}
