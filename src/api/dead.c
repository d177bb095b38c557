/* SPDX-License-Identifier: MIT */
/* The API of <fsps/dead.h>: checks arguments. Names are parsed, so that none leads elsewhere. */
#include <fsps/dead.h>

#include "api/argument.h"
#include "api/channel_name.h"
#include "inspect/letters.h"
#include "manage/replay.h"
#include "store/work_names.h"

int64_t fsps_dead_list(fsps_bus *bus, const char *channel_name, fsps_dead_callback callback,
		       void *userdata)
{
	int r = 0;

	if (bus == NULL || callback == NULL)
		return fsi_fail_null("fsps_dead_list", bus == NULL ? "bus" : "callback");
	if (channel_name != NULL)
		r = fsi_channel_name_check(channel_name);
	return r < 0 ? r : fsi_letters_show(bus, channel_name, callback, userdata);
}

static int check(const char *function, const fsps_bus *bus, const char *channel_name,
		 const char *file_name)
{
	struct fsi_work_name work;
	int r;

	if (bus == NULL)
		return fsi_fail_null(function, "bus");
	if (channel_name == NULL || file_name == NULL)
		return fsi_fail_null(function, channel_name == NULL ? "channel_name" : "file_name");
	r = fsi_channel_name_check(channel_name);
	if (r < 0)
		return r;
	if (!fsi_work_name_parse(file_name, &work) || work.kind != FSI_WORK_DEAD)
		return fsi_fail(FSPS_ERR_ARGUMENT, file_name, "'%s' is no dead letter's name",
				file_name);
	return 0;
}

int fsps_dead_replay(fsps_bus *bus, const char *channel_name, const char *file_name)
{
	int r = check("fsps_dead_replay", bus, channel_name, file_name);

	return r < 0 ? r : fsi_replay_letter(bus, channel_name, file_name);
}

int fsps_dead_discard(fsps_bus *bus, const char *channel_name, const char *file_name)
{
	int r = check("fsps_dead_discard", bus, channel_name, file_name);

	return r < 0 ? r : fsi_discard_letter(bus, channel_name, file_name);
}
