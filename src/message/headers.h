/* SPDX-License-Identifier: MIT */
/*
 * Headers: keys with typed values in the order in which they were set; what <fsps/headers.h>
 * promises, without the checks for NULL.
 *
 * Invariants: no key twice; at most FSPS_HEADERS_MAX; each key is 1 to FSPS_HEADER_KEY_MAX bytes
 * of UTF-8 without NUL; each string is UTF-8; each double is finite. A zeroed struct is empty and
 * owns nothing, so that a message without headers costs no allocation.
 *
 * Leaves to others: JSON (message/json.h) and the limit on its length, which is only known when
 * it is written.
 */
#ifndef FSPS_MESSAGE_HEADERS_H
#define FSPS_MESSAGE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/headers.h>

#include "base/cleanup.h"

struct fsi_header_entry {
	/* As the public functions show it. */
	struct fsps_header header;
	size_t key_len;
	/* The block with this entry's key and string; NULL if they lie in the shared block. */
	char *owned;
};

struct fsps_headers {
	struct fsi_header_entry *entries;
	size_t count;
	size_t allocated;
	/* Holds the keys and strings of headers that were parsed; NULL if there are none. */
	char *shared;
};

/* An empty one that nobody owns. */
const fsps_headers *fsi_headers_empty(void);

int fsi_headers_new(fsps_headers **ret_headers);
void fsi_headers_free(fsps_headers *headers);

/* Frees what an embedded one owns and leaves it empty. */
void fsi_headers_clear(fsps_headers *headers);

int fsi_headers_copy(const fsps_headers *from, fsps_headers **ret_headers);

/* The setters take what may be published: keys of A-Z a-z 0-9 . _ - only. FSPS_ERR_HEADER or
 * FSPS_ERR_NO_MEMORY, in which case nothing has changed. */
int fsi_headers_set_string(fsps_headers *headers, const char *key, const char *value);
int fsi_headers_set_bytes(fsps_headers *headers, const char *key, const char *value,
			  size_t value_len);
int fsi_headers_set_int(fsps_headers *headers, const char *key, int64_t value);
int fsi_headers_set_double(fsps_headers *headers, const char *key, double value);
int fsi_headers_set_bool(fsps_headers *headers, const char *key, bool value);
int fsi_headers_set_null(fsps_headers *headers, const char *key);

/* Sets what `value` says under `key`; its string must be UTF-8 and its double finite. */
int fsi_headers_set_value(fsps_headers *headers, const char *key, const struct fsps_header *value);

/* Appends a received header, whose key may be any UTF-8. Its key and string must lie in the shared
 * block. FSPS_ERR_HEADER if the key is not allowed, is there, or is one too many. */
int fsi_headers_append_shared(fsps_headers *headers, const struct fsps_header *header,
			      size_t key_len);

/* 1 if it was there, 0 if not. */
int fsi_headers_remove(fsps_headers *headers, const char *key);

/* The entry of a key, or NULL. */
struct fsi_header_entry *fsi_headers_find_entry(const fsps_headers *headers, const char *key,
						size_t key_len);

size_t fsi_headers_count(const fsps_headers *headers);

/* FSPS_OK or FSPS_ERR_NOT_FOUND, as are those that follow. */
int fsi_headers_at(const fsps_headers *headers, size_t index, struct fsps_header *ret_header);
int fsi_headers_find(const fsps_headers *headers, const char *key, struct fsps_header *ret_header);
int fsi_headers_get_int(const fsps_headers *headers, const char *key, int64_t *ret_value);
int fsi_headers_get_double(const fsps_headers *headers, const char *key, double *ret_value);
int fsi_headers_get_bool(const fsps_headers *headers, const char *key, bool *ret_value);

/* NULL if there is no string of that key. */
const char *fsi_headers_get_string(const fsps_headers *headers, const char *key);

FSI_DEFINE_CLEANUP(fsi_cleanup_headers, fsps_headers, fsi_headers_free)

#endif
