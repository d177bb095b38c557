/* SPDX-License-Identifier: MIT */
/* Implements inspect/content.h. */
#include "inspect/content.h"

#include <stdio.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/names.h"
#include "stream/view.h"

static void count_file(struct fsi_channel_content *content, const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t id;

	if (strncmp(name, FSI_PREFIX_DEAD, sizeof FSI_PREFIX_DEAD - 1) == 0) {
		content->dead_letters++;
		return;
	}
	if (!fsi_id_parse(name, &id) && !fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, &id))
		return;
	content->backlog++;
	if (content->lowest_id != 0 && id >= content->lowest_id)
		return;
	content->lowest_id = id;
	snprintf(content->lowest_name, sizeof content->lowest_name, "%s", name);
}

/* Opens a segment where the reader is. The reader's word for that is only a number in a file: one
 * that is none counts from the link's own place. Returns an enum fsi_view_answer or a failure. */
static int open_at_place(int channel_fd, const struct fsi_control *control, uint64_t key,
			 uint64_t offset, struct fsi_view **ret_view)
{
	uint64_t at = control != NULL ? fsi_control_place(control, key) : 0;
	struct fsi_mapping_cache mappings = {.count = 0};
	int r = fsi_view_open(channel_fd, key, offset, &mappings, ret_view);

	if (r == FSI_VIEW_OPEN && at >= (*ret_view)->at && at <= (*ret_view)->end &&
	    at % FSI_FRAME_ALIGNMENT == 0)
		(*ret_view)->at = at;
	return r;
}

static void close_view(struct fsi_view *view)
{
	struct fsi_mapping_cache mappings = {.count = 0};

	fsi_view_close(view, &mappings);
	fsi_mapping_cache_clear(&mappings);
}

static int count_frames(struct fsi_channel_content *content, int channel_fd,
			const struct fsi_control *control, uint64_t key, uint64_t offset)
{
	struct fsi_view *view = NULL;
	uint64_t first_us;
	uint64_t count;
	int r = open_at_place(channel_fd, control, key, offset, &view);

	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 0;
	count = fsi_view_count(view, &first_us);
	content->backlog += count;
	content->frames += count;
	if (first_us != 0 && (content->first_frame_us == 0 || first_us < content->first_frame_us))
		content->first_frame_us = first_us;
	close_view(view);
	return 0;
}

int fsi_channel_content(int channel_fd, const struct fsi_control *control,
			struct fsi_channel_content *ret_content)
{
	struct fsi_channel_content content = {0};
	struct fsi_directory names;
	uint64_t offset;
	uint64_t key;
	unsigned char type;
	const char *name;
	int failure;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		if (!fsi_segment_name_parse(name, &key, &offset)) {
			count_file(&content, name);
			continue;
		}
		failure = count_frames(&content, channel_fd, control, key, offset);
		if (failure < 0)
			return failure;
	}
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_content = content;
	return 0;
}

/* The bytes of a segment, or 0 if its reader has read all that is in it. What can't be looked into
 * counts. */
static uint64_t bytes_that_wait(int channel_fd, const struct fsi_control *control, const char *name,
				uint64_t key, uint64_t offset)
{
	struct fsi_view *view = NULL;
	struct stat status;
	bool waits = true;

	if (fsi_sys_fstatat(channel_fd, name, &status) < 0)
		return 0;
	if (open_at_place(channel_fd, control, key, offset, &view) == FSI_VIEW_OPEN) {
		waits = fsi_view_look(view) == FSI_VIEW_FRAME;
		close_view(view);
	}
	return waits ? (uint64_t)status.st_size : 0;
}

int fsi_channel_segment_bytes(int channel_fd, const struct fsi_control *control,
			      uint64_t *ret_bytes)
{
	struct fsi_directory names;
	uint64_t bytes = 0;
	uint64_t offset;
	uint64_t key;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (fsi_segment_name_parse(name, &key, &offset))
			bytes += bytes_that_wait(channel_fd, control, name, key, offset);
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_bytes = bytes;
	return 0;
}
