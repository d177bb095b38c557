/* SPDX-License-Identifier: MIT */
/* Implements subscribe/settle.h. */
#include "subscribe/settle.h"

#include <inttypes.h>

#include <fsps/fsps.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

void subscribe_settle_init(struct subscribe_settle *settle,
			   const struct subscribe_durability *options, fsps_bus *bus)
{
	*settle = (struct subscribe_settle){.options = options, .bus = bus};
}

void subscribe_settle_deinit(struct subscribe_settle *settle)
{
	subscribe_owed_deinit(&settle->owed);
}

/* ---- one message ---- */

/* A code of libfsps that settling answered. */
static void note_failure(struct subscribe_settle *settle, const struct subscribe_delivery *delivery,
			 int code)
{
	uint64_t id = fsps_message_id(delivery->message);

	if (code == FSPS_ERR_EXPIRED) {
		settle->late++;
		cli_say("message %" PRIu64 " of '%s' was settled too late and comes again: its "
			"deadline had passed; see --deadline",
			id, fsps_message_topic(delivery->message));
		return;
	}
	settle->refused++;
	cli_fail_library(code, "cannot settle a message");
}

static void note_done(struct subscribe_settle *settle, const struct subscribe_delivery *delivery)
{
	settle->done++;
	subscribe_owed_remove(&settle->owed, delivery->channel, fsps_message_id(delivery->message));
}

/* Where a dead letter is to be found. */
static const char *whereabouts(const struct subscribe_settle *settle)
{
	return settle->options->name != NULL ? "see pubsub-dead"
					     : "gone with this channel, where --durable keeps such";
}

static void note_failed(struct subscribe_settle *settle, const struct subscribe_delivery *delivery)
{
	if (subscribe_owed_add(&settle->owed, delivery->channel, fsps_message_id(delivery->message),
			       !delivery->is_late) == 0)
		return;
	/* Nothing waits for it then, but nothing is well either. */
	settle->refused++;
	cli_say("no memory to keep track of a failed message");
}

bool subscribe_settle_ack(struct subscribe_settle *settle,
			  const struct subscribe_delivery *delivery)
{
	int result = fsps_message_ack(delivery->channel, delivery->message);

	if (result < 0)
		note_failure(settle, delivery, result);
	else
		note_done(settle, delivery);
	return result >= 0;
}

void subscribe_settle_nack(struct subscribe_settle *settle,
			   const struct subscribe_delivery *delivery, int64_t delay_ms,
			   const char *error)
{
	int result = fsps_message_nack(delivery->channel, delivery->message, delay_ms, error);

	if (result < 0)
		return note_failure(settle, delivery, result);
	if (result == 0)
		return note_failed(settle, delivery);
	settle->dead++;
	note_done(settle, delivery);
	cli_say("message %" PRIu64 " failed %" PRIu32 " times: dead letter of '%s'; %s",
		fsps_message_id(delivery->message), fsps_message_attempt(delivery->message),
		fsps_message_topic(delivery->message), whereabouts(settle));
}

void subscribe_settle_reject(struct subscribe_settle *settle,
			     const struct subscribe_delivery *delivery, const char *error)
{
	int result = fsps_message_reject(delivery->channel, delivery->message, error);

	if (result < 0)
		return note_failure(settle, delivery, result);
	settle->dead++;
	note_done(settle, delivery);
	cli_say("message %" PRIu64 " was rejected: dead letter of '%s'; %s",
		fsps_message_id(delivery->message), fsps_message_topic(delivery->message),
		whereabouts(settle));
}

bool subscribe_settle_extend(struct subscribe_settle *settle,
			     const struct subscribe_delivery *delivery)
{
	int result = fsps_message_extend(delivery->channel, delivery->message, 0);

	if (result < 0)
		note_failure(settle, delivery, result);
	return result != FSPS_ERR_EXPIRED && result != FSPS_ERR_ARGUMENT;
}

/* ---- all of them ---- */

int subscribe_settle_awaits_retries(struct subscribe_settle *settle)
{
	int result;

	if (settle->owed.waited_for == 0)
		return 0;
	if (cli_now_ns() - settle->refreshed_ns < CLI_NS_PER_S)
		return 1;
	result = subscribe_owed_refresh(&settle->owed, settle->bus);
	settle->refreshed_ns = cli_now_ns();
	return result < 0 ? result : settle->owed.waited_for > 0;
}

int subscribe_settle_status(struct subscribe_settle *settle)
{
	const char *then =
		settle->options->name != NULL ? "they come again" : "they go with this channel";

	if (settle->owed.count > 0 && subscribe_owed_refresh(&settle->owed, settle->bus) < 0)
		cli_fail_library(fsps_last_error()->code, NULL);
	if (settle->dead > 0)
		cli_say("messages that became dead letters: %" PRIu64 "; %s", settle->dead,
			whereabouts(settle));
	if (settle->owed.count > 0)
		cli_say("messages that failed and are not settled yet: %zu; %s", settle->owed.count,
			then);
	if (settle->refused > 0)
		cli_say("messages that could not be settled: %" PRIu64, settle->refused);
	return settle->dead + settle->owed.count + settle->refused > 0 ? CLI_ERROR : 0;
}
