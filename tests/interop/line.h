/* SPDX-License-Identifier: MIT */
/*
 * How the interop programs are driven: a request is a JSON object on a line of stdin, an answer
 * one on a line of stdout. Bytes are hex strings. What is no such request ends the program.
 */
#ifndef TESTS_INTEROP_LINE_H
#define TESTS_INTEROP_LINE_H

#include <jansson.h>
#include <stddef.h>

#include <fsps/fsps.h>

/* The next request, or NULL at the end of stdin. Give it back with json_decref(). */
json_t *line_read(void);
/* Prints the answer and gives it back. */
void line_write(json_t *answer);
/* Ends the program with a sentence unless the condition holds. */
void line_require(int condition, const char *what);

/* An integer of a request, or the default. */
json_int_t line_integer(const json_t *request, const char *key, json_int_t otherwise);
/* A string of a request, or NULL. */
const char *line_string(const json_t *request, const char *key);
/* The bytes of a hex string, to be freed. */
unsigned char *line_bytes(const char *hex, size_t *ret_len);
json_t *line_hex(const void *bytes, size_t len);

#endif
