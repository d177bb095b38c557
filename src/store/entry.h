/* SPDX-License-Identifier: MIT */
/* One name in a directory, of which nothing is known but that. */
#ifndef FSPS_STORE_ENTRY_H
#define FSPS_STORE_ENTRY_H

/*
 * Removes it, whatever it is; of directories an empty one alone. Returns 0 or -errno: -ENOTEMPTY
 * for a directory with something in it, -EPERM for what another user does not let us remove.
 */
int fsi_entry_remove(int directory, const char *name);

/* Whether it leads to the very file or directory that is open as fd: 1, 0 if it leads elsewhere or
 * is gone, or -errno. */
int fsi_entry_leads_to(int directory, const char *name, int fd);

#endif
