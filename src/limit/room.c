/* SPDX-License-Identifier: MIT */
/* Implements limit/room.h. */
#include "limit/room.h"

#include <errno.h>
#include <fcntl.h>

#include "base/sys.h"
#include "limit/held.h"

enum {
	/* A channel that is full is counted anew so often, and no more than a twentieth of the
	 * time. */
	COUNT_PERIOD_MS = 100,
	COUNT_SHARE = 20,
	APART_MAX = FSI_ROOM_APART_MAX,
	/* Where there is nothing to drop, so much may wait for each that the limit allows, and so
	 * much for those who are just trying. */
	BEYOND = 2,
	TRYING_MESSAGES = 64,
	TRYING_BYTES = 4 << 20,
};

/* ---- what the words say ---- */

static bool bytes_fit(const struct fsi_control *control, int64_t held, uint64_t more)
{
	uint64_t limit = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);

	/* One that is larger than all that may wait comes in when nothing waits. */
	return held <= 0 || (uint64_t)held + more <= limit;
}

static bool messages_fit(const struct fsi_control *control, int64_t held)
{
	uint64_t limit = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);

	return limit == 0 || held < 0 || (uint64_t)held < limit;
}

static bool take_file(struct fsi_control *control, uint64_t len)
{
	int64_t bytes = (int64_t)fsi_count_file_bytes(len);
	int64_t held = atomic_fetch_add_explicit(&control->held_bytes, bytes, memory_order_relaxed);
	int64_t messages =
		atomic_fetch_add_explicit(&control->held_messages, 1, memory_order_relaxed);

	if (bytes_fit(control, held, (uint64_t)bytes) && messages_fit(control, messages))
		return true;
	fsi_count_file_gone(control, len);
	return false;
}

static uint64_t take_messages(struct fsi_control *control, uint64_t most)
{
	uint64_t limit = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);
	int64_t held = atomic_load_explicit(&control->held_messages, memory_order_relaxed);
	uint64_t take;

	/* It has just been lifted. */
	if (limit == 0)
		return most;
	do {
		uint64_t free = held <= 0 ? limit : limit - (uint64_t)held;

		/* The word may say anything, also that no more can be counted. */
		if (held > 0 && ((uint64_t)held >= limit || held > INT64_MAX - APART_MAX))
			return 0;
		take = free / 4 > most ? most : free / 4;
		take += take == 0;
	} while (!atomic_compare_exchange_weak(&control->held_messages, &held,
					       (held < 0 ? 0 : held) + (int64_t)take));
	return take;
}

/* ---- what is there ---- */

/* Of bytes never upwards: a reader of many segments may have read on where it has no place to say
 * so. */
static void mend_bytes(struct fsi_control *control, int64_t said, uint64_t found)
{
	if ((int64_t)found < said)
		(void)atomic_compare_exchange_strong(&control->held_bytes, &said, (int64_t)found);
}

static void mend_messages(struct fsi_limited *limited, int64_t said, uint64_t found)
{
	struct fsi_control *control = limited->control;

	fsi_count_mend_messages(control, &limited->excess, said, (int64_t)found,
				fsi_sys_coarse_ms());
	fsi_count_raise(&control->held_messages, &limited->lack, said, (int64_t)found,
			fsi_sys_coarse_ms());
}

/* Counts what is there, unless that was just done. Returns FSI_ROOM if it is worth another try. */
static enum fsi_room count_anew(struct fsi_limited *limited)
{
	uint64_t begun_ms = fsi_sys_coarse_ms();
	struct fsi_count_seen said = fsi_count_see(limited->control);
	struct fsi_held held;
	int fd;
	int r;

	if (begun_ms < limited->next_count_ms)
		return FSI_ROOM_NONE;
	fd = fsi_sys_openat(limited->home_fd, limited->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			    0);
	r = fd < 0 ? fd : fsi_held_count(fd, limited->control, &held);
	fsi_sys_close(fd);
	limited->next_count_ms = fsi_sys_coarse_ms() + COUNT_PERIOD_MS +
				 (fsi_sys_coarse_ms() - begun_ms) * COUNT_SHARE;
	if (r < 0)
		return fd == -ENOENT ? FSI_ROOM_GONE : FSI_ROOM_NONE;
	mend_bytes(limited->control, said.bytes, held.bytes);
	mend_messages(limited, said.messages, held.messages);
	return FSI_ROOM;
}

/* ---- room ---- */

enum fsi_room fsi_room_take_file(struct fsi_limited *limited, uint64_t len)
{
	enum fsi_room room;

	if (take_file(limited->control, len))
		return FSI_ROOM;
	room = count_anew(limited);
	if (room != FSI_ROOM)
		return room;
	return take_file(limited->control, len) ? FSI_ROOM : FSI_ROOM_NONE;
}

enum fsi_room fsi_room_for_segment(struct fsi_limited *limited, uint64_t bytes, uint64_t read_bytes)
{
	const struct fsi_control *control = limited->control;
	int64_t held = atomic_load_explicit(&control->held_bytes, memory_order_relaxed);
	enum fsi_room room;

	held = held > (int64_t)read_bytes ? held - (int64_t)read_bytes : 0;
	if (bytes_fit(control, held, bytes))
		return FSI_ROOM;
	room = count_anew(limited);
	if (room != FSI_ROOM)
		return room;
	held = atomic_load_explicit(&control->held_bytes, memory_order_relaxed);
	return bytes_fit(control, held, bytes) ? FSI_ROOM : FSI_ROOM_NONE;
}

uint64_t fsi_room_take_messages(struct fsi_limited *limited, uint64_t most)
{
	uint64_t taken = take_messages(limited->control, most);

	if (taken > 0 || count_anew(limited) != FSI_ROOM)
		return taken;
	return take_messages(limited->control, most);
}

bool fsi_room_is_bearable(const struct fsi_control *control)
{
	uint64_t bytes = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);
	uint64_t messages = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);
	int64_t held_bytes = atomic_load_explicit(&control->held_bytes, memory_order_relaxed);
	int64_t held_messages = atomic_load_explicit(&control->held_messages, memory_order_relaxed);

	return (held_bytes < TRYING_BYTES ||
		(uint64_t)(held_bytes - TRYING_BYTES) / BEYOND < bytes) &&
	       (messages == 0 || held_messages < TRYING_MESSAGES ||
		(uint64_t)(held_messages - TRYING_MESSAGES) / BEYOND < messages);
}

void fsi_room_force_message(struct fsi_limited *limited)
{
	atomic_fetch_add_explicit(&limited->control->held_messages, 1, memory_order_relaxed);
}

void fsi_room_give_messages(struct fsi_limited *limited, uint64_t messages)
{
	if (messages > 0)
		fsi_count_down(&limited->control->held_messages, (int64_t)messages);
}
