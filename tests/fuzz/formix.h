/* SPDX-License-Identifier: MIT */
/*
 * What formix-pubsub's reader makes of the bytes of a message: pubsub.Message.from_bytes() of the
 * package formix-pubsub 1.0.0, said again in C so that a fuzzer can ask it a million times a
 * minute. tests/fuzz/test_formix.py holds it against the package itself.
 *
 * It is Python's json and UTF-8: headers may be any JSON value, of which a flat object with scalars
 * is all that libfsps takes. A value of another kind is read and forgotten.
 */
#ifndef TESTS_FUZZ_FORMIX_H
#define TESTS_FUZZ_FORMIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where formix-pubsub is wider than libfsps, on purpose; docs/interop.md has the reasons. A bit
 * each. */
enum formix_difference {
	/* ID 0. */
	FORMIX_ID_ZERO = 1 << 0,
	/* A topic that is empty, longer than 1,024 bytes, or has other bytes than A-Z a-z 0-9 . -
	 */
	FORMIX_TOPIC = 1 << 1,
	/* Headers that are no object: a list, a number, null, ... */
	FORMIX_NO_OBJECT = 1 << 2,
	/* A list or an object within the headers. */
	FORMIX_NESTED = 1 << 3,
	/* NaN, Infinity, -Infinity, or a number that is too large for a double. */
	FORMIX_NOT_FINITE = 1 << 4,
	/* An integer beyond 64 bits. */
	FORMIX_BIG_INTEGER = 1 << 5,
	/* A key twice; the last one counts. */
	FORMIX_DUPLICATE = 1 << 6,
	/* A key that is empty, longer than 255 bytes, or has a NUL in it. */
	FORMIX_KEY = 1 << 7,
	/* An escape that stands for half a character (a surrogate). */
	FORMIX_SURROGATE = 1 << 8,
	/* More than 256 keys. */
	FORMIX_MANY = 1 << 9,
	/* More than 65,536 bytes of headers. */
	FORMIX_LONG = 1 << 10,
	/* Bytes behind the message. */
	FORMIX_TRAILING = 1 << 11,
};

enum { FORMIX_DIFFERENCES = 12 };

/* The names of the differences, by their bit. */
extern const char *const formix_difference_names[FORMIX_DIFFERENCES];

enum formix_type {
	FORMIX_NULL,
	FORMIX_BOOL,
	FORMIX_INT,
	/* text has its digits. */
	FORMIX_BIG,
	FORMIX_DOUBLE,
	FORMIX_STRING,
	/* A list or an object. */
	FORMIX_OTHER
};

struct formix_header {
	/* UTF-8, where surrogates are encoded as if they were characters; with a NUL behind it. */
	char *key;
	size_t key_len;
	enum formix_type type;
	bool boolean;
	int64_t integer;
	double number;
	char *text;
	size_t text_len;
};

struct formix_message {
	uint64_t id;
	uint64_t timestamp_us;
	const uint8_t *topic;
	size_t topic_len;
	const uint8_t *payload;
	size_t payload_len;
	struct formix_header *headers;
	size_t headers_count;
	/* A set of enum formix_difference. */
	unsigned differences;
	/* Nested so deeply that its own limits decide whether it takes it. */
	bool undecided;
};

/* Whether it takes the bytes. ret_message points into them; to be released in any case. */
bool formix_read(const uint8_t *bytes, size_t len, struct formix_message *ret_message);
void formix_release(struct formix_message *message);

#endif
