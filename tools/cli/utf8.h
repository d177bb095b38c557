/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the character that begins here, 1 to 4, or 0 if there is none. len > 0. */
size_t cli_utf8_character(const unsigned char *bytes, size_t len);

/* Whether all of it is UTF-8. */
bool cli_utf8_valid(const unsigned char *bytes, size_t len);

#endif
