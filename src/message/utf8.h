/* SPDX-License-Identifier: MIT */
/*
 * Strict UTF-8, as in table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing
 * above U+10FFFF. Knows nothing of JSON.
 */
#ifndef FSPS_MESSAGE_UTF8_H
#define FSPS_MESSAGE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest encoding of one code point. */
enum { FSI_UTF8_BYTES_MAX = 4 };

/* The length, 1 to 4, of the code point that begins at bytes; 0 if none does within len bytes,
 * which are 1 at least. */
size_t fsi_utf8_sequence_bytes(const char *bytes, size_t len);

/* Whether len bytes are code points from the first to the last byte. */
bool fsi_utf8_valid(const char *bytes, size_t len);

/* Writes a code point (no surrogate, at most U+10FFFF) and returns how many bytes that took. */
size_t fsi_utf8_encode(uint32_t code_point, char to[FSI_UTF8_BYTES_MAX]);

#endif
