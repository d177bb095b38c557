/* SPDX-License-Identifier: MIT */
/* Implements subscribe/sources.h, and what of subscribe/lane.h is about coming and going. */
#include "subscribe/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "subscribe/account.h"
#include "subscribe/channel.h"
#include "subscribe/consume.h"
#include "subscribe/places.h"

/* ---- coming ---- */

static bool is_attached(const struct fsi_lane *lane, uint64_t key)
{
	for (size_t i = 0; i < lane->draining_count; i++)
		if (lane->draining[i]->key == key)
			return true;
	for (size_t i = 0; i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			if (lane->sources[i]->views[k]->key == key)
				return true;
	return false;
}

static struct fsi_source *find_source(const struct fsi_lane *lane, const struct fsi_view *view)
{
	for (size_t i = 0; i < lane->count; i++)
		if (lane->sources[i]->publisher == view->publisher &&
		    strcmp(lane->sources[i]->member, view->member) == 0)
			return lane->sources[i];
	return NULL;
}

static struct fsi_source *new_source(struct fsi_lane *lane, const struct fsi_view *view)
{
	struct fsi_source *source;

	if (lane->count == lane->capacity) {
		size_t capacity = lane->capacity == 0 ? 4 : lane->capacity * 2;
		struct fsi_source **sources =
			reallocarray(lane->sources, capacity, sizeof(struct fsi_source *));

		if (sources == NULL)
			return NULL;
		lane->sources = sources;
		lane->capacity = capacity;
	}
	source = calloc(1, sizeof *source);
	if (source == NULL)
		return NULL;
	memcpy(source->member, view->member, sizeof source->member);
	source->publisher = view->publisher;
	lane->sources[lane->count++] = source;
	return source;
}

static bool has_room(struct fsi_source *source)
{
	size_t capacity = source->capacity == 0 ? 4 : source->capacity * 2;
	struct fsi_view **views;

	if (source->count < source->capacity)
		return true;
	views = reallocarray(source->views, capacity, sizeof(struct fsi_view *));
	if (views == NULL)
		return false;
	source->views = views;
	source->capacity = capacity;
	return true;
}

static int add_view(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_lane *lane = &channel->lane;
	struct fsi_source *source = find_source(lane, view);

	if (source == NULL)
		source = new_source(lane, view);
	if (source == NULL || !has_room(source))
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a segment");
	source->views[source->count++] = view;
	fsi_account_count(channel, view);
	source->current = NULL;
	if (channel->durable[0] != '\0')
		fsi_places_recover(channel, view);
	fsi_account_take_place(channel, view);
	return 0;
}

/* A reader that comes late finds more segments than it may have open. */
static bool spare_descriptors(struct fsi_lane *lane)
{
	bool spared = false;

	for (size_t i = 0; i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			spared |= fsi_view_spare_descriptor(lane->sources[i]->views[k]);
	return spared;
}

int fsi_lane_attach(fsps_channel *channel, uint64_t key, uint64_t offset)
{
	struct fsi_view *view = NULL;
	char name[FSI_NAME_BYTES];
	int r;

	if (is_attached(&channel->lane, key))
		return 0;
	r = fsi_view_open(channel->directory_fd, key, offset, &channel->lane.mappings, &view);
	if (r == FSPS_ERR_LIMIT && spare_descriptors(&channel->lane))
		r = fsi_view_open(channel->directory_fd, key, offset, &channel->lane.mappings,
				  &view);
	if (r == FSI_VIEW_REFUSED) {
		fsi_segment_name_format(name, key, offset);
		return fsi_set_aside(channel, key, name, "segment") < 0 ? fsi_error_last()->code
									: 0;
	}
	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 0;
	r = add_view(channel, view);
	if (r < 0)
		fsi_view_close(view, &channel->lane.mappings);
	return r;
}

/* ---- going ---- */

static int remove_link(fsps_channel *channel, struct fsi_view *view)
{
	char name[FSI_NAME_BYTES];
	int r;

	fsi_segment_name_format(name, view->key, view->offset);
	if (view->broken) {
		r = fsi_set_aside(channel, view->key, name, "segment");
		return r < 0 ? r : 0;
	}
	r = fsi_sys_unlinkat(channel->directory_fd, name, 0);
	/* Who was faster counts what he took away, by the place that we say. */
	view->unlinked = r == -ENOENT;
	if (r < 0 && r != -ENOENT)
		return fsi_fail_errno(-r, name, "cannot remove segment %s/%s", channel->name, name);
	return 0;
}

/* Returns 0 or a failure: then it is as it was. */
static int let_go(fsps_channel *channel, struct fsi_view *view)
{
	int r = view->unlinked ? 0 : remove_link(channel, view);

	if (r < 0)
		return r;
	fsi_account_uncount(channel, view);
	fsi_account_leave_place(channel, view);
	return 0;
}

void fsi_sources_leave(fsps_channel *channel, struct fsi_view *view)
{
	bool missing;
	enum fsi_member_life life =
		fsi_member_look(channel->home->state_fd, view->member, &missing);

	view->orphaned |= life == FSI_MEMBER_DEAD && !missing;
	if (view->first_unsettled == 0 && fsi_view_look(view) == FSI_VIEW_ENDED &&
	    let_go(channel, view) == 0)
		return;
	fsi_account_leave(channel, view);
	fsi_account_leave_place(channel, view);
}

/* Its messages are not settled: it goes when they are. */
static int put_by(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_lane *lane = &channel->lane;

	if (lane->draining_count == lane->draining_capacity) {
		size_t capacity = lane->draining_capacity == 0 ? 8 : lane->draining_capacity * 2;
		struct fsi_view **draining =
			reallocarray(lane->draining, capacity, sizeof(struct fsi_view *));

		if (draining == NULL)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a segment");
		lane->draining = draining;
		lane->draining_capacity = capacity;
	}
	lane->draining[lane->draining_count++] = view;
	return 0;
}

int fsi_sources_finish(fsps_channel *channel, struct fsi_source *source, size_t index, bool broken)
{
	struct fsi_view *view = source->views[index];
	bool settled = view->first_unsettled == 0;
	int r;

	view->broken = broken;
	r = settled ? let_go(channel, view) : put_by(channel, view);
	if (r < 0)
		return r;
	channel->lane.ended = true;
	source->views[index] = source->views[--source->count];
	source->current = NULL;
	if (settled)
		fsi_view_close(view, &channel->lane.mappings);
	return 0;
}

/* What can't be removed now is removed by the upkeep. */
static bool finish_drained(fsps_channel *channel, size_t index)
{
	struct fsi_lane *lane = &channel->lane;
	struct fsi_view *view = lane->draining[index];

	if (view->first_unsettled != 0 || let_go(channel, view) < 0)
		return false;
	lane->draining[index] = lane->draining[--lane->draining_count];
	fsi_view_close(view, &lane->mappings);
	return true;
}

void fsi_sources_note_settled(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_lane *lane = &channel->lane;

	for (size_t i = 0; view->first_unsettled == 0 && i < lane->draining_count; i++)
		if (lane->draining[i] == view) {
			(void)finish_drained(channel, i);
			return;
		}
}

void fsi_sources_remove(struct fsi_lane *lane, size_t index)
{
	struct fsi_source *source = lane->sources[index];

	free(source->views);
	free(source);
	lane->sources[index] = lane->sources[--lane->count];
}

/* A publisher that is dead commits nothing more: its segments end at their last frame, as it is
 * read after its lock was found free. One that was cut can't be read on. */
static void look_after(fsps_channel *channel, struct fsi_source *source)
{
	bool dead = fsi_member_life(channel->home->state_fd, source->member) == FSI_MEMBER_DEAD;
	size_t i = 0;

	while (i < source->count) {
		struct fsi_view *view = source->views[i];

		view->orphaned |= dead;
		if (!fsi_view_is_cut(view, channel->directory_fd) ||
		    fsi_sources_finish(channel, source, i, true) < 0)
			i++;
	}
}

void fsi_lane_keep_up(fsps_channel *channel)
{
	struct fsi_lane *lane = &channel->lane;

	for (size_t i = 0; i < lane->count; i++)
		look_after(channel, lane->sources[i]);
	for (size_t i = lane->draining_count; i > 0; i--)
		(void)finish_drained(channel, i - 1);
	fsi_account_clear_left_places(channel);
	/* Of segments that are gone by now they would hold the memory. */
	fsi_mapping_cache_clear(&lane->mappings);
}

void fsi_lane_deinit(struct fsi_lane *lane)
{
	while (lane->count > 0) {
		struct fsi_source *source = lane->sources[lane->count - 1];

		while (source->count > 0)
			fsi_view_close(source->views[--source->count], &lane->mappings);
		fsi_sources_remove(lane, lane->count - 1);
	}
	while (lane->draining_count > 0)
		fsi_view_close(lane->draining[--lane->draining_count], &lane->mappings);
	fsi_mapping_cache_clear(&lane->mappings);
	fsi_handles_unref(lane->handles);
	free(lane->sources);
	free(lane->draining);
	*lane = (struct fsi_lane){.sources = NULL};
}

void fsi_lane_forget(struct fsi_lane *lane)
{
	for (size_t i = 0; i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			fsi_view_forget(lane->sources[i]->views[k]);
	for (size_t i = 0; i < lane->draining_count; i++)
		fsi_view_forget(lane->draining[i]);
}
