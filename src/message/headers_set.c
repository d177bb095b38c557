/* SPDX-License-Identifier: MIT */
/*
 * Implements the changing half of message/headers.h. An entry is complete before the array
 * changes, so that whatever fails has changed nothing.
 */
#include "message/headers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/error.h"
#include "message/utf8.h"

enum { ENTRIES_AT_FIRST = 4 };

static int reserve(fsps_headers *headers, size_t wanted)
{
	size_t allocated = headers->allocated == 0 ? ENTRIES_AT_FIRST : headers->allocated;
	struct fsi_header_entry *entries;

	if (wanted <= headers->allocated)
		return FSPS_OK;
	while (allocated < wanted)
		allocated *= 2;
	entries = reallocarray(headers->entries, allocated, sizeof *entries);
	if (entries == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for %zu headers", wanted);
	headers->entries = entries;
	headers->allocated = allocated;
	return FSPS_OK;
}

/* Makes room for one more key. */
static int reserve_next(fsps_headers *headers)
{
	if (headers->count == FSPS_HEADERS_MAX)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "more than %d headers", FSPS_HEADERS_MAX);
	return reserve(headers, headers->count + 1);
}

/* Fills an entry with a copy of key and value in a block of its own. */
static int copy_entry(const char *key, size_t key_len, const struct fsps_header *value,
		      struct fsi_header_entry *ret_entry)
{
	size_t string_bytes = value->type == FSPS_HEADER_STRING ? value->string_len + 1 : 0;
	char *block = malloc(key_len + 1 + string_bytes);

	if (block == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, key, "no memory for a header");
	*ret_entry =
		(struct fsi_header_entry){.header = *value, .key_len = key_len, .owned = block};
	memcpy(block, key, key_len);
	block[key_len] = '\0';
	ret_entry->header.key = block;
	if (string_bytes > 0) {
		char *string = block + key_len + 1;

		memcpy(string, value->string, value->string_len);
		string[value->string_len] = '\0';
		ret_entry->header.string = string;
	}
	return FSPS_OK;
}

static bool is_key_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

static int check_published_key(const char *key)
{
	size_t len = strnlen(key, FSPS_HEADER_KEY_MAX + 1);

	if (len == 0 || len > FSPS_HEADER_KEY_MAX)
		return fsi_fail(FSPS_ERR_HEADER, key, "a header's key has 1 to %d bytes",
				FSPS_HEADER_KEY_MAX);
	for (size_t i = 0; i < len; i++)
		if (!is_key_byte(key[i]))
			return fsi_fail(FSPS_ERR_HEADER, key,
					"byte %zu of a header's key is none of A-Z a-z 0-9 . _ -",
					i + 1);
	return FSPS_OK;
}

static int check_value(const char *key, const struct fsps_header *value)
{
	if (value->type == FSPS_HEADER_DOUBLE && !isfinite(value->number))
		return fsi_fail(FSPS_ERR_HEADER, key, "a header can't be NaN or infinite");
	if (value->type != FSPS_HEADER_STRING)
		return FSPS_OK;
	/* It could never be written; refused here, it never takes memory either. */
	if (value->string_len > FSPS_HEADERS_BYTES_MAX)
		return fsi_fail(FSPS_ERR_HEADER, key, "the header is longer than %d bytes",
				FSPS_HEADERS_BYTES_MAX);
	if (!fsi_utf8_valid(value->string, value->string_len))
		return fsi_fail(FSPS_ERR_HEADER, key, "the header is not UTF-8");
	return FSPS_OK;
}

/* Puts a copy of an entry in the place of the one with its key, or at the end. The old one is
 * freed last, since the caller's value may point into it. */
static int put_copy(fsps_headers *headers, const char *key, const struct fsps_header *value)
{
	size_t key_len = strlen(key);
	struct fsi_header_entry *place = fsi_headers_find_entry(headers, key, key_len);
	struct fsi_header_entry entry;
	int result = place == NULL ? reserve_next(headers) : FSPS_OK;

	if (result < 0)
		return result;
	result = copy_entry(key, key_len, value, &entry);
	if (result < 0)
		return result;
	if (place == NULL) {
		headers->entries[headers->count++] = entry;
		return FSPS_OK;
	}
	free(place->owned);
	*place = entry;
	return FSPS_OK;
}

int fsi_headers_set_value(fsps_headers *headers, const char *key, const struct fsps_header *value)
{
	int result = check_published_key(key);

	if (result < 0)
		return result;
	result = check_value(key, value);
	if (result < 0)
		return result;
	return put_copy(headers, key, value);
}

int fsi_headers_set_string(fsps_headers *headers, const char *key, const char *value)
{
	return fsi_headers_set_bytes(headers, key, value, strlen(value));
}

int fsi_headers_set_bytes(fsps_headers *headers, const char *key, const char *value,
			  size_t value_len)
{
	return fsi_headers_set_value(headers, key,
				     &(struct fsps_header){.type = FSPS_HEADER_STRING,
							   .string = value,
							   .string_len = value_len});
}

int fsi_headers_set_int(fsps_headers *headers, const char *key, int64_t value)
{
	return fsi_headers_set_value(
		headers, key, &(struct fsps_header){.type = FSPS_HEADER_INT, .integer = value});
}

int fsi_headers_set_double(fsps_headers *headers, const char *key, double value)
{
	return fsi_headers_set_value(
		headers, key, &(struct fsps_header){.type = FSPS_HEADER_DOUBLE, .number = value});
}

int fsi_headers_set_bool(fsps_headers *headers, const char *key, bool value)
{
	return fsi_headers_set_value(
		headers, key, &(struct fsps_header){.type = FSPS_HEADER_BOOL, .boolean = value});
}

int fsi_headers_set_null(fsps_headers *headers, const char *key)
{
	return fsi_headers_set_value(headers, key, &(struct fsps_header){.type = FSPS_HEADER_NULL});
}

int fsi_headers_append_shared(fsps_headers *headers, const struct fsps_header *header,
			      size_t key_len)
{
	int result;

	if (key_len == 0 || key_len > FSPS_HEADER_KEY_MAX)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "a header's key has %zu bytes, not 1 to %d",
				key_len, FSPS_HEADER_KEY_MAX);
	if (memchr(header->key, '\0', key_len) != NULL)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "a header's key has a NUL in it");
	if (fsi_headers_find_entry(headers, header->key, key_len) != NULL)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "the key of header %zu is there twice",
				headers->count + 1);
	result = reserve_next(headers);
	if (result < 0)
		return result;
	headers->entries[headers->count++] =
		(struct fsi_header_entry){.header = *header, .key_len = key_len};
	return FSPS_OK;
}

/* ---- removing and copying ---- */

int fsi_headers_remove(fsps_headers *headers, const char *key)
{
	struct fsi_header_entry *entry = fsi_headers_find_entry(headers, key, strlen(key));
	size_t after;

	if (entry == NULL)
		return 0;
	free(entry->owned);
	after = headers->count - (size_t)(entry - headers->entries) - 1;
	memmove(entry, entry + 1, after * sizeof *entry);
	headers->count--;
	return 1;
}

int fsi_headers_copy(const fsps_headers *from, fsps_headers **ret_headers)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *copy = NULL;
	int result = fsi_headers_new(&copy);

	for (size_t i = 0; i < from->count && result >= 0; i++)
		result = put_copy(copy, from->entries[i].header.key, &from->entries[i].header);
	if (result < 0)
		return result;
	*ret_headers = fsi_steal(&copy);
	return FSPS_OK;
}
