/* SPDX-License-Identifier: MIT */
/* Implements subscribe/inbox.h. */
#include "subscribe/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "recover/inbox.h"
#include "recover/removal.h"
#include "store/access.h"
#include "store/control.h"
#include "store/entry.h"
#include "watch/bell.h"

enum {
	/* Records of the bell at a time: a page of the FIFO. */
	RECORDS = 512,
	/* Moves of one scan. */
	SCAN_MOVES = 1000,
	/* Moves when it is opened: about a second. */
	ADOPTED_MOVES = 100000,
};

void fsi_inbox_init(struct fsi_inbox *inbox)
{
	*inbox = (struct fsi_inbox){.lock_fd = -1, .directory_fd = -1, .bell_fd = -1};
}

void fsi_inbox_forget(struct fsi_inbox *inbox)
{
	fsi_sys_close(inbox->bell_fd);
	fsi_sys_close(inbox->directory_fd);
	fsi_sys_close(inbox->lock_fd);
	fsi_inbox_init(inbox);
}

int fsi_inbox_claim(struct fsi_inbox *inbox, int channel_fd)
{
	int fd = fsi_sys_openat(channel_fd, FSI_NAME_CONTROL, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
	int r = fd < 0 ? fd : fsi_sys_lock_byte(fd, FSI_CONTROL_LOCK_INBOX);

	if (r == 0) {
		inbox->lock_fd = fd;
		return 1;
	}
	fsi_sys_close(fd);
	return r == -EAGAIN || r == -EACCES ? 0 : r;
}

/* ---- opening ---- */

/* Locked before it can be found, so that there is no moment at which it looks left. */
static int build(struct fsi_inbox *inbox, const struct fsi_home *home, const char *hidden,
		 const struct fsi_access *access)
{
	int r = fsi_access_make_directory(home->fd, hidden, access);

	if (r < 0)
		return r;
	inbox->directory_fd = r;
	r = fsi_sys_flock(inbox->directory_fd, LOCK_EX | LOCK_NB);
	if (r < 0)
		return r;
	r = fsi_access_make_bell(inbox->directory_fd, FSI_NAME_QUEUE, access);
	if (r < 0)
		return r;
	inbox->bell_fd = r;
	/* What we have open can still be read; by its name nobody lists it. */
	return fsi_sys_fchmod(inbox->directory_fd, access->directory & ~(mode_t)S_IRUSR);
}

/* Who may publish to the channel may to its inbox. One that was just removed has none for long. */
static int access_of(const struct fsi_home *home, const char *pattern, const char *durable_name,
		     struct fsi_access *ret_access)
{
	char channel[FSI_NAME_BYTES];
	int r;

	fsi_durable_name_format(channel, pattern, durable_name);
	r = fsi_access_found(home->fd, channel, ret_access);
	if (r != -ENOENT)
		return r;
	*ret_access = fsi_access_wanted(home, 0);
	return 0;
}

/* Two that formix-pubsub sees would each get what it publishes. */
static int replace_former(struct fsi_home *home, const char *pattern, const char *durable_name)
{
	uint64_t budget = ADOPTED_MOVES;
	char channel[FSI_NAME_BYTES];
	int r;

	fsi_durable_name_format(channel, pattern, durable_name);
	r = fsi_inbox_adopt_all(home, channel, &budget);
	if (r == FSI_INBOX_LEFT)
		return fsi_fail(FSPS_ERR_BUSY, channel, "channel %s has another inbox", channel);
	return r < 0 ? r : 0;
}

int fsi_inbox_open(struct fsi_inbox *inbox, struct fsi_home *home, const char *pattern,
		   const char *durable_name)
{
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;
	char hidden[FSI_NAME_BYTES];
	struct fsi_access access;
	char name[FSI_NAME_BYTES];
	int r;

	if (!fsi_inbox_name_format(name, pattern, durable_name, getpid()))
		return fsi_fail(FSPS_ERR_PATTERN, pattern,
				"pattern %s and name %s are too long together for an inbox",
				pattern, durable_name);
	r = replace_former(home, pattern, durable_name);
	if (r < 0)
		return r;
	fsi_member_name_format(hidden, sizeof hidden, FSI_PREFIX_BUILDING, home->member.id,
			       fsi_home_next_number(home));
	r = access_of(home, pattern, durable_name, &access);
	if (r == 0)
		r = build(inbox, home, hidden, &access);
	if (r == 0)
		r = fsi_sys_rename(home->fd, hidden, home->fd, name);
	if (r == 0) {
		memcpy(inbox->name, name, sizeof inbox->name);
		return 0;
	}
	r = fsi_fail_errno(-r, name, "cannot make inbox %s/%s", home->path, name);
	/* Closed first: a descriptor of it may be the last that we may have. */
	fsi_inbox_forget(inbox);
	(void)fsi_recover_remove_trash(home, hidden, &budget);
	return r;
}

/* ---- moving ---- */

static int check_name(const struct fsi_inbox *inbox, const struct fsi_home *home)
{
	int r = fsi_entry_leads_to(home->fd, inbox->name, inbox->directory_fd);

	if (r == 1)
		r = fsi_entry_leads_to(inbox->directory_fd, FSI_NAME_QUEUE, inbox->bell_fd);
	if (r == 0)
		return fsi_fail(FSPS_ERR_GONE, inbox->name, "inbox %s/%s was removed", home->path,
				inbox->name);
	return r < 0 ? fsi_fail_errno(-r, inbox->name, "cannot look at inbox %s/%s", home->path,
				      inbox->name)
		     : 0;
}

static struct fsi_inbox_channel channel_of(const struct fsi_inbox *inbox, int channel_fd)
{
	return (struct fsi_inbox_channel){.directory_fd = channel_fd, .control = inbox->control};
}

/* Moves what the bell told. Returns 1 if it has more to tell, 0 if not, or a failure; *ret_look is
 * set if it told of what has to be looked for. */
static int move_rung(struct fsi_inbox *inbox, int channel_fd, bool *ret_look,
		     fsi_inbox_callback arrived, void *userdata)
{
	uint64_t ids[RECORDS];
	int count = fsi_bell_read(inbox->bell_fd, ids, RECORDS, ret_look);

	if (count < 0)
		return fsi_fail_errno(-count, inbox->name, "cannot read the bell of inbox %s",
				      inbox->name);
	for (int i = 0; i < count; i++) {
		const struct fsi_inbox_channel to = channel_of(inbox, channel_fd);
		int r;

		if (ids[i] == 0 || ids[i] >= FSI_ID_LIMIT) {
			*ret_look = true;
			continue;
		}
		r = fsi_inbox_move_one(inbox->directory_fd, &to, ids[i]);
		if (r < 0)
			return r;
		if (r == FSI_ARRIVAL_MOVED || r == FSI_ARRIVAL_NAMED_ANEW)
			arrived(r == FSI_ARRIVAL_MOVED ? ids[i] : 0, userdata);
	}
	return count == RECORDS;
}

int fsi_inbox_move(struct fsi_inbox *inbox, struct fsi_home *home, int channel_fd, bool scan,
		   fsi_inbox_callback arrived, void *userdata)
{
	const struct fsi_inbox_channel to = channel_of(inbox, channel_fd);
	uint64_t budget = SCAN_MOVES;
	struct fsi_moves moves;
	int r = 0;

	if (inbox->directory_fd < 0)
		return 0;
	if (scan)
		r = check_name(inbox, home);
	if (r == 0)
		r = move_rung(inbox, channel_fd, &scan, arrived, userdata);
	/* What rang is to come as it rang, so the rest waits until the bell is read to its end. */
	if (r != 0 || !scan)
		return r;
	r = fsi_inbox_move_all(inbox->directory_fd, &to, &budget, &moves);
	/* They have no order among them but that of their IDs, in which a scan shows them. */
	if (moves.moved > 0)
		arrived(0, userdata);
	return r;
}

/* ---- closing ---- */

void fsi_inbox_close(struct fsi_inbox *inbox, struct fsi_home *home, int channel_fd)
{
	const struct fsi_inbox_channel to = channel_of(inbox, channel_fd);
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;
	char name[FSI_NAME_BYTES];
	struct fsi_moves moves;
	int lock_fd;
	int r;

	if (inbox->directory_fd < 0) {
		fsi_inbox_forget(inbox);
		return;
	}
	memcpy(name, inbox->name, sizeof name);
	/* Who has no queue to ring gets no message of formix-pubsub's. What comes in between keeps
	 * the directory from being removed. */
	(void)fsi_sys_unlinkat(inbox->directory_fd, FSI_NAME_QUEUE, 0);
	(void)fsi_inbox_move_all(inbox->directory_fd, &to, &budget, &moves);
	if (moves.moved > 0)
		fsi_inbox_announce(home, name);
	r = fsi_sys_unlinkat(home->fd, name, AT_REMOVEDIR);
	lock_fd = fsi_steal_fd(&inbox->lock_fd);
	fsi_inbox_forget(inbox);
	/* From here on it is one that was left, like those of the dead. */
	if (r < 0 && r != -ENOENT)
		(void)fsi_inbox_adopt(home, name, &budget);
	/* Only now the next reader may make another. */
	fsi_sys_close(lock_fd);
}
