/* SPDX-License-Identifier: MIT */
/*
 * A place in a JSON text that is being read, and the reading of one string or number there.
 *
 * Invariants: the text is a private copy that may be written to, with a NUL behind its last byte.
 * No JSON token contains a NUL, so a reader that looks at one byte at a time can't pass the end.
 * Strings are unescaped in place: their value is never longer than their text.
 */
#ifndef FSPS_MESSAGE_JSON_TEXT_H
#define FSPS_MESSAGE_JSON_TEXT_H

#include <stddef.h>

#include <fsps/headers.h>

struct fsi_json_text {
	char *start;
	/* What is read next. */
	char *at;
	/* The NUL behind the last byte. */
	char *end;
};

/* Records that the text is wrong at its current place and returns FSPS_ERR_HEADER. */
int fsi_json_fail(const struct fsi_json_text *text, const char *what);

/* Reads a string, whose opening quote is next. What is returned lies in the text and has a NUL
 * behind it. */
int fsi_json_read_string(struct fsi_json_text *text, const char **ret_string, size_t *ret_len);

/* Reads a number into a value of type FSPS_HEADER_INT or FSPS_HEADER_DOUBLE. */
int fsi_json_read_number(struct fsi_json_text *text, struct fsps_header *ret_value);

#endif
