/* SPDX-License-Identifier: MIT */
/*
 * The hooks of a bus. Changing them copies the list and swaps it, so that a publish or a delivery
 * runs through the list it started with, without a lock. Old lists are kept until the bus goes:
 * hooks change a few times in a program's life.
 */
#ifndef FSPS_STORE_HOOKS_H
#define FSPS_STORE_HOOKS_H

#include <stdatomic.h>
#include <stddef.h>

#include <fsps/bus.h>

enum { FSI_HOOKS_MAX = 8 };

struct fsi_hook {
	/* One of the two, by the list that it stands in. */
	fsps_publish_hook publish;
	fsps_deliver_hook deliver;
	void *userdata;
};

struct fsi_hook_list {
	/* The list that this one replaced, or NULL. */
	struct fsi_hook_list *previous;
	size_t count;
	struct fsi_hook hooks[FSI_HOOKS_MAX];
};

/* NULL while there are none. The caller serialises changes. */
typedef _Atomic(struct fsi_hook_list *) fsi_hooks;

int fsi_hooks_add(fsi_hooks *hooks, const struct fsi_hook *hook);
/* 1 if it was there, 0 if not, or a failure. */
int fsi_hooks_remove(fsi_hooks *hooks, const struct fsi_hook *hook);
void fsi_hooks_deinit(fsi_hooks *hooks);

/* Runs the publish hooks. In BEFORE, the first negative answer ends it and is returned. */
int fsi_hooks_run_publish(fsi_hooks *hooks, const struct fsps_publish_event *event);

/* Runs the delivery hooks. Returns 0, or the first answer that drops the message. */
int fsi_hooks_run_deliver(fsi_hooks *hooks, const fsps_message *message, const char *channel_name);

#endif
