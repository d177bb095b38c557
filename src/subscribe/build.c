/* SPDX-License-Identifier: MIT */
/* Implements subscribe/build.h. */
#include "subscribe/build.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "recover/removal.h"

/* A FIFO of the mode that the home asks for, whatever the umask. */
static int make_bell(const struct fsi_home *home, struct fsi_built *built)
{
	int r = fsi_sys_mkfifoat(built->directory_fd, FSI_NAME_QUEUE, 0600);

	if (r == 0)
		r = fsi_sys_chmodat(built->directory_fd, FSI_NAME_QUEUE, home->modes.queue);
	if (r < 0)
		return r;
	built->bell_fd = fsi_sys_openat(built->directory_fd, FSI_NAME_QUEUE,
					O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	return built->bell_fd < 0 ? built->bell_fd : 0;
}

static int make_directory(const struct fsi_home *home, struct fsi_built *built)
{
	int r = fsi_sys_mkdirat(home->fd, built->name, 0700);

	/* By name first: a umask may leave us a directory that we can't open. In a group's home the
	 * bell has to have the group, which this bit hands on to it. */
	if (r == 0)
		r = fsi_sys_chmodat(home->fd, built->name, 0700 | (home->modes.channel & S_ISGID));
	if (r < 0)
		return r;
	built->directory_fd =
		fsi_sys_openat(home->fd, built->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	return built->directory_fd < 0 ? built->directory_fd : 0;
}

static int fill(const struct fsi_home *home, const struct fsi_control_birth *birth,
		struct fsi_built *built)
{
	int r = make_bell(home, built);

	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot make the bell of a channel in %s",
				      home->path);
	r = fsi_control_create(built->directory_fd, FSI_NAME_CONTROL, birth, &built->control);
	if (r < 0)
		return r;
	r = fsi_sys_fchmod(built->directory_fd, home->modes.channel);
	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot set the mode of a channel in %s",
				      home->path);
	return 0;
}

int fsi_build(struct fsi_home *home, const struct fsi_control_birth *birth,
	      struct fsi_built *ret_built)
{
	struct fsi_built built = {.directory_fd = -1, .bell_fd = -1};
	int r;

	fsi_member_name_format(built.name, sizeof built.name, FSI_PREFIX_BUILDING, home->member.id,
			       fsi_home_next_number(home));
	r = make_directory(home, &built);
	if (r < 0)
		r = fsi_fail_errno(-r, home->path, "cannot make a channel in %s", home->path);
	if (r == 0)
		r = fill(home, birth, &built);
	if (r < 0) {
		fsi_build_drop(home, &built);
		return r;
	}
	*ret_built = built;
	return 0;
}

void fsi_build_close(struct fsi_built *built)
{
	fsi_control_unmap(built->control);
	built->control = NULL;
	fsi_sys_close(fsi_steal_fd(&built->bell_fd));
	fsi_sys_close(fsi_steal_fd(&built->directory_fd));
}

/* Closed first: a descriptor of it may be the last that we may have. A sweep would find it, too. */
void fsi_build_drop(struct fsi_home *home, struct fsi_built *built)
{
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;

	fsi_build_close(built);
	(void)fsi_recover_remove_trash(home, built->name, &budget);
}
