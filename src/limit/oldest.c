/* SPDX-License-Identifier: MIT */
/* Implements limit/oldest.h. */
#include "limit/oldest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/segment_look.h"
#include "limit/count.h"
#include "store/member.h"

enum {
	/* Names of one reading. */
	LIST_MAX = 8192,
	EXPIRE_MAX = 256,
	/* A reading that found nothing to drop is not made again for a millisecond for each that
	 * many bytes of the directory: some 50 names, which take 50 us to read. By the clock one
	 * that was interrupted would count as long. */
	USELESS_BYTES = 1000,
	USELESS_MS_MOST = 1000,
};

void fsi_oldest_deinit(struct fsi_oldest *oldest)
{
	free(oldest->list);
	*oldest = (struct fsi_oldest){.list = NULL};
}

/* ---- names ---- */

/* A segment's key is an ID, too: those of its messages are higher. */
static bool waits(const char *name, uint64_t *ret_number)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t offset;

	return fsi_id_parse(name, ret_number) ||
	       fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, ret_number) ||
	       fsi_segment_name_parse(name, ret_number, &offset);
}

static int add(const struct fsi_ordered_name *name, void *userdata)
{
	struct fsi_oldest *oldest = userdata;

	oldest->list[oldest->count++] = *name;
	return oldest->count == LIST_MAX;
}

static int read_names(struct fsi_oldest *oldest, int channel_fd)
{
	int r;

	oldest->next = 0;
	oldest->count = 0;
	if (oldest->list == NULL)
		oldest->list = calloc(LIST_MAX, sizeof *oldest->list);
	if (oldest->list == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to read a channel");
	r = fsi_ordered_walk(channel_fd, waits, add, oldest);
	return r < 0 ? r : 0;
}

/* ---- one name ---- */

/* Returns 1, 0 if somebody else has taken it, or -errno. */
static int drop_file(const struct fsi_oldest_place *place, const char *name,
		     _Atomic uint64_t *counter)
{
	struct stat status;
	int r = fsi_sys_fstatat(place->channel_fd, name, &status);

	if (r == 0)
		r = fsi_sys_unlinkat(place->channel_fd, name, 0);
	if (r < 0)
		return r == -ENOENT || r == -EISDIR ? 0 : r;
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
	fsi_count_file_gone(place->control,
			    fsi_count_len(place->control, (uint64_t)status.st_size, status.st_uid));
	return 1;
}

/* Where the reader says that it is. At most once the link is ahead of that by some messages:
 * without a link it does not hand them out. */
static void go_to(struct fsi_view *view, size_t at)
{
	if (at >= FSI_SEGMENT_START && at < view->at && at % FSI_FRAME_ALIGNMENT == 0) {
		view->at = at;
		view->head_id = 0;
	}
	while (view->at < at && fsi_view_look(view) == FSI_VIEW_FRAME)
		fsi_view_advance(view);
}

/* Whether no more will come into a segment. Moves the view to the end of what is there. */
static bool has_ended(const struct fsi_oldest_place *place, struct fsi_view *view)
{
	enum fsi_view_state state;

	while ((state = fsi_view_look(view)) == FSI_VIEW_FRAME)
		fsi_view_advance(view);
	return state != FSI_VIEW_EMPTY ||
	       fsi_member_life(place->state_fd, view->member) == FSI_MEMBER_DEAD;
}

/* Whether a segment may go: it has ended, something in it waits, and nothing is handed out and not
 * settled. One that was read to its end is its reader's to let go, who has uncounted it perhaps. */
static bool may_go(const struct fsi_oldest_place *place, const struct fsi_segment_look *look)
{
	struct fsi_view *view = look->view;
	size_t begin = view->at;
	bool may;

	if (begin < look->handed_out_end)
		return false;
	may = has_ended(place, view) && view->at > begin;
	view->at = begin;
	return may;
}

/*
 * The link goes first, and the reader is told. Who looks at drops before each message and finds it
 * raised reads no further in a segment without a link; so what is counted after that, from where it
 * is by then, is what it does not get.
 */
static int unlink_segment(const struct fsi_oldest_place *place, const char *name,
			  const struct fsi_segment_look *look, _Atomic uint64_t *counter)
{
	struct fsi_control *control = place->control;
	struct fsi_view *view = look->view;
	uint64_t first_us;
	uint64_t rest;
	int r = fsi_sys_unlinkat(place->channel_fd, name, 0);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	atomic_fetch_add_explicit(&control->drops, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	go_to(view, (size_t)fsi_control_place(control, view->key));
	rest = fsi_view_count(view, &first_us);
	atomic_fetch_add_explicit(counter, rest, memory_order_relaxed);
	fsi_count_down(&control->held_bytes, (int64_t)view->mapping.bytes);
	if (atomic_load_explicit(&control->limit_messages, memory_order_relaxed) != 0)
		fsi_count_down(&control->held_messages, (int64_t)rest);
	return 1;
}

/* When the last message that is there was published, 0 if there is none. Does not move. */
static uint64_t last_us(struct fsi_view *view)
{
	uint64_t us = 0;
	size_t begin = view->at;

	for (; fsi_view_look(view) == FSI_VIEW_FRAME; fsi_view_advance(view))
		if (view->head_len >= FSI_MESSAGE_FIXED_BYTES)
			us = fsi_get_u64(fsi_view_body(view) + FSI_MESSAGE_AT_TIMESTAMP);
	view->at = begin;
	return us;
}

/* then_us: 0, or it goes only if all in it is older. Returns as drop_file(). */
static int drop_segment(const struct fsi_oldest_place *place, const char *name, uint64_t key,
			uint64_t offset, uint64_t then_us, _Atomic uint64_t *counter)
{
	struct fsi_segment_look look;
	int r = fsi_segment_look_open(place->channel_fd, place->control, key, offset, &look);

	if (r != FSI_VIEW_OPEN)
		return 0;
	r = 0;
	if (may_go(place, &look) && (then_us == 0 || last_us(look.view) < then_us))
		r = unlink_segment(place, name, &look, counter);
	fsi_segment_look_close(&look);
	return r;
}

static int drop(const struct fsi_oldest_place *place, const char *name)
{
	_Atomic uint64_t *counter = &place->control->dropped_oldest;
	uint64_t offset;
	uint64_t key;

	if (fsi_segment_name_parse(name, &key, &offset))
		return drop_segment(place, name, key, offset, 0, counter);
	return drop_file(place, name, counter);
}

/* ---- the oldest ---- */

/* Returns 1 when one was dropped, 0 at the end of the list, or a failure. */
static int drop_listed(struct fsi_oldest *oldest, const struct fsi_oldest_place *place)
{
	while (oldest->next < oldest->count) {
		const char *name = oldest->list[oldest->next++].text;
		int r = drop(place, name);

		if (r < 0)
			return fsi_fail_errno(-r, name, "cannot drop %s from a full channel", name);
		if (r > 0)
			return 1;
	}
	return 0;
}

static void note_useless(struct fsi_oldest *oldest, int channel_fd)
{
	struct stat status = {.st_size = 0};
	uint64_t ms;

	(void)fsi_sys_fstat(channel_fd, &status);
	ms = (uint64_t)status.st_size / USELESS_BYTES;
	oldest->next_reading_ms =
		fsi_sys_coarse_ms() + (ms < USELESS_MS_MOST ? ms : USELESS_MS_MOST);
}

int fsi_oldest_drop(struct fsi_oldest *oldest, const struct fsi_oldest_place *place)
{
	int r = drop_listed(oldest, place);

	if (r != 0 || fsi_sys_coarse_ms() < oldest->next_reading_ms)
		return r;
	r = read_names(oldest, place->channel_fd);
	if (r == 0)
		r = drop_listed(oldest, place);
	if (r == 0)
		note_useless(oldest, place->channel_fd);
	return r;
}

/* ---- what is too old ---- */

struct expiry {
	const struct fsi_oldest_place *place;
	uint64_t then_us;
	unsigned left;
};

/* Returns 1 if it was too old, or is gone, 0 if not, or -errno. A file is as old as its last
 * change, which was made when it was published. */
static int expire_file(const struct expiry *expiry, const char *name)
{
	struct stat status;
	int r = fsi_sys_fstatat(expiry->place->channel_fd, name, &status);

	if (r < 0)
		return r == -ENOENT ? 1 : r;
	if ((uint64_t)status.st_mtim.tv_sec * 1000000 + (uint64_t)status.st_mtim.tv_nsec / 1000 >=
	    expiry->then_us)
		return 0;
	r = drop_file(expiry->place, name, &expiry->place->control->expired);
	return r < 0 ? r : 1;
}

/* Ends at the first file that is young enough; behind a segment that is there may be older files.
 */
static int expire(const struct fsi_ordered_name *name, void *userdata)
{
	struct expiry *expiry = userdata;
	uint64_t offset;
	uint64_t key;
	int r;

	if (expiry->left-- == 0)
		return 1;
	if (fsi_segment_name_parse(name->text, &key, &offset)) {
		r = drop_segment(expiry->place, name->text, key, offset, expiry->then_us,
				 &expiry->place->control->expired);
		return r < 0 ? fsi_fail_errno(-r, name->text, "cannot remove %s", name->text) : 0;
	}
	r = expire_file(expiry, name->text);
	if (r < 0)
		return fsi_fail_errno(-r, name->text, "cannot remove %s", name->text);
	return r == 0;
}

int fsi_oldest_expire(const struct fsi_oldest_place *place, uint64_t then_us)
{
	struct expiry expiry = {.place = place, .then_us = then_us, .left = EXPIRE_MAX};
	int r = fsi_ordered_walk(place->channel_fd, waits, expire, &expiry);

	return r < 0 ? r : 0;
}
