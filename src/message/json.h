/* SPDX-License-Identifier: MIT */
/*
 * Headers as JSON (RFC 8259), strictly: one flat object of scalars, of at most
 * FSPS_HEADERS_BYTES_MAX bytes.
 *
 * Reading refuses whatever another reader could take for something else: a key twice, invalid
 * UTF-8, lone surrogates, control bytes in strings, integers beyond 64 bits, numbers that
 * overflow, NaN and Infinity, nesting, keys that are empty, longer than FSPS_HEADER_KEY_MAX or
 * contain NUL. A number with a fraction or an exponent is a double, any other an integer; -0 is
 * the integer 0. Numbers too small for a double become 0.
 *
 * Writing gives what Python's json.dumps(headers, ensure_ascii=False) gives, but for a 17th digit
 * of some powers of two; what is read back has equal values of equal types. Neither depends on
 * the process's locale.
 */
#ifndef FSPS_MESSAGE_JSON_H
#define FSPS_MESSAGE_JSON_H

#include <stddef.h>

#include <fsps/headers.h>

/* Fills empty headers from JSON text; a text of no bytes stands for no headers. FSPS_ERR_HEADER
 * or FSPS_ERR_NO_MEMORY, in which case the headers are empty. */
int fsi_headers_read_json(const char *json, size_t json_len, fsps_headers *headers);

/* The same into a new object. */
int fsi_headers_parse_json(const char *json, size_t json_len, fsps_headers **ret_headers);

/* Sets a header to one scalar; white space around it is allowed. */
int fsi_headers_set_json(fsps_headers *headers, const char *key, const char *json);

/* NUL-terminated text, to be freed with free(). FSPS_ERR_HEADER if it would be too long, or
 * FSPS_ERR_NO_MEMORY. */
int fsi_headers_write_json(const fsps_headers *headers, char **ret_json, size_t *ret_len);

#endif
