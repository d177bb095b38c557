/* SPDX-License-Identifier: MIT */
/* Implements subscribe/shown.h. */
#include "subscribe/shown.h"

#include <stdlib.h>

struct subscribe_shown_message {
	struct subscribe_delivery delivery;
	uint64_t mark;
};

int subscribe_shown_init(struct subscribe_shown *shown)
{
	*shown = (struct subscribe_shown){.ring = calloc(SUBSCRIBE_SHOWN_MAX, sizeof *shown->ring)};
	return shown->ring == NULL ? -1 : 0;
}

static struct subscribe_shown_message *at(const struct subscribe_shown *shown, size_t place)
{
	return &shown->ring[(shown->first + place) % SUBSCRIBE_SHOWN_MAX];
}

static void drop_first(struct subscribe_shown *shown)
{
	subscribe_delivery_deinit(&at(shown, 0)->delivery);
	shown->first = (shown->first + 1) % SUBSCRIBE_SHOWN_MAX;
	shown->count--;
}

void subscribe_shown_deinit(struct subscribe_shown *shown)
{
	while (shown->count > 0)
		drop_first(shown);
	free(shown->ring);
	*shown = (struct subscribe_shown){0};
}

bool subscribe_shown_is_full(const struct subscribe_shown *shown)
{
	return shown->count == SUBSCRIBE_SHOWN_MAX;
}

void subscribe_shown_add(struct subscribe_shown *shown, struct subscribe_delivery *delivery,
			 uint64_t mark)
{
	*at(shown, shown->count) = (struct subscribe_shown_message){
		.delivery = subscribe_delivery_steal(delivery), .mark = mark};
	shown->count++;
}

void subscribe_shown_acknowledge(struct subscribe_shown *shown, struct subscribe_settle *settle,
				 uint64_t marks_flushed)
{
	while (shown->count > 0 && at(shown, 0)->mark <= marks_flushed) {
		subscribe_settle_ack(settle, &at(shown, 0)->delivery);
		drop_first(shown);
	}
}
