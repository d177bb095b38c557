/* SPDX-License-Identifier: MIT */
/* Implements subscribe/consume.h. */
#include "subscribe/consume.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "store/entry.h"
#include "store/message_file.h"
#include "subscribe/account.h"
#include "subscribe/age.h"
#include "subscribe/work.h"

/* A file that can't be read is tried this often before it is set aside. */
enum { ATTEMPTS = 5 };

static void dead_letter_name(char *to, const char *reason, uint32_t attempt, uint64_t id)
{
	snprintf(to, FSI_NAME_BYTES, FSI_PREFIX_DEAD "%s-%u-%llu", reason, attempt,
		 (unsigned long long)id);
}

/* A directory with something in it: only a rename takes it away, to a name that nobody can have
 * taken before to keep us from it. */
static int hide(fsps_channel *channel, const char *name, const char *reason, uint64_t id)
{
	char dead[FSI_NAME_BYTES];
	uint32_t attempt;
	int r = fsi_sys_getrandom(&attempt, sizeof attempt);

	if (r < 0)
		return r;
	dead_letter_name(dead, reason, attempt, id);
	return fsi_sys_rename(channel->directory_fd, name, channel->directory_fd, dead);
}

/* Returns 0 or -errno. */
static int bury(fsps_channel *channel, const char *name, const char *reason, uint64_t id)
{
	int r = fsi_claim_bury_file(&channel->workplace, name, reason, 0, id, NULL);

	if (r == FSI_CLAIM_LOST)
		return -ENOENT;
	return r < 0 ? -fsi_error_last()->system_errno : 0;
}

static int put_aside(fsps_channel *channel, const char *name, const char *reason, uint64_t id)
{
	char dead[FSI_NAME_BYTES];
	int r;

	/* A durable channel keeps them all: who it is for decides. */
	if (channel->durable[0] != '\0')
		return bury(channel, name, reason, id);
	dead_letter_name(dead, reason, 0, id);
	if (fsi_claim_keeps_letters(&channel->workplace)) {
		r = fsi_sys_rename(channel->directory_fd, name, channel->directory_fd, dead);
		if (r == 0)
			fsi_claim_note_letter(&channel->workplace);
		if (r != -EEXIST)
			return r;
	}
	/* What must not stay: it would be found again and again. */
	r = fsi_entry_remove(channel->directory_fd, name);
	return r == -ENOTEMPTY ? hide(channel, name, reason, id) : r;
}

int fsi_set_aside(fsps_channel *channel, uint64_t id, const char *name, const char *reason)
{
	int r = put_aside(channel, name, reason, id);

	if (r == -ENOENT)
		return FSI_CONSUME_NEXT;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot set aside %s/%s (%s)", channel->name, name,
				      reason);
	channel->set_aside++;
	atomic_fetch_add_explicit(&channel->control->set_aside, 1, memory_order_relaxed);
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING, "set aside %s/%s: %s", channel->name, name,
		reason);
	return FSI_CONSUME_NEXT;
}

/* One that waits, and counts as long as it does. Returns as fsi_set_aside(). */
static int set_aside_waiting(fsps_channel *channel, const struct fsi_candidate *candidate,
			     const char *name, const char *reason)
{
	struct stat status = {.st_size = 0};
	uint64_t before = channel->set_aside;
	int r;

	(void)fsi_sys_fstatat(channel->directory_fd, name, &status);
	r = fsi_set_aside(channel, candidate->id, name, reason);
	if (channel->set_aside != before && candidate->time_ms == 0)
		fsi_count_file_gone(
			channel->control,
			fsi_count_len(channel->control, (uint64_t)status.st_size, status.st_uid));
	return r;
}

/* A call failed that says nothing about the file (no memory, no descriptors), or not for certain:
 * the caller is told and the file stays, but one that fails again and again is set aside. */
static int fail_read(fsps_channel *channel, const struct fsi_candidate *candidate, const char *name,
		     int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return fsi_fail_errno(error, name, "cannot read %s/%s", channel->name, name);
	channel->failures = channel->failing_id == candidate->id ? channel->failures + 1 : 1;
	channel->failing_id = candidate->id;
	if (channel->failures >= ATTEMPTS)
		return set_aside_waiting(channel, candidate, name, "unreadable");
	return fsi_fail_errno(error, name, "cannot read %s/%s", channel->name, name);
}

/* Returns as fsi_consume(), or a failure. */
static int remove_file(fsps_channel *channel, const char *name)
{
	int r = fsi_sys_unlinkat(channel->directory_fd, name, 0);

	if (r == 0)
		return FSI_CONSUMED;
	if (r == -ENOENT)
		return FSI_CONSUME_NEXT;
	return fsi_fail_errno(-r, name, "cannot take %s/%s", channel->name, name);
}

/* At most once: from here on it is gone. At least once: from here on it is ours. */
static int take(fsps_channel *channel, const struct fsi_candidate *candidate, const char *name,
		const struct fsi_message_file *file)
{
	if (channel->settles) {
		int r = fsi_work_claim_file(channel, name, candidate->attempt + 1, file);

		return r == FSI_CLAIM_LOST ? FSI_CONSUME_NEXT : r;
	}
	return remove_file(channel, name);
}

/* A message was read. One that waits for the first time counts, and may be too old for it. */
static int take_or_expire(fsps_channel *channel, const struct fsi_candidate *candidate,
			  const char *name, const struct fsi_message_file *file)
{
	const fsps_message *message = file->message;
	bool waits = candidate->time_ms == 0;
	bool too_old = waits && fsi_age_is_over(channel, message);
	int r = too_old ? remove_file(channel, name) : take(channel, candidate, name, file);

	if (r != FSI_CONSUMED)
		return r;
	if (waits)
		fsi_count_file_gone(
			channel->control,
			fsi_count_len(channel->control, message->bytes_len, message->sender_uid));
	if (!too_old)
		return r;
	fsi_age_count(channel);
	return FSI_CONSUME_EXPIRED;
}

int fsi_consume(fsps_channel *channel, const struct fsi_candidate *candidate,
		fsps_message **ret_message)
{
	const struct fsi_message_place place = {
		.directory_fd = channel->directory_fd,
		.channel_name = channel->name,
		.pattern = channel->pattern,
		.pattern_len = channel->pattern_len,
		.message_bytes_max = channel->bus->message_bytes_max,
	};
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	struct fsi_message_file file = {.message = NULL};
	char name[FSI_NAME_BYTES];
	int r;

	fsi_candidate_name(candidate, name);
	r = fsi_message_file_read(&place, name, candidate->id, &file);
	message = file.message;
	switch (r) {
	case FSI_MESSAGE_FILE_READ:
		break;
	case FSI_MESSAGE_FILE_GONE:
		return FSI_CONSUME_NEXT;
	case FSI_MESSAGE_FILE_REFUSED:
		return set_aside_waiting(channel, candidate, name, file.refusal);
	case FSI_MESSAGE_FILE_FAILED:
		return fail_read(channel, candidate, name, file.system_errno);
	default:
		return r;
	}
	r = take_or_expire(channel, candidate, name, &file);
	if (r == FSI_CONSUMED)
		*ret_message = fsi_steal(&message);
	return r;
}
