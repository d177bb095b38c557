/* SPDX-License-Identifier: MIT */
/* Implements claim/deliveries.h. */
#include "claim/deliveries.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"

enum { CAPACITY_FIRST = 64 };

void fsi_deliveries_init(struct fsi_deliveries *deliveries, uint32_t most)
{
	*deliveries = (struct fsi_deliveries){.most = most, .tag = 1};
	/* Without random bytes a number of another channel may pass for ours, if its message has
	 * the same ID, too. */
	(void)fsi_sys_getrandom(&deliveries->tag, sizeof deliveries->tag);
	(void)fsi_sys_getrandom(&deliveries->next_serial, sizeof deliveries->next_serial);
	deliveries->tag |= 1;
}

void fsi_deliveries_deinit(struct fsi_deliveries *deliveries)
{
	free(deliveries->slots);
	free(deliveries->free_slots);
	*deliveries = (struct fsi_deliveries){.most = 0};
}

static int grow(struct fsi_deliveries *deliveries)
{
	uint32_t capacity = deliveries->capacity == 0 ? CAPACITY_FIRST : deliveries->capacity * 2;
	struct fsi_delivery *slots;
	uint32_t *free_slots;

	if (capacity > FSI_DELIVERIES_MAX)
		capacity = FSI_DELIVERIES_MAX;
	slots = reallocarray(deliveries->slots, capacity, sizeof *slots);
	if (slots == NULL)
		return FSPS_ERR_NO_MEMORY;
	deliveries->slots = slots;
	free_slots = reallocarray(deliveries->free_slots, capacity, sizeof *free_slots);
	if (free_slots == NULL)
		return FSPS_ERR_NO_MEMORY;
	deliveries->free_slots = free_slots;
	while (deliveries->capacity < capacity) {
		slots[deliveries->capacity] = (struct fsi_delivery){.state = FSI_DELIVERY_FREE};
		free_slots[deliveries->free_count++] = deliveries->capacity++;
	}
	return 0;
}

int fsi_deliveries_make_room(struct fsi_deliveries *deliveries)
{
	uint32_t handed_out = deliveries->count - deliveries->held;

	/* Held ones nobody can settle: they don't count. */
	if (handed_out >= deliveries->most || deliveries->count == FSI_DELIVERIES_MAX)
		return fsi_fail(FSPS_ERR_BUSY, NULL,
				"%u messages are unsettled, and no more may be (unsettled_max)",
				handed_out);
	if (deliveries->free_count > 0)
		return 0;
	if (grow(deliveries) < 0)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for unsettled messages");
	return 0;
}

struct fsi_delivery *fsi_deliveries_add(struct fsi_deliveries *deliveries,
					enum fsi_delivery_state state)
{
	struct fsi_delivery *delivery =
		&deliveries->slots[deliveries->free_slots[--deliveries->free_count]];

	*delivery = (struct fsi_delivery){.state = state, .serial = deliveries->next_serial++};
	deliveries->count++;
	return delivery;
}

void fsi_deliveries_remove(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery)
{
	if (delivery->state == FSI_DELIVERY_HELD)
		deliveries->held--;
	if (delivery->refusal != NULL)
		deliveries->refused--;
	delivery->state = FSI_DELIVERY_FREE;
	deliveries->free_slots[deliveries->free_count++] = (uint32_t)(delivery - deliveries->slots);
	deliveries->count--;
}

uint64_t fsi_deliveries_number(const struct fsi_deliveries *deliveries,
			       const struct fsi_delivery *delivery)
{
	uint64_t slot = (uint64_t)(delivery - deliveries->slots);

	return (uint64_t)deliveries->tag << 48 | (uint64_t)delivery->serial << 16 | slot;
}

bool fsi_deliveries_is_ours(const struct fsi_deliveries *deliveries, uint64_t number)
{
	return number >> 48 == deliveries->tag;
}

struct fsi_delivery *fsi_deliveries_find(const struct fsi_deliveries *deliveries, uint64_t number)
{
	uint32_t slot = number & 0xffff;
	struct fsi_delivery *delivery;

	if (slot >= deliveries->capacity)
		return NULL;
	delivery = &deliveries->slots[slot];
	if (delivery->serial != (uint32_t)(number >> 16) ||
	    (delivery->state != FSI_DELIVERY_FILE && delivery->state != FSI_DELIVERY_FRAME))
		return NULL;
	return delivery;
}

void fsi_deliveries_renew(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery)
{
	delivery->serial = deliveries->next_serial++;
}

void fsi_deliveries_set_held(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery,
			     bool held)
{
	delivery->state = held ? FSI_DELIVERY_HELD : FSI_DELIVERY_FRAME;
	if (held)
		deliveries->held++;
	else
		deliveries->held--;
}

void fsi_deliveries_refuse(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery,
			   const char *refusal)
{
	if (delivery->refusal == NULL)
		deliveries->refused++;
	delivery->refusal = refusal;
}

struct fsi_delivery *fsi_deliveries_at(const struct fsi_deliveries *deliveries,
				       uint32_t slot_plus_1)
{
	return slot_plus_1 == 0 ? NULL : &deliveries->slots[slot_plus_1 - 1];
}

void fsi_deliveries_append(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery)
{
	struct fsi_view *view = delivery->view;
	uint32_t slot_plus_1 = (uint32_t)(delivery - deliveries->slots) + 1;

	delivery->previous = view->last_unsettled;
	delivery->next = 0;
	delivery->ordinal = view->handed_out++;
	view->unsettled++;
	if (view->last_unsettled != 0)
		deliveries->slots[view->last_unsettled - 1].next = slot_plus_1;
	else
		view->first_unsettled = slot_plus_1;
	view->last_unsettled = slot_plus_1;
}

void fsi_deliveries_unlist(struct fsi_deliveries *deliveries, struct fsi_delivery *delivery)
{
	struct fsi_view *view = delivery->view;

	view->unsettled--;
	if (delivery->previous != 0)
		deliveries->slots[delivery->previous - 1].next = delivery->next;
	else
		view->first_unsettled = delivery->next;
	if (delivery->next != 0)
		deliveries->slots[delivery->next - 1].previous = delivery->previous;
	else
		view->last_unsettled = delivery->previous;
}
