/* SPDX-License-Identifier: MIT */
/*
 * The options about durable channels and about acknowledging: --durable, --group, -E, --ack,
 * --attempts, --deadline, --retry-delay. Read and checked here; what they bring about is in inbox.h
 * and settle.h.
 */
#ifndef SUBSCRIBE_DURABILITY_H
#define SUBSCRIBE_DURABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/channel.h>

/* What acknowledges a message. */
enum subscribe_ack {
	/* Not said; gone once the options are checked. */
	SUBSCRIBE_ACK_UNSAID,
	/* Nothing: it is gone before it is shown. */
	SUBSCRIBE_ACK_NONE,
	/* That the kernel has what was printed of it. */
	SUBSCRIBE_ACK_AUTO,
	/* Exit status 0 of the command of --exec. */
	SUBSCRIBE_ACK_EXEC,
	/* A line on standard input. */
	SUBSCRIBE_ACK_MANUAL
};

struct subscribe_durability {
	/* Of the durable channels; NULL: live ones. */
	const char *name;
	/* The name is that of a group. */
	bool shared;
	bool create_only;
	enum subscribe_ack ack;
	/* 0: not given. */
	int64_t attempts;
	int64_t deadline_ms;
	/* FSPS_BACKOFF: not given. */
	int64_t retry_delay_ms;
};

/* Takes an option: 0, or an exit code after saying what is wrong. ret_known: whether it is one of
 * these. */
int subscribe_durability_apply(struct subscribe_durability *durability, int id, const char *value,
			       bool *ret_known);

/* Checks what was given and decides on what was not. runs: --exec; then: --then. 0 or CLI_USAGE. */
int subscribe_durability_check(struct subscribe_durability *durability, bool runs, bool then);

/* Whether messages are delivered at least once and settled by us. */
bool subscribe_durability_settles(const struct subscribe_durability *durability);

/* Whether somebody has to say of each message what came of it. */
bool subscribe_durability_awaits(const struct subscribe_durability *durability);

/* unsettled_max: 0 or how many messages may be unsettled at a time. */
struct fsps_channel_options
subscribe_durability_channel(const struct subscribe_durability *durability, uint64_t spin_us,
			     uint32_t unsettled_max);

/* The deadline of a message, also if none was given. */
int64_t subscribe_durability_deadline_ms(const struct subscribe_durability *durability);

#endif
