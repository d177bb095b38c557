/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259) written by hand: what we print is small and regular, and no library has to be
 * loaded for it. What is written parses, whatever the bytes, and drives no terminal: controls are
 * escaped, DEL and the C1 controls too.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/headers.h>

#include "cli/output.h"

/* A string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void cli_json_string(struct cli_output *output, const void *bytes, size_t len);

/* The same for a NUL-terminated string; NULL becomes null. */
void cli_json_text(struct cli_output *output, const char *text);

void cli_json_unsigned(struct cli_output *output, uint64_t value);
void cli_json_signed(struct cli_output *output, int64_t value);

/* The comma, the name and the colon of a field that is not an object's first. */
void cli_json_field(struct cli_output *output, const char *name);

/* Such a field with its value. */
void cli_json_put_text(struct cli_output *output, const char *name, const char *text);
void cli_json_put_unsigned(struct cli_output *output, const char *name, uint64_t value);
void cli_json_put_bool(struct cli_output *output, const char *name, bool value);

/* A finite number in the fewest digits that read back as the same, never looking like an
 * integer. */
void cli_json_double(struct cli_output *output, double value);

/* The same as text; size: at least 40. */
void cli_json_format_double(double value, char *ret_text, size_t size);

/* A header's value with its type. */
void cli_json_header_value(struct cli_output *output, const struct fsps_header *header);

#endif
