/* SPDX-License-Identifier: MIT */
/*
 * Which bytes topics and patterns are made of, and whether a string is one.
 *
 * The character classes are defined here and nowhere else: every byte has a symbol, and a class
 * is a range of symbols. The 64 symbols of topics fit the bits of one word, which match.c and the
 * index use. Leaves out: what a pattern matches.
 */
#ifndef FSPS_TOPIC_NAME_H
#define FSPS_TOPIC_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words are 1 to 63, topics 1 to 64, patterns 1 to 66; 0 is in none of them. */
enum fsi_symbol {
	FSI_SYMBOL_NONE = 0,
	FSI_SYMBOL_DOT = 64,
	/* '=': one or more bytes of a word. */
	FSI_SYMBOL_ANY_WORD = 65,
	/* '+': one or more bytes of a topic. */
	FSI_SYMBOL_ANY = 66
};

/* The number of different bytes that a topic can have. */
enum { FSI_TOPIC_SYMBOLS = FSI_SYMBOL_DOT };

/* The symbol of each byte. */
extern const uint8_t fsi_symbols[256];

static inline unsigned fsi_symbol(char byte)
{
	return fsi_symbols[(unsigned char)byte];
}

/* Whether a byte of a pattern stands for more than itself. */
static inline bool fsi_is_wildcard(char byte)
{
	return fsi_symbol(byte) > FSI_SYMBOL_DOT;
}

/* Whether len bytes are a topic or a pattern. Cheap; records no error. */
bool fsi_topic_valid(const char *topic, size_t len);
bool fsi_pattern_valid(const char *pattern, size_t len);

/*
 * The same for a NUL-terminated string, recording what is wrong with it: FSPS_OK,
 * FSPS_ERR_TOPIC or FSPS_ERR_PATTERN. Reads at most one byte more than the longest one has.
 */
int fsi_topic_check(const char *topic);
int fsi_pattern_check(const char *pattern);

#endif
