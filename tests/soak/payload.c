/* SPDX-License-Identifier: MIT */
/* Payloads of the soak, see soak.h: three hexadecimal numbers, and letters that follow from them.
 */
#include "soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 26 };

static char letter_at(uint64_t who, uint64_t seq, size_t at)
{
	return (char)('a' + (who * 31 + seq * 7 + at) % LETTERS);
}

void soak_payload_fill(char *to, size_t len, uint32_t who, uint64_t seq)
{
	char head[SOAK_PAYLOAD_LEAST + 1];

	snprintf(head, sizeof head, "%08x %016llx %08x ", (unsigned)who, (unsigned long long)seq,
		 (unsigned)len);
	memcpy(to, head, SOAK_PAYLOAD_LEAST);
	for (size_t at = SOAK_PAYLOAD_LEAST; at < len; at++)
		to[at] = letter_at(who, seq, at - SOAK_PAYLOAD_LEAST);
}

bool soak_payload_read(const char *payload, size_t len, uint32_t *ret_who, uint64_t *ret_seq)
{
	char head[SOAK_PAYLOAD_LEAST + 1];
	unsigned long long seq;
	unsigned who;
	unsigned length;

	if (len < SOAK_PAYLOAD_LEAST)
		return false;
	memcpy(head, payload, SOAK_PAYLOAD_LEAST);
	head[SOAK_PAYLOAD_LEAST] = '\0';
	if (sscanf(head, "%8x %16llx %8x ", &who, &seq, &length) != 3 || length != len)
		return false;
	for (size_t at = SOAK_PAYLOAD_LEAST; at < len; at++) {
		if (payload[at] != letter_at(who, seq, at - SOAK_PAYLOAD_LEAST))
			return false;
	}
	*ret_who = who;
	*ret_seq = seq;
	return true;
}
