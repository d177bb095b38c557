/* SPDX-License-Identifier: MIT */
/* A header's value as plain text, for formats and for environments. */
#ifndef SUBSCRIBE_HEADER_TEXT_H
#define SUBSCRIBE_HEADER_TEXT_H

#include <stddef.h>

#include <fsps/headers.h>

/* Room for any value that is no string. */
enum { SUBSCRIBE_HEADER_TEXT_BYTES = 64 };

/* A string as it is, which may contain NUL; anything else as JSON writes it, in buffer. Valid as
 * long as both. */
const char *subscribe_header_text(const struct fsps_header *header, char *buffer, size_t *ret_len);

#endif
