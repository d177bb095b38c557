/* SPDX-License-Identifier: MIT */
/* Implements publish/full.h. */
#include "publish/full.h"

#include <fcntl.h>

#include <fsps/limits.h>

#include "base/error.h"
#include "base/sys.h"
#include "limit/count.h"
#include "publish/delivery.h"
#include "publish/publisher.h"

enum {
	/* Names that one message may push out. */
	DROPS_MAX = 4096,
	/* Another user's channel is waited for so long since it last took something: nobody shall
	 * hold everybody's publishers by never reading. */
	STRANGER_MS = 1000,
	/* What is too old is looked for at most once a second, and about eight times in the life of
	 * a message. */
	EXPIRE_PERIOD_MS = 1000,
	EXPIRE_PERIOD_MS_MOST = 3600000,
	EXPIRE_SHARE = 8,
	/* Where there is nothing to drop, others are about to link what they have counted: they are
	 * given that many looks, and as many milliseconds, once in a while. */
	LOOKS = 20,
	PATIENCE_MS = 10,
	PATIENCE_PERIOD_MS = 100,
};

/* ---- room ---- */

struct wish {
	enum { A_FILE, A_SEGMENT, MESSAGES } kind;
	uint64_t bytes;
	uint64_t read_bytes;
	/* How many, and how many were got. */
	uint64_t most;
	uint64_t messages;
};

static enum fsi_room try_once(struct fsi_limited *limited, struct wish *wish)
{
	switch (wish->kind) {
	case A_FILE:
		return fsi_room_take_file(limited, wish->bytes);
	case A_SEGMENT:
		return fsi_room_for_segment(limited, wish->bytes, wish->read_bytes);
	case MESSAGES:
		break;
	}
	wish->messages = fsi_room_take_messages(limited, wish->most);
	return wish->messages > 0 ? FSI_ROOM : FSI_ROOM_NONE;
}

/* Our own segments there that we still write to are not dropped unless they end. Returns 1, 0 if
 * there is nothing to drop, or a failure. */
static int drop_one(fsps_publisher *publisher, struct fsi_target *target,
		    const struct fsi_oldest_place *place)
{
	struct fsi_oldest *oldest = &target->limited.oldest;
	int r = fsi_oldest_drop(oldest, place);

	if (r != 0 || !fsi_fast_seal_in(publisher, target))
		return r;
	oldest->next_reading_ms = 0;
	return fsi_oldest_drop(oldest, place);
}

/* Returns an enum fsi_room or a failure. */
static int drop_for(fsps_publisher *publisher, struct fsi_target *target, struct wish *wish,
		    const struct fsi_oldest_place *place)
{
	int room = FSI_ROOM_NONE;
	int r = 1;

	for (int i = 0; i < DROPS_MAX && room == FSI_ROOM_NONE && r > 0; i++) {
		r = drop_one(publisher, target, place);
		if (r > 0)
			room = (int)try_once(&target->limited, wish);
	}
	return r < 0 ? r : room;
}

/* The same, until those who are about to link something have done so. */
static int drop_patiently(fsps_publisher *publisher, struct fsi_target *target, struct wish *wish,
			  const struct fsi_oldest_place *place)
{
	int room = drop_for(publisher, target, wish, place);
	uint64_t now_ms = fsi_sys_coarse_ms();

	if (room != FSI_ROOM_NONE || now_ms < target->patient_ms ||
	    fsi_fast_writes_to(publisher, target))
		return room;
	for (int i = 0; i < LOOKS + PATIENCE_MS && room == FSI_ROOM_NONE; i++) {
		if (i >= LOOKS)
			(void)fsi_sys_poll(NULL, 0, 1);
		room = (int)try_once(&target->limited, wish);
		if (room == FSI_ROOM_NONE)
			room = drop_for(publisher, target, wish, place);
	}
	if (room == FSI_ROOM_NONE)
		target->patient_ms = now_ms + PATIENCE_PERIOD_MS;
	return room;
}

/* One that drops the oldest takes each: a channel in which nothing may be dropped is gone beyond,
 * by a message or a segment of each publisher. */
static int go_beyond(const fsps_publisher *publisher, struct fsi_target *target, struct wish *wish)
{
	struct fsi_limited *limited = &target->limited;

	if (fsi_fast_writes_to(publisher, target) || !fsi_room_is_bearable(limited->control))
		return FSI_ROOM_NONE;
	if (wish->kind == A_FILE)
		fsi_count_file_comes(limited->control, wish->bytes);
	if (wish->kind == MESSAGES) {
		fsi_room_force_message(limited);
		wish->messages = 1;
	}
	return FSI_ROOM;
}

/* Returns an enum fsi_room or a failure: that it can't be looked for is no fullness, which somebody
 * would wait for. */
static int drop_oldest(fsps_publisher *publisher, struct fsi_target *target, struct wish *wish)
{
	struct fsi_oldest_place place = {.control = target->control,
					 .state_fd = publisher->home->state_fd};
	int room;

	place.channel_fd = fsi_sys_openat(publisher->home->fd, target->name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (place.channel_fd < 0)
		return fsi_fail_errno(-place.channel_fd, target->name, "cannot open channel %s",
				      target->name);
	room = drop_patiently(publisher, target, wish, &place);
	fsi_sys_close(place.channel_fd);
	return room == FSI_ROOM_NONE ? go_beyond(publisher, target, wish) : room;
}

static uint32_t policy_of(const struct fsi_target *target)
{
	return atomic_load_explicit(&target->control->when_full, memory_order_relaxed);
}

static int take(fsps_publisher *publisher, struct fsi_target *target, struct wish *wish)
{
	int room;

	target->limited.home_fd = publisher->home->fd;
	target->limited.name = target->name;
	target->limited.control = target->control;
	room = (int)try_once(&target->limited, wish);
	if (room == FSI_ROOM_NONE && policy_of(target) == FSPS_FULL_DROP_OLDEST)
		room = drop_oldest(publisher, target, wish);
	if (room < 0)
		return room;
	if (room != FSI_ROOM_NONE)
		return room == FSI_ROOM ? 0 : FSI_DELIVERY_NOBODY;
	return policy_of(target) == FSPS_FULL_DROP_NEW ? FSPS_ERR_DROPPED : FSPS_ERR_FULL;
}

int fsi_full_take_file(fsps_publisher *publisher, struct fsi_target *target, uint64_t len)
{
	struct wish wish = {.kind = A_FILE, .bytes = len};

	return take(publisher, target, &wish);
}

int fsi_full_take_segment(fsps_publisher *publisher, struct fsi_target *target, uint64_t bytes,
			  uint64_t read_bytes)
{
	struct wish wish = {.kind = A_SEGMENT, .bytes = bytes, .read_bytes = read_bytes};

	return take(publisher, target, &wish);
}

int fsi_full_take_messages(fsps_publisher *publisher, struct fsi_target *target, uint64_t most,
			   uint64_t *ret_messages)
{
	struct wish wish = {.kind = MESSAGES, .most = most};
	int r = take(publisher, target, &wish);

	if (r == 0)
		*ret_messages = wish.messages;
	return r;
}

void fsi_full_give_messages(struct fsi_target *target, uint64_t messages)
{
	fsi_room_give_messages(&target->limited, messages);
}

/* ---- waiting ---- */

static uint64_t begun_ms(fsps_publisher *publisher, uint64_t now_ms)
{
	if (publisher->patience.begun_ms == 0)
		publisher->patience.begun_ms = now_ms;
	return publisher->patience.begun_ms;
}

/* What the channel's owner asks of whoever finds it full. */
static uint64_t blocked_until(fsps_publisher *publisher, const struct fsi_target *target,
			      uint64_t now_ms)
{
	if (target->control == NULL || policy_of(target) != FSPS_FULL_BLOCK)
		return 0;
	return begun_ms(publisher, now_ms) +
	       atomic_load_explicit(&target->control->block_ms, memory_order_relaxed);
}

static uint64_t stranger_until(struct fsi_target *target, uint64_t now_ms)
{
	if (!target->foreign)
		return UINT64_MAX;
	if (target->took_ms == 0)
		target->took_ms = now_ms;
	return target->took_ms + STRANGER_MS;
}

uint64_t fsi_full_wait_until(fsps_publisher *publisher, struct fsi_target *target, int code)
{
	uint64_t until = publisher->patience.deadline_ms;
	uint64_t now_ms;

	if (publisher->patience.over || (code != FSPS_ERR_FULL && code != FSPS_ERR_NO_SPACE))
		return 0;
	now_ms = fsi_sys_monotonic_ms();
	if (code == FSPS_ERR_FULL) {
		uint64_t blocked = blocked_until(publisher, target, now_ms);
		uint64_t stranger = stranger_until(target, now_ms);

		until = until > blocked ? until : blocked;
		until = until < stranger ? until : stranger;
	}
	return until > now_ms ? until : 0;
}

/* ---- counting ---- */

void fsi_full_count(const struct fsi_target *target, int code)
{
	if (target->control == NULL)
		return;
	if (code == FSPS_ERR_FULL)
		atomic_fetch_add_explicit(&target->control->refused, 1, memory_order_relaxed);
	if (code == FSPS_ERR_DROPPED)
		atomic_fetch_add_explicit(&target->control->dropped_new, 1, memory_order_relaxed);
}

/* ---- what is too old ---- */

/* One publisher of all does it. */
static bool take_turn(struct fsi_control *control, uint64_t ttl_ms)
{
	uint32_t now_ms = (uint32_t)fsi_sys_coarse_ms();
	uint32_t last_ms = atomic_load_explicit(&control->expired_ms, memory_order_relaxed);
	uint64_t period_ms = ttl_ms / EXPIRE_SHARE;

	if (period_ms < EXPIRE_PERIOD_MS)
		period_ms = EXPIRE_PERIOD_MS;
	/* The word has not room for more. */
	if (period_ms > EXPIRE_PERIOD_MS_MOST)
		period_ms = EXPIRE_PERIOD_MS_MOST;
	return now_ms - last_ms >= period_ms &&
	       atomic_compare_exchange_strong(&control->expired_ms, &last_ms, now_ms);
}

void fsi_full_expire(fsps_publisher *publisher, struct fsi_target *target)
{
	struct fsi_oldest_place place = {.control = target->control,
					 .state_fd = publisher->home->state_fd};
	uint64_t now_us = fsi_sys_realtime_us();
	uint64_t ttl_ms;

	if (target->control == NULL || !target->durable)
		return;
	ttl_ms = atomic_load_explicit(&target->control->ttl_ms, memory_order_relaxed);
	if (ttl_ms == 0 || ttl_ms > now_us / 1000 || !take_turn(target->control, ttl_ms))
		return;
	place.channel_fd = fsi_sys_openat(publisher->home->fd, target->name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (place.channel_fd < 0)
		return;
	(void)fsi_oldest_expire(&place, now_us - ttl_ms * 1000);
	fsi_sys_close(place.channel_fd);
}
