/* SPDX-License-Identifier: MIT */
/* Implements store/bus.h. */
#include "store/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "store/home.h"
#include "store/space.h"

static void child_after_fork(struct fsi_fork_entry *entry)
{
	fsps_bus *bus = (fsps_bus *)((char *)entry - offsetof(struct fsps_bus, fork_entry));

	/* The home's descriptors may be shared with the parent; its lock was dropped by itself. */
	if (!fsi_fork_renew_mutex(&bus->lock))
		bus->home = NULL; /* may be half gone */
}

/* The path made absolute, so that a later chdir does not move the bus. NULL without memory. */
static char *absolute_path(const char *path)
{
	char *directory;
	int error = 0;
	char *absolute = NULL;

	if (path[0] == '/')
		return strdup(path);
	directory = fsi_sys_getcwd(&error);
	if (directory == NULL)
		return error == ENOMEM ? NULL : strdup(path);
	if (asprintf(&absolute, "%s/%s", directory, path) < 0)
		absolute = NULL;
	free(directory);
	return absolute;
}

/* With a slash at the end the kernel would follow a symlink, which is no home. */
static void trim_slashes(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
}

static const char *chosen_home(const struct fsps_bus_options *options)
{
	const char *home = options->home != NULL ? options->home : secure_getenv("PUBSUB_HOME");

	return home != NULL && home[0] != '\0' ? home : FSPS_HOME_DEFAULT;
}

/* A number from the environment; fallback if it is not there. Returns 0 or a failure. */
static int environment_number(const char *name, uint64_t least, uint64_t most, uint64_t fallback,
			      uint64_t *ret_number)
{
	const char *text = secure_getenv(name);
	uint64_t number = 0;
	const char *next = text;

	if (text == NULL || text[0] == '\0') {
		*ret_number = fallback;
		return 0;
	}
	while (*next >= '0' && *next <= '9' && number <= most)
		number = number * 10 + (uint64_t)(*next++ - '0');
	if (*next != '\0' || number < least || number > most)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"%s in the environment is '%s': it must be a number from %llu to "
				"%llu",
				name, text, (unsigned long long)least, (unsigned long long)most);
	*ret_number = number;
	return 0;
}

/* What the options leave open the environment may say. */
static int take_settings(const struct fsps_bus_options *options, fsps_bus *bus)
{
	uint64_t owner = options->home_owner;
	uint64_t percent = (uint64_t)options->watermark_percent;
	int r = 0;

	if (owner == 0)
		r = environment_number("PUBSUB_HOME_OWNER", 0, UINT32_MAX - 1, 0, &owner);
	if (r == 0 && percent == 0)
		r = environment_number("PUBSUB_WATERMARK", 1, FSI_WATERMARK_PERCENT_MAX,
				       FSI_WATERMARK_PERCENT_DEFAULT, &percent);
	bus->home_owner = (uid_t)owner;
	bus->watermark_percent = (int)percent;
	return r;
}

int fsi_bus_new(const struct fsps_bus_options *options, fsps_bus **ret_bus)
{
	fsps_bus *bus = calloc(1, sizeof *bus);
	int r = fsi_fork_prepare();

	if (bus != NULL && r == 0)
		r = take_settings(options, bus);
	if (bus != NULL)
		bus->path = absolute_path(chosen_home(options));
	if (r < 0 || bus == NULL || bus->path == NULL) {
		if (bus != NULL)
			free(bus->path);
		free(bus);
		return r < 0 ? r : fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a bus");
	}
	trim_slashes(bus->path);
	atomic_init(&bus->references, 1);
	snprintf(bus->identity, sizeof bus->identity, "%s",
		 options->identity != NULL ? options->identity : program_invocation_short_name);
	bus->message_bytes_max = options->message_bytes_max != 0 ? options->message_bytes_max
								 : FSPS_MESSAGE_BYTES_DEFAULT;
	bus->log = (struct fsi_log){.callback = options->log, .userdata = options->log_userdata};
	(void)pthread_mutex_init(&bus->lock, NULL);
	bus->fork_entry.in_child = child_after_fork;
	fsi_fork_enlist(&bus->fork_entry);
	*ret_bus = bus;
	return 0;
}

fsps_bus *fsi_bus_ref(fsps_bus *bus)
{
	atomic_fetch_add_explicit(&bus->references, 1, memory_order_relaxed);
	return bus;
}

void fsi_bus_unref(fsps_bus *bus)
{
	if (bus == NULL || atomic_fetch_sub_explicit(&bus->references, 1, memory_order_acq_rel) > 1)
		return;
	fsi_fork_delist(&bus->fork_entry);
	fsi_home_unref(bus->home);
	fsi_hooks_deinit(&bus->publish_hooks);
	fsi_hooks_deinit(&bus->deliver_hooks);
	(void)pthread_mutex_destroy(&bus->lock);
	free(bus->path);
	free(bus);
}

static int home_locked(fsps_bus *bus, bool create, struct fsi_home **ret_home)
{
	int r;

	if (bus->home != NULL && fsi_home_is_gone(bus->home)) {
		fsi_home_unref(bus->home);
		bus->home = NULL;
	}
	if (bus->home == NULL) {
		const struct fsi_home_terms terms = {.path = bus->path,
						     .identity = bus->identity,
						     .log = &bus->log,
						     .owner = bus->home_owner};

		r = fsi_home_open(&terms, create, &bus->home);
		if (r <= 0)
			return r;
	}
	*ret_home = fsi_home_ref(bus->home);
	return 1;
}

int fsi_bus_home(fsps_bus *bus, bool create, struct fsi_home **ret_home)
{
	int r;

	pthread_mutex_lock(&bus->lock);
	r = home_locked(bus, create, ret_home);
	pthread_mutex_unlock(&bus->lock);
	return r;
}
