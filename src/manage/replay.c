/* SPDX-License-Identifier: MIT */
/* Implements manage/replay.h. */
#include "manage/replay.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "inspect/inspected.h"
#include "limit/count.h"
#include "recover/removal.h"
#include "route/target.h"
#include "store/entry.h"
#include "store/work_names.h"

/* A letter that is handled. */
struct letter {
	struct fsi_inspected channel;
	const char *file_name;
	struct fsi_work_name work;
};

static int not_found(const struct letter *letter)
{
	return fsi_fail(FSPS_ERR_NOT_FOUND, letter->file_name, "there is no dead letter %s/%s",
			letter->channel.name, letter->file_name);
}

static int fail(const struct letter *letter, int error, const char *what)
{
	if (error == ENOENT)
		return not_found(letter);
	return fsi_fail_errno(error, letter->file_name, "cannot %s dead letter %s/%s", what,
			      letter->channel.name, letter->file_name);
}

/* Close letter->channel after a success. */
static int open_letter(struct letter *letter, fsps_bus *bus, const char *channel_name,
		       const char *file_name)
{
	int r = fsi_inspected_open(bus, channel_name, &letter->channel);

	if (r < 0)
		return r;
	letter->file_name = file_name;
	if (fsi_work_name_parse(file_name, &letter->work) && letter->work.kind == FSI_WORK_DEAD)
		return 0;
	r = not_found(letter);
	fsi_inspected_close(&letter->channel);
	return r;
}

/* What was said of it goes once it is gone itself: nobody finds a letter without its note. */
static void drop_note(const struct letter *letter)
{
	struct fsi_work_name note = letter->work;
	char name[FSI_NAME_BYTES];

	note.kind = FSI_WORK_NOTE;
	fsi_work_name_format(name, &note);
	(void)fsi_entry_remove(letter->channel.directory_fd, name);
}

/* ---- replay ---- */

/* Names it as a message; *ret_look: its reader has to look for it. Returns 0 or -errno. */
static int give_name(const struct letter *letter, bool *ret_look)
{
	int fd = letter->channel.directory_fd;
	char random[FSI_RANDOM_NAME_LEN + 1];
	char name[FSI_NAME_BYTES];
	int r;

	*ret_look = false;
	(void)fsi_id_format(name, letter->work.id);
	r = fsi_sys_rename(fd, letter->file_name, fd, name);
	if (r != -EEXIST)
		return r;
	/* Another message has that ID, or this one came again by another way (R2). */
	*ret_look = true;
	r = fsi_random_name(random);
	if (r < 0)
		return -EIO;
	fsi_member_name_format(name, sizeof name, FSI_PREFIX_TAKEN, random, letter->work.id);
	return fsi_sys_rename(fd, letter->file_name, fd, name);
}

/* The same, counted as what waits. */
static int rename_back(const struct letter *letter, bool *ret_look)
{
	struct fsi_control *control = letter->channel.control;
	struct stat status = {.st_size = 0};
	int r;

	(void)fsi_sys_fstatat(letter->channel.directory_fd, letter->file_name, &status);
	if (control != NULL)
		fsi_count_file_comes(control, (uint64_t)status.st_size);
	r = give_name(letter, ret_look);
	if (r < 0 && control != NULL)
		fsi_count_file_gone(control, (uint64_t)status.st_size);
	return r;
}

/* A reader of ours that could not be rung finds it at its next scan. */
static void ring(const struct letter *letter, bool look)
{
	const struct fsi_inspected *channel = &letter->channel;
	struct fsi_target *target = fsi_target_new(channel->name, &channel->parsed);

	if (target == NULL)
		return;
	if (fsi_target_open(target, channel->home->fd) == FSI_BELL_OPEN)
		(void)fsi_target_ring(target, letter->work.id, look);
	fsi_target_free(target);
}

/* A file with many messages has no ID, and its reader would only set it aside again. */
static int refuse_segment(const struct letter *letter)
{
	struct stat status;
	int r = fsi_sys_fstatat(letter->channel.directory_fd, letter->file_name, &status);

	if (r < 0)
		return fail(letter, -r, "find");
	return fsi_fail(FSPS_ERR_CORRUPT, letter->file_name,
			"%s/%s is a segment that can't be used, not a message",
			letter->channel.name, letter->file_name);
}

static int replay(const struct letter *letter)
{
	bool look;
	int r;

	if (strcmp(letter->work.reason, "segment") == 0)
		return refuse_segment(letter);
	r = rename_back(letter, &look);
	if (r < 0)
		return fail(letter, -r, "replay");
	drop_note(letter);
	ring(letter, look);
	return FSPS_OK;
}

int fsi_replay_letter(fsps_bus *bus, const char *channel_name, const char *file_name)
{
	struct letter letter;
	int r = open_letter(&letter, bus, channel_name, file_name);

	if (r < 0)
		return r;
	r = replay(&letter);
	fsi_inspected_close(&letter.channel);
	return r;
}

/* ---- discard ---- */

/* A directory with something in it goes where channels go that are removed: there it is emptied as
 * they are, and what can't be emptied so stays out of the way. Returns 0 or -errno. */
static int throw_away(const struct letter *letter)
{
	struct fsi_home *home = letter->channel.home;
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;
	char random[FSI_RANDOM_NAME_LEN + 1];
	char trash[FSI_NAME_BYTES];
	int r = fsi_random_name(random);

	if (r < 0)
		return -EIO;
	fsi_member_name_format(trash, sizeof trash, FSI_PREFIX_REMOVING, random, 1);
	r = fsi_sys_rename(letter->channel.directory_fd, letter->file_name, home->fd, trash);
	if (r < 0)
		return r;
	(void)fsi_recover_remove_trash(home, trash, &budget);
	return 0;
}

static int discard(const struct letter *letter)
{
	int fd = letter->channel.directory_fd;
	int r = fsi_entry_remove(fd, letter->file_name);

	if (r == -ENOTEMPTY)
		r = throw_away(letter);
	if (r < 0)
		return fail(letter, -r, "discard");
	drop_note(letter);
	return FSPS_OK;
}

int fsi_discard_letter(fsps_bus *bus, const char *channel_name, const char *file_name)
{
	struct letter letter;
	int r = open_letter(&letter, bus, channel_name, file_name);

	if (r < 0)
		return r;
	r = discard(&letter);
	fsi_inspected_close(&letter.channel);
	return r;
}
