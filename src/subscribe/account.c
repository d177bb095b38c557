/* SPDX-License-Identifier: MIT */
/* Implements subscribe/account.h. */
#include "subscribe/account.h"

#include "base/sys.h"
#include "subscribe/places.h"

/* ---- places ---- */

void fsi_account_take_place(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_control_place *places = channel->control->places;

	if (channel->former_places != 0)
		fsi_places_make_room(channel);
	for (int i = 0; i < FSI_CONTROL_PLACES && view->place < 0; i++) {
		if (atomic_load_explicit(&places[i].key, memory_order_relaxed) != 0)
			continue;
		atomic_store_explicit(&places[i].offset, view->at, memory_order_relaxed);
		atomic_store_explicit(&places[i].key, view->key, memory_order_release);
		view->place = i;
	}
}

void fsi_account_note_place(fsps_channel *channel, const struct fsi_view *view)
{
	if (view->place >= 0)
		atomic_store_explicit(&channel->control->places[view->place].offset, view->at,
				      memory_order_relaxed);
}

static void clear_place(fsps_channel *channel, int place)
{
	atomic_store_explicit(&channel->control->places[place].key, 0, memory_order_release);
}

void fsi_account_leave_place(fsps_channel *channel, struct fsi_view *view)
{
	if (view->place >= 0 && view->unlinked)
		channel->left_places[0] |= UINT64_C(1) << view->place;
	else if (view->place >= 0)
		clear_place(channel, view->place);
	view->place = -1;
}

void fsi_account_clear_left_places(fsps_channel *channel)
{
	uint64_t left = channel->left_places[1];

	for (; left != 0; left &= left - 1)
		clear_place(channel, __builtin_ctzll(left));
	channel->left_places[1] = channel->left_places[0];
	channel->left_places[0] = 0;
}

/* ---- bytes of segments ---- */

void fsi_account_count(fsps_channel *channel, struct fsi_view *view)
{
	view->counted = true;
	channel->lane.counted++;
}

/* Returns the bytes that were subtracted. */
static int64_t uncount(fsps_channel *channel, struct fsi_view *view)
{
	const int64_t bytes = (int64_t)view->mapping.bytes;

	if (!view->counted)
		return 0;
	view->counted = false;
	channel->lane.counted--;
	/* Who took it away has done it. */
	if (view->unlinked)
		return 0;
	fsi_count_down(&channel->control->held_bytes, bytes);
	return bytes;
}

void fsi_account_uncount(fsps_channel *channel, struct fsi_view *view)
{
	(void)uncount(channel, view);
}

/* Of segments that are open for more nothing waits now, and of those that were read to their end
 * all that is left is claimed. */
static int64_t uncount_all(fsps_channel *channel)
{
	struct fsi_lane *lane = &channel->lane;
	int64_t bytes = 0;

	for (size_t i = 0; lane->counted > 0 && i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			bytes += uncount(channel, lane->sources[i]->views[k]);
	for (size_t i = 0; lane->counted > 0 && i < lane->draining_count; i++)
		bytes += uncount(channel, lane->draining[i]);
	return bytes;
}

void fsi_account_leave(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_control *control = channel->control;

	if (view->unlinked)
		return;
	if (!view->counted)
		atomic_fetch_add_explicit(&control->held_bytes, (int64_t)view->mapping.bytes,
					  memory_order_relaxed);
	if (atomic_load_explicit(&control->limit_messages, memory_order_relaxed) != 0)
		atomic_fetch_add_explicit(&control->held_messages, view->unsettled,
					  memory_order_relaxed);
}

/* ---- what the directory says ---- */

void fsi_account_note_scan(fsps_channel *channel, struct fsi_count_seen seen)
{
	const struct fsi_pending *pending = &channel->pending;
	size_t files = pending->scanned_count + pending->taken_count;

	fsi_count_files_found(channel->control, seen, files);
	channel->seen = seen;
	/* A group's segments are files to come. */
	channel->found_nothing =
		files == 0 && !pending->truncated &&
		(!channel->shared || channel->reads_segments || pending->segments_count == 0);
	if (!channel->found_nothing)
		channel->doubt = (struct fsi_count_doubt){.bytes = {.since_ms = 0}};
}

void fsi_account_note_sleep(fsps_channel *channel)
{
	int64_t bytes = uncount_all(channel);

	if (!channel->found_nothing)
		return;
	channel->found_nothing = false;
	channel->seen.bytes -= bytes;
	fsi_count_nothing_waits(channel->control, &channel->doubt, channel->seen,
				fsi_sys_coarse_ms());
}
