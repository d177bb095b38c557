/* SPDX-License-Identifier: MIT */
/* Implements publish/send.h. */
#include "publish/send.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "publish/receipt.h"

enum { DETAILED_MESSAGES = 5, WAIT_SLICE_MS = 200 };

int publish_sender_open(struct publish_sender *sender, const struct publish_options *options,
			fsps_bus *bus, struct cli_output *output)
{
	const struct fsps_publisher_options publisher_options = {
		.size = sizeof publisher_options,
		.wait_ms = publish_options_wait_ms(options),
		.sync = options->sync};
	int result;

	*sender = (struct publish_sender){.options = options, .bus = bus, .output = output};
	result = fsps_publisher_open(bus, &publisher_options, &sender->publisher);
	if (result == FSPS_OK)
		result = fsps_receipt_new(&sender->receipt);
	return result == FSPS_OK ? 0 : cli_fail_library(result, NULL);
}

void publish_sender_close(struct publish_sender *sender)
{
	fsps_receipt_free(sender->receipt);
	fsps_publisher_close(sender->publisher);
}

static int too_few_came(const struct publish_options *options)
{
	return cli_fail(CLI_TIMEOUT,
			"fewer than %" PRId64 " subscribers of '%s' within %" PRId64 ".%03" PRId64
			" s; nothing was sent",
			options->wait_subscribers, options->topic,
			options->timeout_ns / CLI_NS_PER_S,
			options->timeout_ns % CLI_NS_PER_S / CLI_NS_PER_MS);
}

/* The next part of a wait that began at start: libfsps does not end it at a signal, so it is cut
 * into slices between which we look. */
static int64_t next_slice_ms(const struct publish_options *options, int64_t start_ns)
{
	int64_t left_ms;

	if (options->timeout_ns == PUBLISH_NO_LIMIT)
		return WAIT_SLICE_MS;
	left_ms = cli_ns_to_ms(options->timeout_ns - (cli_now_ns() - start_ns));
	if (left_ms < 0)
		return 0;
	return left_ms < WAIT_SLICE_MS ? left_ms : WAIT_SLICE_MS;
}

int publish_sender_wait(struct publish_sender *sender)
{
	const struct publish_options *options = sender->options;
	int64_t start_ns = cli_now_ns();

	if (options->wait_subscribers == 0)
		return 0;
	while (cli_stop_signal() == 0) {
		int64_t slice_ms = next_slice_ms(options, start_ns);
		int result =
			fsps_publisher_wait_subscribers(sender->publisher, options->topic,
							(int)options->wait_subscribers, slice_ms);

		if (result >= 0)
			return 0;
		if (result != FSPS_ERR_TIMEOUT)
			return cli_fail_library(result, NULL);
		if (slice_ms == 0)
			return too_few_came(options);
	}
	return CLI_SIGNAL + cli_stop_signal();
}

/* "line 7" for a complaint, or NULL if there is but one message. */
static const char *name_record(const struct publish_record *record, char *text, size_t size)
{
	if (record->number == 0)
		return NULL;
	snprintf(text, size, "%s %" PRIu64, record->unit, record->number);
	return text;
}

/* Some or all channels missed the message because something is full or refuses us: whether the
 * next message is worth trying. */
static bool may_go_on(int result)
{
	return result == FSPS_ERR_REFUSED || result == FSPS_ERR_NO_SPACE ||
	       result == FSPS_ERR_TIMEOUT;
}

/* What weighs more of two exit codes of refusals. */
static int worse(int one, int other)
{
	if (one == CLI_FULL || other == CLI_FULL)
		return CLI_FULL;
	return one == CLI_DENIED || other == 0 ? one : other;
}

/* Says which channels do not have a message; returns the exit code for that. */
static int tell_channels(const struct publish_sender *sender, const char *name, bool detailed)
{
	const struct publish_telling telling = {
		.about = name, .detailed = detailed, .synced = sender->options->sync};

	return publish_receipt_tell(sender->receipt, &telling);
}

static int take_failure(struct publish_sender *sender, const struct publish_record *record,
			int result)
{
	char text[40];
	const char *name = name_record(record, text, sizeof text);
	bool detailed = sender->refused < DETAILED_MESSAGES;
	int status;

	if (!may_go_on(result))
		return cli_fail_library(result, name);
	if (result == FSPS_ERR_REFUSED)
		status = tell_channels(sender, name, detailed);
	else
		status = detailed ? cli_fail_library(result, name) : cli_status_of(result);
	sender->refused_status = worse(status, sender->refused_status);
	sender->refused++;
	return 0;
}

/* Some channels dropped a message, being full, and no other refused it. receipt: it is this
 * message's. */
static void take_dropped(struct publish_sender *sender, const struct publish_record *record,
			 int channels, bool receipt)
{
	char text[40];
	const char *name = name_record(record, text, sizeof text);
	bool detailed = sender->dropped++ < DETAILED_MESSAGES;

	if (receipt)
		tell_channels(sender, name, detailed);
	else if (detailed)
		cli_say("%s of '%s' was dropped by %d %s, being full; pubsub-ls shows which",
			name == NULL ? "the message" : name, record->topic, channels,
			channels == 1 ? "channel" : "channels");
}

static void take_too_few(struct publish_sender *sender, const struct publish_record *record,
			 int reached)
{
	char text[40];
	const char *name = name_record(record, text, sizeof text);

	if (sender->too_few++ < DETAILED_MESSAGES)
		cli_say("%s%sreached %d of at least %" PRId64
			" channels of '%s'; pubsub-ls shows who subscribes",
			name == NULL ? "" : name, name == NULL ? "" : " ", reached,
			sender->options->at_least, record->topic);
}

/* Nothing refused it. */
static void take_success(struct publish_sender *sender, const struct publish_record *record,
			 int reached)
{
	int dropped = fsps_receipt_dropped(sender->receipt);

	sender->sent++;
	if (dropped > 0)
		take_dropped(sender, record, dropped, true);
	if (reached < sender->options->at_least)
		take_too_few(sender, record, reached);
}

static int send_one(struct publish_sender *sender, const struct publish_record *record)
{
	const struct publish_options *options = sender->options;
	int status = 0;
	int result;

	/* While it waits for room libfsps does not look at signals. A message is whole or not there
	 * whenever we are killed; what we leave in tmp/ goes with the next visitor. */
	cli_signals_impatient(true);
	result = fsps_publish(sender->publisher, record->topic, record->headers, record->payload,
			      record->payload_len, sender->receipt);
	cli_signals_impatient(false);
	if (result < 0)
		status = take_failure(sender, record, result);
	else
		take_success(sender, record, result);
	if (options->json)
		publish_receipt_print_json(sender->output, sender->receipt, record->topic, result);
	else if (options->verbose && (result >= 0 || result == FSPS_ERR_REFUSED))
		publish_receipt_print(sender->output, sender->receipt);
	return status;
}

/* Sends all at once, up to the first that is refused: that one is told and counted, too. ret_count:
 * how many are done with. 0 or an exit code. */
static int send_together(struct publish_sender *sender, const struct publish_batch *batch,
			 size_t *ret_count)
{
	size_t sent;
	int result;

	cli_signals_impatient(true);
	result = fsps_publish_batch(sender->publisher, batch->messages, batch->count,
				    sender->receipt);
	cli_signals_impatient(false);
	sent = result < 0 ? 0 : (size_t)result;
	sender->sent += sent;
	for (size_t i = 0; i < sent; i++) {
		if (batch->messages[i].dropped > 0)
			take_dropped(sender, &batch->records[i], batch->messages[i].dropped, false);
	}
	*ret_count = sent;
	if (sent == batch->count)
		return 0;
	++*ret_count;
	return take_failure(sender, &batch->records[sent],
			    result < 0 ? result : fsps_last_error()->code);
}

int publish_sender_send(struct publish_sender *sender, const struct publish_batch *batch)
{
	size_t done = 0;
	int status = batch->count > 1 ? send_together(sender, batch, &done) : 0;

	/* After a refusal the next ones are likely to be refused as well: each is tried by itself,
	 * since trying all that are left after each would cost their number squared. */
	for (; status == 0 && done < batch->count; done++) {
		if (done > 0 && cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
		status = send_one(sender, &batch->records[done]);
	}
	return status;
}

int publish_sender_status(const struct publish_sender *sender)
{
	uint64_t all = sender->sent + sender->refused;

	if (sender->refused > DETAILED_MESSAGES)
		cli_say("%" PRIu64 " of %" PRIu64 " messages did not reach every channel",
			sender->refused, all);
	if (sender->dropped > DETAILED_MESSAGES)
		cli_say("%" PRIu64 " of %" PRIu64 " messages were dropped by a channel that is "
			"full",
			sender->dropped, all);
	if (sender->too_few > DETAILED_MESSAGES)
		cli_say("%" PRIu64 " of %" PRIu64 " messages reached fewer than %" PRId64
			" channels",
			sender->too_few, all, sender->options->at_least);
	if (sender->refused > 0)
		return sender->dropped > 0 ? CLI_FULL : sender->refused_status;
	if (sender->dropped > 0)
		return CLI_FULL;
	return sender->too_few > 0 ? CLI_TOO_FEW : CLI_DONE;
}
