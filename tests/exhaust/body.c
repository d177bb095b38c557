/* SPDX-License-Identifier: MIT */
/* Implements body.h. */
#include "exhaust/body.h"

#include <stdio.h>
#include <string.h>

#include "fault/fault.h"

size_t body_fill(unsigned number, char *to)
{
	static const size_t lengths[] = {20, 3000, 9000, BODY_BYTES - 1};
	size_t length = lengths[number % 4];
	size_t at = (size_t)snprintf(to, BODY_BYTES, "message %03u ", number);

	for (; at < length; at++)
		to[at] = (char)('a' + (at * 7 + at / 251 + number * 3) % 26);
	to[length] = '\0';
	return length;
}

unsigned body_number_of(const fsps_message *message)
{
	static char expected[BODY_BYTES];
	size_t length = 0;
	const char *payload = fsps_message_payload(message, &length);
	unsigned number = BODY_NUMBERS;

	fault_assert(sscanf(payload, "message %u ", &number) == 1 && number < BODY_NUMBERS,
		     "a message that is none of ours: %.20s", payload);
	fault_assert(length == body_fill(number, expected) &&
			     memcmp(payload, expected, length) == 0,
		     "message %u is torn", number);
	return number;
}
