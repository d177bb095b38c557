/* SPDX-License-Identifier: MIT */
/* Implements subscribe/build.h. */
#include "subscribe/build.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "recover/removal.h"
#include "store/access.h"

static int make_directory(const struct fsi_home *home, const struct fsi_access *access,
			  struct fsi_built *built)
{
	int fd = fsi_access_make_directory(home->fd, built->name, access);

	if (fd == -EPERM && access->grouped)
		return fsi_fail(FSPS_ERR_PERMISSION, home->path,
				"cannot give a channel in %s to group %lu, which we are not one of",
				home->path, (unsigned long)access->group);
	if (fd < 0)
		return fsi_fail_errno(-fd, home->path, "cannot make a channel in %s", home->path);
	built->directory_fd = fd;
	return 0;
}

static int fill(const struct fsi_home *home, const struct fsi_access *access,
		const struct fsi_control_birth *birth, struct fsi_built *built)
{
	int r = fsi_access_make_bell(built->directory_fd, FSI_NAME_QUEUE, access);

	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot make the bell of a channel in %s",
				      home->path);
	built->bell_fd = r;
	r = fsi_control_create(built->directory_fd, FSI_NAME_CONTROL, birth, &built->control);
	if (r < 0)
		return r;
	r = fsi_sys_fchmod(built->directory_fd, access->directory);
	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot set the mode of a channel in %s",
				      home->path);
	return 0;
}

int fsi_build(struct fsi_home *home, int64_t publishers, const struct fsi_control_birth *birth,
	      struct fsi_built *ret_built)
{
	const struct fsi_access access = fsi_access_wanted(home, publishers);
	struct fsi_built built = {.directory_fd = -1, .bell_fd = -1};
	int r;

	fsi_member_name_format(built.name, sizeof built.name, FSI_PREFIX_BUILDING, home->member.id,
			       fsi_home_next_number(home));
	r = make_directory(home, &access, &built);
	if (r == 0)
		r = fill(home, &access, birth, &built);
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
