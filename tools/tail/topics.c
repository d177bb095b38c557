/* SPDX-License-Identifier: MIT */
/* Implements tail/topics.h. */
#include "tail/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/number.h"

enum { SLOTS_FIRST = 64 };

#define OTHERS "(others)"

void tail_topics_init(struct tail_topics *topics)
{
	*topics = (struct tail_topics){0};
	/* Without randomness it is only slower for whoever is attacked. */
	(void)!getrandom(&topics->seed, sizeof topics->seed, GRND_NONBLOCK);
}

void tail_topics_deinit(struct tail_topics *topics)
{
	for (size_t i = 0; i < topics->slots_count; i++)
		free(topics->slots[i].topic);
	free(topics->slots);
	free(topics->others);
	*topics = (struct tail_topics){0};
}

/* FNV-1a, begun with the seed. */
static uint32_t hash_of(uint32_t seed, const char *name)
{
	uint32_t hash = UINT32_C(2166136261) ^ seed;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
	return hash;
}

/* Where a topic is, or the free slot that it belongs into. There is one. */
static struct tail_slot *find(struct tail_topics *topics, uint32_t hash, const char *name)
{
	size_t mask = topics->slots_count - 1;
	size_t place = hash & mask;

	while (topics->slots[place].topic != NULL &&
	       (topics->slots[place].topic->hash != hash ||
		strcmp(topics->slots[place].topic->name, name) != 0))
		place = (place + 1) & mask;
	return &topics->slots[place];
}

/* Keeps at least half of the slots free. */
static bool make_room(struct tail_topics *topics)
{
	size_t slots_count = topics->slots_count == 0 ? SLOTS_FIRST : 2 * topics->slots_count;
	struct tail_topics grown = *topics;

	if (2 * (topics->count + 1) <= topics->slots_count)
		return true;
	grown.slots = calloc(slots_count, sizeof *grown.slots);
	if (grown.slots == NULL)
		return false;
	grown.slots_count = slots_count;
	for (size_t i = 0; i < topics->slots_count; i++) {
		struct tail_topic *topic = topics->slots[i].topic;

		if (topic != NULL)
			find(&grown, topic->hash, topic->name)->topic = topic;
	}
	free(topics->slots);
	*topics = grown;
	return true;
}

static struct tail_topic *make(struct tail_topics *topics, uint32_t hash, const char *name)
{
	size_t size = strlen(name) + 1;
	struct tail_topic *topic = calloc(1, sizeof *topic + size);

	if (topic == NULL)
		return NULL;
	topic->hash = hash;
	memcpy(topic->name, name, size);
	topics->count++;
	return topic;
}

static struct tail_topic *topic_of(struct tail_topics *topics, const char *name)
{
	uint32_t hash = hash_of(topics->seed, name);
	struct tail_slot *slot;

	if (!make_room(topics))
		return NULL;
	slot = find(topics, hash, name);
	if (slot->topic != NULL)
		return slot->topic;
	if (topics->count < TAIL_TOPICS_MAX) {
		slot->topic = make(topics, hash, name);
		return slot->topic;
	}
	if (topics->others == NULL)
		topics->others = make(topics, 0, OTHERS);
	return topics->others;
}

/* Goes on to the interval that now is in. */
static void move(struct tail_window *window, int64_t now_ns, int64_t interval_ns)
{
	int64_t passed_ns = now_ns - window->start_ns;

	if (passed_ns < interval_ns)
		return;
	if (passed_ns < 2 * interval_ns) {
		window->before = window->now;
		window->start_ns += interval_ns;
	} else {
		window->before = 0;
		window->start_ns = now_ns;
	}
	window->now = 0;
}

static void count(struct tail_count *count, size_t bytes)
{
	count->messages++;
	count->bytes += bytes;
}

static void note_sender(struct tail_topic *topic, uint32_t uid, const char *member)
{
	topic->several |= topic->all.messages > 0 && topic->uid != uid;
	topic->uid = uid;
	if (member[0] == '\0' || strcmp(member, topic->member) == 0)
		return;
	topic->several |= topic->member[0] != '\0';
	snprintf(topic->member, sizeof topic->member, "%s", member);
}

struct tail_topic *tail_topics_note(struct tail_topics *topics, const fsps_message *message,
				    int64_t now_ns, int64_t interval_ns)
{
	struct tail_topic *topic = topic_of(topics, fsps_message_topic(message));
	uint32_t uid = fsps_message_sender_uid(message);
	size_t len;

	if (topic == NULL)
		return NULL;
	fsps_message_payload(message, &len);
	note_sender(topic, uid, fsps_message_sender_member(message));
	count(&topic->all, len);
	count(&topics->all, len);
	move(&topic->window, now_ns, interval_ns);
	topic->window.now++;
	topic->window.seen_ns = now_ns;
	return topic;
}

double tail_topic_rate(const struct tail_topic *topic, int64_t interval_ns)
{
	const struct tail_window *window = &topic->window;
	double over = (double)(window->seen_ns - window->start_ns) / (double)interval_ns;
	double messages = (double)window->now + (1 - over) * (double)window->before;

	return messages * CLI_NS_PER_S / (double)interval_ns;
}

struct tail_topic *tail_topics_next(const struct tail_topics *topics, size_t *place)
{
	while (*place < topics->slots_count) {
		struct tail_topic *topic = topics->slots[(*place)++].topic;

		if (topic != NULL)
			return topic;
	}
	return (*place)++ == topics->slots_count ? topics->others : NULL;
}

static uint64_t news(const struct tail_topic *topic)
{
	return topic->all.messages - topic->mark.messages;
}

static int by_news(const void *one, const void *other)
{
	const struct tail_topic *a = ((const struct tail_slot *)one)->topic;
	const struct tail_topic *b = ((const struct tail_slot *)other)->topic;

	if (news(a) != news(b))
		return news(a) < news(b) ? 1 : -1;
	if (a->all.messages != b->all.messages)
		return a->all.messages < b->all.messages ? 1 : -1;
	return strcmp(a->name, b->name);
}

struct tail_slot *tail_topics_sorted(const struct tail_topics *topics)
{
	struct tail_slot *sorted;
	struct tail_topic *topic;
	size_t used = 0;
	size_t place = 0;

	if (topics->count == 0)
		return NULL;
	sorted = calloc(topics->count, sizeof *sorted);
	if (sorted == NULL)
		return NULL;
	while ((topic = tail_topics_next(topics, &place)) != NULL)
		sorted[used++].topic = topic;
	qsort(sorted, used, sizeof *sorted, by_news);
	return sorted;
}

/* Sets every mark to what is counted, or to nothing. */
static void set_marks(struct tail_topics *topics, bool counted)
{
	const struct tail_count nothing = {0};
	struct tail_topic *topic;
	size_t place = 0;

	while ((topic = tail_topics_next(topics, &place)) != NULL)
		topic->mark = counted ? topic->all : nothing;
	topics->mark = counted ? topics->all : nothing;
}

void tail_topics_mark(struct tail_topics *topics)
{
	set_marks(topics, true);
}

void tail_topics_unmark(struct tail_topics *topics)
{
	set_marks(topics, false);
}
