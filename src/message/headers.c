/* SPDX-License-Identifier: MIT */
/*
 * Implements message/headers.h but for the setters (headers_set.c): an array of entries that is
 * searched from its start. At most 256 keys and 64 KiB make that cheap enough even for finding a
 * key that is there twice in headers which were made to be slow.
 */
#include "message/headers.h"

#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/error.h"

const fsps_headers *fsi_headers_empty(void)
{
	static const fsps_headers empty = {0};

	return &empty;
}

int fsi_headers_new(fsps_headers **ret_headers)
{
	fsps_headers *headers = calloc(1, sizeof *headers);

	if (headers == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for headers");
	*ret_headers = headers;
	return FSPS_OK;
}

void fsi_headers_clear(fsps_headers *headers)
{
	for (size_t i = 0; i < headers->count; i++)
		free(headers->entries[i].owned);
	free(headers->entries);
	free(headers->shared);
	*headers = (fsps_headers){0};
}

void fsi_headers_free(fsps_headers *headers)
{
	if (headers == NULL)
		return;
	fsi_headers_clear(headers);
	free(headers);
}

/* ---- finding ---- */

struct fsi_header_entry *fsi_headers_find_entry(const fsps_headers *headers, const char *key,
						size_t key_len)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct fsi_header_entry *entry = &headers->entries[i];

		if (entry->key_len == key_len && memcmp(entry->header.key, key, key_len) == 0)
			return entry;
	}
	return NULL;
}

size_t fsi_headers_count(const fsps_headers *headers)
{
	return headers->count;
}

int fsi_headers_at(const fsps_headers *headers, size_t index, struct fsps_header *ret_header)
{
	if (index >= headers->count)
		return fsi_fail(FSPS_ERR_NOT_FOUND, NULL, "there is no header at place %zu", index);
	*ret_header = headers->entries[index].header;
	return FSPS_OK;
}

int fsi_headers_find(const fsps_headers *headers, const char *key, struct fsps_header *ret_header)
{
	const struct fsi_header_entry *entry = fsi_headers_find_entry(headers, key, strlen(key));

	if (entry == NULL)
		return fsi_fail(FSPS_ERR_NOT_FOUND, key, "there is no such header");
	*ret_header = entry->header;
	return FSPS_OK;
}

/* The header of a key and a type, which is `type_name` for people, or NULL. */
static const struct fsps_header *find_typed(const fsps_headers *headers, const char *key,
					    enum fsps_header_type type, const char *type_name)
{
	const struct fsi_header_entry *entry = fsi_headers_find_entry(headers, key, strlen(key));

	if (entry != NULL && entry->header.type == type)
		return &entry->header;
	fsi_fail(FSPS_ERR_NOT_FOUND, key, "there is no such header that is %s", type_name);
	return NULL;
}

const char *fsi_headers_get_string(const fsps_headers *headers, const char *key)
{
	const struct fsps_header *header = find_typed(headers, key, FSPS_HEADER_STRING, "a string");

	return header == NULL ? NULL : header->string;
}

int fsi_headers_get_int(const fsps_headers *headers, const char *key, int64_t *ret_value)
{
	const struct fsps_header *header = find_typed(headers, key, FSPS_HEADER_INT, "an integer");

	if (header == NULL)
		return FSPS_ERR_NOT_FOUND;
	*ret_value = header->integer;
	return FSPS_OK;
}

int fsi_headers_get_double(const fsps_headers *headers, const char *key, double *ret_value)
{
	const struct fsi_header_entry *entry = fsi_headers_find_entry(headers, key, strlen(key));
	const struct fsps_header *header;

	/* An integer is a number too. */
	if (entry != NULL && entry->header.type == FSPS_HEADER_INT) {
		*ret_value = (double)entry->header.integer;
		return FSPS_OK;
	}
	header = find_typed(headers, key, FSPS_HEADER_DOUBLE, "a number");
	if (header == NULL)
		return FSPS_ERR_NOT_FOUND;
	*ret_value = header->number;
	return FSPS_OK;
}

int fsi_headers_get_bool(const fsps_headers *headers, const char *key, bool *ret_value)
{
	const struct fsps_header *header =
		find_typed(headers, key, FSPS_HEADER_BOOL, "true or false");

	if (header == NULL)
		return FSPS_ERR_NOT_FOUND;
	*ret_value = header->boolean;
	return FSPS_OK;
}
