/* SPDX-License-Identifier: MIT */
/* What became of a message, for people and for programs. */
#ifndef PUBLISH_RECEIPT_H
#define PUBLISH_RECEIPT_H

#include <stdbool.h>

#include <fsps/publisher.h>

#include "cli/output.h"

/* "2/3\n": channels that have it, channels that match; where there are such, ", 1 dropped" and ", 1
 * forbidden" before the newline. */
void publish_receipt_print(struct cli_output *output, const fsps_receipt *receipt);

/* {"id":"..","topic":"..","matched":2,"reached":1,"refused":[{"channel":"..","error":"FSPS_.."}],
 * "dropped":["CHANNEL"],"forbidden":[]} and a newline; "id" is null if it got none. result: what
 * fsps_publish() returned. If no channel was tried because the publish failed as a whole, "error"
 * names why. */
void publish_receipt_print_json(struct cli_output *output, const fsps_receipt *receipt,
				const char *topic, int result);

/* How failures are told. */
struct publish_telling {
	/* "message 3", or NULL. */
	const char *about;
	/* Channel by channel, at most five; else nothing is said. */
	bool detailed;
	/* Messages were to be written through, so that a channel that failed at it may have the
	 * message. */
	bool synced;
};

/* Says which channels do not have the message and why, but for those that are closed to us if that
 * is not the reason that nobody has it. Returns the exit code that the worst of them stands for. */
int publish_receipt_tell(const fsps_receipt *receipt, const struct publish_telling *telling);

#endif
