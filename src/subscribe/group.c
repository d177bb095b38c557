/* SPDX-License-Identifier: MIT */
/* Implements subscribe/group.h. */
#include "subscribe/group.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "inspect/ordered.h"
#include "inspect/waiting_names.h"
#include "limit/count.h"
#include "subscribe/link.h"
#include "subscribe/places.h"
#include "subscribe/waiting.h"
#include "subscribe/work.h"

/* Messages that become files at a time: enough to be worth the looking, and not so many that a
 * worker is long away from its work. */
enum { UNPACK_FRAMES = 64, UNPACKS_A_SECOND = 16 };

/* Each reads the whole directory, which may be large. */
enum { UNPACK_MS_A_SECOND = 50 };

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

/* ---- how far ---- */

/* The segment's line in the control block, which is written without a system call, so that a kill
 * repeats one message at most. NULL if all are taken: then all since the link's offset. */
static struct fsi_control_place *find_line(const fsps_channel *channel, uint64_t key)
{
	struct fsi_control_place *places = channel->control->places;

	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		if (atomic_load(&places[i].key) == key)
			return &places[i];
	for (int i = 0; i < FSI_CONTROL_PLACES; i++) {
		if (atomic_load(&places[i].key) != 0)
			continue;
		atomic_store(&places[i].offset, 0);
		atomic_store(&places[i].key, key);
		return &places[i];
	}
	return NULL;
}

/* Goes behind what is a file already. Returns up to where a reader that was alone, and was killed,
 * had handed frames out. */
static uint64_t go_to_line(struct fsi_view *view, const struct fsi_control_place *line)
{
	uint64_t offset = line != NULL ? atomic_load(&line->offset) : 0;

	if ((offset & FSI_CONTROL_WRITTEN_OUT) == 0)
		return offset;
	offset &= ~FSI_CONTROL_WRITTEN_OUT;
	/* The word may say anything; a frame begins at none but these. */
	if (offset > view->at && offset <= view->end && offset % FSI_FRAME_ALIGNMENT == 0)
		view->at = (size_t)offset;
	return 0;
}

/* What was handed out once comes again, and that counts. Returns 0 or -errno. */
static int write_again(fsps_channel *channel, struct fsi_view *view,
		       const struct fsi_view_frame *frame)
{
	struct fsi_work_name name = {.kind = FSI_WORK_DELAYED,
				     .time_ms = fsi_claim_now_ms(),
				     .attempt = 1,
				     .id = view->head_id};

	if (fsi_written_message(&channel->workplace, &name, frame->body, frame->body_len) < 0)
		return -fsi_error_last()->system_errno;
	channel->look_over_due = true;
	(void)fsi_link_rename(channel, view, frame->next);
	return 0;
}

/* An ID that can't be a file's name is no message's. Returns 0 or -errno. */
static int write_frame(fsps_channel *channel, struct fsi_view *view,
		       const struct fsi_view_frame *frame, uint64_t handed_out,
		       struct fsi_control_place *line)
{
	int r = 0;

	if (view->head_id >= FSI_ID_LIMIT)
		return 0;
	if (view->at < handed_out)
		return write_again(channel, view, frame);
	r = fsi_waiting_write(channel, view->head_id, frame);
	if (r < 0)
		return r;
	/* Before anybody hears of it: who is killed in between has it written once more. */
	if (line != NULL)
		atomic_store(&line->offset, frame->next | FSI_CONTROL_WRITTEN_OUT);
	fsi_work_ring(channel, view->head_id);
	return 0;
}

/* Returns how many frames were passed, or -errno if it was none. */
static int write_frames(fsps_channel *channel, struct fsi_view *view,
			struct fsi_control_place *line)
{
	uint64_t handed_out = go_to_line(view, line);
	struct fsi_view_frame frame;
	int count = 0;
	int r = 0;

	while (count < UNPACK_FRAMES && fsi_view_look(view) == FSI_VIEW_FRAME &&
	       fsi_view_frame_at(view, view->at, &frame)) {
		r = write_frame(channel, view, &frame, handed_out, line);
		if (r < 0)
			break;
		fsi_view_advance(view);
		fsi_count_frame_read(channel->control);
		/* Counted when they are read, as their publishers don't. */
		fsi_channel_count(channel, &channel->control->frames);
		count++;
	}
	return count > 0 ? count : r;
}

/* All of it waits in files now. Returns 0 or -errno. */
static int remove_link(const fsps_channel *channel, const struct fsi_view *view, const char *name)
{
	int r = fsi_sys_unlinkat(channel->directory_fd, name, 0);

	if (r == 0)
		fsi_count_down(&channel->control->held_bytes, (int64_t)view->mapping.bytes);
	return r;
}

/* What the segment is after that: its link's name follows, or it goes. What fails here is made up
 * for at the next look: the line says how far we are. */
static void note_place(fsps_channel *channel, struct fsi_view *view, struct fsi_control_place *line)
{
	char name[FSI_NAME_BYTES];
	enum fsi_view_state state = fsi_view_look(view);
	int r = 0;

	fsi_segment_name_format(name, view->key, view->offset);
	if (state == FSI_VIEW_ENDED)
		r = remove_link(channel, view, name);
	else if (state == FSI_VIEW_BROKEN)
		r = fsi_claim_bury_file(&channel->workplace, name, "segment", 0, view->key, NULL);
	else if (view->at != view->offset)
		(void)fsi_link_rename(channel, view, view->at);
	if ((state != FSI_VIEW_ENDED && state != FSI_VIEW_BROKEN) || line == NULL)
		return;
	if (r >= 0)
		atomic_store(&line->key, 0);
	/* Who took it away may be about to look how far we are. */
	else if (r == -ENOENT)
		channel->left_places[0] |= UINT64_C(1) << (line - channel->control->places);
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
	/* What was written out is known by the same lines that a single reader leaves. */
	fsi_places_take_over(channel);
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
		"no space to share the segments of channel %s: one worker reads them",
		channel->name);
	return 1;
}

static int unpack(fsps_channel *channel, const struct fsi_candidate *segment)
{
	struct fsi_mapping_cache mappings = {.count = 0};
	struct fsi_control_place *line;
	struct fsi_view *view = NULL;
	char name[FSI_NAME_BYTES];
	int count;
	int r = fsi_view_open(channel->directory_fd, segment->id, segment->offset, &mappings,
			      &view);

	if (r == FSI_VIEW_REFUSED) {
		/* What anybody may have put there is to keep nobody from what lies behind it. */
		fsi_segment_name_format(name, segment->id, segment->offset);
		r = fsi_claim_bury_file(&channel->workplace, name, "segment", 0, segment->id, NULL);
		channel->unpack_due |= r == FSI_CLAIM_DONE;
		return r == FSI_CLAIM_DONE;
	}
	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 1;
	view->orphaned = fsi_member_life(channel->home->state_fd, view->member) == FSI_MEMBER_DEAD;
	line = find_line(channel, view->key);
	count = write_frames(channel, view, line);
	note_place(channel, view, line);
	/* One that is not at its end and has no frame waits for its publisher. */
	channel->unpack_due = count > 0 || fsi_view_look(view) != FSI_VIEW_EMPTY;
	close_view(view);
	if (count < 0)
		return read_ourselves(channel);
	return channel->unpack_due;
}

/* The oldest first. One that waits for its publisher must not keep us from those behind it. */
static int visit_segment(const struct fsi_ordered_name *name, void *userdata)
{
	struct fsi_candidate segment = {.member = ""};

	if (!fsi_segment_name_parse(name->text, &segment.id, &segment.offset))
		return 0;
	return unpack(userdata, &segment);
}

int fsi_group_unpack(fsps_channel *channel)
{
	int r;

	if (!channel->shared || !channel->unpack_due || channel->reads_segments)
		return 0;
	channel->unpack_due = false;
	r = lock(channel);
	if (r == 1)
		r = fsi_ordered_walk(channel->directory_fd, fsi_is_segment_name, visit_segment,
				     channel);
	if (!channel->reads_segments)
		fsi_group_leave(channel);
	return r;
}

void fsi_group_keep_up(fsps_channel *channel)
{
	uint64_t end_ms = fsi_sys_monotonic_ms() + UNPACK_MS_A_SECOND;

	for (int i = 0; i < UNPACKS_A_SECOND && fsi_group_unpack(channel) > 0; i++)
		if (fsi_sys_monotonic_ms() >= end_ms)
			break;
}
