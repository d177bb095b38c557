/* SPDX-License-Identifier: MIT */
/* Implements the reading of formats of subscribe/format.h; format_write.c has the writing. */
#include "subscribe/format.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/status.h"
#include "cli/unescape.h"

/* No field needs to be wider, and sums of widths stay far from overflowing. */
enum { WIDTH_MAX = 65536 };

static int no_memory(void)
{
	return cli_fail(CLI_ERROR, "no memory for the format");
}

static struct subscribe_item *add_item(struct subscribe_format *format,
				       enum subscribe_item_kind kind)
{
	struct subscribe_item *grown =
		realloc(format->items, (format->count + 1) * sizeof *format->items);

	if (grown == NULL)
		return NULL;
	format->items = grown;
	grown += format->count++;
	*grown = (struct subscribe_item){.kind = kind, .max = SIZE_MAX};
	return grown;
}

/* Adds one byte of text to the last item, which is made a text if it is none. */
static int add_byte(struct subscribe_format *format, char byte)
{
	struct subscribe_item *item = format->count == 0 ? NULL : &format->items[format->count - 1];
	char *grown;

	if (item == NULL || item->kind != SUBSCRIBE_ITEM_TEXT)
		item = add_item(format, SUBSCRIBE_ITEM_TEXT);
	if (item == NULL)
		return no_memory();
	grown = realloc(item->text, item->text_len + 1);
	if (grown == NULL)
		return no_memory();
	item->text = grown;
	item->text[item->text_len++] = byte;
	return 0;
}

static size_t read_width(const char **place)
{
	size_t width = 0;

	for (; isdigit((unsigned char)**place); (*place)++) {
		if (width < WIDTH_MAX)
			width = width * 10 + (size_t)(**place - '0');
	}
	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

/* %H{name} */
static int read_header_name(struct subscribe_item *item, const char **place)
{
	const char *end = **place == '{' ? strchr(*place, '}') : NULL;

	if (end == NULL || end == *place + 1)
		return cli_usage("-F: %%H wants a header's name in braces, as %%H{unit}");
	item->text_len = (size_t)(end - *place - 1);
	item->text = strndup(*place + 1, item->text_len);
	*place = end + 1;
	return item->text == NULL ? no_memory() : 0;
}

/* What stands behind %. */
static int read_field(struct subscribe_format *format, const char **place)
{
	struct subscribe_item *item;

	if (**place == '%')
		return add_byte(format, *(*place)++);
	item = add_item(format, SUBSCRIBE_ITEM_FIELD);
	if (item == NULL)
		return no_memory();
	for (; **place == '-' || **place == '0'; (*place)++) {
		if (**place == '-')
			item->left = true;
		else
			item->zeros = true;
	}
	item->width = read_width(place);
	if (**place == '.') {
		(*place)++;
		item->max = read_width(place);
	}
	item->letter = **place;
	if (item->letter == '\0' || strchr("HIPUJXjlmptux", item->letter) == NULL)
		return cli_usage(
			"-F: unknown or incomplete sequence '%%%.1s'; there are %%t %%p %%x %%X "
			"%%l %%m %%u %%I %%U %%j %%J %%P %%H{NAME} %%%%",
			*place);
	(*place)++;
	format->has_json |= item->letter == 'j' || item->letter == 'J';
	format->reads_json |= item->letter == 'J';
	return item->letter == 'H' ? read_header_name(item, place) : 0;
}

/* What stands behind @. */
static int read_time(struct subscribe_format *format, const char **place)
{
	struct subscribe_item *item;
	char letter = **place;

	if (letter == '@') {
		(*place)++;
		return add_byte(format, letter);
	}
	if (!isalpha((unsigned char)letter))
		return cli_usage("-F: '@' wants a letter of strftime(3), as @H; write @@ for an @");
	item = add_item(format, SUBSCRIBE_ITEM_TIME);
	if (item == NULL)
		return no_memory();
	item->letter = letter;
	(*place)++;
	return 0;
}

/* What stands behind a backslash. */
static int read_escape(struct subscribe_format *format, const char **place)
{
	int byte = cli_unescape_letter(**place);

	if (byte < 0)
		return cli_usage(
			"-F: unknown sequence '\\%.1s'; there are \\n \\t \\r \\0 \\a \\e \\v "
			"\\\\",
			*place);
	(*place)++;
	return add_byte(format, (char)byte);
}

static int read_next(struct subscribe_format *format, const char **place)
{
	char byte = *(*place)++;

	switch (byte) {
	case '%':
		return read_field(format, place);
	case '@':
		return read_time(format, place);
	case '\\':
		return read_escape(format, place);
	default:
		return add_byte(format, byte);
	}
}

int subscribe_format_read(struct subscribe_format *format, const char *text)
{
	int status = 0;

	*format = (struct subscribe_format){0};
	while (*text != '\0' && status == 0)
		status = read_next(format, &text);
	if (status == 0 && format->reads_json)
		status = cli_jansson_load(&format->jansson);
	return status;
}

void subscribe_format_deinit(struct subscribe_format *format)
{
	for (size_t i = 0; i < format->count; i++)
		free(format->items[i].text);
	free(format->items);
}
