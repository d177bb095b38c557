/* SPDX-License-Identifier: MIT */
/* Implements bench/list.h. */
#include "bench/list.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/number.h"

enum { ITEM_BYTES = 40 };

typedef bool (*read_item)(const char *text, uint64_t *ret_value);

static bool read_count(const char *text, uint64_t *ret_value)
{
	int64_t count;

	if (!cli_parse_count(text, &count))
		return false;
	*ret_value = (uint64_t)count;
	return true;
}

/* The item that a text begins with. */
static bool read_next(const char *text, size_t len, read_item read, uint64_t *ret_value)
{
	char item[ITEM_BYTES];

	if (len >= sizeof item)
		return false;
	memcpy(item, text, len);
	item[len] = '\0';
	return read(item, ret_value);
}

static int add(const char *option, const char *text, size_t len, uint64_t min, uint64_t max,
	       uint64_t value, struct bench_list *list)
{
	if (value < min || value > max)
		return cli_usage("%s wants %" PRIu64 " to %" PRIu64 ", not '%.*s'", option, min,
				 max, (int)len, text);
	if (list->count == BENCH_LIST_MAX)
		return cli_usage("%s takes no more than %d values", option, BENCH_LIST_MAX);
	list->values[list->count++] = value;
	return 0;
}

static int read_list(const char *option, const char *text, uint64_t min, uint64_t max,
		     const char *what, read_item read, struct bench_list *ret_list)
{
	struct bench_list list = {0};

	for (;;) {
		size_t len = strcspn(text, ",");
		uint64_t value;
		int status;

		if (!read_next(text, len, read, &value))
			return cli_usage("%s wants %s, not '%.*s'", option, what, (int)len, text);
		status = add(option, text, len, min, max, value, &list);
		if (status != 0)
			return status;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*ret_list = list;
	return 0;
}

int bench_list_sizes(const char *option, const char *text, uint64_t min, uint64_t max,
		     struct bench_list *ret_list)
{
	return read_list(option, text, min, max, "sizes as 100,4K,1M", cli_parse_size, ret_list);
}

int bench_list_counts(const char *option, const char *text, uint64_t min, uint64_t max,
		      struct bench_list *ret_list)
{
	return read_list(option, text, min, max, "whole numbers as 1,10,100", read_count, ret_list);
}
