/* SPDX-License-Identifier: MIT */
/* Implements message/json_text.h: telling what is wrong with a text. */
#include "message/json_text.h"

#include "base/error.h"

int fsi_json_fail(const struct fsi_json_text *text, const char *what)
{
	return fsi_fail(FSPS_ERR_HEADER, NULL, "bad JSON for headers at byte %zu: %s",
			(size_t)(text->at - text->start) + 1, what);
}
