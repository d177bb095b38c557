/* SPDX-License-Identifier: MIT */
/*
 * Topics, patterns, and whether one matches the other.
 *
 * A topic is 1 to 1024 bytes of A-Z a-z 0-9 . and -; a pattern is 1 to 200 bytes of the same and
 * = and +. '=' stands for one or more of A-Z a-z 0-9 - (a word), '+' for one or more of
 * A-Z a-z 0-9 . - (words and dots), everything else for itself. A pattern matches a whole topic.
 */
#ifndef FSPS_TOPIC_H
#define FSPS_TOPIC_H

#include <fsps/export.h>

FSPS_BEGIN_DECLS

/** The longest topic, in bytes, without the terminating NUL. */
#define FSPS_TOPIC_MAX 1024
/** The longest pattern, in bytes, without the terminating NUL. */
#define FSPS_PATTERN_MAX 200

/**
 * Whether a string is a topic.
 *
 * topic: NUL-terminated, not NULL. Returns FSPS_OK, FSPS_ERR_TOPIC (fsps_last_error() says which
 * byte is wrong) or FSPS_ERR_ARGUMENT. Never blocks; any thread. Since 0.1.
 */
FSPS_EXPORT int fsps_topic_check(const char *topic);

/**
 * Whether a string is a pattern.
 *
 * pattern: NUL-terminated, not NULL. Returns FSPS_OK, FSPS_ERR_PATTERN (fsps_last_error() says
 * which byte is wrong) or FSPS_ERR_ARGUMENT. Never blocks; any thread. Since 0.1.
 */
FSPS_EXPORT int fsps_pattern_check(const char *pattern);

/**
 * Whether a pattern matches a topic.
 *
 * Takes time proportional to the product of the lengths, never more. Returns 1 if it does, 0 if
 * not, FSPS_ERR_PATTERN, FSPS_ERR_TOPIC or FSPS_ERR_ARGUMENT. Never blocks; any thread. Since 0.1.
 */
FSPS_EXPORT int fsps_match(const char *pattern, const char *topic);

FSPS_END_DECLS

#endif
