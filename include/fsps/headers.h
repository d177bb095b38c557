/* SPDX-License-Identifier: MIT */
/*
 * Message headers: keys with typed values, in the order in which they were set.
 *
 * A key is 1 to 255 bytes; when publishing, of A-Z a-z 0-9 . _ - (received ones may be any valid
 * UTF-8 without NUL). At most 256 keys, at most 64 KiB as JSON. A headers object belongs to one
 * thread at a time; those of a received message are read-only and may be read by all.
 */
#ifndef FSPS_HEADERS_H
#define FSPS_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/export.h>

FSPS_BEGIN_DECLS

#define FSPS_HEADERS_MAX       256
#define FSPS_HEADERS_BYTES_MAX 65536
#define FSPS_HEADER_KEY_MAX    255

typedef struct fsps_headers fsps_headers;

/** The type of a header's value: JSON's scalars, integers apart from other numbers. */
enum fsps_header_type {
	FSPS_HEADER_NULL = 0,
	FSPS_HEADER_BOOL = 1,
	FSPS_HEADER_INT = 2,
	FSPS_HEADER_DOUBLE = 3,
	FSPS_HEADER_STRING = 4
};

/** One header, as fsps_headers_at() and fsps_headers_find() show it. */
struct fsps_header {
	/** NUL-terminated UTF-8. Belongs to the headers object. */
	const char *key;
	enum fsps_header_type type;
	/** Set for FSPS_HEADER_BOOL. */
	bool boolean;
	/** Set for FSPS_HEADER_INT. */
	int64_t integer;
	/** Set for FSPS_HEADER_DOUBLE; always finite. */
	double number;
	/** Set for FSPS_HEADER_STRING: valid UTF-8 that may contain NUL bytes; a NUL follows it. */
	const char *string;
	/** The string's length in bytes. */
	size_t string_len;
};

/**
 * An empty headers object; free it with fsps_headers_free(). Returns FSPS_OK,
 * FSPS_ERR_NO_MEMORY or FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_new(fsps_headers **ret_headers);

/** Frees a headers object. NULL is allowed. Not for those of a message. Since 0.1. */
FSPS_EXPORT void fsps_headers_free(fsps_headers *headers);

/** Removes every header. Since 0.1. */
FSPS_EXPORT void fsps_headers_clear(fsps_headers *headers);

/**
 * Sets a header to a string of NUL-terminated UTF-8, replacing one of that key.
 *
 * key and value are copied. Returns FSPS_OK, FSPS_ERR_HEADER (bad key, bad UTF-8, over
 * 64 KiB, too many),
 * FSPS_ERR_ARGUMENT, FSPS_ERR_NO_MEMORY. The same holds for the other setters. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_set_string(fsps_headers *headers, const char *key, const char *value);

/** Sets a header to a string of value_len bytes of UTF-8, which may contain NUL. Since 0.1. */
FSPS_EXPORT int fsps_headers_set_bytes(fsps_headers *headers, const char *key, const char *value,
				       size_t value_len);

/** Sets a header to an integer. Since 0.1. */
FSPS_EXPORT int fsps_headers_set_int(fsps_headers *headers, const char *key, int64_t value);

/** Sets a header to a finite number; NaN and infinities are FSPS_ERR_HEADER. Since 0.1. */
FSPS_EXPORT int fsps_headers_set_double(fsps_headers *headers, const char *key, double value);

/** Sets a header to true or false. Since 0.1. */
FSPS_EXPORT int fsps_headers_set_bool(fsps_headers *headers, const char *key, bool value);

/** Sets a header to null. Since 0.1. */
FSPS_EXPORT int fsps_headers_set_null(fsps_headers *headers, const char *key);

/**
 * Sets a header to the value that a JSON scalar denotes: "text", 3, 1.5, true, null.
 *
 * json: NUL-terminated; white space around it is allowed. Anything else than one scalar is
 * FSPS_ERR_HEADER. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_set_json(fsps_headers *headers, const char *key, const char *json);

/** Removes a header: 1 if it was there, 0 if not, or FSPS_ERR_ARGUMENT. Since 0.1. */
FSPS_EXPORT int fsps_headers_remove(fsps_headers *headers, const char *key);

/** How many headers there are, 0 to 256. NULL counts as empty. Since 0.1. */
FSPS_EXPORT size_t fsps_headers_count(const fsps_headers *headers);

/**
 * The header at a place, 0 to count - 1, in the order in which they were set.
 *
 * What ret_header points to stays valid until headers is changed or freed. Returns FSPS_OK,
 * FSPS_ERR_NOT_FOUND or FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_at(const fsps_headers *headers, size_t index,
				struct fsps_header *ret_header);

/** The header of a key; as fsps_headers_at(). Since 0.1. */
FSPS_EXPORT int fsps_headers_find(const fsps_headers *headers, const char *key,
				  struct fsps_header *ret_header);

/** The value of a string header, or NULL if there is none of that key and type. Since 0.1. */
FSPS_EXPORT const char *fsps_headers_get_string(const fsps_headers *headers, const char *key);

/** The value of an integer header: FSPS_OK, FSPS_ERR_NOT_FOUND, FSPS_ERR_ARGUMENT. Since 0.1. */
FSPS_EXPORT int fsps_headers_get_int(const fsps_headers *headers, const char *key,
				     int64_t *ret_value);

/** The value of a double header, or of an integer one as double. Since 0.1. */
FSPS_EXPORT int fsps_headers_get_double(const fsps_headers *headers, const char *key,
					double *ret_value);

/** The value of a boolean header. Since 0.1. */
FSPS_EXPORT int fsps_headers_get_bool(const fsps_headers *headers, const char *key,
				      bool *ret_value);

/**
 * The headers as a JSON object on one line, ASCII and UTF-8, as it stands in message files.
 *
 * ret_json: NUL-terminated, to be freed with free(). ret_len: its length, may be NULL. Returns
 * FSPS_OK, FSPS_ERR_HEADER (over 64 KiB), FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_to_json(const fsps_headers *headers, char **ret_json, size_t *ret_len);

/**
 * A headers object from a flat JSON object of scalars.
 *
 * Refused as FSPS_ERR_HEADER: nesting, a key twice, over 256 keys or 64 KiB, invalid UTF-8,
 * NaN, numbers that overflow, lone surrogates, NUL in a key. Since 0.1.
 */
FSPS_EXPORT int fsps_headers_from_json(const char *json, size_t json_len,
				       fsps_headers **ret_headers);

FSPS_END_DECLS

#endif
