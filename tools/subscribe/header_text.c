/* SPDX-License-Identifier: MIT */
/* Implements subscribe/header_text.h. */
#include "subscribe/header_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"

const char *subscribe_header_text(const struct fsps_header *header, char *buffer, size_t *ret_len)
{
	switch (header->type) {
	case FSPS_HEADER_STRING:
		*ret_len = header->string_len;
		return header->string;
	case FSPS_HEADER_NULL:
		strcpy(buffer, "null");
		break;
	case FSPS_HEADER_BOOL:
		strcpy(buffer, header->boolean ? "true" : "false");
		break;
	case FSPS_HEADER_INT:
		snprintf(buffer, SUBSCRIBE_HEADER_TEXT_BYTES, "%" PRId64, header->integer);
		break;
	case FSPS_HEADER_DOUBLE:
		cli_json_format_double(header->number, buffer, SUBSCRIBE_HEADER_TEXT_BYTES);
		break;
	}
	*ret_len = strlen(buffer);
	return buffer;
}
