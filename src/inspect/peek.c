/* SPDX-License-Identifier: MIT */
/* Implements inspect/peek.h. */
#include "inspect/peek.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/inspected.h"
#include "inspect/ordered.h"
#include "inspect/segment_look.h"
#include "inspect/waiting_names.h"

/* A reader that goes on renames the link of its segment: it is looked for this often. */
enum { FIND_ATTEMPTS = 8 };

struct peek {
	struct fsi_inspected channel;
	struct fsi_message_place place;
	fsps_peek_callback callback;
	void *userdata;
	int64_t shown;
	/* The last segment that was looked at: it may have been met under two names. */
	uint64_t key;
};

/* Returns 0 to go on, 1 to end. Gives the message back. */
static int show(struct peek *peek, struct fsps_waiting *waiting, fsps_message *message)
{
	int answer;

	waiting->size = sizeof *waiting;
	waiting->message = message;
	peek->shown++;
	answer = peek->callback(waiting, peek->userdata);
	fsi_message_unref(message);
	return answer != 0;
}

/* ---- files ---- */

static bool is_file_name(const char *name, uint64_t *ret_id)
{
	struct fsi_work_name work;

	if (fsi_is_fresh_name(name, ret_id))
		return true;
	if (!fsi_work_name_parse(name, &work) ||
	    (work.kind != FSI_WORK_CLAIMED && work.kind != FSI_WORK_DELAYED))
		return false;
	*ret_id = work.id;
	return true;
}

static void describe_file(const char *name, struct fsps_waiting *ret_waiting)
{
	struct fsi_work_name work;

	*ret_waiting = (struct fsps_waiting){.state = FSPS_WAITING, .file_name = name};
	if (!fsi_work_name_parse(name, &work))
		return;
	ret_waiting->state = work.kind == FSI_WORK_CLAIMED ? FSPS_CLAIMED : FSPS_DELAYED;
	ret_waiting->attempts = work.attempt;
	ret_waiting->due_us = work.time_ms * 1000;
}

static int visit_file(const struct fsi_ordered_name *name, void *userdata)
{
	struct fsi_message_file file = {.message = NULL};
	struct peek *peek = userdata;
	struct fsps_waiting waiting;
	int r = fsi_message_file_read(&peek->place, name->text, name->number, &file);

	if (r < 0 || r == FSI_MESSAGE_FILE_GONE)
		return r < 0 ? r : 0;
	if (r == FSI_MESSAGE_FILE_FAILED && fsi_is_shortage(file.system_errno))
		return fsi_fail_errno(file.system_errno, name->text, "cannot read %s/%s",
				      peek->channel.name, name->text);
	describe_file(name->text, &waiting);
	return show(peek, &waiting, file.message);
}

/* ---- segments ---- */

/* A copy of the frame that was looked at, judged; NULL if it is no message for here. Returns 0 or a
 * failure. */
static int read_frame(const struct peek *peek, const struct fsi_view *view,
		      fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = NULL;
	struct fsi_message_file file = {.message = NULL};
	int r;

	*ret_message = NULL;
	if (view->head_len > peek->place.message_bytes_max || view->head_id >= FSI_ID_LIMIT)
		return 0;
	bytes = malloc((size_t)view->head_len + 1);
	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, peek->channel.name,
				"no memory for a message of %u bytes in %s", view->head_len,
				peek->channel.name);
	memcpy(bytes, fsi_view_body(view), view->head_len);
	r = fsi_message_judge(&peek->place, view->head_id, &bytes, view->head_len, view->owner_uid,
			      &file);
	*ret_message = file.message;
	return r < 0 ? r : 0;
}

/* What a durable channel's reader has handed out it may yet see settled, or hand out again. */
static int show_frame(struct peek *peek, const struct fsi_segment_look *look, const char *file_name)
{
	const bool claimed = look->view->at < look->handed_out_end;
	struct fsps_waiting waiting = {.state = claimed ? FSPS_CLAIMED : FSPS_WAITING,
				       .attempts = claimed ? 1 : 0,
				       .file_name = file_name};
	fsps_message *message = NULL;
	int r = read_frame(peek, look->view, &message);

	return r < 0 ? r : show(peek, &waiting, message);
}

/* What can't be believed is shown once, as a reader sets it aside as one. */
static int show_unreadable(struct peek *peek, const char *file_name)
{
	struct fsps_waiting waiting = {.state = FSPS_WAITING, .file_name = file_name};

	return show(peek, &waiting, NULL);
}

static int show_frames(struct peek *peek, const struct fsi_segment_look *look,
		       const char *file_name)
{
	struct fsi_view *view = look->view;
	enum fsi_view_state state = FSI_VIEW_ENDED;
	int r = 0;

	while (r == 0 && !fsi_view_is_cut(view, peek->channel.directory_fd)) {
		state = fsi_view_look(view);
		if (state != FSI_VIEW_FRAME)
			break;
		r = show_frame(peek, look, file_name);
		fsi_view_advance(view);
	}
	return r == 0 && state == FSI_VIEW_BROKEN ? show_unreadable(peek, file_name) : r;
}

/* Finds the link of a segment, whatever place is in its name. Returns 1, 0 if it is gone, or a
 * failure. */
static int find_segment(const struct peek *peek, uint64_t key, uint64_t *ret_offset)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t found;
	int r = fsi_directory_start(&names, peek->channel.directory_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (fsi_segment_name_parse(name, &found, ret_offset) && found == key)
			return 1;
	return r < 0 ? fsi_fail_errno(-r, peek->channel.name, "cannot read channel %s",
				      peek->channel.name)
		     : 0;
}

/* Returns an enum fsi_view_answer or a failure; *offset is that of the name it had in the end. */
static int open_segment(const struct peek *peek, uint64_t key, uint64_t *offset,
			struct fsi_segment_look *ret_look)
{
	int r = FSI_VIEW_GONE;

	for (int i = 0; r == FSI_VIEW_GONE && i < FIND_ATTEMPTS; i++) {
		int found = i == 0 ? 1 : find_segment(peek, key, offset);

		if (found <= 0)
			return found < 0 ? found : FSI_VIEW_GONE;
		r = fsi_segment_look_open(peek->channel.directory_fd, peek->channel.control, key,
					  *offset, ret_look);
	}
	return r;
}

static int visit_segment(const struct fsi_ordered_name *name, void *userdata)
{
	char file_name[FSI_NAME_BYTES];
	struct fsi_segment_look look;
	struct peek *peek = userdata;
	uint64_t offset = 0;
	uint64_t key = 0;
	int r;

	if (!fsi_segment_name_parse(name->text, &key, &offset) || key == peek->key)
		return 0;
	peek->key = key;
	r = open_segment(peek, key, &offset, &look);
	if (r < 0 || r == FSI_VIEW_GONE)
		return r < 0 ? r : 0;
	fsi_segment_name_format(file_name, key, offset);
	if (r == FSI_VIEW_REFUSED)
		return show_unreadable(peek, file_name);
	r = show_frames(peek, &look, file_name);
	fsi_segment_look_close(&look);
	return r;
}

int64_t fsi_peek(fsps_bus *bus, const char *channel_name, fsps_peek_callback callback,
		 void *userdata)
{
	struct peek peek = {.callback = callback, .userdata = userdata};
	int r = fsi_inspected_open(bus, channel_name, &peek.channel);

	if (r < 0)
		return r;
	peek.place = fsi_inspected_place(&peek.channel);
	r = fsi_ordered_walk(peek.channel.directory_fd, is_file_name, visit_file, &peek);
	if (r == 0)
		r = fsi_ordered_walk(peek.channel.directory_fd, fsi_is_segment_name, visit_segment,
				     &peek);
	fsi_inspected_close(&peek.channel);
	return r < 0 ? r : peek.shown;
}
