/* SPDX-License-Identifier: MIT */
/*
 * How much a channel keeps and for whom: --max-messages, --max-bytes, --max-age, --when-full,
 * --publishers.
 *
 * A new channel is made with what was given. Of a durable channel that is there the limits that
 * were given are changed and the others stay; who may publish to it stays in any case, so asking
 * for something else is an error there: nobody shall believe a channel closed that is open.
 */
#ifndef SUBSCRIBE_CAPACITY_H
#define SUBSCRIBE_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/channel.h>

/* Of a number: no limit. */
#define SUBSCRIBE_CAPACITY_NONE UINT64_MAX

struct subscribe_capacity {
	/* 0: not given; or SUBSCRIBE_CAPACITY_NONE. */
	uint64_t messages;
	uint64_t bytes;
	uint64_t age_ms;
	/* FSPS_FULL_DEFAULT: not given. */
	int when_full;
	/* 0: not given. */
	int64_t block_ms;
	/* As in struct fsps_channel_options; 0: not given. */
	int64_t publishers;
};

/* Takes an option: 0, or an exit code after saying what is wrong. ret_known: whether it is one of
 * these. */
int subscribe_capacity_apply(struct subscribe_capacity *capacity, int id, const char *value,
			     bool *ret_known);

/* For a channel that may be made by opening it. */
void subscribe_capacity_fill(const struct subscribe_capacity *capacity,
			     struct fsps_channel_options *options);

/* Says so if there is nobody whom --publishers could let in. */
void subscribe_capacity_warn(const struct subscribe_capacity *capacity, fsps_bus *bus);

/* For a durable channel that is there now, made by us or not. 0, or an exit code after saying what
 * is wrong. */
int subscribe_capacity_settle(const struct subscribe_capacity *capacity, fsps_bus *bus,
			      const char *channel_name);

#endif
