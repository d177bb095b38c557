/* SPDX-License-Identifier: MIT */
/* Implements inspect/inspected.h. */
#include "inspect/inspected.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"

static int not_found(const char *name)
{
	return fsi_fail(FSPS_ERR_NOT_FOUND, name, "there is no channel %s", name);
}

static int open_directory(struct fsi_inspected *channel)
{
	const char *name = channel->name;
	int fd = fsi_sys_openat(channel->home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -ENAMETOOLONG)
		return not_found(name);
	if (fd < 0)
		return fsi_fail_errno(-fd, name, "cannot open channel %s/%s", channel->home->path,
				      name);
	channel->directory_fd = fd;
	return 0;
}

/* A directory without a control block may be a channel of formix-pubsub, but no durable one. */
static int open_control(struct fsi_inspected *channel)
{
	int r = fsi_control_map(channel->directory_fd, ".", &channel->control);

	if (r == FSI_CONTROL_NONE && fsi_inspected_is_durable(channel))
		return not_found(channel->name);
	return r < 0 ? r : 0;
}

static int open_all(struct fsi_inspected *channel, fsps_bus *bus)
{
	int r;

	if (!fsi_channel_name_parse(channel->name, &channel->parsed))
		return not_found(channel->name);
	memcpy(channel->pattern, channel->name, channel->parsed.pattern_len);
	r = fsi_bus_home(bus, false, &channel->home);
	if (r < 0)
		return r;
	if (r == 0)
		return not_found(channel->name);
	r = open_directory(channel);
	return r < 0 ? r : open_control(channel);
}

int fsi_inspected_open(fsps_bus *bus, const char *name, struct fsi_inspected *ret_channel)
{
	struct fsi_inspected channel = {.name = name,
					.pattern = "",
					.directory_fd = -1,
					.message_bytes_max = bus->message_bytes_max};
	int r = open_all(&channel, bus);

	if (r < 0) {
		fsi_inspected_close(&channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

void fsi_inspected_close(struct fsi_inspected *channel)
{
	fsi_control_unmap(channel->control);
	fsi_sys_close(channel->directory_fd);
	if (channel->home != NULL)
		fsi_home_unref(channel->home);
}

bool fsi_inspected_is_durable(const struct fsi_inspected *channel)
{
	return channel->parsed.kind == FSPS_KIND_DURABLE;
}

struct fsi_message_place fsi_inspected_place(const struct fsi_inspected *channel)
{
	return (struct fsi_message_place){
		.directory_fd = channel->directory_fd,
		.channel_name = channel->name,
		.pattern = channel->pattern,
		.pattern_len = channel->parsed.pattern_len,
		.message_bytes_max = channel->message_bytes_max,
	};
}
