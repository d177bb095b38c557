/* SPDX-License-Identifier: MIT */
/*
 * Who may use a home: giving it a profile, and telling which it has. The profile is nothing but
 * modes and groups, so that ls shows it and chmod would do the same.
 *
 * Leaves out what lies in channels: they keep what they were made with.
 */
#ifndef FSPS_STORE_HOME_PROFILE_H
#define FSPS_STORE_HOME_PROFILE_H

#include <sys/types.h>

#include "store/home.h"

struct fsi_profile {
	/* The home's directory: 0700, 03770 or 01777. */
	mode_t mode;
	/* Whether the home is to have the group below. */
	bool grouped;
	gid_t gid;
};

/*
 * Makes a home with a profile, .fsps and tmp in it included, or gives it to one that is ours.
 *
 * While it is changed, nobody may do more than before or after. Returns 1 if it was made, 0 if it
 * was there, or a failure; then what is left is as narrow as before, or narrower.
 */
int fsi_profile_give(const char *path, const struct fsi_profile *profile);

#endif
