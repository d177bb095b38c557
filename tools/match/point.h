/* SPDX-License-Identifier: MIT */
/* Showing where a pattern or a topic is wrong. */
#ifndef MATCH_POINT_H
#define MATCH_POINT_H

/* The bytes that they consist of. */
#define MATCH_TOPIC_BYTES   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"
#define MATCH_PATTERN_BYTES MATCH_TOPIC_BYTES "=+"

/* Shows the text on standard error, with a mark below its first byte that is none of these; nothing
 * if there is none, or the text is very long. */
void match_point(const char *text, const char *allowed);

#endif
