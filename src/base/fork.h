/* SPDX-License-Identifier: MIT */
/*
 * What a fork does to us. A lock taken with flock belongs to the open file, which a forked child
 * shares: unless the child closes its copy, its parent looks alive for as long as the child lives.
 * And a mutex that another thread held at the fork stays held in the child for ever. So every
 * handle stands in a list, and in the child each is told before fork() returns.
 */
#ifndef FSPS_BASE_FORK_H
#define FSPS_BASE_FORK_H

#include <pthread.h>
#include <stdbool.h>

/* Embedded in a handle. */
struct fsi_fork_entry {
	struct fsi_fork_entry *previous;
	struct fsi_fork_entry *next;
	/* Called in the child, which has one thread: closes descriptors, sets fields, makes its
	 * mutexes anew. Allocates and frees nothing. */
	void (*in_child)(struct fsi_fork_entry *entry);
};

/* Registers the fork handlers once. Returns 0 or FSPS_ERR_NO_MEMORY. */
int fsi_fork_prepare(void);

/*
 * In in_child, for a mutex: makes it anew. Answers whether it was free, that is, whether what it
 * guards is whole. If not, a thread that is gone was changing it: leave it alone.
 */
bool fsi_fork_renew_mutex(pthread_mutex_t *mutex);

void fsi_fork_enlist(struct fsi_fork_entry *entry);
void fsi_fork_delist(struct fsi_fork_entry *entry);

#endif
