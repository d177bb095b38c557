/* SPDX-License-Identifier: MIT */
/* Implements doctor/home.h. */
#include "doctor/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/number.h"

static void look_at_parent(struct doctor_home *home)
{
	const char *slash = strrchr(home->path, '/');
	size_t len = slash == NULL || slash == home->path ? 1 : (size_t)(slash - home->path);
	struct stat status;

	snprintf(home->parent, sizeof home->parent, "%.*s", (int)len, home->path);
	if (stat(home->parent, &status) < 0)
		home->parent_errno = errno;
	else if (!S_ISDIR(status.st_mode))
		home->parent_errno = ENOTDIR;
	home->parent_writable = faccessat(AT_FDCWD, home->parent, W_OK | X_OK, AT_EACCESS) == 0;
}

static void look_at_place(struct doctor_home *home)
{
	CLI_CLEANUP(cli_cleanup_free)
	char *real = realpath(home->there ? home->path : home->parent, NULL);

	if (real == NULL)
		return;
	snprintf(home->place, sizeof home->place, "%s", real);
	if (statvfs(real, &home->space) < 0)
		home->space = (struct statvfs){.f_bsize = 0};
}

/* What the library takes it for where no option says so; it has checked that it is a number. */
static uint32_t trusted_by_environment(void)
{
	const char *text = getenv("PUBSUB_HOME_OWNER");
	int64_t number;

	return text != NULL && cli_parse_count(text, &number) ? (uint32_t)number : 0;
}

void doctor_home_look(fsps_bus *bus, bool named, uint32_t trusted, struct doctor_home *ret_home)
{
	struct doctor_home *home = ret_home;

	*home = (struct doctor_home){.path = fsps_bus_home(bus), .named = named};
	home->info.size = sizeof home->info;
	home->trusted = trusted != 0 ? trusted : trusted_by_environment();
	home->known = fsps_home_look(bus, &home->info);
	if (home->known < 0)
		snprintf(home->error, sizeof home->error, "%s", fsps_last_error()->text);
	home->there = lstat(home->path, &home->status) == 0;
	look_at_parent(home);
	look_at_place(home);
}

uint32_t doctor_home_owner(const struct doctor_home *home)
{
	return home->there ? home->status.st_uid : geteuid();
}

bool doctor_home_is_shared(const struct doctor_home *home)
{
	return home->known == 1 && home->info.profile != FSPS_PROFILE_PRIVATE;
}

const char *doctor_profile_text(int profile)
{
	if (profile == FSPS_PROFILE_PUBLIC)
		return "public";
	return profile == FSPS_PROFILE_GROUP ? "group" : "private";
}
