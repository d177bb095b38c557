/* SPDX-License-Identifier: MIT */
/*
 * Who may publish to a channel: the modes and the group of its directory and bell. Others than the
 * owner may only link and ring there; nobody but him may list, take or remove. So the directory is
 * the channel's access control list, and ls shows it.
 */
#ifndef FSPS_STORE_ACCESS_H
#define FSPS_STORE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/home.h"

struct fsi_access {
	mode_t directory;
	mode_t bell;
	/* Else the directory has the group that the kernel gives it: that of a group's home. */
	bool grouped;
	gid_t group;
};

/* Of a new channel: publishers as in struct fsps_channel_options. */
struct fsi_access fsi_access_wanted(const struct fsi_home *home, int64_t publishers);

/* Of a channel that is there, for what is made beside it or anew in it. Returns 0 or -errno. */
int fsi_access_found(int home_fd, const char *channel_name, struct fsi_access *ret_access);

/* Makes a directory that nobody but us gets into yet, but that hands its group on to what is made
 * in it. Returns it or -errno. */
int fsi_access_make_directory(int home_fd, const char *name, const struct fsi_access *access);

/* Makes a bell in such a directory. Returns it, open, or -errno. */
int fsi_access_make_bell(int directory_fd, const char *name, const struct fsi_access *access);

#endif
