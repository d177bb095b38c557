/* SPDX-License-Identifier: MIT */
/* Implements subscribe/durable.h. */
#include "subscribe/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "recover/sweep.h"
#include "store/access.h"
#include "store/entry.h"
#include "subscribe/build.h"
#include "subscribe/places.h"
#include "subscribe/terms.h"
#include "subscribe/work.h"

/* A millisecond each. */
enum { LOCK_ATTEMPTS = 10 };

/* ---- making ---- */

static bool is_in_memory(const struct fsi_home *home)
{
	bool in_memory = false;
	uint64_t bytes;

	return fsi_sys_file_system(home->fd, &in_memory, &bytes) < 0 || in_memory;
}

/* On a disk it is to be there after a crash of the machine, too: the control block first, whose
 * content a directory's fsync does not write, and without which nobody could attach. */
static int write_content(const struct fsi_home *home, int directory_fd)
{
	int fd;
	int r;

	if (is_in_memory(home))
		return 0;
	fd = fsi_sys_openat(directory_fd, FSI_NAME_CONTROL, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	r = fd < 0 ? fd : fsi_sys_fsync(fd);
	fsi_sys_close(fd);
	return r < 0 ? r : fsi_sys_fsync(directory_fd);
}

static int write_name(const struct fsi_home *home)
{
	return is_in_memory(home) ? 0 : fsi_sys_fsync(home->fd);
}

static int fail_write(const struct fsi_home *home, const char *name, int r)
{
	return fsi_fail_errno(-r, name, "cannot write channel %s/%s to the disk", home->path, name);
}

/* Returns 1, 0 if somebody else has made it meanwhile, or a failure. */
static int make(struct fsi_home *home, int64_t publishers, const struct fsps_limits *limits,
		const char *identity, const char *name)
{
	struct fsi_control_birth birth = {
		.kind = FSI_CONTROL_DURABLE, .member = home->member.id, .identity = identity};
	struct fsi_built built;
	int r;

	fsi_terms_of_birth(home, limits, &birth);
	r = fsi_build(home, publishers, &birth, &built);
	if (r < 0)
		return r;
	r = write_content(home, built.directory_fd);
	if (r < 0) {
		fsi_build_drop(home, &built);
		return fail_write(home, name, r);
	}
	r = fsi_sys_rename(home->fd, built.name, home->fd, name);
	if (r == 0) {
		fsi_counter_bump(&home->counter);
		fsi_build_close(&built);
		r = write_name(home);
		return r < 0 ? fail_write(home, name, r) : 1;
	}
	fsi_build_drop(home, &built);
	if (r != -EEXIST)
		return fsi_fail_errno(-r, name, "cannot name channel %s/%s", home->path, name);
	/* Who was faster need not have written it through yet. */
	r = write_name(home);
	return r < 0 ? fail_write(home, name, r) : 0;
}

static int no_channel(const struct fsi_home *home, const char *name)
{
	return fsi_fail(FSPS_ERR_CORRUPT, name,
			"%s/%s is no durable channel of this version: move it away", home->path,
			name);
}

/* Whether it is there, and, as whoever made it may have been killed before that, on the disk.
 * Another user's is his to judge. Returns 1, 0 or a failure. */
static int find(const struct fsi_home *home, const char *name)
{
	struct fsi_control *control = NULL;
	struct stat status;
	int r = fsi_sys_fstatat(home->fd, name, &status);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot look at channel %s/%s", home->path, name);
	if (!S_ISDIR(status.st_mode))
		return no_channel(home, name);
	r = fsi_control_map(home->fd, name, &control);
	fsi_control_unmap(control);
	if (r < 0)
		return r;
	if (r == FSI_CONTROL_NONE && fsi_sys_fstatat(home->fd, name, &status) == -ENOENT)
		return 0;
	if (r == FSI_CONTROL_NONE || (r == FSI_CONTROL_FOREIGN && status.st_uid == geteuid()))
		return no_channel(home, name);
	r = write_name(home);
	return r < 0 ? fail_write(home, name, r) : 1;
}

int fsi_durable_create(fsps_bus *bus, const char *pattern, const char *name)
{
	char directory[FSI_NAME_BYTES];
	struct fsi_home *home = NULL;
	int r = fsi_bus_home(bus, true, &home);

	if (r < 0)
		return r;
	fsi_durable_name_format(directory, pattern, name);
	r = fsi_home_enter(home);
	if (r == 0) {
		r = find(home, directory);
		/* Made: 1. Was there, or is by now: 0. */
		if (r == 0)
			r = make(home, 0, NULL, bus->identity, directory);
		else if (r == 1)
			r = 0;
	}
	fsi_home_unref(home);
	return r;
}

/* ---- attaching ---- */

static int busy(const fsps_channel *channel)
{
	return fsi_fail(FSPS_ERR_BUSY, channel->name,
			channel->shared
				? "channel %s has a reader that does not share it"
				: "channel %s has a reader already; only a group shares one",
			channel->name);
}

/* Who purges or removes has it for a moment, too. */
static int take_lock(const fsps_channel *channel)
{
	const int operation = (channel->shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
	int r = fsi_sys_flock(channel->directory_fd, operation);

	for (int i = 0; i < LOCK_ATTEMPTS && r == -EAGAIN; i++) {
		(void)fsi_sys_poll(NULL, 0, 1);
		r = fsi_sys_flock(channel->directory_fd, operation);
	}
	return r;
}

/* Whether the name leads to the directory that we have open. */
static bool is_named(const fsps_channel *channel)
{
	return fsi_entry_leads_to(channel->home->fd, channel->name, channel->directory_fd) == 1;
}

/* Between our opening and our lock it may have been removed: then the name leads elsewhere. Returns
 * 1, 0 if it does, or a failure. */
static int lock(fsps_channel *channel)
{
	struct stat open = {0};
	int r = take_lock(channel);

	/* Who removes a channel keeps the lock while he empties what has lost its name. */
	if (r == -EAGAIN)
		return is_named(channel) ? busy(channel) : 0;
	if (r == 0)
		r = fsi_sys_fstat(channel->directory_fd, &open);
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot lock channel %s", channel->name);
	if (open.st_uid != geteuid())
		return fsi_fail(FSPS_ERR_PERMISSION, channel->name,
				"channel %s belongs to user %u, who alone may read from it",
				channel->name, open.st_uid);
	return is_named(channel);
}

/* Returns 1, 0 if it is missing, or a failure. */
static int open_and_lock(fsps_channel *channel)
{
	int r = fsi_sys_openat(channel->home->fd, channel->name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot open channel %s/%s",
				      channel->home->path, channel->name);
	channel->directory_fd = r;
	r = lock(channel);
	if (r != 1) {
		fsi_sys_close(channel->directory_fd);
		channel->directory_fd = -1;
	}
	return r;
}

static int map_control(fsps_channel *channel)
{
	int r = fsi_control_map(channel->directory_fd, ".", &channel->control);

	if (r < 0)
		return r;
	if (channel->control == NULL || channel->control->kind != FSI_CONTROL_DURABLE)
		return fsi_fail(FSPS_ERR_CORRUPT, channel->name,
				"%s/%s is no durable channel of this version: its .c is missing or "
				"damaged; move the directory away",
				channel->home->path, channel->name);
	return 0;
}

/* Where somebody removed it. */
static int make_bell(const fsps_channel *channel)
{
	struct fsi_access access;
	int r = fsi_access_found(channel->home->fd, channel->name, &access);

	if (r < 0)
		return r;
	r = fsi_access_make_bell(channel->directory_fd, FSI_NAME_QUEUE, &access);
	/* Another worker of the group was faster. */
	return r == -EEXIST ? fsi_sys_openat(channel->directory_fd, FSI_NAME_QUEUE,
					     O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0)
			    : r;
}

/* One that is removed later is made anew by the upkeep: until then ours is nobody else's. */
static int open_bell(fsps_channel *channel)
{
	int fd = fsi_sys_openat(channel->directory_fd, FSI_NAME_QUEUE,
				O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	struct stat status;

	if (fd == -ELOOP) {
		int r = fsi_sys_unlinkat(channel->directory_fd, FSI_NAME_QUEUE, 0);

		fd = r < 0 ? r : -ENOENT;
	}
	if (fd == -ENOENT)
		fd = make_bell(channel);
	if (fd >= 0 && (fsi_sys_fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))) {
		fsi_sys_close(fd);
		fd = -EINVAL;
	}
	if (fd < 0)
		return fsi_fail_errno(-fd, channel->name, "cannot open the queue of channel %s",
				      channel->name);
	channel->bell_fd = fd;
	return 0;
}

int fsi_durable_attach(fsps_channel *channel)
{
	int r = 0;

	fsi_durable_name_format(channel->name, channel->pattern, channel->durable);
	/* Somebody may remove it as often as we make it; not for ever. */
	for (int i = 0; i < 16 && r == 0; i++) {
		r = open_and_lock(channel);
		if (r != 0)
			break;
		r = make(channel->home, channel->publishers, &channel->limits,
			 channel->bus->identity, channel->name);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		return fsi_fail(FSPS_ERR_GONE, channel->name, "channel %s is removed all the time",
				channel->name);
	if (r == 1)
		r = map_control(channel);
	if (r == 0)
		r = open_bell(channel);
	if (r == 0)
		r = fsi_terms_bring(channel);
	if (r < 0 && channel->directory_fd >= 0 && !is_named(channel))
		return fsi_fail(FSPS_ERR_GONE, channel->name, "channel %s was just removed",
				channel->name);
	return r;
}

/* ---- for those who look on ---- */

/* Of a reader that is gone, or was killed while it wrote there. */
static bool is_abandoned(const fsps_channel *channel, const struct fsi_control_reader *line)
{
	char member[FSI_MEMBER_LEN + 1];

	memcpy(member, line->member, FSI_MEMBER_LEN);
	member[FSI_MEMBER_LEN] = '\0';
	return !fsi_member_id_valid(member) ||
	       fsi_member_life(channel->home->state_fd, member) == FSI_MEMBER_DEAD;
}

static void enlist(fsps_channel *channel)
{
	const uint32_t pid = (uint32_t)getpid();

	for (int i = 0; i < FSI_CONTROL_READERS && channel->reader_line < 0; i++) {
		struct fsi_control_reader *line = &channel->control->readers[i];
		uint32_t known = atomic_load(&line->pid);

		if (known != 0 && !is_abandoned(channel, line))
			continue;
		if (!atomic_compare_exchange_strong(&line->pid, &known, pid))
			continue;
		memcpy(line->member, channel->home->member.id, FSI_MEMBER_LEN);
		channel->reader_line = i;
	}
}

static void delist(fsps_channel *channel)
{
	if (channel->reader_line >= 0)
		atomic_store(&channel->control->readers[channel->reader_line].pid, 0);
	channel->reader_line = -1;
}

/* A group shares files; a reader alone takes segments, too. Publishers look again when the
 * generation says so. */
static void set_features(fsps_channel *channel)
{
	uint32_t known = atomic_load(&channel->control->features);
	uint32_t wanted = channel->shared ? known & ~(uint32_t)FSI_CONTROL_READS_SEGMENTS
					  : known | FSI_CONTROL_READS_SEGMENTS;

	if (known == wanted)
		return;
	atomic_store(&channel->control->features, wanted);
	fsi_counter_bump(&channel->home->counter);
}

/* ---- the inbox ---- */

/* Somebody else of the group may have it. */
static void try_inbox(fsps_channel *channel)
{
	int r;

	if (channel->holds_inbox)
		return;
	r = fsi_inbox_claim(&channel->inbox, channel->directory_fd);
	if (r == 0)
		return;
	r = r < 0 ? fsi_fail_errno(-r, channel->name, "cannot lock channel %s", channel->name)
		  : fsi_inbox_open(&channel->inbox, channel->home, channel->pattern,
				   channel->durable);
	if (r == 0)
		r = fsi_sys_epoll_add(channel->epoll_fd, channel->inbox.bell_fd, EPOLLIN);
	if (r == 0) {
		channel->inbox.control = channel->control;
		channel->holds_inbox = true;
		channel->inbox_missed = false;
		return;
	}
	/* It is tried again each second, and said once. */
	if (!channel->inbox_missed)
		fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
			"formix-pubsub does not reach channel %s for now: %s", channel->name,
			fsi_error_last()->text);
	channel->inbox_missed = true;
	fsi_inbox_close(&channel->inbox, channel->home, channel->directory_fd);
}

/* Each is rung for as if its publisher had done so: whoever reads here takes it like any other. */
static void arrived(uint64_t id, void *userdata)
{
	const fsps_channel *channel = userdata;

	if (id == 0)
		atomic_store(&channel->control->dirty, 1);
	else
		fsi_work_ring(channel, id);
}

static void drop_inbox(fsps_channel *channel)
{
	fsi_inbox_close(&channel->inbox, channel->home, channel->directory_fd);
	channel->holds_inbox = false;
}

void fsi_durable_take_arrivals(fsps_channel *channel, bool all)
{
	int r;

	if (!channel->holds_inbox)
		return;
	r = fsi_inbox_move(&channel->inbox, channel->home, channel->directory_fd,
			   all || channel->more_arrivals, arrived, channel);
	channel->more_arrivals = r == 1;
	/* Somebody removed it: the next upkeep makes another. */
	if (r == FSPS_ERR_GONE)
		drop_inbox(channel);
}

void fsi_durable_keep_up(fsps_channel *channel)
{
	if (channel->durable[0] == '\0')
		return;
	try_inbox(channel);
	fsi_durable_take_arrivals(channel, true);
}

/* ---- both ends ---- */

void fsi_durable_begin(fsps_channel *channel)
{
	struct fsi_control *control = channel->control;

	/* Somebody may be about to clear the number of the last reader's sleep. */
	(void)fsi_sys_getrandom(&channel->sleeps, sizeof channel->sleeps);
	channel->sleeps %= FSI_CONTROL_NAPS - 1;
	atomic_store(&control->attempts_max, channel->workplace.attempts_max);
	/* Something may wait: whoever polls is to look first. */
	channel->asleep = false;
	if (!channel->shared)
		fsi_places_take_over(channel);
	enlist(channel);
	set_features(channel);
	channel->attached = true;
	fsi_durable_keep_up(channel);
}

void fsi_durable_detach(fsps_channel *channel)
{
	if (!channel->attached)
		return;
	fsi_work_give_all_back(channel);
	fsi_places_leave(channel);
	delist(channel);
	if (channel->holds_inbox)
		drop_inbox(channel);
	/* Whoever waits for what we had read from the bell, or had, is to look. */
	fsi_work_ring_others(channel);
}
