/* SPDX-License-Identifier: MIT */
/*
 * Implements base/fork.h. The list is the library's only mutable global: fork handlers take no
 * argument.
 */
#include "base/fork.h"

#include <pthread.h>
#include <stddef.h>

#include "base/error.h"

static struct {
	pthread_mutex_t lock;
	struct fsi_fork_entry *first;
	int registered;
} holders = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void)
{
	pthread_mutex_lock(&holders.lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&holders.lock);
}

static void after_fork_in_child(void)
{
	for (struct fsi_fork_entry *entry = holders.first; entry != NULL; entry = entry->next)
		entry->in_child(entry);
	pthread_mutex_unlock(&holders.lock);
}

int fsi_fork_prepare(void)
{
	int failed = 0;

	pthread_mutex_lock(&holders.lock);
	if (!holders.registered) {
		failed = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
		holders.registered = failed == 0;
	}
	pthread_mutex_unlock(&holders.lock);
	if (failed != 0)
		return fsi_fail_errno(failed, NULL, "cannot register fork handlers");
	return 0;
}

bool fsi_fork_renew_mutex(pthread_mutex_t *mutex)
{
	bool was_free = pthread_mutex_trylock(mutex) == 0;

	(void)pthread_mutex_init(mutex, NULL);
	return was_free;
}

void fsi_fork_enlist(struct fsi_fork_entry *entry)
{
	pthread_mutex_lock(&holders.lock);
	entry->previous = NULL;
	entry->next = holders.first;
	if (holders.first != NULL)
		holders.first->previous = entry;
	holders.first = entry;
	pthread_mutex_unlock(&holders.lock);
}

void fsi_fork_delist(struct fsi_fork_entry *entry)
{
	pthread_mutex_lock(&holders.lock);
	if (entry->previous != NULL)
		entry->previous->next = entry->next;
	else if (holders.first == entry)
		holders.first = entry->next;
	if (entry->next != NULL)
		entry->next->previous = entry->previous;
	entry->previous = entry->next = NULL;
	pthread_mutex_unlock(&holders.lock);
}
