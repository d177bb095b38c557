/* SPDX-License-Identifier: MIT */
/* What is known of the home, or of the place where it would be made. */
#ifndef DOCTOR_HOME_H
#define DOCTOR_HOME_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fsps/fsps.h>

enum { DOCTOR_PATH_BYTES = 4096 };

struct doctor_home {
	const char *path;
	/* The user named it, by option or environment. */
	bool named;
	/* What fsps_home_look() answered: 1 and info, 0 or a code and what was said of it. */
	int known;
	struct fsps_home_info info;
	char error[512];
	/* What lies at its path, whatever it is. */
	bool there;
	struct stat status;
	/* The directory above; parent_errno: 0, or why it is no such. */
	char parent[DOCTOR_PATH_BYTES];
	int parent_errno;
	/* Whether we may make something in it. */
	bool parent_writable;
	/* The home without symlinks; where it is missing the directory above; "": neither. */
	char place[DOCTOR_PATH_BYTES];
	/* The file system of that place; f_bsize 0: unknown. */
	struct statvfs space;
	/* Whom the home may belong to besides us and root; 0: nobody. */
	uint32_t trusted;
};

/* Looks; makes nothing. trusted: as --home-owner had it, or 0. */
void doctor_home_look(fsps_bus *bus, bool named, uint32_t trusted, struct doctor_home *ret_home);

/* Who owns it, or will. */
uint32_t doctor_home_owner(const struct doctor_home *home);

/* Whether others than its owner may use it. */
bool doctor_home_is_shared(const struct doctor_home *home);

/* The name of a profile, as pubsub-init takes it. */
const char *doctor_profile_text(int profile);

#endif
