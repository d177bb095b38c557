/* SPDX-License-Identifier: MIT */
/* Implements inspect/listing.h. */
#include "inspect/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "inspect/content.h"
#include "store/control.h"
#include "store/names.h"

struct names {
	char **list;
	size_t count;
	size_t capacity;
};

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static int add(struct names *names, const char *name)
{
	char *copy;

	if (names->count == names->capacity) {
		size_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
		char **list = reallocarray(names->list, capacity, sizeof(char *));

		if (list == NULL)
			return FSPS_ERR_NO_MEMORY;
		names->list = list;
		names->capacity = capacity;
	}
	copy = strdup(name);
	if (copy == NULL)
		return FSPS_ERR_NO_MEMORY;
	names->list[names->count++] = copy;
	return 0;
}

static int collect(struct names *names, int fd)
{
	struct fsi_channel_name parsed;
	struct fsi_directory directory;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&directory, fd);

	while (r >= 0 && (r = fsi_directory_next(&directory, &name, &type)) == 1)
		if (fsi_channel_name_parse(name, &parsed) && add(names, name) < 0)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to list channels");
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read the home");
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(char *), compare);
	return 0;
}

static enum fsps_alive life_of_member(const struct fsi_home *home, const char *member)
{
	switch (fsi_member_life(home->state_fd, member)) {
	case FSI_MEMBER_DEAD:
		return FSPS_ALIVE_NO;
	case FSI_MEMBER_ALIVE:
		return FSPS_ALIVE_YES;
	case FSI_MEMBER_UNKNOWN:
	default:
		return FSPS_ALIVE_UNKNOWN;
	}
}

static enum fsps_alive life_of_process(int32_t pid)
{
	return fsi_sys_kill(pid, 0) == -ESRCH ? FSPS_ALIVE_NO : FSPS_ALIVE_YES;
}

static void describe_control(const struct fsi_home *home, const struct fsi_control *control,
			     struct fsps_channel_info *info)
{
	info->identity = control->identity;
	info->alive = life_of_member(home, control->member);
	/* Of those in segments nobody counts when they are published: they were read, or wait. */
	info->published = atomic_load_explicit(&control->published, memory_order_relaxed) +
			  atomic_load_explicit(&control->frames, memory_order_relaxed);
	info->delivered = atomic_load_explicit(&control->delivered, memory_order_relaxed);
	info->dropped = atomic_load_explicit(&control->dropped, memory_order_relaxed);
	info->set_aside = atomic_load_explicit(&control->set_aside, memory_order_relaxed);
	info->created_us = control->created_us;
}

/* When a message was written: by its file, as an ID is no time. */
static uint64_t time_of(int channel_fd, const char *name)
{
	struct stat status;

	if (fsi_sys_fstatat(channel_fd, name, &status) < 0)
		return 0;
	return (uint64_t)status.st_mtim.tv_sec * 1000000 + (uint64_t)status.st_mtim.tv_nsec / 1000;
}

static void describe_content(int fd, const struct fsi_control *control,
			     struct fsps_channel_info *info)
{
	struct fsi_channel_content content;

	if (fsi_channel_content(fd, control, &content) < 0)
		return;
	info->backlog = content.backlog;
	info->dead_letters = content.dead_letters;
	if (content.lowest_id != 0)
		info->oldest_us = time_of(fd, content.lowest_name);
	if (content.first_frame_us != 0 &&
	    (info->oldest_us == 0 || content.first_frame_us < info->oldest_us))
		info->oldest_us = content.first_frame_us;
	info->published += content.frames;
}

/* Returns what the callback answers, or 0 without calling it if the channel is gone by now. */
static int show(struct fsi_home *home, char *name, fsps_list_callback callback, void *userdata,
		int *shown)
{
	struct fsps_channel_info info = {.size = sizeof info, .name = name, .identity = ""};
	struct fsi_control *control = NULL;
	char pattern[FSI_NAME_BYTES];
	struct fsi_channel_name parsed;
	struct stat status;
	int answer;
	int fd;

	if (!fsi_channel_name_parse(name, &parsed) ||
	    fsi_sys_fstatat(home->fd, name, &status) < 0 || !S_ISDIR(status.st_mode))
		return 0;
	memcpy(pattern, name, parsed.pattern_len);
	pattern[parsed.pattern_len] = '\0';
	info.pattern = pattern;
	info.pid = parsed.pid;
	info.uid = status.st_uid;
	info.alive = life_of_process(parsed.pid);
	if (fsi_control_map(home->fd, name, &control) == FSI_CONTROL_MAPPED)
		describe_control(home, control, &info);
	info.plain = control == NULL;
	fd = fsi_sys_openat(home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd >= 0)
		describe_content(fd, control, &info);
	fsi_sys_close(fd);
	(*shown)++;
	answer = callback(&info, userdata);
	fsi_control_unmap(control);
	return answer;
}

static int show_all(struct fsi_home *home, const struct names *names, fsps_list_callback callback,
		    void *userdata)
{
	int shown = 0;

	for (size_t i = 0; i < names->count; i++)
		if (show(home, names->list[i], callback, userdata, &shown) != 0)
			break;
	return shown;
}

int fsi_listing_show(struct fsi_home *home, fsps_list_callback callback, void *userdata)
{
	int fd = fsi_sys_openat(home->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	struct names names = {0};
	int r;

	if (fd < 0)
		return fsi_fail_errno(-fd, home->path, "cannot read home %s", home->path);
	r = collect(&names, fd);
	if (r == 0)
		r = show_all(home, &names, callback, userdata);
	for (size_t i = 0; i < names.count; i++)
		free(names.list[i]);
	free(names.list);
	fsi_sys_close(fd);
	return r;
}
