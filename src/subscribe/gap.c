/* SPDX-License-Identifier: MIT */
/* Implements subscribe/gap.h. */
#include "subscribe/gap.h"

#include "subscribe/account.h"
#include "subscribe/link.h"
#include "subscribe/sources.h"
#include "subscribe/work.h"

/* Of what is handed out the next reader is to know, too, if we are killed: without a link that
 * takes files. */
static void keep_unsettled(fsps_channel *channel, struct fsi_view *view)
{
	uint32_t before = view->unsettled + 1;

	while (channel->settles && channel->durable[0] != '\0' && view->unsettled < before) {
		before = view->unsettled;
		fsi_work_move_to_file(
			channel, fsi_deliveries_at(&channel->deliveries, view->first_unsettled));
	}
}

/* Whether a segment lost its link: 1, 0, or a failure. */
static int lost_link(fsps_channel *channel, struct fsi_view *view)
{
	int r = view->unlinked ? 0 : fsi_link_is_there(channel, view);

	if (r != 0)
		return r < 0 ? r : 0;
	view->unlinked = true;
	fsi_account_uncount(channel, view);
	keep_unsettled(channel, view);
	return 1;
}

static int let_go_of_source(fsps_channel *channel, struct fsi_source *source)
{
	size_t i = 0;

	while (i < source->count) {
		int r = lost_link(channel, source->views[i]);

		if (r == 1)
			r = fsi_sources_finish(channel, source, i, false);
		else
			i++;
		if (r < 0)
			return r;
	}
	return 0;
}

int fsi_gap_let_go(fsps_channel *channel)
{
	uint32_t drops = atomic_load_explicit(&channel->control->drops, memory_order_acquire);
	struct fsi_lane *lane = &channel->lane;

	for (size_t i = 0; i < lane->count; i++) {
		int r = let_go_of_source(channel, lane->sources[i]);

		if (r < 0)
			return r;
	}
	/* These go once all is settled, by a link or without. */
	for (size_t i = 0; i < lane->draining_count; i++)
		(void)lost_link(channel, lane->draining[i]);
	channel->drops_seen = drops;
	return 0;
}

void fsi_gap_show(fsps_message *message, uint64_t untold)
{
	message->missed = untold;
}

void fsi_gap_tell(fsps_channel *channel, fsps_message *message)
{
	struct fsi_control *control = channel->control;
	uint64_t told = atomic_load_explicit(&control->missed, memory_order_relaxed);
	uint64_t dropped = atomic_load_explicit(&control->dropped_oldest, memory_order_relaxed);

	message->missed = 0;
	if (dropped <= told || !atomic_compare_exchange_strong(&control->missed, &told, dropped))
		return;
	message->missed = dropped - told;
	channel->missed += message->missed;
}
