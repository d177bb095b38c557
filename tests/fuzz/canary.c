/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/canary.h. */
#include "fuzz/canary.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz/home.h"
#include "fuzz/require.h"

/* A message as it would stand in a file: topic "t", ID 5, a payload of six bytes. */
#define MESSAGE_OF(payload)                                                                        \
	"PMSG\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x01\0\0\0\x01t\0\0\0\x02{}\0\0\0\x06" payload
#define MESSAGE MESSAGE_OF("linked")

enum kind { FILE_OF_TEXT, FILE_OF_A_PAGE, FIFO, SYMLINK, DIRECTORY };

struct entry {
	const char *name;
	enum kind kind;
	const char *content;
	size_t len;
};

#define TEXT(name, text)                                                                           \
	{                                                                                          \
		name, FILE_OF_TEXT, text, sizeof text - 1                                          \
	}

static const struct entry entries[FUZZ_CANARY_FILES] = {
	TEXT("1", "nobody touches this"),
	/* Only a symlink leads to it. */
	TEXT("5", MESSAGE_OF(FUZZ_CANARY_PAYLOAD)),
	{"queue", FIFO, NULL, 0},
	/* As long as a control block or a counter, and empty as one that was just made. */
	{".c", FILE_OF_A_PAGE, NULL, 0},
	{"seq", FILE_OF_A_PAGE, NULL, 0},
	{"link", SYMLINK, "1", 1},
	TEXT("w-AAAAAAAAAAAA", ""),
	TEXT(".i-AAAAAAAAAAAA-5", MESSAGE),
	TEXT(".m-AAAAAAAAAAAA-7", MESSAGE),
	TEXT(".k-AAAAAAAAAAAA-1000-1-5", MESSAGE),
	TEXT(".r-1000-1-6", MESSAGE),
	TEXT(".d-id-0-5", MESSAGE),
	TEXT(".e-id-0-9", "a note"),
	{".s-5-64", FILE_OF_A_PAGE, NULL, 0},
	TEXT(".s-AAAAAAAAAAAA-1", MESSAGE),
	{"tmp", DIRECTORY, NULL, 0},
};

enum { PAGE = 4096, CONTENT_MAX = PAGE };

static char path[512];
static int fd = -1;
/* The FIFO's reader, which sees whether anything came. */
static int fifo = -1;
static pid_t owner;
/* Of the entries, and of the directory. */
static struct stat before[FUZZ_CANARY_FILES];
static struct stat before_directory;

const char *fuzz_canary_name(unsigned number)
{
	return entries[number % FUZZ_CANARY_FILES].name;
}

static void look(const struct entry *entry, struct stat *ret_status)
{
	fuzz_require(fstatat(fd, entry->name, ret_status, AT_SYMLINK_NOFOLLOW) == 0,
		     "what lies outside of the home is still there");
}

/* ---- making ---- */

static void make_file(const struct entry *entry)
{
	static const char nothing[PAGE];
	const char *content = entry->kind == FILE_OF_A_PAGE ? nothing : entry->content;
	size_t len = entry->kind == FILE_OF_A_PAGE ? sizeof nothing : entry->len;
	int file = openat(fd, entry->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	fuzz_require(write(file, content, len) == (ssize_t)len, "a file is written");
	close(file);
}

static void make(const struct entry *entry)
{
	switch (entry->kind) {
	case FILE_OF_TEXT:
	case FILE_OF_A_PAGE:
		make_file(entry);
		break;
	case FIFO:
		fuzz_require(mkfifoat(fd, entry->name, 0600) == 0, "a FIFO is made");
		fifo = openat(fd, entry->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		break;
	case SYMLINK:
		fuzz_require(symlinkat(entry->content, fd, entry->name) == 0, "a link is made");
		break;
	case DIRECTORY:
		fuzz_require(mkdirat(fd, entry->name, 0700) == 0, "a directory is made");
		break;
	}
}

/* Whatever changes a file from now on changes its time, too, however coarse the kernel's clock is.
 */
static void make_old(const char *name)
{
	static const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

	fuzz_require(utimensat(fd, name, long_ago, AT_SYMLINK_NOFOLLOW) == 0, "a time is set");
}

const char *fuzz_canary(void)
{
	if (owner == getpid())
		return path;
	owner = getpid();
	snprintf(path, sizeof path, "%s/canary", fuzz_directory());
	fuzz_require(mkdir(path, 0700) == 0, "a directory is made");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < FUZZ_CANARY_FILES; i++)
		make(&entries[i]);
	for (size_t i = 0; i < FUZZ_CANARY_FILES; i++) {
		make_old(entries[i].name);
		look(&entries[i], &before[i]);
	}
	make_old(".");
	fuzz_require(fstat(fd, &before_directory) == 0 && fifo >= 0, "the canary is there");
	return path;
}

int fuzz_canary_fd(void)
{
	(void)fuzz_canary();
	return fd;
}

bool fuzz_canary_may_be_linked(const char *name)
{
	return strcmp(name, "5") != 0 && strcmp(name, "queue") != 0;
}

bool fuzz_canary_has(const struct stat *status)
{
	for (size_t i = 0; i < FUZZ_CANARY_FILES; i++)
		if (before[i].st_ino == status->st_ino && before[i].st_dev == status->st_dev)
			return true;
	return false;
}

/* ---- checking ---- */

static bool same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

static void check_status(const struct stat *was, const struct stat *is)
{
	fuzz_require(was->st_ino == is->st_ino, "a file outside of the home was replaced");
	fuzz_require(was->st_mode == is->st_mode, "a mode outside of the home was changed");
	fuzz_require(was->st_uid == is->st_uid && was->st_gid == is->st_gid,
		     "an owner outside of the home was changed");
	fuzz_require(was->st_size == is->st_size, "a size outside of the home was changed");
	fuzz_require(same_time(&was->st_mtim, &is->st_mtim),
		     "a time outside of the home was changed");
}

static void check_content(const struct entry *entry)
{
	static const char nothing[PAGE];
	char content[CONTENT_MAX];
	bool page = entry->kind == FILE_OF_A_PAGE;
	size_t len = page ? sizeof nothing : entry->len;
	int file = openat(fd, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	fuzz_require(read(file, content, sizeof content) == (ssize_t)len &&
			     memcmp(content, page ? nothing : entry->content, len) == 0,
		     "a file's content outside of the home was changed");
	close(file);
}

static void check_entry(const struct entry *entry, const struct stat *was)
{
	struct stat is;
	char target[8] = "";
	int waiting = 0;

	look(entry, &is);
	check_status(was, &is);
	if (entry->kind == FILE_OF_TEXT || entry->kind == FILE_OF_A_PAGE)
		check_content(entry);
	if (entry->kind == SYMLINK)
		fuzz_require(readlinkat(fd, entry->name, target, sizeof target - 1) == 1 &&
				     strcmp(target, entry->content) == 0,
			     "a link outside of the home leads elsewhere");
	if (entry->kind == FIFO)
		fuzz_require(ioctl(fifo, FIONREAD, &waiting) == 0 && waiting == 0,
			     "a FIFO outside of the home was written to");
}

void fuzz_canary_check(void)
{
	struct stat is;

	/* A name that came or went changed the directory's time. */
	fuzz_require(fstat(fd, &is) == 0, "the directory outside of the home is still there");
	check_status(&before_directory, &is);
	for (size_t i = 0; i < FUZZ_CANARY_FILES; i++)
		check_entry(&entries[i], &before[i]);
}
