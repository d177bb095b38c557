/* SPDX-License-Identifier: MIT */
/*
 * PMSG v1 written down by hand, independent of the library, to be spoiled by tests: where each
 * field of a small message stands, and its bytes.
 */
#ifndef TESTS_API_PMSG_H
#define TESTS_API_PMSG_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PMSG_AT_VERSION = 4, PMSG_AT_ID = 5, PMSG_AT_TOPIC_LENGTH = 21, PMSG_FIXED_BYTES = 33 };

static inline size_t pmsg_put(unsigned char *to, size_t at, const void *bytes, size_t length)
{
	memcpy(to + at, bytes, length);
	return at + length;
}

static inline size_t pmsg_put_u32(unsigned char *to, size_t at, uint32_t value)
{
	value = htobe32(value);
	return pmsg_put(to, at, &value, sizeof value);
}

static inline size_t pmsg_put_u64(unsigned char *to, size_t at, uint64_t value)
{
	value = htobe64(value);
	return pmsg_put(to, at, &value, sizeof value);
}

/* Length and text. */
static inline size_t pmsg_put_text(unsigned char *to, size_t at, const char *text)
{
	at = pmsg_put_u32(to, at, (uint32_t)strlen(text));
	return pmsg_put(to, at, text, strlen(text));
}

/* Writes a message and returns its length. to must have room. */
static inline size_t pmsg_build(unsigned char *to, uint64_t id, const char *topic,
				const char *headers, const char *payload)
{
	size_t at = pmsg_put(to, 0, "PMSG\x01", 5);

	at = pmsg_put_u64(to, at, id);
	at = pmsg_put_u64(to, at, UINT64_C(1700000000000000));
	at = pmsg_put_text(to, at, topic);
	at = pmsg_put_text(to, at, headers);
	return pmsg_put_text(to, at, payload);
}

#endif
