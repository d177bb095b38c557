/* SPDX-License-Identifier: MIT */
/*
 * Implements topic/match.h. The literal ends of a pattern are compared directly; what is left
 * begins and ends with a wildcard. If that is more than one wildcard, a nondeterministic automaton
 * is run on it with all its states in the bits of a few words: bit i is set while the pattern's
 * bytes 0 to i match the topic's bytes so far.
 */
#include "topic/match.h"

#include <string.h>

#include <fsps/topic.h>

#include "topic/name.h"

enum { WORD_BITS = 64, WORDS_MAX = (FSPS_PATTERN_MAX + WORD_BITS - 1) / WORD_BITS };

struct automaton {
	size_t words;
	/* The states that may take one more byte of their kind. */
	uint64_t wildcards[WORDS_MAX];
	/* For each byte of topics, the states that it may lead into. */
	uint64_t takers[WORDS_MAX][FSI_TOPIC_SYMBOLS];
};

/* Both are valid, so there is a symbol; the remainder only keeps a caller's mistake in bounds. */
static unsigned symbol_index(char byte)
{
	return (fsi_symbol(byte) - 1) % FSI_TOPIC_SYMBOLS;
}

/* Writes one word of an automaton, for at most 64 bytes of the pattern. */
static void build_word(struct automaton *automaton, size_t word, const char *pattern, size_t len)
{
	uint64_t *takers = automaton->takers[word];
	uint64_t any_word = 0;
	uint64_t any = 0;

	for (size_t i = 0; i < len; i++) {
		any_word |= (uint64_t)(pattern[i] == '=') << i;
		any |= (uint64_t)(pattern[i] == '+') << i;
	}
	automaton->wildcards[word] = any_word | any;
	for (size_t symbol = 0; symbol < FSI_TOPIC_SYMBOLS; symbol++)
		takers[symbol] = any_word | any;
	takers[symbol_index('.')] = any;
	for (size_t i = 0; i < len; i++) {
		if (!fsi_is_wildcard(pattern[i]))
			takers[symbol_index(pattern[i])] |= UINT64_C(1) << i;
	}
}

static void build(struct automaton *automaton, const char *pattern, size_t len)
{
	automaton->words = (len + WORD_BITS - 1) / WORD_BITS;
	for (size_t word = 0; word < automaton->words; word++) {
		size_t begin = word * WORD_BITS;
		size_t rest = len - begin;

		build_word(automaton, word, pattern + begin, rest < WORD_BITS ? rest : WORD_BITS);
	}
}

/* Takes one byte. entry: 1 to enter the first state, else 0. Answers 0 once nothing can match. */
static uint64_t take(const struct automaton *automaton, uint64_t states[WORDS_MAX], char byte,
		     uint64_t entry)
{
	unsigned symbol = symbol_index(byte);
	uint64_t alive = 0;

	for (size_t word = 0; word < automaton->words; word++) {
		uint64_t before = states[word];
		uint64_t reached = before << 1 | entry | (before & automaton->wildcards[word]);

		entry = before >> (WORD_BITS - 1);
		states[word] = reached & automaton->takers[word][symbol];
		alive |= states[word];
	}
	return alive;
}

static bool run(const struct automaton *automaton, size_t pattern_len, const char *topic,
		size_t topic_len)
{
	size_t last = pattern_len - 1;
	uint64_t states[WORDS_MAX] = {0};
	uint64_t alive = take(automaton, states, topic[0], 1);

	for (size_t i = 1; i < topic_len && alive != 0; i++)
		alive = take(automaton, states, topic[i], 0);
	/* Nothing alive means that no state is set either. */
	return (states[last / WORD_BITS] >> last % WORD_BITS & 1) != 0;
}

/* pattern begins and ends with a wildcard, which may be the same one. */
static bool match_between(const char *pattern, size_t pattern_len, const char *topic,
			  size_t topic_len)
{
	struct automaton automaton;

	/* Every byte of a pattern takes at least one of the topic. */
	if (pattern_len > topic_len)
		return false;
	if (pattern_len == 1)
		return *pattern == '+' || memchr(topic, '.', topic_len) == NULL;
	build(&automaton, pattern, pattern_len);
	return run(&automaton, pattern_len, topic, topic_len);
}

bool fsi_match(const char *pattern, size_t pattern_len, const char *topic, size_t topic_len)
{
	size_t begin = 0;

	while (begin < pattern_len && !fsi_is_wildcard(pattern[begin])) {
		if (begin == topic_len || pattern[begin] != topic[begin])
			return false;
		begin++;
	}
	if (begin == pattern_len)
		return begin == topic_len;
	/* There is a wildcard at begin, where this ends at the latest. */
	while (!fsi_is_wildcard(pattern[pattern_len - 1])) {
		if (topic_len == begin || pattern[pattern_len - 1] != topic[topic_len - 1])
			return false;
		pattern_len--;
		topic_len--;
	}
	return match_between(pattern + begin, pattern_len - begin, topic + begin,
			     topic_len - begin);
}
