/* SPDX-License-Identifier: MIT */
/* A JSON text as code points, which Python reads it as, and the scalars in it; what is made of them
 * is in formix_json.c. */
#ifndef TESTS_FUZZ_FORMIX_READER_H
#define TESTS_FUZZ_FORMIX_READER_H

#include "fuzz/formix.h"

struct formix_reader {
	uint32_t *points;
	size_t count;
	size_t at;
	struct formix_message *message;
};

/* Decodes a text; its points are to be freed. False: it is no UTF-8. */
bool formix_decode_text(const uint8_t *text, size_t len, struct formix_reader *reader);

/* The code point so far ahead; UINT32_MAX, which is none, behind the end. */
uint32_t formix_look(const struct formix_reader *reader, size_t ahead);
void formix_skip_space(struct formix_reader *reader);
bool formix_skip_word(struct formix_reader *reader, const char *word);

/* Behind the first quote. The text is to be freed if this succeeds. */
bool formix_read_string(struct formix_reader *reader, char **ret_text, size_t *ret_len);
bool formix_read_number(struct formix_reader *reader, struct formix_header *value);
bool formix_read_not_finite(struct formix_reader *reader, struct formix_header *value);

/* Notes a difference if it is one. */
void formix_note(struct formix_reader *reader, bool differs, enum formix_difference difference);

#endif
