/* SPDX-License-Identifier: MIT */
/* Implements subscribe/group.h. */
#include "subscribe/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "claim/written.h"
#include "watch/bell.h"

/* Messages that become files at a time: enough to be worth the looking, and not so many that a
 * worker is long away from its work. */
enum { UNPACK_FRAMES = 64 };

void fsi_group_note_segment(fsps_channel *channel)
{
	channel->unpack_due = true;
}

/* ---- who ---- */

/* On the control block, for as long as one of us is at it. Returns 1, 0 if somebody else is, or a
 * failure. */
static int lock(fsps_channel *channel)
{
	int fd;
	int r;

	if (channel->unpack_lock_fd >= 0)
		return 1;
	fd = fsi_sys_openat(channel->directory_fd, FSI_NAME_CONTROL,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	r = fd < 0 ? fd : fsi_sys_flock(fd, LOCK_EX | LOCK_NB);
	if (r == 0) {
		channel->unpack_lock_fd = fd;
		return 1;
	}
	if (fd >= 0)
		fsi_sys_close(fd);
	if (r == -EAGAIN)
		return 0;
	return fsi_fail_errno(-r, channel->name, "cannot lock channel %s", channel->name);
}

void fsi_group_leave(fsps_channel *channel)
{
	fsi_sys_close(channel->unpack_lock_fd);
	channel->unpack_lock_fd = -1;
}

/* ---- which segment ---- */

/* The oldest one. Returns 1, 0 if there is none, or a failure. */
static int find_oldest(const fsps_channel *channel, struct fsi_candidate *ret_segment)
{
	struct fsi_candidate oldest = {.id = UINT64_MAX};
	struct fsi_directory names;
	struct fsi_candidate found = {.member = ""};
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel->directory_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (fsi_segment_name_parse(name, &found.id, &found.offset) && found.id < oldest.id)
			oldest = found;
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot read channel %s", channel->name);
	*ret_segment = oldest;
	return oldest.id != UINT64_MAX;
}

/* ---- into files ---- */

/* Whether the file of that name has just this content: we were killed after it was written, and
 * before the place was moved behind it. */
static bool is_same(const fsps_channel *channel, const char *name,
		    const struct fsi_view_frame *frame)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = malloc((size_t)frame->body_len + 1);
	int fd = fsi_sys_openat(channel->directory_fd, name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	size_t length = 0;
	ssize_t got = 1;

	while (bytes != NULL && fd >= 0 && got > 0 && length <= frame->body_len) {
		got = fsi_sys_read(fd, bytes + length, frame->body_len + 1 - length);
		length += got > 0 ? (size_t)got : 0;
	}
	fsi_sys_close(fd);
	return bytes != NULL && length == frame->body_len &&
	       memcmp(bytes, frame->body, length) == 0;
}

/* Under a name that nobody else forms (R2); the bell can't tell it. */
static int write_beside(const fsps_channel *channel, uint64_t id,
			const struct fsi_view_frame *frame)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	char name[FSI_NAME_BYTES];

	if (fsi_random_name(random) < 0)
		return -EIO;
	fsi_member_name_format(name, sizeof name, FSI_PREFIX_TAKEN, random, id);
	atomic_store(&channel->control->dirty, 1);
	return fsi_written_file(&channel->workplace, name, frame->body, frame->body_len);
}

/* Returns 0 or -errno. */
static int write_message(fsps_channel *channel, uint64_t id, const struct fsi_view_frame *frame)
{
	char name[FSI_NAME_BYTES];
	int r;

	(void)fsi_id_format(name, id);
	r = fsi_written_file(&channel->workplace, name, frame->body, frame->body_len);
	if (r == -EEXIST && !is_same(channel, name, frame))
		return write_beside(channel, id, frame);
	if (r < 0 && r != -EEXIST)
		return r;
	if (fsi_bell_ring(channel->bell_fd, true, id) < 0)
		atomic_store(&channel->control->dirty, 1);
	return 0;
}

/* An ID that can't be a file's name is no message's. */
static bool is_for_nobody(const struct fsi_view *view)
{
	return view->head_id >= FSI_ID_LIMIT;
}

/* Returns how many frames were passed, or -errno if it was none. */
static int write_frames(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_view_frame frame;
	int count = 0;
	int r = 0;

	while (count < UNPACK_FRAMES && fsi_view_look(view) == FSI_VIEW_FRAME &&
	       fsi_view_frame_at(view, view->at, &frame)) {
		if (!is_for_nobody(view))
			r = write_message(channel, view->head_id, &frame);
		if (r < 0)
			break;
		fsi_view_advance(view);
		count++;
	}
	return count > 0 ? count : r;
}

/* What the segment is after that: its link's name follows, or it goes. */
static void note_place(fsps_channel *channel, struct fsi_view *view)
{
	char name[FSI_NAME_BYTES];
	enum fsi_view_state state = fsi_view_look(view);

	fsi_segment_name_format(name, view->key, view->offset);
	if (state == FSI_VIEW_ENDED)
		(void)fsi_sys_unlinkat(channel->directory_fd, name, 0);
	else if (state == FSI_VIEW_BROKEN)
		(void)fsi_claim_bury_file(&channel->workplace, name, "segment", 0, view->key, NULL);
	else if (view->at != view->offset)
		(void)fsi_view_rename(view, channel->directory_fd, view->at);
}

static void close_view(struct fsi_view *view)
{
	struct fsi_mapping_cache mappings = {.count = 0};

	fsi_view_close(view, &mappings);
	fsi_mapping_cache_clear(&mappings);
}

/* Without space this worker reads the segments itself, as a single reader would, and keeps the lock
 * for that. */
static int read_ourselves(fsps_channel *channel)
{
	channel->reads_segments = true;
	channel->scan_due = true;
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
		"no space to share the segments of channel %s: one worker reads them",
		channel->name);
	return 1;
}

static int unpack(fsps_channel *channel, const struct fsi_candidate *segment)
{
	struct fsi_mapping_cache mappings = {.count = 0};
	struct fsi_view *view = NULL;
	char name[FSI_NAME_BYTES];
	int count;
	int r = fsi_view_open(channel->directory_fd, segment->id, segment->offset, &mappings,
			      &view);

	if (r == FSI_VIEW_REFUSED) {
		fsi_segment_name_format(name, segment->id, segment->offset);
		r = fsi_claim_bury_file(&channel->workplace, name, "segment", 0, segment->id, NULL);
		return r < 0 ? r : 1;
	}
	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 1;
	view->orphaned = fsi_member_life(channel->home->state_fd, view->member) == FSI_MEMBER_DEAD;
	count = write_frames(channel, view);
	note_place(channel, view);
	/* One that is not at its end and has no frame waits for its publisher. */
	channel->unpack_due = count > 0 || fsi_view_look(view) != FSI_VIEW_EMPTY;
	close_view(view);
	if (count < 0)
		return read_ourselves(channel);
	return channel->unpack_due;
}

int fsi_group_unpack(fsps_channel *channel)
{
	struct fsi_candidate segment;
	int r;

	if (!channel->shared || !channel->unpack_due || channel->reads_segments)
		return 0;
	channel->unpack_due = false;
	r = lock(channel);
	if (r == 1)
		r = find_oldest(channel, &segment);
	if (r == 1)
		r = unpack(channel, &segment);
	if (!channel->reads_segments)
		fsi_group_leave(channel);
	return r;
}
