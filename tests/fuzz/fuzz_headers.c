/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes headers in JSON: a text is refused, or it is read as headers that are written as a text
 * which is read as the same headers and written as the same text. As one scalar, it is refused or
 * set.
 */
#include <fsps/headers.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool same_string(const struct fsps_header *left, const struct fsps_header *right)
{
	return left->string_len == right->string_len &&
	       memcmp(left->string, right->string, left->string_len) == 0;
}

static bool same_value(const struct fsps_header *left, const struct fsps_header *right)
{
	switch (left->type) {
	case FSPS_HEADER_BOOL:
		return left->boolean == right->boolean;
	case FSPS_HEADER_INT:
		return left->integer == right->integer;
	case FSPS_HEADER_DOUBLE:
		return memcmp(&left->number, &right->number, sizeof left->number) == 0;
	case FSPS_HEADER_STRING:
		return same_string(left, right);
	case FSPS_HEADER_NULL:
	default:
		return true;
	}
}

static void require_same(const fsps_headers *left, const fsps_headers *right)
{
	struct fsps_header one, other;
	size_t count = fsps_headers_count(left);

	require(count <= FSPS_HEADERS_MAX && count == fsps_headers_count(right));
	for (size_t i = 0; i < count; i++) {
		require(fsps_headers_at(left, i, &one) == FSPS_OK);
		require(fsps_headers_at(right, i, &other) == FSPS_OK);
		require(strcmp(one.key, other.key) == 0 && one.type == other.type);
		require(same_value(&one, &other));
	}
}

/* Writes headers, reads that, and writes it again. */
static void check_round_trip(const fsps_headers *headers)
{
	fsps_headers *back;
	size_t len, len_again;
	char *json, *again;
	int code = fsps_headers_to_json(headers, &json, &len);

	/* What was read without spaces and escapes may be too long with them. */
	require(code == FSPS_OK || code == FSPS_ERR_HEADER);
	if (code < 0)
		return;
	require(fsps_headers_from_json(json, len, &back) == FSPS_OK);
	require_same(headers, back);
	require(fsps_headers_to_json(back, &again, &len_again) == FSPS_OK);
	require(len == len_again && memcmp(json, again, len) == 0);
	fsps_headers_free(back);
	free(again);
	free(json);
}

static void check_object(const uint8_t *data, size_t len)
{
	fsps_headers *headers;

	if (fsps_headers_from_json(len == 0 ? "" : (const char *)data, len, &headers) < 0)
		return;
	check_round_trip(headers);
	fsps_headers_free(headers);
}

static void check_scalar(const uint8_t *data, size_t len)
{
	char *json = calloc(1, len + 1);
	fsps_headers *headers = NULL;

	require(json != NULL && fsps_headers_new(&headers) == FSPS_OK);
	if (len > 0)
		memcpy(json, data, len);
	if (fsps_headers_set_json(headers, "k", json) == FSPS_OK)
		check_round_trip(headers);
	else
		require(fsps_headers_count(headers) == 0);
	fsps_headers_free(headers);
	free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_object(data, len);
	check_scalar(data, len);
	return 0;
}
