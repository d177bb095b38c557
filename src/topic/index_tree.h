/* SPDX-License-Identifier: MIT */
/*
 * The tree inside the pattern index; for index.c, which fills it, and index_find.c, which walks it,
 * only.
 *
 * A path from a root spells a pattern; labels may hold wildcards. Siblings begin with different
 * bytes. A node without values and children does not exist, so the tree never holds more label
 * bytes than its patterns have. A label that was split stays split: that costs a find next to
 * nothing, and joining needs memory, so it could fail.
 */
#ifndef FSPS_TOPIC_INDEX_TREE_H
#define FSPS_TOPIC_INDEX_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "topic/index.h"
#include "topic/name.h"

struct fsi_pattern_node {
	struct fsi_pattern_children children;
	/* The step in which a find last entered a wildcard of the label, and which of them it
	 * entered then: bit n for its byte n. */
	uint64_t entered_step;
	uint64_t entered;
	/* The values of the pattern that ends here. */
	uint32_t *values;
	uint32_t value_count;
	uint32_t value_capacity;
	uint32_t label_len;
	char label[];
};

/* As many as an integer has bits, see entered. Longer runs are chains of nodes. */
enum { FSI_PATTERN_LABEL_MAX = 64 };

/* Where a find is: the label's bytes before matched, at least one, have matched. */
struct fsi_pattern_state {
	struct fsi_pattern_node *node;
	size_t matched;
};

/* The sets of states are this much larger than the number of patterns. */
enum { FSI_PATTERN_STATES_SPARE = 64 };

static inline uint64_t fsi_pattern_bit(unsigned literal_symbol)
{
	return UINT64_C(1) << (literal_symbol - 1);
}

/* The place in the list that a literal child has or would have. */
static inline size_t fsi_pattern_rank(const struct fsi_pattern_children *children,
				      unsigned literal_symbol)
{
	uint64_t below = fsi_pattern_bit(literal_symbol) - 1;

	return (size_t)__builtin_popcountll(children->literals & below);
}

static inline size_t fsi_pattern_literal_count(const struct fsi_pattern_children *children)
{
	return (size_t)__builtin_popcountll(children->literals);
}

/* The node where a pattern ends, with all that leads to it; NULL without memory: then prune. */
struct fsi_pattern_node *fsi_pattern_tree_grow(struct fsi_pattern_children *children,
					       const char *pattern, size_t len);

/* The node where a pattern ends, or NULL. */
struct fsi_pattern_node *fsi_pattern_tree_find(struct fsi_pattern_children *children,
					       const char *pattern, size_t len);

/* Frees the nodes of a pattern's path that serve no pattern. Recursion: at most its length. */
void fsi_pattern_tree_prune(struct fsi_pattern_children *children, const char *pattern, size_t len);

/* Frees everything below. Recursion: at most the longest pattern's length. */
void fsi_pattern_tree_free(struct fsi_pattern_children *children);

#endif
