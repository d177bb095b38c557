/* SPDX-License-Identifier: MIT */
/* Base64 of RFC 4648, section 4: padded, without line breaks. */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

void cli_base64_write(struct cli_output *output, const unsigned char *bytes, size_t len);

/* How many bytes a text of that length may become. */
size_t cli_base64_decoded_max(size_t text_len);

/* Decodes into ret_bytes, which has room for cli_base64_decoded_max(). False if it is not base64:
 * foreign bytes, wrong padding, bits set behind the end. */
bool cli_base64_decode(const char *text, size_t text_len, unsigned char *ret_bytes,
		       size_t *ret_len);

#endif
