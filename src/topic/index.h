/* SPDX-License-Identifier: MIT */
/*
 * Many patterns, and quickly those of them that match a topic.
 *
 * Patterns share their common beginnings in a tree (index_node.h), so a find follows only what
 * still matches. Its time is bounded by topic length x patterns that are partly matched, and
 * never much above that of trying each pattern. Memory is that of the patterns that are in it.
 *
 * Not thread-safe, finds included: the caller locks. found() must not change the index.
 * Leaves out: what the values mean, and that a (pattern, value) pair is added only once: one
 * that is added twice is found twice and must be removed twice.
 */
#ifndef FSPS_TOPIC_INDEX_H
#define FSPS_TOPIC_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct fsi_pattern_node;

/* The nodes that may follow a node, or begin a pattern. */
struct fsi_pattern_children {
	/* Bit n: there is a child whose label begins with symbol n + 1. */
	uint64_t literals;
	/* Those children in the order of their bits. */
	struct fsi_pattern_node **list;
	/* The children '=' and '+', or NULL. */
	struct fsi_pattern_node *wildcards[2];
};

/* Its members are the index's own. */
struct fsi_pattern_index {
	struct fsi_pattern_children roots;
	/* How many different patterns there are. */
	size_t pattern_count;
	/* Room for two sets of states of a find, so that finding allocates nothing. */
	struct fsi_pattern_state *states;
	size_t set_capacity;
	/* Counts the bytes of all topics ever looked for. */
	uint64_t step;
};

void fsi_pattern_index_init(struct fsi_pattern_index *index);
void fsi_pattern_index_deinit(struct fsi_pattern_index *index);

/* pattern is valid by topic/name.h, and copied. 0 or FSPS_ERR_NO_MEMORY; then nothing changed. */
int fsi_pattern_index_add(struct fsi_pattern_index *index, const char *pattern, size_t len,
			  uint32_t value);

/* Removes what was added; a pair that is not there is ignored. */
void fsi_pattern_index_remove(struct fsi_pattern_index *index, const char *pattern, size_t len,
			      uint32_t value);

/*
 * Calls found once for each value whose pattern matches the topic (valid by topic/name.h), in no
 * particular order, until it answers something else than 0, which is returned. Else 0.
 */
int fsi_pattern_index_find(struct fsi_pattern_index *index, const char *topic, size_t len,
			   int (*found)(uint32_t value, void *userdata), void *userdata);

#endif
