/* SPDX-License-Identifier: MIT */
/* The API of <fsps/bus.h>: the listings of a home's channels and processes. */
#include <fsps/bus.h>

#include "base/error.h"
#include "inspect/listing.h"
#include "inspect/members.h"
#include "store/bus.h"
#include "store/home.h"

int fsps_bus_list(fsps_bus *bus, fsps_list_callback callback, void *userdata)
{
	struct fsi_home *home = NULL;
	int r;

	if (bus == NULL || callback == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_bus_list: bus or callback is NULL");
	r = fsi_bus_home(bus, false, &home);
	if (r <= 0)
		return r;
	/* Looking on needs no ".fsps": without it nothing can be told of who is alive. */
	(void)fsi_home_look_at_state(home);
	r = fsi_listing_show(home, callback, userdata);
	fsi_home_unref(home);
	return r;
}

int fsps_bus_list_processes(fsps_bus *bus, fsps_process_callback callback, void *userdata)
{
	struct fsi_home *home = NULL;
	int r;

	if (bus == NULL || callback == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_bus_list_processes: bus or callback is NULL");
	r = fsi_bus_home(bus, false, &home);
	if (r <= 0)
		return r;
	r = fsi_home_look_at_state(home);
	if (r > 0)
		r = fsi_members_show(home, callback, userdata);
	fsi_home_unref(home);
	return r;
}
