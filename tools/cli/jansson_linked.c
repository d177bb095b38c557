/* SPDX-License-Identifier: MIT */
/* Implements cli/jansson.h for static programs (meson -Dstatic_tools=true), which can load nothing:
 * jansson is within them. */
#include "cli/jansson.h"

int cli_jansson_load(struct cli_jansson *ret_jansson)
{
	*ret_jansson = (struct cli_jansson){
		.loadb = json_loadb,
		.object_get = json_object_get,
		.string_value = json_string_value,
		.string_length = json_string_length,
		.dumps = json_dumps,
		/* What json_decref() calls, an inline function. */
		.destroy = json_delete,
	};
	return 0;
}
