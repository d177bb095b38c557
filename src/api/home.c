/* SPDX-License-Identifier: MIT */
/* The API of <fsps/home.h>: checks arguments, and tells what a home is. */
#include <fsps/home.h>

#include <unistd.h>

#include "api/argument.h"
#include "base/sys.h"
#include "limit/defaults.h"
#include "store/bus.h"
#include "store/home.h"
#include "store/home_profile.h"
#include "store/names.h"
#include "store/space.h"

/* What version 0.1 had. */
enum {
	HOME_OPTIONS_BYTES_LEAST = sizeof(size_t),
	HOME_INFO_BYTES_LEAST = sizeof(size_t),
};

/* Returns 0 or a failure. */
static int profile_from(const struct fsps_home_options *options, struct fsi_profile *ret_profile)
{
	if (options->profile < 0 || options->profile > FSPS_PROFILE_PUBLIC)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"profile is %d: one of enum fsps_profile, or 0", options->profile);
	if (options->gid != 0 && options->profile != FSPS_PROFILE_GROUP)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"a gid was given, which only a home with FSPS_PROFILE_GROUP has");
	*ret_profile = (struct fsi_profile){.mode = 0700};
	if (options->profile == FSPS_PROFILE_PUBLIC)
		ret_profile->mode = 01777;
	if (options->profile != FSPS_PROFILE_GROUP)
		return 0;
	*ret_profile = (struct fsi_profile){
		.mode = 03770,
		.grouped = true,
		.gid = options->gid != 0 ? (gid_t)options->gid : getegid(),
	};
	return 0;
}

int fsps_home_init(fsps_bus *bus, const struct fsps_home_options *options)
{
	struct fsps_home_options known = {.size = sizeof known};
	struct fsi_profile profile;
	int r = 0;

	if (bus == NULL)
		return fsi_fail_null("fsps_home_init", "bus");
	if (options != NULL)
		r = fsi_take_options("fsps_home_options", &known, sizeof known,
				     HOME_OPTIONS_BYTES_LEAST, options);
	if (r == 0)
		r = profile_from(&known, &profile);
	return r < 0 ? r : fsi_profile_give(bus->path, &profile);
}

static int profile_of(mode_t mode)
{
	if ((mode & 0002) != 0)
		return FSPS_PROFILE_PUBLIC;
	return (mode & 0020) != 0 ? FSPS_PROFILE_GROUP : FSPS_PROFILE_PRIVATE;
}

/* A directory in the home; ret_mode 0: there is none. */
static void look_inside(const struct fsi_home *home, const char *name, uint32_t *ret_uid,
			uint32_t *ret_mode)
{
	struct stat status;

	if (fsi_sys_fstatat(home->fd, name, &status) < 0 || !S_ISDIR(status.st_mode))
		return;
	*ret_uid = status.st_uid;
	*ret_mode = status.st_mode & 07777;
}

/* What only a home that somebody has used already can tell. */
static void look_at_state(struct fsi_home *home, struct fsps_home_info *info)
{
	look_inside(home, FSI_NAME_STATE, &info->state_uid, &info->state_mode);
	look_inside(home, FSI_NAME_STAGING, &info->staging_uid, &info->staging_mode);
	(void)fsi_home_look_at_state(home);
	if (home->state_fd >= 0)
		fsi_counter_look(home->state_fd, &info->format_version, &info->last_id);
}

/* Returns 1 or a failure. */
static int look(const fsps_bus *bus, struct fsi_home *home, struct fsps_home_info *ret_info)
{
	struct fsi_space space;
	struct stat status;
	int r = fsi_sys_fstat(home->fd, &status);

	if (r == 0)
		r = fsi_space_look(home->fd, bus->watermark_percent, &space);
	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot look at home %s", home->path);
	*ret_info = (struct fsps_home_info){
		.profile = profile_of(status.st_mode),
		.uid = status.st_uid,
		.gid = status.st_gid,
		.mode = status.st_mode & 07777,
		.in_memory = space.in_memory,
		.bytes_total = space.bytes_total,
		.bytes_free = space.bytes_free,
		.inodes_total = space.inodes_total,
		.inodes_free = space.inodes_free,
		.bytes_reserved = space.bytes_reserved,
		.inodes_reserved = space.inodes_reserved,
		.watermark_percent = bus->watermark_percent,
		.live_limit_bytes = fsi_limits_live_bytes(home->fd),
	};
	look_at_state(home, ret_info);
	return 1;
}

int fsps_home_look(fsps_bus *bus, struct fsps_home_info *info)
{
	struct fsps_home_info known;
	struct fsi_home *home = NULL;
	int r;

	if (bus == NULL || info == NULL || info->size < HOME_INFO_BYTES_LEAST ||
	    info->size > FSI_OPTIONS_BYTES_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_home_look: bus or info is NULL, or its size not set");
	r = fsi_bus_home(bus, false, &home);
	if (r <= 0)
		return r;
	r = look(bus, home, &known);
	fsi_home_unref(home);
	if (r < 0)
		return r;
	known.size = info->size < sizeof known ? info->size : sizeof known;
	/* What a newer program knows and we don't is 0. */
	memset(info, 0, info->size);
	memcpy(info, &known, known.size);
	return 1;
}
