/* SPDX-License-Identifier: MIT */
/*
 * Implements topic/index_tree.h. Growing commits each step only once its memory is there, so a
 * tree is whole at any time; pruning needs none and can't fail.
 */
#include "topic/index_tree.h"

#include <stdlib.h>
#include <string.h>

static struct fsi_pattern_node *new_node(const char *label, size_t len)
{
	struct fsi_pattern_node *node = malloc(sizeof *node + len);

	if (node == NULL)
		return NULL;
	*node = (struct fsi_pattern_node){.label_len = (uint32_t)len};
	memcpy(node->label, label, len);
	return node;
}

/* ---- children ---- */

/* Where the child that begins with this symbol is; NULL if there is none. */
static struct fsi_pattern_node **find_child(struct fsi_pattern_children *children, unsigned symbol)
{
	struct fsi_pattern_node **place;

	if (symbol <= FSI_SYMBOL_DOT) {
		if ((children->literals & fsi_pattern_bit(symbol)) == 0)
			return NULL;
		return &children->list[fsi_pattern_rank(children, symbol)];
	}
	place = &children->wildcards[symbol - FSI_SYMBOL_ANY_WORD];
	return *place == NULL ? NULL : place;
}

static bool has_children(const struct fsi_pattern_children *children)
{
	return children->literals != 0 || children->wildcards[0] != NULL ||
	       children->wildcards[1] != NULL;
}

/* Adds the child that begins with this symbol, which is not there yet; false without memory. */
static bool insert_child(struct fsi_pattern_children *children, unsigned symbol,
			 struct fsi_pattern_node *child)
{
	size_t count = fsi_pattern_literal_count(children);
	struct fsi_pattern_node **list;
	size_t rank;

	if (symbol > FSI_SYMBOL_DOT) {
		children->wildcards[symbol - FSI_SYMBOL_ANY_WORD] = child;
		return true;
	}
	list = realloc(children->list, (count + 1) * sizeof(struct fsi_pattern_node *));
	if (list == NULL)
		return false;
	rank = fsi_pattern_rank(children, symbol);
	memmove(list + rank + 1, list + rank, (count - rank) * sizeof(struct fsi_pattern_node *));
	list[rank] = child;
	children->list = list;
	children->literals |= fsi_pattern_bit(symbol);
	return true;
}

/* Forgets the child at a place, without freeing the node. */
static void erase_child(struct fsi_pattern_children *children, struct fsi_pattern_node **place)
{
	unsigned symbol = fsi_symbol((*place)->label[0]);
	size_t after;

	if (symbol > FSI_SYMBOL_DOT) {
		*place = NULL;
		return;
	}
	after = fsi_pattern_literal_count(children) - fsi_pattern_rank(children, symbol) - 1;
	memmove(place, place + 1, after * sizeof(struct fsi_pattern_node *));
	children->literals &= ~fsi_pattern_bit(symbol);
	if (children->literals == 0) {
		free(children->list);
		children->list = NULL;
	}
}

/* ---- growing and pruning a pattern's path ---- */

/* Puts a node with the first `common` bytes of a label above the node that keeps the rest. */
static struct fsi_pattern_node *split(struct fsi_pattern_node *lower, size_t common)
{
	struct fsi_pattern_node *upper = new_node(lower->label, common);

	if (upper == NULL)
		return NULL;
	if (!insert_child(&upper->children, fsi_symbol(lower->label[common]), lower)) {
		free(upper);
		return NULL;
	}
	lower->label_len -= (uint32_t)common;
	memmove(lower->label, lower->label + common, lower->label_len);
	return upper;
}

static struct fsi_pattern_node *add_child(struct fsi_pattern_children *children,
					  const char *pattern, size_t len)
{
	size_t label_len = len < FSI_PATTERN_LABEL_MAX ? len : FSI_PATTERN_LABEL_MAX;
	struct fsi_pattern_node *child = new_node(pattern, label_len);

	if (child == NULL)
		return NULL;
	if (!insert_child(children, fsi_symbol(pattern[0]), child)) {
		free(child);
		return NULL;
	}
	return child;
}

/* The child whose whole label is the beginning of the pattern, made if need be. */
static struct fsi_pattern_node *grow_child(struct fsi_pattern_children *children,
					   const char *pattern, size_t len)
{
	struct fsi_pattern_node **place = find_child(children, fsi_symbol(pattern[0]));
	struct fsi_pattern_node *upper;
	size_t common = 1;

	if (place == NULL)
		return add_child(children, pattern, len);
	while (common < len && common < (*place)->label_len &&
	       (*place)->label[common] == pattern[common])
		common++;
	if (common == (*place)->label_len)
		return *place;
	upper = split(*place, common);
	if (upper != NULL)
		*place = upper;
	return upper;
}

struct fsi_pattern_node *fsi_pattern_tree_grow(struct fsi_pattern_children *children,
					       const char *pattern, size_t len)
{
	struct fsi_pattern_node *node = grow_child(children, pattern, len);

	while (node != NULL && node->label_len < len) {
		pattern += node->label_len;
		len -= node->label_len;
		node = grow_child(&node->children, pattern, len);
	}
	return node;
}

/* The place of the child whose whole label is the beginning of the pattern, or NULL. */
static struct fsi_pattern_node **follow(struct fsi_pattern_children *children, const char *pattern,
					size_t len)
{
	struct fsi_pattern_node **place = find_child(children, fsi_symbol(pattern[0]));

	if (place == NULL || (*place)->label_len > len ||
	    memcmp((*place)->label, pattern, (*place)->label_len) != 0)
		return NULL;
	return place;
}

struct fsi_pattern_node *fsi_pattern_tree_find(struct fsi_pattern_children *children,
					       const char *pattern, size_t len)
{
	struct fsi_pattern_node **place = follow(children, pattern, len);

	while (place != NULL && (*place)->label_len < len) {
		pattern += (*place)->label_len;
		len -= (*place)->label_len;
		place = follow(&(*place)->children, pattern, len);
	}
	return place == NULL ? NULL : *place;
}

void fsi_pattern_tree_prune(struct fsi_pattern_children *children, const char *pattern, size_t len)
{
	struct fsi_pattern_node **place = follow(children, pattern, len);
	struct fsi_pattern_node *node;

	if (place == NULL)
		return;
	node = *place;
	if (node->label_len < len)
		fsi_pattern_tree_prune(&node->children, pattern + node->label_len,
				       len - node->label_len);
	if (node->value_count > 0 || has_children(&node->children))
		return;
	erase_child(children, place);
	free(node);
}

/* ---- the end ---- */

static void free_node(struct fsi_pattern_node *node)
{
	if (node == NULL)
		return;
	fsi_pattern_tree_free(&node->children);
	free(node->values);
	free(node);
}

void fsi_pattern_tree_free(struct fsi_pattern_children *children)
{
	for (size_t i = fsi_pattern_literal_count(children); i > 0; i--)
		free_node(children->list[i - 1]);
	free(children->list);
	free_node(children->wildcards[0]);
	free_node(children->wildcards[1]);
}
