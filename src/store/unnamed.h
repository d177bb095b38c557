/* SPDX-License-Identifier: MIT */
/*
 * Files that have no name until they are complete (O_TMPFILE, then linkat), so that a kill before
 * that leaves nothing behind.
 *
 * A name is given through the descriptor where the kernel allows that, else through /proc.
 */
#ifndef FSPS_STORE_UNNAMED_H
#define FSPS_STORE_UNNAMED_H

#include <sys/types.h>

/* A nameless file, open for reading and writing, on the file system of path (in directory).
 * Returns it or -errno; -EOPNOTSUPP or -EISDIR where the file system has no such files. */
int fsi_unnamed_open(int directory, const char *path, mode_t mode);

/* Gives it a name. Returns 0 or -errno; -EEXIST if the name is taken. */
int fsi_unnamed_link(int fd, int directory, const char *path);

#endif
