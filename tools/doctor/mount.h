/* SPDX-License-Identifier: MIT */
/* The mount that a path lies in, by /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#ifndef DOCTOR_MOUNT_H
#define DOCTOR_MOUNT_H

#include <stdbool.h>

#include "doctor/system.h"

enum { DOCTOR_MOUNT_BYTES = 4096, DOCTOR_FILE_SYSTEM_BYTES = 64 };

struct doctor_mount {
	/* "" where it is not known. */
	char point[DOCTOR_MOUNT_BYTES];
	/* What of its file system is mounted there. */
	char root[DOCTOR_MOUNT_BYTES];
	char type[DOCTOR_FILE_SYSTEM_BYTES];
	bool read_only;
};

/* path: absolute, without symlinks. */
void doctor_mount_find(const struct doctor_system *system, const char *path,
		       struct doctor_mount *ret_mount);

#endif
