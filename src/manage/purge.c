/* SPDX-License-Identifier: MIT */
/* Implements manage/purge.h. */
#include "manage/purge.h"

#include <errno.h>
#include <sys/file.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/content.h"
#include "inspect/inspected.h"
#include "inspect/ordered.h"
#include "inspect/segment_look.h"
#include "inspect/waiting_names.h"
#include "limit/count.h"
#include "store/entry.h"

enum {
	/* Segments, of some MiB at most, that are handled with the lock held: a few milliseconds;
	 * and how long others may take it then. */
	LOCKED_SEGMENTS_MAX = 4,
	PAUSE_MS = 2,
};

struct purge {
	struct fsi_inspected channel;
	int64_t removed;
	unsigned locked_segments;
};

static int fail(const struct purge *purge, int error, const char *name)
{
	return fsi_fail_errno(error, name, "cannot remove %s/%s", purge->channel.name, name);
}

/* ---- files ---- */

static bool waits_again(const char *name)
{
	struct fsi_work_name work;

	return fsi_work_name_parse(name, &work) && work.kind == FSI_WORK_DELAYED;
}

/* A file that counts for the channel's limits is gone. */
static void count_gone(const struct purge *purge, const struct stat *status)
{
	if (purge->channel.control != NULL)
		fsi_count_file_gone(purge->channel.control,
				    fsi_count_len(purge->channel.control, (uint64_t)status->st_size,
						  status->st_uid));
}

/* What is gone by now somebody else has taken. A directory with something in it is no message: its
 * reader sets it aside. */
static int remove_file(struct purge *purge, const char *name)
{
	int fd = purge->channel.directory_fd;
	struct stat status = {.st_size = 0};
	uint64_t id;
	bool counts = fsi_is_fresh_name(name, &id);
	int r;

	if (counts)
		(void)fsi_sys_fstatat(fd, name, &status);
	r = fsi_entry_remove(fd, name);
	if (r == 0)
		purge->removed++;
	if (r == 0 && counts)
		count_gone(purge, &status);
	return r == 0 || r == -ENOENT || r == -ENOTEMPTY ? 0 : fail(purge, -r, name);
}

static int remove_files(struct purge *purge)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t id;
	int failure = 0;
	int r = fsi_directory_start(&names, purge->channel.directory_fd);

	while (failure == 0 && r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (fsi_is_fresh_name(name, &id) || waits_again(name))
			failure = remove_file(purge, name);
	if (r < 0)
		return fsi_fail_errno(-r, purge->channel.name, "cannot read channel %s",
				      purge->channel.name);
	return failure;
}

/* ---- segments ---- */

/* Moves behind all that is there. Returns how many messages that were. */
static int64_t pass_all(struct fsi_view *view, int channel_fd, enum fsi_view_state *ret_state)
{
	int64_t count = 0;

	*ret_state = FSI_VIEW_BROKEN;
	while (!fsi_view_is_cut(view, channel_fd)) {
		*ret_state = fsi_view_look(view);
		if (*ret_state != FSI_VIEW_FRAME)
			break;
		fsi_view_advance(view);
		count++;
	}
	return count;
}

/* Of a segment in which count messages waited; ended: all of it is gone. */
static void count_read(const struct purge *purge, const struct fsi_view *view, int64_t count,
		       bool ended)
{
	struct fsi_control *control = purge->channel.control;

	if (control == NULL)
		return;
	if (ended)
		fsi_count_down(&control->held_bytes, (int64_t)view->mapping.bytes);
	if (atomic_load_explicit(&control->limit_messages, memory_order_relaxed) != 0)
		fsi_count_down(&control->held_messages, count);
}

/* One that has not ended keeps its link: what its publisher writes next is for the channel, too.
 * And one that ends with rubbish is its next reader's to set aside. */
static int purge_view(struct purge *purge, struct fsi_view *view, const char *name)
{
	int fd = purge->channel.directory_fd;
	enum fsi_view_state state;
	int64_t count = pass_all(view, fd, &state);
	int r = 0;

	if (state == FSI_VIEW_ENDED)
		r = fsi_sys_unlinkat(fd, name, 0);
	else if (view->at != view->offset)
		r = fsi_view_rename(view, fd, view->at);
	if (r < 0)
		return r == -ENOENT ? 0 : fail(purge, -r, name);
	purge->removed += count;
	count_read(purge, view, count, state == FSI_VIEW_ENDED);
	return 0;
}

static int refuse_segments(const struct purge *purge)
{
	return fsi_fail(FSPS_ERR_BUSY, purge->channel.name,
			"what waits in segments of channel %s is its reader's to let go of",
			purge->channel.name);
}

/* Who wants to read tries for some milliseconds and is told that somebody else does: so the lock is
 * given back for a moment now and then. Whoever has it then keeps it. Returns 0 or a failure. */
static int let_others_in(struct purge *purge)
{
	int fd = purge->channel.directory_fd;
	int r;

	if (++purge->locked_segments < LOCKED_SEGMENTS_MAX)
		return 0;
	purge->locked_segments = 0;
	(void)fsi_sys_flock(fd, LOCK_UN);
	(void)fsi_sys_poll(NULL, 0, PAUSE_MS);
	r = fsi_sys_flock(fd, LOCK_EX | LOCK_NB);
	if (r == -EAGAIN)
		return refuse_segments(purge);
	if (r < 0)
		return fsi_fail_errno(-r, purge->channel.name, "cannot lock channel %s",
				      purge->channel.name);
	return 0;
}

/* Whoever had it handed out is gone: nobody has settled what lies behind the link's offset. */
static int visit_segment(const struct fsi_ordered_name *name, void *userdata)
{
	struct purge *purge = userdata;
	struct fsi_segment_look look;
	uint64_t offset;
	uint64_t key;
	int r;

	if (!fsi_segment_name_parse(name->text, &key, &offset))
		return 0;
	r = fsi_segment_look_open(purge->channel.directory_fd, purge->channel.control, key, offset,
				  &look);
	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 0;
	r = purge_view(purge, look.view, name->text);
	fsi_segment_look_close(&look);
	return r == 0 ? let_others_in(purge) : r;
}

/* Without a lock if there are none: it would keep a reader out who comes at this moment. */
static int purge_segments(struct purge *purge)
{
	struct fsi_inspected *channel = &purge->channel;
	struct fsi_channel_content content;
	int r = fsi_channel_content(channel->directory_fd, channel->control, &content);

	if (r < 0 || content.segments == 0)
		return r;
	r = fsi_inspected_is_durable(channel)
		    ? fsi_sys_flock(channel->directory_fd, LOCK_EX | LOCK_NB)
		    : -EAGAIN;
	if (r == -EAGAIN)
		return content.frames > 0 ? refuse_segments(purge) : 0;
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot lock channel %s", channel->name);
	r = fsi_ordered_walk(channel->directory_fd, fsi_is_segment_name, visit_segment, purge);
	(void)fsi_sys_flock(channel->directory_fd, LOCK_UN);
	return r;
}

int64_t fsi_purge(fsps_bus *bus, const char *channel_name)
{
	struct purge purge = {.removed = 0};
	int r = fsi_inspected_open(bus, channel_name, &purge.channel);

	if (r < 0)
		return r;
	r = remove_files(&purge);
	if (r == 0)
		r = purge_segments(&purge);
	if (r == 0 || purge.removed > 0)
		fsi_log(&purge.channel.home->log, FSPS_LOG_DEBUG, "purged %lld messages from %s/%s",
			(long long)purge.removed, purge.channel.home->path, channel_name);
	fsi_inspected_close(&purge.channel);
	return r < 0 ? r : purge.removed;
}
