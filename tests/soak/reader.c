/* SPDX-License-Identifier: MIT */
/*
 * Implements reader.h: what a reader of the soak does with a message. So many in a thousand are
 *
 *   nack=     given back, to come again at once or a little later
 *   reject=   made dead letters
 *   hold=     settled later, perhaps too late
 *   extend=   given more time first
 *   slow=     kept for up to slow-us= microseconds first
 */
#include "reader.h"

#include <string.h>

enum { DELAY_MS_MOST = 300 };

/* Whose message it is and which one: what it says itself, if it is whole. */
static struct soak_record record_of(struct reader *reader, const fsps_message *message)
{
	struct soak_record record = {.channel = reader->hash,
				     .id = fsps_message_id(message),
				     .topic = (uint32_t)soak_hash(fsps_message_topic(message))};
	size_t len;
	const char *payload = fsps_message_payload(message, &len);

	if (!soak_payload_read(payload, len, &record.from, &record.seq))
		soak_give_up(&reader->self, "a message of %zu bytes on %s is not whole: %.50s", len,
			     fsps_message_topic(message), payload);
	return record;
}

static bool is_chosen(struct reader *reader, const char *key)
{
	return soak_chance(&reader->self, soak_number(&reader->self, key, 0));
}

static void note_settled(struct reader *reader, fsps_message *message, enum soak_how how,
			 int result)
{
	struct soak_record record = record_of(reader, message);

	record.kind = SOAK_SETTLED;
	record.count = how;
	record.more = fsps_message_attempt(message);
	record.result = result;
	soak_note(&reader->self, &record);
}

static void settle(struct reader *reader, fsps_message *message)
{
	enum soak_how how = SOAK_ACK;
	int64_t delay_ms = 0;
	int r;

	if (is_chosen(reader, "nack")) {
		how = SOAK_NACK;
		delay_ms = (int64_t)soak_below(&reader->self, DELAY_MS_MOST);
		r = fsps_message_nack(reader->channel, message, delay_ms, "not now");
	} else if (is_chosen(reader, "reject")) {
		how = SOAK_REJECT;
		r = fsps_message_reject(reader->channel, message, "never");
	} else {
		r = fsps_message_ack(reader->channel, message);
	}
	note_settled(reader, message, how, r);
	if (r < 0 && r != FSPS_ERR_EXPIRED && r != FSPS_ERR_GONE)
		soak_give_up(&reader->self, "settling: %s", fsps_last_error()->text);
	fsps_message_unref(message);
}

static void extend(struct reader *reader, fsps_message *message)
{
	int r = fsps_message_extend(reader->channel, message, 0);

	if (r < 0 && r != FSPS_ERR_EXPIRED && r != FSPS_ERR_GONE)
		soak_give_up(&reader->self, "extending: %s", fsps_last_error()->text);
}

void reader_settle_one(struct reader *reader)
{
	uint64_t place = soak_below(&reader->self, (uint64_t)reader->held_count);
	fsps_message *message = reader->held[place];

	reader->held[place] = reader->held[--reader->held_count];
	settle(reader, message);
}

void reader_settle_all(struct reader *reader)
{
	while (reader->held_count > 0)
		reader_settle_one(reader);
}

void reader_forget_all(struct reader *reader)
{
	while (reader->held_count > 0)
		fsps_message_unref(reader->held[--reader->held_count]);
}

static void note_delivered(struct reader *reader, const fsps_message *message)
{
	struct soak_record record = record_of(reader, message);

	record.kind = SOAK_DELIVERED;
	record.count = fsps_message_attempt(message);
	record.more = (uint32_t)fsps_message_missed(message);
	record.extra = fsps_message_sender_uid(message);
	soak_note(&reader->self, &record);
}

void reader_handle(struct reader *reader, fsps_message *message)
{
	reader->last_message_ns = soak_now_ns();
	note_delivered(reader, message);
	if (!soak_is_ending() && is_chosen(reader, "slow"))
		soak_pause(soak_below(&reader->self,
				      (uint64_t)soak_number(&reader->self, "slow-us", 1000)));
	if (!reader->settles) {
		fsps_message_unref(message);
		return;
	}
	if (is_chosen(reader, "extend"))
		extend(reader, message);
	if (!is_chosen(reader, "hold")) {
		settle(reader, message);
		return;
	}
	if (reader->held_count == HELD_MAX)
		reader_settle_one(reader);
	reader->held[reader->held_count++] = message;
}
