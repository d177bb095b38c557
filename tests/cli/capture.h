/* SPDX-License-Identifier: MIT */
/* What the tests of the commands' pure parts share: output that is kept, and messages out of
 * thin air. */
#ifndef TESTS_CLI_CAPTURE_H
#define TESTS_CLI_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/message.h>

#include "cli/output.h"

/* An output that ends up in memory. Text is what was written, NUL-terminated, until the next
 * capture_begin(). */
struct capture {
	struct cli_output output;
	char text[262144];
	size_t len;
};

void capture_begin(struct capture *capture);
void capture_end(struct capture *capture);

/* Asserts that exactly these bytes were written. */
void capture_expect(struct capture *capture, const char *expected);

/* A message with that content; headers_json: "{}" for none. */
fsps_message *message_of(uint64_t id, uint64_t timestamp_us, const char *topic,
			 const char *headers_json, const void *payload, size_t payload_len);

#endif
