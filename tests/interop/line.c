/* SPDX-License-Identifier: MIT */
/* Implements line.h. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void line_require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s (%s)\n", what, fsps_last_error()->text);
	exit(EXIT_FAILURE);
}

json_t *line_read(void)
{
	json_t *request = NULL;
	char *line = NULL;
	size_t capacity = 0;

	if (getline(&line, &capacity, stdin) > 0) {
		request = json_loads(line, 0, NULL);
		line_require(json_is_object(request), "a request is a JSON object");
	}
	free(line);
	return request;
}

void line_write(json_t *answer)
{
	line_require(json_dumpf(answer, stdout, JSON_COMPACT) == 0 && putchar('\n') == '\n' &&
			     fflush(stdout) == 0,
		     "stdout takes no answer");
	json_decref(answer);
}

json_int_t line_integer(const json_t *request, const char *key, json_int_t otherwise)
{
	const json_t *value = json_object_get(request, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *line_string(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

static unsigned digit(char c)
{
	line_require((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'), "bytes are hex");
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

unsigned char *line_bytes(const char *hex, size_t *ret_len)
{
	size_t len = strlen(hex) / 2;
	unsigned char *bytes = malloc(len + 1);

	line_require(bytes != NULL, "no memory");
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	*ret_len = len;
	return bytes;
}

json_t *line_hex(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	char *hex = malloc(2 * len + 1);
	json_t *value;

	line_require(hex != NULL, "no memory");
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[from[i] >> 4];
		hex[2 * i + 1] = digits[from[i] & 15];
	}
	value = json_stringn(hex, 2 * len);
	free(hex);
	return value;
}
