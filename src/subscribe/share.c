/* SPDX-License-Identifier: MIT */
/* Implements subscribe/share.h. */
#include "subscribe/share.h"

#include <unistd.h>

#include "base/sys.h"
#include "limit/count.h"

enum {
	/* Fewer files are no matter while half of the limits is free. */
	FILES_FEW = 1000,
	/* One user's share of a limit: a quarter. */
	SHARES = 4,
	/* Users that are told apart; all others share one share. */
	USERS_MAX = 64,
	PERIOD_MS = 1000,
	/* A look takes no more than a twentieth of the time. */
	LOOK_SHARE = 20,
};

struct user {
	uid_t uid;
	uint64_t bytes;
	uint64_t messages;
	uint64_t evicted;
};

struct look {
	fsps_channel *channel;
	/* One user's share; UINT64_MAX: no limit. */
	uint64_t bytes;
	uint64_t messages;
	struct user users[USERS_MAX];
	size_t count;
};

/* ---- whether ---- */

static void take_limits(struct look *look, const struct fsi_control *control)
{
	uint64_t bytes = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);
	uint64_t messages = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);

	look->bytes = bytes == UINT64_MAX ? bytes : bytes / SHARES;
	look->messages = messages == 0 ? UINT64_MAX : messages / SHARES;
}

static bool is_half(const _Atomic int64_t *held, uint64_t share)
{
	int64_t now = atomic_load_explicit(held, memory_order_relaxed);

	return share != UINT64_MAX && now > 0 && (uint64_t)now / (SHARES / 2) > share;
}

static bool is_shared(const fsps_channel *channel)
{
	struct stat status;

	return fsi_sys_fstat(channel->directory_fd, &status) == 0 && (status.st_mode & 022) != 0;
}

static bool is_reason(const struct look *look)
{
	const struct fsi_pending *pending = &look->channel->pending;
	const struct fsi_control *control = look->channel->control;

	if (look->bytes == UINT64_MAX && look->messages == UINT64_MAX)
		return false;
	return (pending->scanned_count + pending->taken_count > FILES_FEW ||
		is_half(&control->held_bytes, look->bytes) ||
		is_half(&control->held_messages, look->messages)) &&
	       is_shared(look->channel);
}

/* ---- one file after the other ---- */

static struct user *find_user(struct look *look, uid_t uid)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->users[i].uid == uid)
			return &look->users[i];
	if (look->count < USERS_MAX)
		look->users[look->count++] = (struct user){.uid = uid};
	return &look->users[look->count - 1];
}

static void evict(struct look *look, struct user *user, const char *name, const struct stat *status)
{
	fsps_channel *channel = look->channel;

	if (fsi_sys_unlinkat(channel->directory_fd, name, 0) < 0)
		return;
	user->evicted++;
	channel->evicted++;
	fsi_channel_count(channel, &channel->control->evicted);
	fsi_count_file_gone(
		channel->control,
		fsi_count_len(channel->control, (uint64_t)status->st_size, status->st_uid));
}

/* They come in the order of their IDs: what is too much is the newest. Root we trust. */
static void look_at(struct look *look, const char *name)
{
	struct user *user;
	struct stat status;

	if (fsi_sys_fstatat(look->channel->directory_fd, name, &status) < 0 ||
	    !S_ISREG(status.st_mode) || status.st_uid == geteuid() || status.st_uid == 0)
		return;
	user = find_user(look, status.st_uid);
	user->bytes += fsi_count_file_bytes((uint64_t)status.st_size);
	user->messages++;
	if (user->bytes > look->bytes || user->messages > look->messages)
		evict(look, user, name, &status);
}

/* Over what a scan found in files, without taking it. */
static void look_at_all(struct look *look)
{
	struct fsi_pending rest = look->channel->pending;
	struct fsi_candidate candidate;
	char name[FSI_NAME_BYTES];

	while (rest.scanned_next < rest.scanned_count || rest.taken_next < rest.taken_count) {
		if (!fsi_pending_peek(&rest, &candidate))
			return;
		fsi_candidate_name(&candidate, name);
		look_at(look, name);
		fsi_pending_advance(&rest);
	}
}

static void tell(const struct look *look)
{
	const fsps_channel *channel = look->channel;

	for (size_t i = 0; i < look->count; i++)
		if (look->users[i].evicted > 0)
			fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
				"removed %llu messages of user %u from channel %s: more than a "
				"quarter of its limit",
				(unsigned long long)look->users[i].evicted, look->users[i].uid,
				channel->name);
}

void fsi_share_keep(fsps_channel *channel)
{
	struct look look = {.channel = channel};
	uint64_t begun_ms = fsi_sys_coarse_ms();

	if (begun_ms < channel->share_ms)
		return;
	take_limits(&look, channel->control);
	if (!is_reason(&look))
		return;
	look_at_all(&look);
	channel->share_ms = fsi_sys_coarse_ms();
	channel->share_ms += PERIOD_MS + (channel->share_ms - begun_ms) * LOOK_SHARE;
	tell(&look);
}
