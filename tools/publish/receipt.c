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

void publish_receipt_print(struct cli_output *output, const fsps_receipt *receipt)
{
	char text[40];

	snprintf(text, sizeof text, "%d/%d\n", fsps_receipt_reached(receipt),
		 fsps_receipt_matched(receipt));
	cli_output_text(output, text);
}

static void print_refusals(struct cli_output *output, const fsps_receipt *receipt)
{
	const char *channel;
	int code;

	for (int i = 0; fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK; i++) {
		cli_output_text(output, i == 0 ? "{\"channel\":" : ",{\"channel\":");
		cli_json_text(output, channel);
		cli_output_text(output, ",\"error\":");
		cli_json_text(output, fsps_error_name(code));
		cli_output_text(output, "}");
	}
}

void publish_receipt_print_json(struct cli_output *output, const fsps_receipt *receipt,
				const char *topic, int result)
{
	char id[24];

	snprintf(id, sizeof id, "%" PRIu64, fsps_receipt_id(receipt));
	cli_output_text(output, "{\"id\":");
	/* Where nobody listens a message gets no ID. */
	cli_json_text(output, fsps_receipt_id(receipt) == 0 ? NULL : id);
	cli_output_text(output, ",\"topic\":");
	cli_json_text(output, topic);
	cli_output_text(output, ",\"matched\":");
	cli_json_signed(output, fsps_receipt_matched(receipt));
	cli_output_text(output, ",\"reached\":");
	cli_json_signed(output, fsps_receipt_reached(receipt));
	cli_output_text(output, ",\"refused\":[");
	print_refusals(output, receipt);
	cli_output_text(output, "]");
	if (result < 0 && result != FSPS_ERR_REFUSED) {
		cli_output_text(output, ",\"error\":");
		cli_json_text(output, fsps_error_name(result));
	}
	cli_output_text(output, "}\n");
}

/* The exit code of one refusal: a channel that is full weighs more than one that keeps us out. */
static int worse(int status, int code)
{
	int other = cli_status_of(code);

	if (status == CLI_FULL || other == CLI_FULL)
		return CLI_FULL;
	return status == CLI_DENIED || other == CLI_DENIED ? CLI_DENIED : CLI_ERROR;
}

static void tell_refusal(const char *channel, const char *about, int code, bool synced)
{
	const char *what = about == NULL ? "the message" : about;

	if (synced && code == FSPS_ERR_IO)
		cli_say("channel '%s' may have %s or not after a power cut: its directory could "
			"not be written through to the disk",
			channel, what);
	else
		cli_say("channel '%s' did not take %s: %s; %s", channel, what, fsps_strerror(code),
			fsps_error_remedy(code));
}

int publish_receipt_tell_refusals(const fsps_receipt *receipt, const char *about, bool detailed,
				  bool synced)
{
	int status = CLI_ERROR;
	const char *channel;
	int code;
	int i;

	for (i = 0; fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK; i++) {
		status = worse(status, code);
		if (detailed && i < CHANNELS_TOLD)
			tell_refusal(channel, about, code, synced);
	}
	if (detailed && i > CHANNELS_TOLD)
		cli_say("and %d more channels did not take it", i - CHANNELS_TOLD);
	return status;
}
