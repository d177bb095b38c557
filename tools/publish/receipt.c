/* SPDX-License-Identifier: MIT */
/* Implements publish/receipt.h. */
#include "publish/receipt.h"

#include <inttypes.h>
#include <stdio.h>

#include <fsps/error.h>

#include "cli/fail.h"
#include "cli/json.h"
#include "cli/status.h"

enum { CHANNELS_TOLD = 5 };

static void print_more(struct cli_output *output, int count, const char *what)
{
	char text[40];

	if (count == 0)
		return;
	snprintf(text, sizeof text, ", %d %s", count, what);
	cli_output_text(output, text);
}

void publish_receipt_print(struct cli_output *output, const fsps_receipt *receipt)
{
	char text[40];

	snprintf(text, sizeof text, "%d/%d", fsps_receipt_reached(receipt),
		 fsps_receipt_matched(receipt));
	cli_output_text(output, text);
	print_more(output, fsps_receipt_dropped(receipt), "dropped");
	print_more(output, fsps_receipt_forbidden(receipt), "forbidden");
	cli_output_byte(output, '\n');
}

/* ---- JSON ---- */

static bool is_refusal(int code)
{
	return code != FSPS_ERR_DROPPED && code != FSPS_ERR_FORBIDDEN;
}

static void print_refusals(struct cli_output *output, const fsps_receipt *receipt)
{
	const char *separator = "";
	const char *channel;
	int code;

	for (int i = 0; fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK; i++) {
		if (!is_refusal(code))
			continue;
		cli_output_text(output, separator);
		cli_output_text(output, "{\"channel\":");
		cli_json_text(output, channel);
		cli_output_text(output, ",\"error\":");
		cli_json_text(output, fsps_error_name(code));
		cli_output_text(output, "}");
		separator = ",";
	}
}

/* The channels that do not have it for that reason. */
static void print_channels(struct cli_output *output, const fsps_receipt *receipt,
			   const char *field, int reason)
{
	const char *separator = "";
	const char *channel;
	int code;

	cli_json_field(output, field);
	cli_output_byte(output, '[');
	for (int i = 0; fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK; i++) {
		if (code != reason)
			continue;
		cli_output_text(output, separator);
		cli_json_text(output, channel);
		separator = ",";
	}
	cli_output_byte(output, ']');
}

void publish_receipt_print_json(struct cli_output *output, const fsps_receipt *receipt,
				const char *topic, int result)
{
	char id[24];

	snprintf(id, sizeof id, "%" PRIu64, fsps_receipt_id(receipt));
	cli_output_text(output, "{\"id\":");
	/* Where nobody listens a message gets no ID. */
	cli_json_text(output, fsps_receipt_id(receipt) == 0 ? NULL : id);
	cli_json_put_text(output, "topic", topic);
	cli_json_field(output, "matched");
	cli_json_signed(output, fsps_receipt_matched(receipt));
	cli_json_field(output, "reached");
	cli_json_signed(output, fsps_receipt_reached(receipt));
	cli_json_field(output, "refused");
	cli_output_byte(output, '[');
	print_refusals(output, receipt);
	cli_output_byte(output, ']');
	if (result < 0 && result != FSPS_ERR_REFUSED) {
		cli_json_put_text(output, "error", fsps_error_name(result));
	}
	print_channels(output, receipt, "dropped", FSPS_ERR_DROPPED);
	print_channels(output, receipt, "forbidden", FSPS_ERR_FORBIDDEN);
	cli_output_text(output, "}\n");
}

/* ---- words ---- */

/* The exit code of what several channels said: one that is full weighs more than one that keeps us
 * out, and that more than anything else. */
static int worse(int status, int code)
{
	int other = cli_status_of(code);

	if (status == CLI_FULL || other == CLI_FULL)
		return CLI_FULL;
	return status == CLI_DENIED || other == CLI_DENIED ? CLI_DENIED : CLI_ERROR;
}

static void tell(const char *channel, int code, const struct publish_telling *telling)
{
	const char *what = telling->about == NULL ? "the message" : telling->about;

	if (telling->synced && code == FSPS_ERR_IO)
		cli_say("channel '%s' may have %s or not after a power cut: its directory could "
			"not be written through to the disk",
			channel, what);
	else
		cli_say("channel '%s' did not take %s: %s; %s", channel, what, fsps_strerror(code),
			fsps_error_remedy(code));
}

int publish_receipt_tell(const fsps_receipt *receipt, const struct publish_telling *telling)
{
	bool tells_forbidden =
		fsps_receipt_reached(receipt) == 0 && fsps_receipt_refused(receipt) == 0;
	int status = CLI_ERROR;
	const char *channel;
	int told = 0;
	int code;

	for (int i = 0; fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK; i++) {
		if (code == FSPS_ERR_FORBIDDEN && !tells_forbidden)
			continue;
		status = worse(status, code);
		if (telling->detailed && told++ < CHANNELS_TOLD)
			tell(channel, code, telling);
	}
	if (told > CHANNELS_TOLD)
		cli_say("and %d more channels did not take it", told - CHANNELS_TOLD);
	/* The receipt had no memory for their names. */
	if (telling->detailed && told == 0)
		cli_say("channels did not take %s: %s",
			telling->about == NULL ? "the message" : telling->about,
			fsps_last_error()->text);
	return status;
}
