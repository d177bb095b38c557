/* SPDX-License-Identifier: MIT */
/* Implements store/hooks.h. */
#include "store/hooks.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

static bool same(const struct fsi_hook *one, const struct fsi_hook *other)
{
	return one->publish == other->publish && one->deliver == other->deliver &&
	       one->userdata == other->userdata;
}

/* A copy of the current list, without `without` if that is not NULL. */
static struct fsi_hook_list *copy(struct fsi_hook_list *current, const struct fsi_hook *without)
{
	struct fsi_hook_list *list = calloc(1, sizeof *list);

	if (list == NULL)
		return NULL;
	list->previous = current;
	for (size_t i = 0; current != NULL && i < current->count; i++)
		if (without == NULL || !same(&current->hooks[i], without))
			list->hooks[list->count++] = current->hooks[i];
	return list;
}

int fsi_hooks_add(fsi_hooks *hooks, const struct fsi_hook *hook)
{
	struct fsi_hook_list *current = atomic_load(hooks);
	struct fsi_hook_list *list;

	if (current != NULL && current->count == FSI_HOOKS_MAX)
		return fsi_fail(FSPS_ERR_LIMIT, NULL, "a bus has at most %d hooks of a kind",
				FSI_HOOKS_MAX);
	list = copy(current, NULL);
	if (list == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a hook");
	list->hooks[list->count++] = *hook;
	atomic_store(hooks, list);
	return 0;
}

int fsi_hooks_remove(fsi_hooks *hooks, const struct fsi_hook *hook)
{
	struct fsi_hook_list *current = atomic_load(hooks);
	struct fsi_hook_list *list = copy(current, hook);

	if (list == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to remove a hook");
	if (current == NULL || list->count == current->count) {
		free(list);
		return 0;
	}
	atomic_store(hooks, list);
	return 1;
}

void fsi_hooks_deinit(fsi_hooks *hooks)
{
	struct fsi_hook_list *list = atomic_exchange(hooks, NULL);

	while (list != NULL) {
		struct fsi_hook_list *previous = list->previous;

		free(list);
		list = previous;
	}
}

int fsi_hooks_run_publish(fsi_hooks *hooks, const struct fsps_publish_event *event)
{
	const struct fsi_hook_list *list = atomic_load_explicit(hooks, memory_order_acquire);

	for (size_t i = 0; list != NULL && i < list->count; i++) {
		int answer = list->hooks[i].publish(event, list->hooks[i].userdata);

		if (answer < 0 && event->stage == FSPS_PUBLISH_BEFORE)
			return answer;
	}
	return 0;
}

int fsi_hooks_run_deliver(fsi_hooks *hooks, const fsps_message *message, const char *channel_name)
{
	const struct fsi_hook_list *list = atomic_load_explicit(hooks, memory_order_acquire);

	for (size_t i = 0; list != NULL && i < list->count; i++) {
		int answer = list->hooks[i].deliver(message, channel_name, list->hooks[i].userdata);

		if (answer != 0)
			return answer;
	}
	return 0;
}
