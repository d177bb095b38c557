/* SPDX-License-Identifier: MIT */
/* Implements what fills the index of topic/index.h; index_find.c looks into it. */
#include "topic/index.h"

#include <errno.h>
#include <stdlib.h>

#include <fsps/error.h>

#include "base/error.h"
#include "topic/index_tree.h"

enum { VALUES_FIRST = 4 };

/* ---- values ---- */

static bool add_value(struct fsi_pattern_node *node, uint32_t value)
{
	if (node->value_count == node->value_capacity) {
		uint32_t capacity = node->value_count == 0 ? VALUES_FIRST : 2 * node->value_count;
		uint32_t *values = realloc(node->values, capacity * sizeof *values);

		if (values == NULL)
			return false;
		node->values = values;
		node->value_capacity = capacity;
	}
	node->values[node->value_count++] = value;
	return true;
}

/* Answers whether the value was there. */
static bool remove_value(struct fsi_pattern_node *node, uint32_t value)
{
	uint32_t i = 0;

	while (i < node->value_count && node->values[i] != value)
		i++;
	if (i == node->value_count)
		return false;
	node->values[i] = node->values[--node->value_count];
	if (node->value_count == 0) {
		free(node->values);
		node->values = NULL;
		node->value_capacity = 0;
	}
	return true;
}

/* ---- the index ---- */

/* Makes room for the states of a find among one pattern more. */
static bool reserve_states(struct fsi_pattern_index *index)
{
	size_t needed = index->pattern_count + 1 + FSI_PATTERN_STATES_SPARE;
	size_t capacity = 2 * needed;
	struct fsi_pattern_state *states;

	if (needed <= index->set_capacity)
		return true;
	/* Two sets, kept apart from the old ones, which hold nothing between two finds. */
	states = malloc(2 * capacity * sizeof *states);
	if (states == NULL)
		return false;
	free(index->states);
	index->states = states;
	index->set_capacity = capacity;
	return true;
}

void fsi_pattern_index_init(struct fsi_pattern_index *index)
{
	*index = (struct fsi_pattern_index){0};
}

void fsi_pattern_index_deinit(struct fsi_pattern_index *index)
{
	fsi_pattern_tree_free(&index->roots);
	free(index->states);
	fsi_pattern_index_init(index);
}

int fsi_pattern_index_add(struct fsi_pattern_index *index, const char *pattern, size_t len,
			  uint32_t value)
{
	struct fsi_pattern_node *node = NULL;

	if (reserve_states(index))
		node = fsi_pattern_tree_grow(&index->roots, pattern, len);
	if (node == NULL || !add_value(node, value)) {
		fsi_pattern_tree_prune(&index->roots, pattern, len);
		return fsi_fail_errno(ENOMEM, NULL, "can't index the pattern '%.*s'", (int)len,
				      pattern);
	}
	index->pattern_count += node->value_count == 1;
	return 0;
}

void fsi_pattern_index_remove(struct fsi_pattern_index *index, const char *pattern, size_t len,
			      uint32_t value)
{
	struct fsi_pattern_node *node = fsi_pattern_tree_find(&index->roots, pattern, len);

	if (node == NULL || !remove_value(node, value))
		return;
	index->pattern_count -= node->value_count == 0;
	fsi_pattern_tree_prune(&index->roots, pattern, len);
}
