/* SPDX-License-Identifier: MIT */
/* Implements manage/remove.h. */
#include "manage/remove.h"

#include <errno.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/sys.h"
#include "inspect/inspected.h"
#include "recover/inbox.h"
#include "recover/removal.h"
#include "store/entry.h"

/* How often another channel of that name may come in its place while we try. */
enum { ATTEMPTS = 8 };

enum answer {
	REMOVED = 0,
	/* The name leads elsewhere by now. */
	REPLACED = 1,
};

/* Nobody reads from it while we have the lock, and nobody else who asks for it removes it. */
static int lock(const struct fsi_inspected *channel, bool force)
{
	int r = fsi_sys_flock(channel->directory_fd, LOCK_EX | LOCK_NB);

	if (r == 0 || (r == -EAGAIN && force))
		return 0;
	if (r == -EAGAIN)
		return fsi_fail(FSPS_ERR_BUSY, channel->name, "somebody reads from channel %s/%s",
				channel->home->path, channel->name);
	return fsi_fail_errno(-r, channel->name, "cannot lock channel %s/%s", channel->home->path,
			      channel->name);
}

static bool is_replaced(const struct fsi_inspected *channel)
{
	return fsi_entry_leads_to(channel->home->fd, channel->name, channel->directory_fd) != 1;
}

static int remove_open(const struct fsi_inspected *channel, bool force)
{
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;
	int r = lock(channel, force);

	if (r < 0)
		return r;
	if (is_replaced(channel))
		return REPLACED;
	/* Publishers are told by the generation, which is in a file that we may not have open yet.
	 */
	r = fsi_home_open_state(channel->home);
	if (r == 0)
		r = fsi_recover_remove_channel(channel->home, channel->name, &budget);
	if (r < 0)
		return r;
	/* Of a reader that is dead; who lives closes his. */
	(void)fsi_inbox_adopt_all(channel->home, channel->name, &budget);
	fsi_log(&channel->home->log, FSPS_LOG_DEBUG, "removed durable channel %s/%s",
		channel->home->path, channel->name);
	return REMOVED;
}

static int not_durable(const char *name)
{
	return fsi_fail(FSPS_ERR_NOT_FOUND, name, "there is no durable channel %s", name);
}

int fsi_remove_durable(fsps_bus *bus, const char *channel_name, bool force)
{
	int r = REPLACED;

	for (int i = 0; r == REPLACED && i < ATTEMPTS; i++) {
		struct fsi_inspected channel;

		r = fsi_inspected_open(bus, channel_name, &channel);
		if (r < 0)
			return r;
		r = fsi_inspected_is_durable(&channel) ? remove_open(&channel, force)
						       : not_durable(channel_name);
		fsi_inspected_close(&channel);
	}
	return r == REPLACED ? not_durable(channel_name) : r;
}
