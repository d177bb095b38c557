/* SPDX-License-Identifier: MIT */
/* The API of <fsps/bus.h>, but for the listing: checks arguments. */
#include <fsps/bus.h>

#include "api/argument.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/bus.h"
#include "store/home.h"
#include "store/space.h"

/* What version 0.1 had. */
enum { BUS_OPTIONS_BYTES_LEAST = offsetof(struct fsps_bus_options, log_userdata) + sizeof(void *) };

static int check_options(const struct fsps_bus_options *options)
{
	if (options->home != NULL && options->home[0] == '\0')
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "the home's path is empty");
	if (options->message_bytes_max > FSI_MESSAGE_BYTES_LIMIT)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"message_bytes_max is %llu, at most %llu are allowed",
				(unsigned long long)options->message_bytes_max,
				(unsigned long long)FSI_MESSAGE_BYTES_LIMIT);
	if (options->home_owner == UINT32_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "home_owner is %lu, which is nobody's ID",
				(unsigned long)options->home_owner);
	if (options->watermark_percent < 0 ||
	    options->watermark_percent > FSI_WATERMARK_PERCENT_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "watermark_percent is %d: 1 to %d, or 0",
				options->watermark_percent, FSI_WATERMARK_PERCENT_MAX);
	return 0;
}

int fsps_bus_open(const struct fsps_bus_options *options, fsps_bus **ret_bus)
{
	struct fsps_bus_options known = {.size = sizeof known};
	int r = 0;

	if (ret_bus == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_bus_open: ret_bus is NULL");
	if (options != NULL)
		r = fsi_take_options("fsps_bus_options", &known, sizeof known,
				     BUS_OPTIONS_BYTES_LEAST, options);
	if (r == 0)
		r = check_options(&known);
	return r < 0 ? r : fsi_bus_new(&known, ret_bus);
}

void fsps_bus_close(fsps_bus *bus)
{
	fsi_bus_unref(bus);
}

const char *fsps_bus_home(const fsps_bus *bus)
{
	return bus == NULL ? "" : bus->path;
}

int fsps_bus_create_home(fsps_bus *bus)
{
	struct fsi_home *home = NULL;
	int r;

	if (bus == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_bus_create_home: bus is NULL");
	r = fsi_bus_home(bus, true, &home);
	if (r < 0)
		return r;
	r = fsi_home_open_state(home);
	if (r == 0)
		r = fsi_home_make_staging(home);
	fsi_home_unref(home);
	return r;
}

static int add(fsps_bus *bus, fsi_hooks *hooks, const struct fsi_hook *hook)
{
	int r;

	pthread_mutex_lock(&bus->lock);
	r = fsi_hooks_add(hooks, hook);
	pthread_mutex_unlock(&bus->lock);
	return r;
}

static int take_away(fsps_bus *bus, fsi_hooks *hooks, const struct fsi_hook *hook)
{
	int r;

	pthread_mutex_lock(&bus->lock);
	r = fsi_hooks_remove(hooks, hook);
	pthread_mutex_unlock(&bus->lock);
	return r;
}

static int refuse_null(const char *function)
{
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s: bus or hook is NULL", function);
}

int fsps_bus_add_publish_hook(fsps_bus *bus, fsps_publish_hook hook, void *userdata)
{
	if (bus == NULL || hook == NULL)
		return refuse_null("fsps_bus_add_publish_hook");
	return add(bus, &bus->publish_hooks,
		   &(struct fsi_hook){.publish = hook, .userdata = userdata});
}

int fsps_bus_add_deliver_hook(fsps_bus *bus, fsps_deliver_hook hook, void *userdata)
{
	if (bus == NULL || hook == NULL)
		return refuse_null("fsps_bus_add_deliver_hook");
	return add(bus, &bus->deliver_hooks,
		   &(struct fsi_hook){.deliver = hook, .userdata = userdata});
}

int fsps_bus_remove_publish_hook(fsps_bus *bus, fsps_publish_hook hook, void *userdata)
{
	if (bus == NULL || hook == NULL)
		return refuse_null("fsps_bus_remove_publish_hook");
	return take_away(bus, &bus->publish_hooks,
			 &(struct fsi_hook){.publish = hook, .userdata = userdata});
}

int fsps_bus_remove_deliver_hook(fsps_bus *bus, fsps_deliver_hook hook, void *userdata)
{
	if (bus == NULL || hook == NULL)
		return refuse_null("fsps_bus_remove_deliver_hook");
	return take_away(bus, &bus->deliver_hooks,
			 &(struct fsi_hook){.deliver = hook, .userdata = userdata});
}
