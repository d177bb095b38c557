/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/hostile.h. */
#include "fuzz/hostile.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/canary.h"
#include "fuzz/clock.h"
#include "fuzz/content.h"
#include "fuzz/home.h"
#include "fuzz/places.h"
#include "fuzz/require.h"
#include "store/control.h"

/* ---- what is better left alone ---- */

/* Whether this process has a file mapped. */
static bool is_mapped(const struct stat *status)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned long inode;
	bool found = false;

	if (maps == NULL)
		return true;
	while (!found && fgets(line, sizeof line, maps) != NULL)
		found = sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 && inode == status->st_ino;
	fclose(maps);
	return found;
}

/* Opens an ordinary file of the home for writing; not one that lies outside, too. */
static int open_to_spoil(const struct fuzz_entry *entry, struct stat *ret_status)
{
	int fd = openat(entry->directory, entry->name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, ret_status) == 0 && S_ISREG(ret_status->st_mode) &&
	    !fuzz_canary_has(ret_status))
		return fd;
	close(fd);
	return -1;
}

static void write_at(int fd, const uint8_t *bytes, size_t len, off_t at)
{
	(void)!pwrite(fd, bytes, len, at);
}

/*
 * A publisher that writes segments looks once a millisecond whether something in the home has
 * changed. If a channel of its own user's becomes a symlink to elsewhere within that millisecond, a
 * message goes there: it knows these channels by name, as a descriptor for each would be too many.
 * Only that user could do it (the home is private, or sticky), who could as well write there
 * himself; so what takes a directory's place takes that long here. Another user's channels are
 * known by a descriptor.
 */
static void take_a_moment(void)
{
	fuzz_clock_leap(2);
}

/* ---- making ---- */

static void make_file(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	_Alignas(8) uint8_t content[FUZZ_CONTENT_MAX] = {0};
	uint8_t kind = fuzz_byte(input);
	const uint8_t *raw;
	size_t len = 0;
	int fd = openat(entry->directory, entry->name,
			O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	switch (kind % 8) {
	case 0:
	case 1:
		len = fuzz_content_message(input, content, entry->id);
		break;
	case 2:
		len = fuzz_content_segment(input, content, entry->id);
		break;
	case 3:
		len = fuzz_content_control(input, content);
		break;
	case 4:
		len = fuzz_content_counter(input, content);
		break;
	case 5:
		(void)!ftruncate(fd, (off_t)1 << 29);
		break;
	default:
		len = fuzz_bytes(input, fuzz_byte(input), &raw);
		memcpy(content, raw, len);
	}
	if ((kind & 0x80) != 0)
		fuzz_content_spoil(input, content, len);
	write_at(fd, content, len, 0);
	close(fd);
}

/* A symlink to something outside of the home, in it, or nowhere. */
static void make_symlink(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	uint8_t choice = fuzz_byte(input);
	char target[1024];

	if (choice % 4 == 0)
		snprintf(target, sizeof target, "%s", fuzz_canary());
	else if (choice % 4 == 1)
		snprintf(target, sizeof target, "%s/%s", fuzz_canary(),
			 fuzz_canary_name(choice / 4));
	else if (choice % 4 == 2)
		snprintf(target, sizeof target, "../../canary/%s", fuzz_canary_name(choice / 4));
	else
		snprintf(target, sizeof target, "%s", choice % 8 == 3 ? entry->name : "tmp");
	(void)!symlinkat(target, entry->directory, entry->name);
	take_a_moment();
}

/* A hard link to a file outside of the home. */
static void make_link(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	const char *name = fuzz_canary_name(fuzz_byte(input));

	if (fuzz_canary_may_be_linked(name))
		(void)!linkat(fuzz_canary_fd(), name, entry->directory, entry->name, 0);
}

static void make(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	switch (fuzz_byte(input) % 8) {
	case 0:
		(void)!mkdirat(entry->directory, entry->name, 0700);
		break;
	case 1:
		(void)!mkfifoat(entry->directory, entry->name, 0600);
		break;
	case 2:
		(void)!mknodat(entry->directory, entry->name, S_IFSOCK | 0600, 0);
		break;
	case 3:
		make_symlink(input, entry);
		break;
	case 4:
		make_link(input, entry);
		break;
	default:
		make_file(input, entry);
	}
}

/* ---- moving and removing ---- */

/* To another name, over what bears that one, or in exchange for it. Nothing leaves the home. */
static void move(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	uint8_t how = fuzz_byte(input);
	struct fuzz_entry to;

	if (!fuzz_entry_open(input, &to))
		return;
	if (how % 4 == 0)
		(void)!linkat(entry->directory, entry->name, to.directory, to.name, 0);
	else
		(void)!renameat2(entry->directory, entry->name, to.directory, to.name,
				 how % 4 == 1 ? RENAME_EXCHANGE : 0);
	take_a_moment();
	fuzz_entry_close(&to);
}

static void remove_it(const struct fuzz_entry *entry)
{
	int fd;

	if (unlinkat(entry->directory, entry->name, 0) == 0)
		return;
	fd = openat(entry->directory, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		fuzz_empty_directory(fd);
		close(fd);
	}
	(void)unlinkat(entry->directory, entry->name, AT_REMOVEDIR);
}

/* ---- spoiling what is there ---- */

static void change_mode(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	static const mode_t modes[] = {0,     0300, 0600,  0666,  0700,  0755,
				       03730, 0777, 01777, 04755, 02770, 0400};
	mode_t mode = modes[fuzz_byte(input) % (sizeof modes / sizeof modes[0])];
	struct stat status;

	/* Symlinks are left alone: what they lead to would be changed. */
	if (fstatat(entry->directory, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISLNK(status.st_mode) && !fuzz_canary_has(&status))
		fuzz_require(fchmodat(entry->directory, entry->name, mode, 0) == 0,
			     "the user may change the mode of his own file");
}

static void change_time(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = (time_t)fuzz_number(input, 5)}};
	struct stat status;

	if (fstatat(entry->directory, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !fuzz_canary_has(&status))
		(void)utimensat(entry->directory, entry->name, times, AT_SYMLINK_NOFOLLOW);
}

static void resize(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	static const off_t sizes[] = {0, 1, 33, 64, 4095, 4096, 4097, 65536, (off_t)1 << 29};
	off_t size = sizes[fuzz_byte(input) % (sizeof sizes / sizeof sizes[0])];
	struct stat status;
	int fd = open_to_spoil(entry, &status);

	if (fd < 0)
		return;
	if (size >= status.st_size || !is_mapped(&status))
		(void)!ftruncate(fd, size);
	close(fd);
}

static void punch(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	struct stat status;
	off_t at = (off_t)fuzz_byte(input) * 512;
	int fd = open_to_spoil(entry, &status);

	if (fd < 0)
		return;
	(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 4096);
	close(fd);
}

/* How long a publisher is to wait for room: if that says an hour, it waits for an hour. */
static bool is_patience(uint64_t at, size_t len)
{
	size_t begin = offsetof(struct fsi_control, block_ms);

	return at < begin + sizeof(uint32_t) && at + len > begin;
}

/* A few bytes, or a whole word, of what is there. */
static void scribble(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	uint64_t at = fuzz_number(input, 2);
	const uint8_t *bytes;
	size_t len = fuzz_bytes(input, 1 + fuzz_byte(input) % 16, &bytes);
	struct stat status;
	int fd = open_to_spoil(entry, &status);

	if (fd < 0)
		return;
	if (status.st_size > 0 && at >= (uint64_t)status.st_size)
		at %= (uint64_t)status.st_size;
	if (len > 0 && !is_patience(at, len))
		write_at(fd, bytes, len, (off_t)at);
	close(fd);
}

/* Bytes into a FIFO, by way of one of our own descriptors; also half records, also many. */
static void ring(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	uint8_t times = fuzz_byte(input);
	const uint8_t *bytes;
	size_t len = fuzz_bytes(input, 1 + times % 24, &bytes);
	struct stat status;
	int fd = openat(entry->directory, entry->name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (len > 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) &&
	    !fuzz_canary_has(&status))
		for (int i = times >= 248 ? 9000 : 1; i > 0; i--)
			if (write(fd, bytes, len) < 0)
				break;
	close(fd);
}

/* ---- the home itself ---- */

static bool moved;

/* Puts it back to where it belongs. */
static void restore_home(void)
{
	struct fuzz_entry there = {.directory = fuzz_directory_fd(), .name = "home"};

	if (!moved)
		return;
	remove_it(&there);
	(void)renameat(there.directory, "away", there.directory, "home");
	moved = false;
}

/* Moves it away, or back. In its place is nothing, an empty directory, a link to one outside, or to
 * where it is now. */
static void move_home(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	int directory = fuzz_directory_fd();
	uint8_t instead = fuzz_byte(input);

	(void)entry;
	if (moved) {
		restore_home();
		return;
	}
	moved = renameat(directory, "home", directory, "away") == 0;
	if (instead % 4 == 1)
		(void)!mkdirat(directory, "home", instead < 128 ? 0700 : 0777);
	else if (instead % 4 == 2)
		(void)!symlinkat(fuzz_canary(), directory, "home");
	else if (instead % 4 == 3)
		(void)!symlinkat("away", directory, "home");
}

/* ---- locks ---- */

static int locked = -1;

static void unlock(void)
{
	if (locked >= 0)
		close(locked);
	locked = -1;
}

void fuzz_hostile_end(void)
{
	unlock();
	restore_home();
}

/* Holds a lock on a file or directory until the next one. */
static void lock(struct fuzz_input *input, const struct fuzz_entry *entry)
{
	int operation = (fuzz_byte(input) & 1) != 0 ? LOCK_EX : LOCK_SH;

	unlock();
	locked = openat(entry->directory, entry->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (locked >= 0)
		(void)flock(locked, operation | LOCK_NB);
}

void fuzz_hostile_act(struct fuzz_input *input)
{
	static void (*const acts[])(struct fuzz_input * input, const struct fuzz_entry *entry) = {
		make,  make,     make, move,     change_mode, change_time, resize,
		punch, scribble, ring, scribble, lock,        move_home,
	};
	uint8_t act = fuzz_byte(input) % (sizeof acts / sizeof acts[0] + 2);
	struct fuzz_entry entry;

	if (!fuzz_entry_open(input, &entry))
		return;
	if (act < sizeof acts / sizeof acts[0])
		acts[act](input, &entry);
	else
		remove_it(&entry);
	fuzz_entry_close(&entry);
}
