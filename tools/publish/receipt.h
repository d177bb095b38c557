/* SPDX-License-Identifier: MIT */
/* What became of a message, for people and for programs. */
#ifndef PUBLISH_RECEIPT_H
#define PUBLISH_RECEIPT_H

#include <stdbool.h>

#include <fsps/publisher.h>

#include "cli/output.h"

/* "2/3\n": channels that have it, channels that match. */
void publish_receipt_print(struct cli_output *output, const fsps_receipt *receipt);

/* {"id":"..","topic":"..","matched":2,"reached":1,"refused":[{"channel":"..","error":"FSPS_.."}]}
 * and a newline; "id" is null if it got none. result: what fsps_publish() returned. If no channel
 * was tried because the publish failed as a whole, "error" names why. */
void publish_receipt_print_json(struct cli_output *output, const fsps_receipt *receipt,
				const char *topic, int result);

/* Says which channels refused and why, a line each, at most five, if detailed. about: "message 3"
 * or NULL. synced: messages were to be written through, so that a channel that failed at it may
 * have the message. Returns the exit code that the worst of them stands for. */
int publish_receipt_tell_refusals(const fsps_receipt *receipt, const char *about, bool detailed,
				  bool synced);

#endif
