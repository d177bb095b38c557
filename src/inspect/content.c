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

/* The reader's word for its place is only a number in a file: one that is none counts nothing. */
static int count_frames(struct fsi_channel_content *content, int channel_fd,
			const struct fsi_control *control, uint64_t key, uint64_t offset)
{
	uint64_t at = control != NULL ? fsi_control_place(control, key) : 0;
	struct fsi_mapping_cache mappings = {.count = 0};
	struct fsi_view *view = NULL;
	uint64_t first_us;
	uint64_t count;

	int r = fsi_view_open(channel_fd, key, offset, &mappings, &view);

	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 0;
	if (at >= view->at && at <= view->end && at % FSI_FRAME_ALIGNMENT == 0)
		view->at = at;
	count = fsi_view_count(view, &first_us);
	content->backlog += count;
	content->frames += count;
	if (first_us != 0 && (content->first_frame_us == 0 || first_us < content->first_frame_us))
		content->first_frame_us = first_us;
	fsi_view_close(view, &mappings);
	fsi_mapping_cache_clear(&mappings);
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

int fsi_channel_segment_bytes(int channel_fd, uint64_t *ret_bytes)
{
	struct fsi_directory names;
	struct stat status;
	uint64_t bytes = 0;
	uint64_t offset;
	uint64_t key;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (fsi_segment_name_parse(name, &key, &offset) &&
		    fsi_sys_fstatat(channel_fd, name, &status) == 0)
			bytes += (uint64_t)status.st_size;
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_bytes = bytes;
	return 0;
}
