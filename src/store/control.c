/* SPDX-License-Identifier: MIT */
/* Implements store/control.h. */
#include "store/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

static void describe(struct fsi_control *control, const struct fsi_control_birth *birth)
{
	control->version = FSI_CONTROL_VERSION;
	control->kind = birth->kind;
	control->owner_uid = geteuid();
	control->owner_pid = (uint32_t)getpid();
	control->created_us = fsi_sys_realtime_us();
	control->features = FSI_CONTROL_READS_SEGMENTS;
	control->limit_bytes = birth->limit_bytes;
	control->limit_messages = birth->limit_messages;
	control->ttl_ms = birth->ttl_ms;
	control->when_full = birth->when_full;
	control->block_ms = birth->block_ms;
	/* Asleep: the first publisher to commit something rings. */
	control->waiting_offset =
		FSI_CONTROL_WAITING_FIRST +
		FSI_CONTROL_LINE * (uint32_t)(control->created_us % FSI_CONTROL_WAITING_PLACES);
	*fsi_control_waiting(control) = 1;
	snprintf(control->member, sizeof control->member, "%s", birth->member);
	snprintf(control->identity, sizeof control->identity, "%s", birth->identity);
	control->magic = FSI_CONTROL_MAGIC;
}

int fsi_control_create(int directory, const char *path, const struct fsi_control_birth *birth,
		       struct fsi_control **ret_control)
{
	void *mapping = NULL;
	int fd;
	int r;

	/* Beyond that limit the kernel would end the program (SIGXFSZ). */
	if (fsi_sys_file_size_limit() < FSI_CONTROL_BYTES)
		return fsi_fail(FSPS_ERR_LIMIT, path,
				"the process' file size limit (ulimit -f) is below %d bytes",
				FSI_CONTROL_BYTES);
	fd = fsi_sys_openat(directory, path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fsi_fail_errno(-fd, path, "cannot create control block %s", path);
	/* Allocated before it is mapped: a full tmpfs is an error here, not a SIGBUS later. */
	r = fsi_sys_fallocate(fd, FSI_CONTROL_BYTES);
	/* Whatever the umask: publishers of our user have to open it. */
	if (r == 0)
		r = fsi_sys_fchmod(fd, 0600);
	if (r == 0)
		mapping = fsi_sys_mmap(fd, FSI_CONTROL_BYTES, PROT_READ | PROT_WRITE, &r);
	fsi_sys_close(fd);
	if (mapping == NULL)
		return fsi_fail_errno(r < 0 ? -r : r, path, "cannot make control block %s", path);
	describe(mapping, birth);
	*ret_control = mapping;
	return 0;
}

/* What is there must be an ordinary file of ours, whole and not sparse. */
static bool may_be_mapped(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
	       status->st_size == FSI_CONTROL_BYTES &&
	       status->st_blocks * 512 >= FSI_CONTROL_BYTES && (status->st_mode & 022) == 0;
}

static bool is_believable(const struct fsi_control *control)
{
	return control->waiting_offset >= FSI_CONTROL_WAITING_FIRST &&
	       control->waiting_offset < FSI_CONTROL_BYTES &&
	       control->waiting_offset % FSI_CONTROL_LINE == 0 &&
	       control->magic == FSI_CONTROL_MAGIC && control->version == FSI_CONTROL_VERSION &&
	       fsi_member_id_valid(control->member) &&
	       memchr(control->identity, '\0', sizeof control->identity) != NULL;
}

static int map_open(int fd, const char *path, struct fsi_control **ret_control)
{
	struct stat status;
	void *mapping;
	int r = fsi_sys_fstat(fd, &status);

	if (r < 0)
		return fsi_fail_errno(-r, path, "cannot look at control block %s", path);
	if (!may_be_mapped(&status))
		return FSI_CONTROL_FOREIGN;
	mapping = fsi_sys_mmap(fd, FSI_CONTROL_BYTES, PROT_READ | PROT_WRITE, &r);
	if (mapping == NULL)
		return fsi_fail_errno(r, path, "cannot map control block %s", path);
	if (!is_believable(mapping)) {
		fsi_control_unmap(mapping);
		return FSI_CONTROL_FOREIGN;
	}
	*ret_control = mapping;
	return FSI_CONTROL_MAPPED;
}

/* Whether an open's failure says something of the file: it is one that we may not have. Anything
 * else may be another answer the next time. */
static bool is_foreign(int error)
{
	return error == EACCES || error == EPERM || error == EROFS || error == ELOOP ||
	       error == EISDIR || error == ENXIO || error == ENODEV;
}

int fsi_control_map(int directory, const char *channel_path, struct fsi_control **ret_control)
{
	char path[FSI_NAME_BYTES + 8];
	int fd;
	int r;

	snprintf(path, sizeof path, "%s/%s", channel_path, FSI_NAME_CONTROL);
	fd = fsi_sys_openat(directory, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return FSI_CONTROL_NONE;
	if (fd < 0 && is_foreign(-fd))
		return FSI_CONTROL_FOREIGN;
	if (fd < 0)
		return fsi_fail_errno(-fd, path, "cannot open control block %s", path);
	r = map_open(fd, path, ret_control);
	fsi_sys_close(fd);
	return r;
}

uint32_t fsi_control_version(int directory, const char *channel_path)
{
	char path[FSI_NAME_BYTES + 8];
	uint32_t words[2] = {0};
	struct stat status;
	bool is_known;
	int fd;

	snprintf(path, sizeof path, "%s/%s", channel_path, FSI_NAME_CONTROL);
	fd = fsi_sys_openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	is_known = fd >= 0 && fsi_sys_fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		   fsi_sys_read(fd, words, sizeof words) == (ssize_t)sizeof words &&
		   words[0] == FSI_CONTROL_MAGIC;
	fsi_sys_close(fd);
	return is_known ? words[1] : 0;
}

uint64_t fsi_control_place(const struct fsi_control *control, uint64_t key)
{
	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		if (atomic_load_explicit(&control->places[i].key, memory_order_acquire) == key)
			return atomic_load_explicit(&control->places[i].offset,
						    memory_order_relaxed) &
			       ~FSI_CONTROL_WRITTEN_OUT;
	return 0;
}

void fsi_control_unmap(struct fsi_control *control)
{
	fsi_sys_munmap(control, FSI_CONTROL_BYTES);
}
