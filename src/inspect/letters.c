/* SPDX-License-Identifier: MIT */
/* Implements inspect/letters.h. */
#include "inspect/letters.h"

#include <fcntl.h>
#include <string.h>

#include <fsps/delivery.h>

#include "base/error.h"
#include "base/sys.h"
#include "inspect/home_names.h"
#include "inspect/inspected.h"
#include "inspect/ordered.h"
#include "store/work_names.h"

struct letters {
	fsps_dead_callback callback;
	void *userdata;
	struct fsi_inspected channel;
	struct fsi_message_place place;
	int64_t shown;
};

/* What was said of a letter. */
struct note {
	char text[FSPS_ERROR_TEXT_MAX + 1];
	/* 0: there is none. */
	uint64_t time_us;
};

static bool is_letter_name(const char *name, uint64_t *ret_id)
{
	struct fsi_work_name work;

	if (!fsi_work_name_parse(name, &work) || work.kind != FSI_WORK_DEAD)
		return false;
	*ret_id = work.id;
	return true;
}

static uint64_t us_of(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* Its reader writes it, whose the channel is; others could put anything there. */
static bool is_note(int channel_fd, const struct stat *note)
{
	struct stat channel;

	return S_ISREG(note->st_mode) && (note->st_mode & 022) == 0 &&
	       fsi_sys_fstat(channel_fd, &channel) == 0 && channel.st_uid == note->st_uid;
}

/* As much of an open note as there may be, up to a NUL. */
static void read_note(int channel_fd, int fd, struct note *ret_note)
{
	struct stat status;
	size_t used = 0;
	ssize_t got;

	if (fsi_sys_fstat(fd, &status) < 0 || !is_note(channel_fd, &status))
		return;
	while (used < FSPS_ERROR_TEXT_MAX) {
		got = fsi_sys_read(fd, ret_note->text + used, FSPS_ERROR_TEXT_MAX - used);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	ret_note->text[used] = '\0';
	ret_note->time_us = us_of(status.st_mtim);
}

/* Best effort, as the writing of it was. */
static void find_note(int channel_fd, const struct fsi_work_name *letter, struct note *ret_note)
{
	struct fsi_work_name name = *letter;
	char text[FSI_NAME_BYTES];
	int fd;

	name.kind = FSI_WORK_NOTE;
	fsi_work_name_format(text, &name);
	ret_note->text[0] = '\0';
	ret_note->time_us = 0;
	fd = fsi_sys_openat(channel_fd, text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return;
	read_note(channel_fd, fd, ret_note);
	fsi_sys_close(fd);
}

/* The message, if it is one. What is said against it otherwise stands in its name already. Returns
 * 0 or a failure. */
static int read_message(const struct letters *letters, const char *name, uint64_t id,
			fsps_message **ret_message)
{
	struct fsi_message_file file = {.message = NULL};
	int r = fsi_message_file_read(&letters->place, name, id, &file);

	if (r < 0)
		return r;
	if (r == FSI_MESSAGE_FILE_FAILED && fsi_is_shortage(file.system_errno))
		return fsi_fail_errno(file.system_errno, name, "cannot read %s/%s",
				      letters->channel.name, name);
	*ret_message = file.message;
	return 0;
}

/* Returns 0 to go on, 1 to end, or a failure. */
static int show(struct letters *letters, struct fsps_dead_letter *letter,
		const struct fsi_work_name *work)
{
	fsps_message *message = NULL;
	struct note note;
	int r = read_message(letters, letter->file_name, work->id, &message);

	if (r < 0)
		return r;
	find_note(letters->channel.directory_fd, work, &note);
	letter->error = note.text;
	letter->message = message;
	/* The file's own time changes with its links in other channels. */
	if (note.time_us != 0)
		letter->time_us = note.time_us;
	letters->shown++;
	r = letters->callback(letter, letters->userdata);
	fsi_message_unref(message);
	return r != 0;
}

static int visit(const struct fsi_ordered_name *name, void *userdata)
{
	struct letters *letters = userdata;
	struct fsps_dead_letter letter;
	struct fsi_work_name work;
	struct stat status;

	/* Gone, or so hidden that it is nobody's to handle. */
	if (!fsi_work_name_parse(name->text, &work) ||
	    fsi_sys_fstatat(letters->channel.directory_fd, name->text, &status) < 0)
		return 0;
	letter = (struct fsps_dead_letter){
		.size = sizeof letter,
		.channel_name = letters->channel.name,
		.file_name = name->text,
		.reason = work.reason,
		.attempts = work.attempt,
		.id = work.id,
		.bytes = (uint64_t)status.st_size,
		.time_us = us_of(status.st_ctim),
	};
	return show(letters, &letter, &work);
}

static int show_channel(struct letters *letters, fsps_bus *bus, const char *name)
{
	int r = fsi_inspected_open(bus, name, &letters->channel);

	if (r < 0)
		return r;
	letters->place = fsi_inspected_place(&letters->channel);
	/* One that was set aside because it is not for here is a message all the same. */
	letters->place.pattern = "+";
	letters->place.pattern_len = 1;
	r = fsi_ordered_walk(letters->channel.directory_fd, is_letter_name, visit, letters);
	fsi_inspected_close(&letters->channel);
	return r;
}

/* Whether a channel was gone by the time, or is closed to us. */
static bool may_be_passed_over(int failure)
{
	return failure == FSPS_ERR_NOT_FOUND || failure == FSPS_ERR_PERMISSION;
}

static int show_all(struct letters *letters, fsps_bus *bus)
{
	struct fsi_home_names names = {0};
	struct fsi_home *home = NULL;
	int r = fsi_bus_home(bus, false, &home);

	if (r <= 0)
		return r;
	r = fsi_home_names_read(&names, home);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		r = show_channel(letters, bus, names.list[i]);
		if (may_be_passed_over(r))
			r = 0;
	}
	fsi_home_names_deinit(&names);
	fsi_home_unref(home);
	return r;
}

int64_t fsi_letters_show(fsps_bus *bus, const char *channel_name, fsps_dead_callback callback,
			 void *userdata)
{
	struct letters letters = {.callback = callback, .userdata = userdata};
	int r = channel_name == NULL ? show_all(&letters, bus)
				     : show_channel(&letters, bus, channel_name);

	return r < 0 ? r : letters.shown;
}
