/* SPDX-License-Identifier: MIT */
/* Implements inspect/listing.h. */
#include "inspect/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <fsps/limits.h>

#include "base/sys.h"
#include "inspect/content.h"
#include "inspect/home_names.h"
#include "inspect/members.h"
#include "store/control.h"
#include "store/names.h"

static enum fsps_alive life_of_process(int32_t pid)
{
	return fsi_sys_kill(pid, 0) == -ESRCH ? FSPS_ALIVE_NO : FSPS_ALIVE_YES;
}

static void describe_control(const struct fsi_home *home, const struct fsi_control *control,
			     struct fsps_channel_info *info)
{
	info->identity = control->identity;
	info->alive = fsi_members_alive(home, control->member);
	/* Of those in segments nobody counts when they are published: they were read, or wait. */
	info->published = atomic_load_explicit(&control->published, memory_order_relaxed) +
			  atomic_load_explicit(&control->frames, memory_order_relaxed);
	info->delivered = atomic_load_explicit(&control->delivered, memory_order_relaxed);
	info->dropped = atomic_load_explicit(&control->dropped, memory_order_relaxed);
	info->set_aside = atomic_load_explicit(&control->set_aside, memory_order_relaxed);
	info->acknowledged = atomic_load_explicit(&control->acknowledged, memory_order_relaxed);
	info->redelivered = atomic_load_explicit(&control->redelivered, memory_order_relaxed);
	info->created_us = control->created_us;
}

static void describe_limits(const struct fsi_control *control, struct fsps_channel_info *info)
{
	uint64_t bytes = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);
	uint32_t when_full = atomic_load_explicit(&control->when_full, memory_order_relaxed);
	int64_t held = atomic_load_explicit(&control->held_bytes, memory_order_relaxed);

	info->limit_bytes = bytes == UINT64_MAX ? 0 : bytes;
	info->limit_messages = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);
	info->ttl_ms = (int64_t)atomic_load_explicit(&control->ttl_ms, memory_order_relaxed);
	info->when_full = when_full == 0 ? FSPS_FULL_REFUSE : (int)when_full;
	if (info->when_full == FSPS_FULL_BLOCK)
		info->block_ms = atomic_load_explicit(&control->block_ms, memory_order_relaxed);
	info->held_bytes = held > 0 ? (uint64_t)held : 0;
	info->refused = atomic_load_explicit(&control->refused, memory_order_relaxed);
	info->dropped_new = atomic_load_explicit(&control->dropped_new, memory_order_relaxed);
	info->dropped_oldest = atomic_load_explicit(&control->dropped_oldest, memory_order_relaxed);
	info->expired = atomic_load_explicit(&control->expired, memory_order_relaxed);
	info->evicted = atomic_load_explicit(&control->evicted, memory_order_relaxed);
}

/* When a message was written: by its file, as an ID is no time. */
static uint64_t time_of(int channel_fd, const char *name)
{
	struct stat status;

	if (fsi_sys_fstatat(channel_fd, name, &status) < 0)
		return 0;
	return (uint64_t)status.st_mtim.tv_sec * 1000000 + (uint64_t)status.st_mtim.tv_nsec / 1000;
}

static void describe_content(int fd, const struct fsi_control *control, char *publisher,
			     struct fsps_channel_info *info)
{
	struct fsi_channel_content content;

	if (fsi_channel_content(fd, control, &content) < 0)
		return;
	info->publishers = content.publishers;
	memcpy(publisher, content.publisher[0], sizeof content.publisher[0]);
	info->backlog = content.backlog;
	info->claimed = content.claimed;
	info->delayed = content.delayed;
	info->dead_letters = content.dead_letters;
	if (content.lowest_id != 0)
		info->oldest_us = time_of(fd, content.lowest_name);
	if (content.first_frame_us != 0 &&
	    (info->oldest_us == 0 || content.first_frame_us < info->oldest_us))
		info->oldest_us = content.first_frame_us;
	info->published += content.frames;
}

/* ---- durable channels ---- */

/* A reader's member, if one stands in that place: "" else. It may be changing as we read it. */
static void read_member(const struct fsi_control_reader *reader, char *ret_member)
{
	ret_member[0] = '\0';
	if (atomic_load_explicit(&reader->pid, memory_order_acquire) == 0)
		return;
	memcpy(ret_member, reader->member, FSI_MEMBER_LEN);
	ret_member[FSI_MEMBER_LEN] = '\0';
	if (!fsi_member_id_valid(ret_member))
		ret_member[0] = '\0';
}

/* Whether one of the places before that has the same member: a process may read more than once. */
static bool was_counted(const struct fsi_control *control, int place, const char *member)
{
	char other[FSI_MEMBER_LEN + 1];

	for (int i = 0; i < place; i++) {
		read_member(&control->readers[i], other);
		if (strcmp(other, member) == 0)
			return true;
	}
	return false;
}

/* Who made a durable channel means nothing for its life: it is alive while somebody reads. */
static void describe_readers(const struct fsi_home *home, const struct fsi_control *control,
			     struct fsps_channel_info *info)
{
	char member[FSI_MEMBER_LEN + 1];
	bool unknown = false;

	info->readers = 0;
	for (int i = 0; i < FSI_CONTROL_READERS; i++) {
		const struct fsi_control_reader *reader = &control->readers[i];
		enum fsps_alive life;

		read_member(reader, member);
		if (member[0] == '\0' || was_counted(control, i, member))
			continue;
		life = fsi_members_alive(home, member);
		unknown |= life == FSPS_ALIVE_UNKNOWN;
		if (life == FSPS_ALIVE_YES && info->readers++ == 0)
			info->pid = atomic_load_explicit(&reader->pid, memory_order_relaxed);
	}
	info->alive = unknown ? FSPS_ALIVE_UNKNOWN : FSPS_ALIVE_NO;
	if (info->readers > 0)
		info->alive = FSPS_ALIVE_YES;
	info->shared = info->readers > 0 &&
		       (atomic_load_explicit(&control->features, memory_order_relaxed) &
			FSI_CONTROL_READS_SEGMENTS) == 0;
}

/* ---- one channel ---- */

/* What its name says; pattern and durable have room for it. */
static void describe_name(const struct fsi_channel_name *parsed, const char *name, char *pattern,
			  char *durable, struct fsps_channel_info *info)
{
	memcpy(pattern, name, parsed->pattern_len);
	pattern[parsed->pattern_len] = '\0';
	memcpy(durable, name + parsed->pattern_len + 1, parsed->durable_len);
	durable[parsed->durable_len] = '\0';
	*info = (struct fsps_channel_info){
		.size = sizeof *info,
		.name = name,
		.pattern = pattern,
		.durable = durable,
		.identity = "",
		.kind = (int)parsed->kind,
		.pid = parsed->pid,
		.readers = parsed->kind == FSPS_KIND_DURABLE ? 0 : 1,
	};
}

/* Without a control block that we may read a process is all there is to go by. */
static void describe_life(const struct fsi_home *home, const struct fsi_channel_name *parsed,
			  const struct fsi_control *control, struct fsps_channel_info *info)
{
	info->plain = control == NULL;
	info->alive = FSPS_ALIVE_UNKNOWN;
	if (control != NULL) {
		describe_control(home, control, info);
		describe_limits(control, info);
	} else if (parsed->pid != 0) {
		info->alive = life_of_process(parsed->pid);
	}
	if (control != NULL && parsed->kind == FSPS_KIND_DURABLE)
		describe_readers(home, control, info);
}

static void describe_directory(const struct fsi_home *home, const struct fsi_control *control,
			       char *publisher, struct fsps_channel_info *info)
{
	int fd = fsi_sys_openat(home->fd, info->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd >= 0)
		describe_content(fd, control, publisher, info);
	fsi_sys_close(fd);
}

/* Returns what the callback answers, or 0 without calling it if the channel is gone by now, or was
 * none: a directory with a durable channel's name but no control block. */
static int show(struct fsi_home *home, const char *name, fsps_list_callback callback,
		void *userdata, int *shown)
{
	struct fsps_channel_info info;
	struct fsi_control *control = NULL;
	struct fsi_channel_name parsed;
	char pattern[FSI_NAME_BYTES];
	char durable[FSI_NAME_BYTES];
	char publisher[FSI_MEMBER_LEN + 1] = "";
	struct stat status;
	int answer;

	if (!fsi_channel_name_parse(name, &parsed) ||
	    fsi_sys_fstatat(home->fd, name, &status) < 0 || !S_ISDIR(status.st_mode))
		return 0;
	if (fsi_control_map(home->fd, name, &control) == FSI_CONTROL_NONE &&
	    parsed.kind == FSPS_KIND_DURABLE)
		return 0;
	describe_name(&parsed, name, pattern, durable, &info);
	info.uid = status.st_uid;
	info.gid = status.st_gid;
	info.mode = status.st_mode & 07777;
	info.format_version =
		control != NULL ? FSI_CONTROL_VERSION : fsi_control_version(home->fd, name);
	describe_life(home, &parsed, control, &info);
	describe_directory(home, control, publisher, &info);
	info.publisher = publisher;
	(*shown)++;
	answer = callback(&info, userdata);
	fsi_control_unmap(control);
	return answer;
}

int fsi_listing_show(struct fsi_home *home, fsps_list_callback callback, void *userdata)
{
	struct fsi_home_names names = {0};
	int shown = 0;
	int r = fsi_home_names_read(&names, home);

	for (size_t i = 0; r == 0 && i < names.count; i++)
		if (show(home, names.list[i], callback, userdata, &shown) != 0)
			break;
	fsi_home_names_deinit(&names);
	return r < 0 ? r : shown;
}
