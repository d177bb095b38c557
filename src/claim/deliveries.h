/* SPDX-License-Identifier: MIT */
/*
 * Which messages a reader has handed out and not seen settled. Memory alone, and constant time.
 *
 * A message bears the number of its delivery; that names a slot and how often the slot was used, so
 * that a number of a delivery that is over, or of another channel, is found out.
 */
#ifndef FSPS_CLAIM_DELIVERIES_H
#define FSPS_CLAIM_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/work_names.h"
#include "stream/view.h"

/* As many as fit into a number. */
enum { FSI_DELIVERIES_MAX = 65535 };

enum fsi_delivery_state {
	FSI_DELIVERY_FREE,
	/* A file: its name says that it is ours. */
	FSI_DELIVERY_FILE,
	/* A frame of a segment, whose place does not pass it. */
	FSI_DELIVERY_FRAME,
	/* A frame that comes again in this process, as there is no space for a file. */
	FSI_DELIVERY_HELD,
};

struct fsi_delivery {
	enum fsi_delivery_state state;
	uint32_t serial;
	uint32_t attempt;
	uint64_t id;
	/* Monotonic ms: when it is over, or of a held one when it comes again. */
	uint64_t due_ms;
	/* Of a file. */
	struct fsi_work_name claim;
	/* Of a frame: its segment, and its neighbours in that one's list. */
	struct fsi_view *view;
	size_t offset;
	/* Of a held one that is no message: why, as it will stand in its dead letter's name. */
	const char *refusal;
	/* The how-manieth of its segment that was handed out. */
	uint64_t ordinal;
	uint32_t next;
	uint32_t previous;
};

struct fsi_deliveries {
	struct fsi_delivery *slots;
	uint32_t *free_slots;
	uint32_t capacity;
	uint32_t free_count;
	/* Not free; of these held; of these refused. */
	uint32_t count;
	uint32_t held;
	uint32_t refused;
	uint32_t most;
	/* In the numbers, so that those of other channels are not taken for ours. */
	uint16_t tag;
	uint32_t next_serial;
};

/* most: up to FSI_DELIVERIES_MAX. Allocates nothing yet. */
void fsi_deliveries_init(struct fsi_deliveries *deliveries, uint32_t most);
void fsi_deliveries_deinit(struct fsi_deliveries *deliveries);

/* Makes sure that the next fsi_deliveries_add() can't fail. Returns 0, FSPS_ERR_NO_MEMORY, or
 * FSPS_ERR_BUSY if there are as many as may be, held ones not counted. */
int fsi_deliveries_make_room(struct fsi_deliveries *deliveries);

/* Takes a slot, after making room. */
struct fsi_delivery *fsi_deliveries_add(struct fsi_deliveries *deliveries,
					enum fsi_delivery_state state);
void fsi_deliveries_remove(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery);

/* What a message bears: never 0. */
uint64_t fsi_deliveries_number(const struct fsi_deliveries *deliveries,
			       const struct fsi_delivery *delivery);
/* Whether a number was given by this table at all. */
bool fsi_deliveries_is_ours(const struct fsi_deliveries *deliveries, uint64_t number);
/* NULL if that delivery is over. */
struct fsi_delivery *fsi_deliveries_find(const struct fsi_deliveries *deliveries, uint64_t number);

/* Makes it one with another number: whoever has the message from before is too late. */
void fsi_deliveries_renew(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery);

/* A held one becomes a frame, or a frame a held one. */
void fsi_deliveries_set_held(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery,
			     bool held);

/* It turned out to be no message; refusal is static. */
void fsi_deliveries_refuse(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery,
			   const char *refusal);

/* The one that a segment's list names by its slot plus 1. NULL for 0. */
struct fsi_delivery *fsi_deliveries_at(const struct fsi_deliveries *deliveries,
				       uint32_t slot_plus_1);

/* Puts a frame at the end of its segment's list, or takes it out. */
void fsi_deliveries_append(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery);
void fsi_deliveries_unlist(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery);

#endif
