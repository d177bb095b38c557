/* SPDX-License-Identifier: MIT */
/* Implements recover/inbox.h. */
#include "recover/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "limit/count.h"
#include "recover/removal.h"
#include "store/entry.h"
#include "store/names.h"
#include "watch/bell.h"

/* ---- moving ---- */

static bool is_directory(int directory, const char *name)
{
	struct stat status;

	return fsi_sys_fstatat(directory, name, &status) == 0 && S_ISDIR(status.st_mode);
}

/* As a publisher does where its name is taken (R2). Returns -errno or 0. */
static int move_under_new_name(int inbox_fd, int channel_fd, const char *name, uint64_t id)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	char fresh[FSI_NAME_BYTES];

	if (fsi_random_name(random) < 0)
		return -EIO;
	fsi_member_name_format(fresh, sizeof fresh, FSI_PREFIX_TAKEN, random, id);
	return fsi_sys_rename(inbox_fd, name, channel_fd, fresh);
}

/* Returns an enum fsi_arrival for what was moved, or -errno. */
static int move(int inbox_fd, int channel_fd, const char *name, uint64_t id)
{
	int r = fsi_sys_rename(inbox_fd, name, channel_fd, name);

	if (r == 0)
		return FSI_ARRIVAL_MOVED;
	if (r != -EEXIST)
		return r;
	r = move_under_new_name(inbox_fd, channel_fd, name, id);
	return r < 0 ? r : FSI_ARRIVAL_NAMED_ANEW;
}

int fsi_inbox_move_one(int inbox_fd, const struct fsi_inbox_channel *channel, uint64_t id)
{
	struct stat status = {.st_size = 0};
	char name[FSI_ID_DIGITS];
	int r;

	(void)fsi_id_format(name, id);
	if (channel->control != NULL) {
		(void)fsi_sys_fstatat(inbox_fd, name, &status);
		fsi_count_file_comes(channel->control, (uint64_t)status.st_size);
	}
	r = move(inbox_fd, channel->directory_fd, name, id);
	if (r >= 0)
		return r;
	if (channel->control != NULL)
		fsi_count_file_gone(channel->control, (uint64_t)status.st_size);
	if (r == -ENOENT)
		return FSI_ARRIVAL_MISSING;
	/* A file is the directory owner's to move, that is ours; a directory has to be writable. */
	if ((r == -EACCES || r == -EPERM) && is_directory(inbox_fd, name))
		return FSI_ARRIVAL_STUCK;
	return fsi_fail_errno(-r, name, "cannot move message %s out of an inbox", name);
}

int fsi_inbox_move_all(int inbox_fd, const struct fsi_inbox_channel *channel, uint64_t *budget,
		       struct fsi_moves *ret_moves)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t id;
	int r = fsi_directory_start(&names, inbox_fd);

	*ret_moves = (struct fsi_moves){.moved = 0};
	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		if (!fsi_id_parse(name, &id))
			continue;
		if (*budget == 0)
			return 1;
		(*budget)--;
		r = fsi_inbox_move_one(inbox_fd, channel, id);
		if (r < 0)
			return r;
		ret_moves->moved += r == FSI_ARRIVAL_MOVED || r == FSI_ARRIVAL_NAMED_ANEW;
		ret_moves->missing += r == FSI_ARRIVAL_MISSING;
	}
	return r < 0 ? fsi_fail_errno(-r, NULL, "cannot read the names of an inbox") : 0;
}

/* The durable channel's name is where the inbox's begins. */
static void channel_name_of(const char *name, const struct fsi_channel_name *parsed, char *to)
{
	snprintf(to, FSI_NAME_BYTES, "%.*s", (int)(parsed->pattern_len + 1 + parsed->durable_len),
		 name);
}

void fsi_inbox_announce(struct fsi_home *home, const char *name)
{
	struct fsi_channel_name parsed;
	char channel[FSI_NAME_BYTES];
	int fd = -1;

	if (!fsi_channel_name_parse(name, &parsed))
		return;
	channel_name_of(name, &parsed, channel);
	/* No ring is needed where nobody reads, or where the bell is full. */
	if (fsi_bell_open(home->fd, channel, false, &fd) == FSI_BELL_OPEN)
		(void)fsi_bell_ring(fd, false, 0);
	fsi_sys_close(fd);
}

/* ---- taking over ---- */

struct orphan {
	struct fsi_home *home;
	/* As formix-pubsub does not see it. */
	char name[FSI_NAME_BYTES];
	char channel[FSI_NAME_BYTES];
	uid_t owner;
	/* Locked. */
	int directory_fd;
	/* -1: there is no such channel any more. */
	int channel_fd;
	/* NULL: there is none that we may write to. */
	struct fsi_control *control;
	uint64_t *budget;
};

enum {
	/* Beside the public answers: ours to empty. */
	TAKEN = 2,
	/* Looks at one inbox: each ends with an arrival less, or somebody plays with us. */
	PASSES_MAX = 16,
};

static int fail(const struct orphan *orphan, int error, const char *what)
{
	return fsi_fail_errno(error, orphan->name, "cannot %s inbox %s/%s", what,
			      orphan->home->path, orphan->name);
}

/* Of another user's we could not tell what he does with it meanwhile. */
static int check_owner(struct orphan *orphan, const char *name)
{
	struct stat status;
	int r = fsi_sys_fstatat(orphan->home->fd, name, &status);

	if (r == -ENOENT)
		return FSI_INBOX_GONE;
	if (r < 0)
		return fail(orphan, -r, "look at");
	orphan->owner = status.st_uid;
	return S_ISDIR(status.st_mode) && (status.st_uid == geteuid() || geteuid() == 0)
		       ? TAKEN
		       : FSI_INBOX_LEFT;
}

/*
 * Out of formix-pubsub's sight, if nobody has the bell open for reading, as a holder has. One whose
 * bell was removed may be a holder's nevertheless: that shows in the lock, and the holder sees
 * within a second that its inbox lost its name, and makes another.
 */
static int take_name(struct orphan *orphan, const char *name)
{
	int fd = -1;
	int r = fsi_bell_open(orphan->home->fd, name, false, &fd);

	fsi_sys_close(fd);
	if (r < 0)
		return r;
	if (r == FSI_BELL_GONE)
		return FSI_INBOX_GONE;
	if (r == FSI_BELL_OPEN || r == FSI_BELL_FORBIDDEN)
		return FSI_INBOX_LEFT;
	r = fsi_sys_rename(orphan->home->fd, name, orphan->home->fd, orphan->name);
	if (r == -ENOENT)
		return FSI_INBOX_GONE;
	/* An earlier one of that process ID is still to be emptied. */
	if (r == -EEXIST)
		return FSI_INBOX_LEFT;
	return r < 0 ? fail(orphan, -r, "take over") : TAKEN;
}

static int lock(struct orphan *orphan)
{
	int fd = fsi_recover_open_directory(orphan->home, orphan->name);
	int r;

	if (fd == -ENOENT)
		return FSI_INBOX_GONE;
	if (fd < 0)
		return fail(orphan, -fd, "open");
	orphan->directory_fd = fd;
	r = fsi_sys_flock(fd, LOCK_EX | LOCK_NB);
	if (r == -EWOULDBLOCK)
		return FSI_INBOX_LEFT;
	return r < 0 ? fail(orphan, -r, "lock") : TAKEN;
}

/* Looks twice before it says that there is none: what waits for it would be thrown away. */
static int open_channel(struct orphan *orphan)
{
	int home_fd = orphan->home->fd;
	int fd = fsi_sys_openat(home_fd, orphan->channel, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	struct stat status;
	int r;

	if (fd == -ENOENT)
		return fsi_sys_fstatat(home_fd, orphan->channel, &status) == -ENOENT
			       ? TAKEN
			       : FSI_INBOX_LEFT;
	if (fd < 0)
		return fail(orphan, -fd, "open the channel of");
	orphan->channel_fd = fd;
	r = fsi_sys_fstat(fd, &status);
	if (r < 0)
		return fail(orphan, -r, "look at the channel of");
	if (status.st_uid != orphan->owner)
		return FSI_INBOX_LEFT;
	r = fsi_control_map(home_fd, orphan->channel, &orphan->control);
	return r < 0 ? r : TAKEN;
}

/* Removes what is no arrival. Returns 1 if there is reason to look for arrivals again: something
 * was removed, or there is one, or that can't be told; 0 if what is there is to stay. */
static int clear_rest(int directory_fd)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t id;
	int r = fsi_directory_start(&names, directory_fd);
	int again = 0;

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		/* Of what bears an ID at most an empty directory, never a file. */
		bool arrival = fsi_id_parse(name, &id);
		int removed = arrival ? fsi_sys_unlinkat(directory_fd, name, AT_REMOVEDIR)
				      : fsi_entry_remove(directory_fd, name);

		if (removed == 0 || (arrival && removed != -ENOTEMPTY))
			again = 1;
	}
	return r < 0 ? 1 : again;
}

/*
 * Moves and removes until nothing is left. A publisher may still be in the middle of its link: an
 * arrival that came after the last look keeps the directory from being removed. Answers TAKEN if
 * all that is left is what can be neither moved nor removed.
 */
static int empty(struct orphan *orphan, bool *ret_any)
{
	const struct fsi_inbox_channel channel = {.directory_fd = orphan->channel_fd,
						  .control = orphan->control};
	int passes = PASSES_MAX;
	struct fsi_moves moves;
	int r;

	do {
		r = fsi_inbox_move_all(orphan->directory_fd, &channel, orphan->budget, &moves);
		*ret_any |= moves.moved > 0;
		if (r < 0)
			return r;
		/* The channel may just have been removed: the next visitor sees whether it was. */
		if (r == 1 || moves.missing > 0 || passes-- == 0)
			return FSI_INBOX_LEFT;
		r = fsi_sys_unlinkat(orphan->home->fd, orphan->name, AT_REMOVEDIR);
		if (r == 0 || r == -ENOENT)
			return FSI_INBOX_GONE;
		if (r != -ENOTEMPTY)
			return fail(orphan, -r, "remove");
	} while (clear_rest(orphan->directory_fd) == 1);
	return TAKEN;
}

static int dissolve(struct orphan *orphan)
{
	bool any = false;
	int r = TAKEN;

	if (orphan->channel_fd >= 0)
		r = empty(orphan, &any);
	if (any)
		fsi_inbox_announce(orphan->home, orphan->name);
	/* What is left now nobody could deliver. */
	if (r == TAKEN)
		r = fsi_recover_remove_channel(orphan->home, orphan->name, orphan->budget);
	if (r == FSI_INBOX_GONE)
		fsi_log(&orphan->home->log, FSPS_LOG_DEBUG, "took over inbox %s/%s",
			orphan->home->path, orphan->name);
	return r;
}

int fsi_inbox_adopt(struct fsi_home *home, const char *name, uint64_t *budget)
{
	struct orphan orphan = {
		.home = home, .directory_fd = -1, .channel_fd = -1, .budget = budget};
	struct fsi_channel_name parsed;
	int r;

	if (!fsi_channel_name_parse(name, &parsed) || parsed.kind != FSPS_KIND_INBOX)
		return FSI_INBOX_LEFT;
	channel_name_of(name, &parsed, orphan.channel);
	snprintf(orphan.name, sizeof orphan.name, "%s", name);
	if (!parsed.left)
		*strrchr(orphan.name, '_') = '-';
	r = check_owner(&orphan, name);
	if (r == TAKEN && !parsed.left)
		r = take_name(&orphan, name);
	if (r == TAKEN)
		r = lock(&orphan);
	if (r == TAKEN)
		r = open_channel(&orphan);
	if (r == TAKEN)
		r = dissolve(&orphan);
	fsi_control_unmap(orphan.control);
	fsi_sys_close(orphan.channel_fd);
	fsi_sys_close(orphan.directory_fd);
	return r;
}

/* Whether a name is that of an inbox of the channel; ret_left as it was parsed. */
static bool is_inbox_of(const char *name, const char *channel_name, bool *ret_left)
{
	struct fsi_channel_name parsed;
	char channel[FSI_NAME_BYTES];

	if (!fsi_channel_name_parse(name, &parsed) || parsed.kind != FSPS_KIND_INBOX)
		return false;
	channel_name_of(name, &parsed, channel);
	*ret_left = parsed.left;
	return strcmp(channel, channel_name) == 0;
}

int fsi_inbox_adopt_all(struct fsi_home *home, const char *channel_name, uint64_t *budget)
{
	/* With a place of its own in the names. */
	int fd = fsi_sys_openat(home->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	int answer = FSI_INBOX_GONE;
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	struct stat status;
	bool left;
	int r;

	r = fd < 0 ? fd : fsi_directory_start(&names, fd);
	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		if (!is_inbox_of(name, channel_name, &left))
			continue;
		(void)fsi_inbox_adopt(home, name, budget);
		if (!left && fsi_sys_fstatat(home->fd, name, &status) != -ENOENT)
			answer = FSI_INBOX_LEFT;
	}
	fsi_sys_close(fd);
	return r < 0 ? fsi_fail_errno(-r, home->path, "cannot read the names in home %s",
				      home->path)
		     : answer;
}
