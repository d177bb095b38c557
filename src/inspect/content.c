/* SPDX-License-Identifier: MIT */
/* Implements inspect/content.h. */
#include "inspect/content.h"

#include <stdio.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/segment_look.h"
#include "store/work_names.h"

static void count_waiting(struct fsi_channel_content *content, const char *name, uint64_t id)
{
	content->backlog++;
	if (content->lowest_id != 0 && id >= content->lowest_id)
		return;
	content->lowest_id = id;
	snprintf(content->lowest_name, sizeof content->lowest_name, "%s", name);
}

static void count_file(struct fsi_channel_content *content, const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	struct fsi_work_name work;
	uint64_t id;

	if (fsi_id_parse(name, &id) || fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, &id)) {
		count_waiting(content, name, id);
		return;
	}
	if (!fsi_work_name_parse(name, &work))
		return;
	switch (work.kind) {
	case FSI_WORK_CLAIMED:
		content->claimed++;
		break;
	case FSI_WORK_DELAYED:
		content->delayed++;
		break;
	case FSI_WORK_DEAD:
		content->dead_letters++;
		break;
	case FSI_WORK_NOTE:
		break;
	}
}

/* Passes over what the reader has handed out and not seen settled. */
static uint64_t pass_claimed(const struct fsi_segment_look *look)
{
	uint64_t count = 0;

	for (; look->view->at < look->handed_out_end; count++) {
		if (fsi_view_look(look->view) != FSI_VIEW_FRAME)
			break;
		fsi_view_advance(look->view);
	}
	return count;
}

static void note_publisher(struct fsi_channel_content *content, const char *member)
{
	for (uint32_t i = 0; i < content->publishers; i++) {
		if (strcmp(content->publisher[i], member) == 0)
			return;
	}
	if (content->publishers == FSI_CONTENT_PUBLISHERS)
		return;
	snprintf(content->publisher[content->publishers++], FSI_MEMBER_LEN + 1, "%s", member);
}

static int count_frames(struct fsi_channel_content *content, int channel_fd,
			const struct fsi_control *control, uint64_t key, uint64_t offset)
{
	struct fsi_segment_look look;
	uint64_t first_us;
	uint64_t count;
	int r = fsi_segment_look_open(channel_fd, control, key, offset, &look);

	if (r != FSI_VIEW_OPEN)
		return r < 0 ? r : 0;
	note_publisher(content, look.view->member);
	content->claimed += pass_claimed(&look);
	count = fsi_view_count(look.view, &first_us);
	content->backlog += count;
	content->frames += count;
	if (first_us != 0 && (content->first_frame_us == 0 || first_us < content->first_frame_us))
		content->first_frame_us = first_us;
	fsi_segment_look_close(&look);
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
		content.segments++;
		failure = count_frames(&content, channel_fd, control, key, offset);
		if (failure < 0)
			return failure;
	}
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_content = content;
	return 0;
}
