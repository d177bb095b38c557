/* SPDX-License-Identifier: MIT */
/*
 * Making a channel's directory out of sight (R9): bell, control block and modes, under a hidden
 * name. Whoever asks for it gives it its name, or removes it.
 */
#ifndef FSPS_SUBSCRIBE_BUILD_H
#define FSPS_SUBSCRIBE_BUILD_H

#include "store/control.h"
#include "store/home.h"

struct fsi_built {
	/* The hidden name. */
	char name[FSI_NAME_BYTES];
	int directory_fd;
	int bell_fd;
	struct fsi_control *control;
};

/* Makes one for a live channel or a durable one, as birth says; publishers as in struct
 * fsps_channel_options. On failure nothing of it is left. Returns 0 or a failure. */
int fsi_build(struct fsi_home *home, int64_t publishers, const struct fsi_control_birth *birth,
	      struct fsi_built *ret_built);

/* Closes it and removes it from the disk. */
void fsi_build_drop(struct fsi_home *home, struct fsi_built *built);

/* Closes it and leaves it where it is. */
void fsi_build_close(struct fsi_built *built);

#endif
