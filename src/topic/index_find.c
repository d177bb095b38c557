/* SPDX-License-Identifier: MIT */
/*
 * Implements fsi_pattern_index_find(): all patterns at once are one nondeterministic automaton,
 * whose states are places in the tree. For each byte of the topic, the set of states that the
 * bytes before it led to becomes the next one.
 *
 * A state is entered from its predecessor in the tree alone, and if it is a wildcard from itself,
 * so only wildcards can be entered twice in a step; nodes note which were. If patterns full
 * of wildcards make more states than there are patterns, trying each pattern is cheaper.
 */
#include "topic/index.h"

#include <string.h>

#include <fsps/topic.h>

#include "topic/index_tree.h"
#include "topic/match.h"

struct state_set {
	struct fsi_pattern_state *states;
	size_t count;
};

struct walk {
	struct state_set current;
	struct state_set next;
	size_t set_limit;
	uint64_t step;
	/* There were more states than the limit: the sets are incomplete. */
	bool crowded;
};

struct receiver {
	int (*found)(uint32_t value, void *userdata);
	void *userdata;
};

/* Whether a byte of a pattern may take this byte of the topic. */
static bool takes(char pattern_byte, char byte)
{
	return pattern_byte == byte || pattern_byte == '+' || (pattern_byte == '=' && byte != '.');
}

/* Marks a wildcard of a label as entered; false if it was in this step already. */
static bool mark_wildcard(const struct walk *walk, struct fsi_pattern_node *node, size_t place)
{
	uint64_t bit = UINT64_C(1) << place;

	if (node->entered_step != walk->step) {
		node->entered_step = walk->step;
		node->entered = 0;
	}
	if ((node->entered & bit) != 0)
		return false;
	node->entered |= bit;
	return true;
}

/* Adds the state in which the byte at a place in the label has just matched. */
static void enter(struct walk *walk, struct fsi_pattern_node *node, size_t place)
{
	if (fsi_is_wildcard(node->label[place]) && !mark_wildcard(walk, node, place))
		return;
	if (walk->next.count == walk->set_limit) {
		walk->crowded = true;
		return;
	}
	walk->next.states[walk->next.count++] =
		(struct fsi_pattern_state){.node = node, .matched = place + 1};
}

static void enter_children(struct walk *walk, const struct fsi_pattern_children *children,
			   char byte)
{
	unsigned symbol = fsi_symbol(byte);

	if ((children->literals & fsi_pattern_bit(symbol)) != 0)
		enter(walk, children->list[fsi_pattern_rank(children, symbol)], 0);
	if (children->wildcards[0] != NULL && symbol != FSI_SYMBOL_DOT)
		enter(walk, children->wildcards[0], 0);
	if (children->wildcards[1] != NULL)
		enter(walk, children->wildcards[1], 0);
}

/* Where one state leads with the next byte. */
static void advance(struct walk *walk, const struct fsi_pattern_state *state, char byte)
{
	struct fsi_pattern_node *node = state->node;
	size_t place = state->matched;

	if (fsi_is_wildcard(node->label[place - 1]) && takes(node->label[place - 1], byte))
		enter(walk, node, place - 1);
	if (place == node->label_len)
		enter_children(walk, &node->children, byte);
	else if (takes(node->label[place], byte))
		enter(walk, node, place);
}

/* Makes the set that was built the current one, and begins another. */
static void turn(struct walk *walk)
{
	struct fsi_pattern_state *spare = walk->current.states;

	walk->current = walk->next;
	walk->next = (struct state_set){.states = spare};
	walk->step++;
}

/* Leaves the states after the last byte in the current set; false if there were too many. */
static bool walk_topic(struct fsi_pattern_index *index, const char *topic, size_t len,
		       struct walk *ret_walk)
{
	struct walk walk = {.current.states = index->states,
			    .next.states = index->states + index->set_capacity,
			    .set_limit = index->pattern_count + FSI_PATTERN_STATES_SPARE,
			    .step = index->step + 1};

	enter_children(&walk, &index->roots, topic[0]);
	turn(&walk);
	for (size_t i = 1; i < len && walk.current.count > 0 && !walk.crowded; i++) {
		for (size_t k = 0; k < walk.current.count; k++)
			advance(&walk, &walk.current.states[k], topic[i]);
		turn(&walk);
	}
	index->step = walk.step;
	if (walk.crowded)
		return false;
	*ret_walk = walk;
	return true;
}

static int report_node(const struct fsi_pattern_node *node, const struct receiver *receiver)
{
	int answer = 0;

	for (uint32_t i = 0; i < node->value_count && answer == 0; i++)
		answer = receiver->found(node->values[i], receiver->userdata);
	return answer;
}

static int report_set(const struct state_set *set, const struct receiver *receiver)
{
	int answer = 0;

	for (size_t i = 0; i < set->count && answer == 0; i++) {
		if (set->states[i].matched == set->states[i].node->label_len)
			answer = report_node(set->states[i].node, receiver);
	}
	return answer;
}

/* ---- trying each pattern ---- */

struct trial {
	const char *topic;
	size_t topic_len;
	struct receiver receiver;
	/* The bytes on the path to the node that is looked at. */
	char pattern[FSPS_PATTERN_MAX];
};

static int try_children(struct trial *trial, const struct fsi_pattern_children *children,
			size_t used);

static int try_node(struct trial *trial, const struct fsi_pattern_node *node, size_t used)
{
	int answer = 0;

	if (node == NULL)
		return 0;
	memcpy(trial->pattern + used, node->label, node->label_len);
	used += node->label_len;
	if (node->value_count > 0 &&
	    fsi_match(trial->pattern, used, trial->topic, trial->topic_len))
		answer = report_node(node, &trial->receiver);
	return answer != 0 ? answer : try_children(trial, &node->children, used);
}

/* Recursion: at most the longest pattern's length. */
static int try_children(struct trial *trial, const struct fsi_pattern_children *children,
			size_t used)
{
	size_t count = fsi_pattern_literal_count(children);
	int answer = 0;

	for (size_t i = 0; i < count && answer == 0; i++)
		answer = try_node(trial, children->list[i], used);
	for (size_t i = 0; i < 2 && answer == 0; i++)
		answer = try_node(trial, children->wildcards[i], used);
	return answer;
}

int fsi_pattern_index_find(struct fsi_pattern_index *index, const char *topic, size_t len,
			   int (*found)(uint32_t value, void *userdata), void *userdata)
{
	struct trial trial = {.topic = topic,
			      .topic_len = len,
			      .receiver = {.found = found, .userdata = userdata}};
	struct walk walk;

	if (index->pattern_count == 0)
		return 0;
	if (!walk_topic(index, topic, len, &walk))
		return try_children(&trial, &index->roots, 0);
	return report_set(&walk.current, &trial.receiver);
}
