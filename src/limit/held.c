/* SPDX-License-Identifier: MIT */
/* Implements limit/held.h. */
#include "limit/held.h"

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/segment_look.h"

/* How many of a segment's messages were not handed out. */
static uint64_t count_rest(const struct fsi_segment_look *look)
{
	uint64_t first_us;

	while (look->view->at < look->handed_out_end && fsi_view_look(look->view) == FSI_VIEW_FRAME)
		fsi_view_advance(look->view);
	return fsi_view_count(look->view, &first_us);
}

static void count_segment(int channel_fd, const struct fsi_control *control, const char *name,
			  uint64_t key, uint64_t offset, struct fsi_held *held)
{
	bool is_limited = atomic_load_explicit(&control->limit_messages, memory_order_relaxed) != 0;
	struct fsi_segment_look look;
	struct stat status;
	bool waits = true;

	if (fsi_sys_fstatat(channel_fd, name, &status) < 0)
		return;
	if (fsi_segment_look_open(channel_fd, control, key, offset, &look) == FSI_VIEW_OPEN) {
		waits = fsi_view_look(look.view) == FSI_VIEW_FRAME;
		held->messages += is_limited && waits ? count_rest(&look) : 0;
		fsi_segment_look_close(&look);
	}
	held->bytes += waits ? (uint64_t)status.st_size : 0;
}

static bool is_waiting_file(const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t id;

	return fsi_id_parse(name, &id) ||
	       fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, &id);
}

static void count_name(int channel_fd, const struct fsi_control *control, const char *name,
		       struct fsi_held *held)
{
	struct stat status;
	uint64_t offset;
	uint64_t key;

	if (fsi_segment_name_parse(name, &key, &offset)) {
		count_segment(channel_fd, control, name, key, offset, held);
		return;
	}
	if (!is_waiting_file(name) || fsi_sys_fstatat(channel_fd, name, &status) < 0)
		return;
	held->messages++;
	held->bytes += S_ISREG(status.st_mode) ? fsi_count_file_bytes((uint64_t)status.st_size) : 0;
}

int fsi_held_count(int channel_fd, const struct fsi_control *control, struct fsi_held *ret_held)
{
	struct fsi_held held = {0};
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		count_name(channel_fd, control, name, &held);
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_held = held;
	return 0;
}
