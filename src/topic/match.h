/* SPDX-License-Identifier: MIT */
/*
 * Whether one pattern matches one topic.
 *
 * The pattern means exactly the anchored regular expression in which '=' is [A-Za-z0-9-]+, '+' is
 * [A-Za-z0-9.-]+ and every other byte is itself. Wildcards may stand anywhere, also side by side.
 * Never backtracks: the time is at most proportional to pattern length x topic length.
 * Leaves out: validity (both were checked), and many patterns at once (index.h).
 */
#ifndef FSPS_TOPIC_MATCH_H
#define FSPS_TOPIC_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Both must be valid by topic/name.h. */
bool fsi_match(const char *pattern, size_t pattern_len, const char *topic, size_t topic_len);

#endif
