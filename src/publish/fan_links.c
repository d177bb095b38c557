/* SPDX-License-Identifier: MIT */
/* Implements publish/fan_links.h, and what of publish/fan.h is about segments: which one is
 * written, how large it is, and who has a link to it. */
#include "publish/fan_links.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/sys.h"
#include "publish/delivery.h"
#include "publish/fan_room.h"
#include "publish/publisher.h"

enum {
	/* A segment that was filled in less is followed by a larger one, in more by a small one. */
	FAST_US = 5000,
	SLOW_US = 1000000,
	GROWTH = 4,
	/* So many messages go into one, as far as it does not get larger than that for them; of
	 * large ones fewer. */
	MANY_MESSAGES = 1024,
	MANY_BYTES = 4 << 20,
	LARGE_MESSAGES = 4,
	LARGE_BYTES = 16 << 20,
	/* More than any memory takes in; and of which messages it may be said that they were not
	 * written. */
	UNTOUCHED_BYTES_A_US = 100000,
	UNTOUCHED_BYTES_LEAST = 64 << 10,
	/* With so much that is still to be read, a segment is begun after a wait of some naps, each
	 * of which takes what the kernel needs for one; if that was in vain nobody is waited for
	 * until so much was written. */
	AHEAD_BYTES = 8 << 20,
	YIELDS = 16,
	NAPS_MAX = 40,
	NAP_US = 10,
	IMPATIENT_BYTES = 32 << 20,
	/* Keys that are tried where others have taken them. */
	KEYS_MAX = 8,
};

/* ---- links ---- */

enum link_answer { LINKED, REFUSED, TAKEN, GONE, IMPOSSIBLE };

static void note_link(struct fsi_fan *fan, struct fsi_fan_leg *leg, size_t offset)
{
	leg->linked = true;
	leg->code = 0;
	leg->to_announce = true;
	/* Of a link that begins elsewhere the name can't be told: the reader looks. */
	leg->record = offset == FSI_SEGMENT_START ? FSI_BELL_SEGMENT | fan->segment->key : 0;
	leg->target->on_lane = true;
	fan->linked++;
	fan->to_announce = true;
	atomic_fetch_add_explicit(&leg->target->control->held_bytes, (int64_t)fan->segment->bytes,
				  memory_order_relaxed);
}

static enum link_answer link_leg(fsps_publisher *publisher, struct fsi_fan *fan,
				 struct fsi_fan_leg *leg, size_t offset)
{
	const char *place;
	int directory;
	int r = fsi_fan_take_room(publisher, fan, leg, offset);

	if (r != 0) {
		leg->code = r;
		return r == FSI_DELIVERY_NOBODY ? GONE : REFUSED;
	}
	directory = fsi_target_place(leg->target, publisher->home->fd, &place);
	r = fsi_segment_link(&publisher->fast.pool, fan->segment, directory, place, offset);
	if (r == 0) {
		note_link(fan, leg, offset);
		publisher->fast.to_announce = true;
		return LINKED;
	}
	fsi_fan_give_room(leg, fsi_fan_frames_before(fan, offset));
	if (r == -ENOENT || r == -ENOTDIR)
		return GONE;
	/* From then on it gets files, which can be copied; but not after segments (R5). */
	if ((r == -EXDEV || r == -EPERM || r == -EMLINK) && !leg->target->on_lane)
		return IMPOSSIBLE;
	leg->code = fsi_fail_errno(-r, leg->target->name, "cannot link a segment into channel %s",
				   leg->target->name);
	return r == -EEXIST ? TAKEN : REFUSED;
}

static void drop_leg(struct fsi_fan *fan, size_t index)
{
	if (fan->legs[index].linked)
		fan->linked--;
	fan->legs[index] = fan->legs[--fan->count];
}

void fsi_fan_link_rest(fsps_publisher *publisher, struct fsi_fan *fan, size_t offset)
{
	for (size_t i = fan->count; i > 0; i--) {
		enum link_answer answer;

		if (fan->legs[i - 1].linked)
			continue;
		answer = link_leg(publisher, fan, &fan->legs[i - 1], offset);
		/* News for a reader that may know other segments of ours. */
		if (answer == LINKED)
			publisher->fast.epoch++;
		if (answer != GONE)
			continue;
		/* Nobody waits for it. Its target is still part of a route that is under way: the
		 * next message finds that out. */
		drop_leg(fan, i - 1);
		publisher->fast.stamp++;
	}
	fsi_fan_note_paid(fan);
}

bool fsi_fan_drop_gone(fsps_publisher *publisher, struct fsi_fan *fan)
{
	size_t before = fan->count;

	for (size_t i = fan->count; i > 0; i--) {
		const struct fsi_fan_leg *leg = &fan->legs[i - 1];

		if (fsi_channel_set_get(&publisher->set, leg->slot, leg->serial) == NULL)
			drop_leg(fan, i - 1);
	}
	fsi_fan_note_paid(fan);
	return fan->count < before;
}

/* Returns false if the segment's key is taken in some channel: without a common counter another
 * publisher may have come to the same. */
static bool link_all(fsps_publisher *publisher, struct fsi_fan *fan)
{
	bool is_taken = false;

	for (size_t i = fan->count; i > 0; i--) {
		struct fsi_target *target = fan->legs[i - 1].target;

		switch (link_leg(publisher, fan, &fan->legs[i - 1], FSI_SEGMENT_START)) {
		case GONE:
			drop_leg(fan, i - 1);
			fsi_channel_set_remove(&publisher->set, target);
			break;
		case IMPOSSIBLE:
			target->no_lane = true;
			drop_leg(fan, i - 1);
			/* What is remembered of who gets what is void. */
			publisher->fast.stamp++;
			break;
		case TAKEN:
			is_taken = true;
			break;
		case LINKED:
		case REFUSED:
			break;
		}
	}
	fsi_fan_note_paid(fan);
	return !is_taken;
}

/* ---- segments ---- */

/* Legs that are gone have nothing to be given back to. */
static void let_go(const fsps_publisher *publisher, struct fsi_fan *fan)
{
	fan->linked = 0;
	for (size_t i = 0; i < fan->count; i++) {
		struct fsi_fan_leg *leg = &fan->legs[i];

		if (leg->linked &&
		    fsi_channel_set_get(&publisher->set, leg->slot, leg->serial) != NULL)
			fsi_fan_give_room(leg, fan->frames);
		leg->linked = false;
		leg->paid = FSI_FAN_UNLIMITED;
	}
	fan->segment = NULL;
	fan->frames = 0;
	fan->paid = FSI_FAN_UNLIMITED;
}

void fsi_fan_seal(fsps_publisher *publisher, struct fsi_fan *fan)
{
	if (fan->segment == NULL)
		return;
	/* Behind its end somebody is building a payload: whoever ends that frees it. */
	if (publisher->reservation.segment == fan->segment)
		fsi_segment_detach(&publisher->fast.pool, fan->segment);
	else
		fsi_segment_seal(&publisher->fast.pool, fan->segment);
	let_go(publisher, fan);
}

static size_t least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

static size_t most_bytes(size_t frame_bytes)
{
	size_t many = least_of(MANY_MESSAGES * frame_bytes, MANY_BYTES);
	size_t large = least_of(LARGE_MESSAGES * frame_bytes, LARGE_BYTES);
	size_t most = large > many ? large : many;

	return most > FSI_SEGMENT_BYTES_MOST ? most : FSI_SEGMENT_BYTES_MOST;
}

/*
 * How large the next one is to be: a slow publisher holds little, a fast one begins few. One that
 * is filled faster than it can be written has room in it that was reserved and left as it was; what
 * it holds passes through no cache, and so the larger it is the better.
 */
static void choose_size(struct fsi_fan *fan, size_t frame_bytes, uint64_t now_us)
{
	size_t most = most_bytes(frame_bytes);
	size_t limit = fsi_fan_bytes_max(fan);
	uint64_t took_us = now_us - fan->begun_us;

	if (frame_bytes >= UNTOUCHED_BYTES_LEAST &&
	    took_us < fan->wish_bytes / UNTOUCHED_BYTES_A_US)
		most = LARGE_BYTES > most ? LARGE_BYTES : most;
	if (fan->begun_us == 0 || took_us > SLOW_US)
		fan->wish_bytes = FSI_SEGMENT_BYTES_LEAST;
	else if (took_us < FAST_US)
		fan->wish_bytes =
			GROWTH * (fan->wish_bytes > frame_bytes ? fan->wish_bytes : frame_bytes);
	if (fan->wish_bytes > most)
		fan->wish_bytes = most;
	if (fan->wish_bytes > limit)
		fan->wish_bytes = limit;
}

/* Lets a segment go without a mark of its end. */
static void abandon(fsps_publisher *publisher, struct fsi_fan *fan)
{
	if (publisher->reservation.segment != fan->segment)
		fsi_segment_abandon(&publisher->fast.pool, fan->segment);
	let_go(publisher, fan);
}

static int take_segment(fsps_publisher *publisher, struct fsi_fan *fan, size_t frame_bytes)
{
	struct fsi_segment_pool *pool = &publisher->fast.pool;
	int r = fsi_segment_pool_open(pool, publisher->home);

	return r < 0 ? r : fsi_segment_take(pool, frame_bytes, fan->wish_bytes, &fan->segment);
}

/*
 * A publisher that may wait at all does not run far ahead of its readers: what they have yet to
 * read would be out of the processor's caches, and take fresh memory, both of which cost more than
 * a short wait. It is no wait for room: readers that are stuck are not waited for again and again.
 */
static void let_readers_catch_up(fsps_publisher *publisher, size_t next_bytes)
{
	struct fsi_fast *fast = &publisher->fast;

	if (publisher->wait_ms == 0 || !fsi_segment_pool_is_behind(&fast->pool, AHEAD_BYTES))
		return;
	if (fast->impatient_bytes > 0) {
		fast->impatient_bytes -= least_of(next_bytes, fast->impatient_bytes);
		return;
	}
	for (int i = 0; i < YIELDS + NAPS_MAX; i++) {
		if (i < YIELDS)
			fsi_sys_yield();
		else
			fsi_sys_nap(NAP_US);
		if (!fsi_segment_pool_is_behind(&fast->pool, AHEAD_BYTES))
			return;
	}
	fast->impatient_bytes = IMPATIENT_BYTES;
}

static int begin_segment(fsps_publisher *publisher, struct fsi_fan *fan, size_t frame_bytes)
{
	int r;

	let_readers_catch_up(publisher, fan->wish_bytes);
	r = take_segment(publisher, fan, frame_bytes);
	if (r == FSPS_ERR_LIMIT) {
		fsi_fast_spare_descriptors(publisher, fan);
		r = take_segment(publisher, fan, frame_bytes);
	}
	/* Somebody took us for dead, and its name away. */
	if (r == 0 && fsi_segment_links(fan->segment) == 0) {
		abandon(publisher, fan);
		r = fsi_fail(FSPS_ERR_GONE, publisher->home->path,
			     "a segment was removed from tmp in home %s while it was made",
			     publisher->home->path);
	}
	/* Frames from here on tell their readers that there is a segment which they may not know.
	 */
	if (r == 0) {
		publisher->fast.epoch++;
		fan->begun_us = fsi_sys_monotonic_us();
	}
	return r;
}

static int begin_for(fsps_publisher *publisher, struct fsi_fan *fan, size_t frame_bytes)
{
	choose_size(fan, frame_bytes, fsi_sys_monotonic_us());
	for (int attempt = 0; attempt < KEYS_MAX; attempt++) {
		int r;

		fsi_fan_seal(publisher, fan);
		r = begin_segment(publisher, fan, frame_bytes);
		if (r < 0 || link_all(publisher, fan))
			return r;
	}
	return 0;
}

int fsi_fan_make_room(fsps_publisher *publisher, struct fsi_fan *fan, size_t frame_bytes)
{
	int r = 0;

	publisher->fast.busy = fan;
	if (fan->segment == NULL || !fsi_segment_fits(fan->segment, frame_bytes) ||
	    !fsi_fan_pay(publisher, fan))
		r = begin_for(publisher, fan, frame_bytes);
	publisher->fast.busy = NULL;
	return r;
}

/* What is written through a mapping behind the end of a file that somebody cut would be a SIGBUS.
 * Readers notice the cut, too. */
void fsi_fan_check(fsps_publisher *publisher, struct fsi_fan *fan)
{
	if (fan->segment == NULL || !fsi_segment_is_cut(fan->segment))
		return;
	fsi_log(&publisher->home->log, FSPS_LOG_WARNING, "segment %llu in home %s was cut",
		(unsigned long long)fan->segment->key, publisher->home->path);
	abandon(publisher, fan);
}

/* Readers don't unlink a segment that goes on. So if links are missing somebody removed them, and
 * what is written would reach nobody there. */
void fsi_fan_keep_up(fsps_publisher *publisher, struct fsi_fan *fan)
{
	uint64_t now_us = fsi_sys_monotonic_us();

	if (fan->segment == NULL)
		return;
	if (fsi_segment_links(fan->segment) < fan->linked + 1 ||
	    (fan->segment->bytes > FSI_SEGMENT_BYTES_LEAST && now_us - fan->begun_us > SLOW_US))
		fsi_fan_seal(publisher, fan);
}
