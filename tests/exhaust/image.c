/* SPDX-License-Identifier: MIT */
/* Implements image.h. */
#include "exhaust/image.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As the kernel's xfs_fs.h and ext4.h have them; both are the same. */
#define GOING_DOWN _IOR('X', 125, uint32_t)
enum { GOING_ALL = 0, GOING_LOG = 1, GOING_NO_LOG = 2 };

/* Most of it is never touched; no xfs is smaller. */
#define IMAGE_BYTES (INT64_C(320) << 20)

extern char **environ;

const char *image_cut_name(enum image_cut cut)
{
	static const char *const names[IMAGE_CUTS] = {"nothing more", "names", "names and pages",
						      "all"};

	return names[cut];
}

/* ---- making ---- */

/* Answers the exit code; 127: there is no such program. */
static int run(const char *const *words)
{
	posix_spawn_file_actions_t quiet;
	int status = 0;
	pid_t child;
	int r;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&child, words[0], &quiet, NULL, (char *const *)(uintptr_t)words, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (r != 0)
		return 127;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static int make_file_system(const char *type, const char *device)
{
	const char *const ext4[] = {
		"mkfs.ext4",          "-q",   "-F", "-b", "4096", "-J", "size=4", "-E",
		"lazy_itable_init=1", device, NULL};
	const char *const xfs[] = {"mkfs.xfs", "-q", "-f", device, NULL};

	return run(strcmp(type, "xfs") == 0 ? xfs : ext4);
}

/* A free loop device gets the memory; somebody else may be faster. */
static bool attach(struct image *image)
{
	struct loop_config config = {.fd = (uint32_t)image->memory_fd,
				     .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	image->loop_fd = -1;
	for (int attempt = 0; control >= 0 && attempt < 20; attempt++) {
		snprintf(image->device, sizeof image->device, "/dev/loop%d",
			 ioctl(control, LOOP_CTL_GET_FREE));
		image->loop_fd = open(image->device, O_RDWR | O_CLOEXEC);
		if (image->loop_fd < 0 || ioctl(image->loop_fd, LOOP_CONFIGURE, &config) == 0)
			break;
		close(image->loop_fd);
		image->loop_fd = -1;
	}
	if (control >= 0)
		close(control);
	return image->loop_fd >= 0;
}

static void detach(struct image *image)
{
	if (image->loop_fd >= 0)
		close(image->loop_fd);
	if (image->memory_fd >= 0)
		close(image->memory_fd);
}

static const char *begin(struct image *image, const char *type)
{
	int made;

	*image = (struct image){.type = type, .loop_fd = -1};
	image->memory_fd = memfd_create("fsps-disk", MFD_CLOEXEC);
	if (image->memory_fd < 0 || ftruncate(image->memory_fd, IMAGE_BYTES) < 0)
		return "there is no memory for a disk";
	if (!attach(image))
		return "there is no loop device for us";
	made = make_file_system(type, image->device);
	if (made == 127)
		return "its mkfs is not installed";
	return made == 0 ? NULL : "its mkfs failed";
}

static bool try_mount(const struct image *image)
{
	return mount(image->device, image->at, image->type, 0, NULL) == 0;
}

const char *image_why_not(const char *type)
{
	char place[] = "/tmp/fsps-disk-XXXXXX";
	struct image image;
	const char *reason = begin(&image, type);

	image.at = mkdtemp(place);
	if (reason == NULL && (image.at == NULL || !try_mount(&image)))
		reason = "the kernel does not mount it for us";
	else if (reason == NULL)
		(void)umount(place);
	(void)rmdir(place);
	detach(&image);
	return reason;
}

void image_make(struct image *image, const char *type, const char *at)
{
	const char *reason = begin(image, type);
	char path[500];

	ck_assert_msg(reason == NULL, "%s: %s", type, reason);
	image->at = at;
	ck_assert_int_eq(mkdir(at, 0700), 0);
	ck_assert_msg(try_mount(image), "mount: %s", strerror(errno));
	image->mounts = 1;
	ck_assert_int_eq(chmod(at, 0700), 0);
	snprintf(path, sizeof path, "%s/lost+found", at);
	(void)rmdir(path);
}

/* ---- the power goes ---- */

static void write_pages_of(int directory, const char *name)
{
	enum { PAGE = 4096 };
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		for (off_t at = PAGE; at < status.st_size; at += 2 * PAGE)
			(void)sync_file_range(fd, at, PAGE,
					      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
						      SYNC_FILE_RANGE_WAIT_AFTER);
	close(fd);
}

/* Every second page of each file, to a depth of two, which is all that a home has. */
static void write_pages(int directory, int depth)
{
	DIR *names = fdopendir(directory);
	struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (inner < 0)
			write_pages_of(directory, entry->d_name);
		else if (depth == 0)
			close(inner);
		else
			write_pages(inner, depth - 1);
	}
	closedir(names);
}

static int open_root(const struct image *image)
{
	int fd = open(image->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

void image_cut(const struct image *image, enum image_cut cut)
{
	uint32_t how = cut == IMAGE_CUT_WRITTEN ? GOING_NO_LOG
		       : cut == IMAGE_CUT_ALL   ? GOING_ALL
						: GOING_LOG;
	int fd;

	if (cut == IMAGE_CUT_PAGES)
		write_pages(open_root(image), 2);
	fd = open_root(image);
	ck_assert_msg(ioctl(fd, GOING_DOWN, &how) == 0, "shutdown: %s", strerror(errno));
	close(fd);
}

void image_restart(struct image *image)
{
	ck_assert_msg(umount(image->at) == 0, "umount: %s", strerror(errno));
	ck_assert_msg(try_mount(image), "mount: %s", strerror(errno));
	image->mounts++;
}

void image_write_all(const struct image *image)
{
	int fd = open_root(image);

	ck_assert_int_eq(syncfs(fd), 0);
	close(fd);
}

void image_free(struct image *image)
{
	ck_assert_msg(umount(image->at) == 0, "umount: %s", strerror(errno));
	detach(image);
	ck_assert_int_eq(rmdir(image->at), 0);
}
