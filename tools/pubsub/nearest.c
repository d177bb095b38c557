/* SPDX-License-Identifier: MIT */
/* Implements pubsub_verbs_nearest(): the verb with the fewest slips of the fingers in between. */
#include <string.h>

#include "pubsub/verbs.h"

enum {
	/* A longer word was not meant for a verb. */
	WORD_MAX = 30,
	/* With more slips it is another word. */
	SLIPS_MAX = 2,
};

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * How many letters were left out, added, mistaken, or swapped with the next one (the "optimal
 * string alignment" distance): row by row, of which the last two are kept.
 */
static unsigned slips(const char *one, const char *other)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t columns = strlen(other);

	for (size_t j = 0; j <= columns; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; one[i - 1] != '\0'; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3];
		const unsigned *before = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= columns; j++) {
			unsigned mistaken = one[i - 1] != other[j - 1];

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + mistaken);
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[strlen(one) % 3][columns];
}

/* What the word begins is nearer than any slip; an empty one begins all. */
static unsigned distance(const char *word, const char *verb)
{
	if (word[0] == '\0' || strlen(word) > WORD_MAX || strlen(verb) > WORD_MAX)
		return SLIPS_MAX + 1;
	return strncmp(word, verb, strlen(word)) == 0 ? 0 : slips(word, verb);
}

const char *pubsub_verbs_nearest(const struct pubsub_verbs *verbs, const char *word)
{
	const char *nearest = NULL;
	unsigned fewest = SLIPS_MAX + 1;

	for (size_t i = 0; i < verbs->count; i++) {
		unsigned found = distance(word, verbs->names[i]);

		/* Of a short word two letters are most of it. */
		if (found >= fewest || (found > 0 && found >= strlen(word)))
			continue;
		fewest = found;
		nearest = verbs->names[i];
	}
	return nearest;
}
