/* SPDX-License-Identifier: MIT */
/* JSON as Python's json.loads() reads it; formix.h says for what. */
#ifndef TESTS_FUZZ_FORMIX_JSON_H
#define TESTS_FUZZ_FORMIX_JSON_H

#include "fuzz/formix.h"

/* Reads headers into an empty message. False if they are refused. */
bool formix_read_headers(const uint8_t *text, size_t len, struct formix_message *message);

/* Whether bytes are UTF-8 as Python's strict decoder takes it. */
bool formix_utf8(const uint8_t *bytes, size_t len);

#endif
