/* SPDX-License-Identifier: MIT */
/* Implements inspect/members.h. */
#include "inspect/members.h"

#include <fcntl.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/control.h"
#include "store/member.h"
#include "store/names.h"

enum fsps_alive fsi_members_alive(const struct fsi_home *home, const char *member)
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

/* Returns what the callback answers, or 0 if that is no member, or gone by now. */
static int show(const struct fsi_home *home, const char *name, fsps_process_callback callback,
		void *userdata, int *shown)
{
	char identity[FSI_IDENTITY_BYTES] = "";
	struct fsps_process_info info = {.size = sizeof info, .identity = identity};
	struct stat status;

	if (!fsi_lock_name_parse(name, &info.member) ||
	    fsi_sys_fstatat(home->state_fd, name, &status) < 0 || !S_ISREG(status.st_mode))
		return 0;
	info.uid = status.st_uid;
	info.alive = fsi_members_alive(home, info.member);
	fsi_member_describe(home->state_fd, info.member, &info.pid, identity, sizeof identity);
	(*shown)++;
	return callback(&info, userdata);
}

static int show_all(const struct fsi_home *home, int fd, fsps_process_callback callback,
		    void *userdata, int *shown)
{
	struct fsi_directory directory;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&directory, fd);

	while (r >= 0 && (r = fsi_directory_next(&directory, &name, &type)) == 1)
		if (show(home, name, callback, userdata, shown) != 0)
			return 0;
	return r < 0 ? fsi_fail_errno(-r, NULL, "cannot read who uses home %s", home->path) : 0;
}

int fsi_members_show(struct fsi_home *home, fsps_process_callback callback, void *userdata)
{
	int shown = 0;
	int fd;
	int r;

	fd = fsi_sys_openat(home->state_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fsi_fail_errno(-fd, home->path, "cannot read who uses home %s", home->path);
	r = show_all(home, fd, callback, userdata, &shown);
	fsi_sys_close(fd);
	return r < 0 ? r : shown;
}
