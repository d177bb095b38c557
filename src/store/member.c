/* SPDX-License-Identifier: MIT */
/* Implements store/member.h. */
#include "store/member.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "store/unnamed.h"

/* Of what stands in a lock file. */
enum { TEXT_BYTES = 256 };

void fsi_member_init(struct fsi_member *member)
{
	*member = (struct fsi_member){.lock_fd = -1, .next_number = 1};
}

void fsi_member_forget(struct fsi_member *member)
{
	fsi_sys_close(member->lock_fd);
	member->lock_fd = -1;
	member->id[0] = '\0';
}

/* Where a file can't be made without a name: made, locked, and only valid if it kept its name, as
 * a visitor may have found it unlocked for a moment and removed it. */
static int make_named(int state_directory, const char *name)
{
	struct stat status;

	for (int attempt = 0; attempt < 8; attempt++) {
		int fd = fsi_sys_openat(state_directory, name,
					O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0600);

		if (fd < 0)
			return fd;
		if (fsi_sys_flock(fd, LOCK_EX | LOCK_NB) == 0 && fsi_sys_fchmod(fd, 0600) == 0 &&
		    fsi_sys_fstat(fd, &status) == 0 && status.st_nlink > 0)
			return fd;
		(void)fsi_sys_unlinkat(state_directory, name, 0);
		fsi_sys_close(fd);
	}
	return -EAGAIN;
}

static int make_locked(int state_directory, const char *name, const char *text)
{
	int fd = fsi_unnamed_open(state_directory, ".", 0600);
	int r;

	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -ENOENT)
		return make_named(state_directory, name);
	if (fd < 0)
		return fd;
	r = fsi_sys_flock(fd, LOCK_EX | LOCK_NB);
	/* Whatever the umask: who may not open it can't tell whether we live. */
	if (r == 0)
		r = fsi_sys_fchmod(fd, 0600);
	/* Who it is, for a person who looks: no matter if there is no space for it. */
	if (r == 0 && fsi_sys_file_size_limit() > strlen(text))
		(void)fsi_sys_write(fd, text, strlen(text));
	if (r == 0)
		r = fsi_unnamed_link(fd, state_directory, name);
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	return fd;
}

static int make(struct fsi_member *member, int state_directory, const char *identity)
{
	char name[FSI_NAME_BYTES];
	char text[TEXT_BYTES];
	int fd;

	snprintf(name, sizeof name, FSI_PREFIX_MEMBER "%s", member->id);
	snprintf(text, sizeof text, "pid %ld uid %lu %s\n", (long)getpid(),
		 (unsigned long)geteuid(), identity);
	fd = make_locked(state_directory, name, text);
	if (fd < 0)
		return fsi_fail_errno(-fd, name, "cannot make lock file " FSI_NAME_STATE "/%s",
				      name);
	member->lock_fd = fd;
	return 0;
}

int fsi_member_enter(struct fsi_member *member, int state_directory, const char *identity)
{
	int r;

	if (member->lock_fd >= 0)
		return 0;
	r = fsi_random_name(member->id);
	if (r == 0)
		r = make(member, state_directory, identity);
	if (r < 0)
		member->id[0] = '\0';
	return r;
}

int fsi_member_reenter(struct fsi_member *member, int state_directory, const char *identity)
{
	struct stat status;
	int old = member->lock_fd;
	int r;

	if (old < 0 || fsi_sys_fstat(old, &status) < 0 || status.st_nlink > 0)
		return 0;
	r = make(member, state_directory, identity);
	if (r < 0)
		return r;
	fsi_sys_close(old);
	return 0;
}

void fsi_member_leave(struct fsi_member *member, int state_directory)
{
	char name[FSI_NAME_BYTES];

	if (member->lock_fd < 0)
		return;
	snprintf(name, sizeof name, FSI_PREFIX_MEMBER "%s", member->id);
	(void)fsi_sys_unlinkat(state_directory, name, 0);
	fsi_sys_close(member->lock_fd);
	member->lock_fd = -1;
	member->id[0] = '\0';
}

/* In a directory that was removed everybody's file is missing; those who live have theirs in the
 * one that was made instead. */
static bool is_removed(int directory)
{
	struct stat status;

	return fsi_sys_fstat(directory, &status) < 0 || status.st_nlink == 0;
}

/* Opens a member's lock file and tries its lock; the descriptor holds it if the member is dead. */
static enum fsi_member_life probe(int state_directory, const char *name, int *ret_fd)
{
	int fd = fsi_sys_openat(state_directory, name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	int r;

	*ret_fd = -1;
	if (fd == -ENOENT)
		return is_removed(state_directory) ? FSI_MEMBER_UNKNOWN : FSI_MEMBER_DEAD;
	if (fd < 0)
		return FSI_MEMBER_UNKNOWN;
	/* Shared, so that two who ask at the same time don't take each other for the owner. */
	r = fsi_sys_flock(fd, LOCK_SH | LOCK_NB);
	*ret_fd = fd;
	if (r == 0)
		return FSI_MEMBER_DEAD;
	return r == -EWOULDBLOCK ? FSI_MEMBER_ALIVE : FSI_MEMBER_UNKNOWN;
}

enum fsi_member_life fsi_member_look(int state_directory, const char *member, bool *ret_missing)
{
	char name[FSI_NAME_BYTES];
	enum fsi_member_life life;
	int fd;

	*ret_missing = false;
	if (state_directory < 0)
		return FSI_MEMBER_UNKNOWN;
	snprintf(name, sizeof name, FSI_PREFIX_MEMBER "%s", member);
	life = probe(state_directory, name, &fd);
	/* Of one whose lock could be had the file is open. */
	*ret_missing = life == FSI_MEMBER_DEAD && fd < 0;
	fsi_sys_close(fd);
	return life;
}

enum fsi_member_life fsi_member_life(int state_directory, const char *member)
{
	bool missing;

	return fsi_member_look(state_directory, member, &missing);
}

int fsi_member_bury(int state_directory, const char *member)
{
	char name[FSI_NAME_BYTES];
	enum fsi_member_life life;
	int r = 0;
	int fd;

	snprintf(name, sizeof name, FSI_PREFIX_MEMBER "%s", member);
	life = probe(state_directory, name, &fd);
	/* Removed under the lock: one who is just making the file sees that it lost its name. */
	if (life == FSI_MEMBER_DEAD && fd >= 0)
		r = fsi_sys_unlinkat(state_directory, name, 0);
	fsi_sys_close(fd);
	if (life != FSI_MEMBER_DEAD)
		return -EWOULDBLOCK;
	return r == -ENOENT ? 0 : r;
}

/* What make() has written: "pid 1 uid 2 identity". Whatever else it is, nothing is taken from it.
 */
static void parse_text(char *text, int64_t *ret_pid, char *ret_identity, size_t size)
{
	char *end = NULL;
	long long pid;

	if (strncmp(text, "pid ", 4) != 0)
		return;
	pid = strtoll(text + 4, &end, 10);
	if (pid <= 0 || pid > INT32_MAX || strncmp(end, " uid ", 5) != 0)
		return;
	(void)strtoul(end + 5, &end, 10);
	if (*end != ' ')
		return;
	end++;
	*ret_pid = pid;
	snprintf(ret_identity, size, "%.*s", (int)strcspn(end, "\n"), end);
}

void fsi_member_describe(int state_directory, const char *member, int64_t *ret_pid,
			 char *ret_identity, size_t size)
{
	char name[FSI_NAME_BYTES];
	char text[TEXT_BYTES];
	ssize_t got;
	int fd;

	if (state_directory < 0)
		return;
	snprintf(name, sizeof name, FSI_PREFIX_MEMBER "%s", member);
	fd = fsi_sys_openat(state_directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
			    0);
	if (fd < 0)
		return;
	got = fsi_sys_read(fd, text, sizeof text - 1);
	fsi_sys_close(fd);
	if (got <= 0)
		return;
	text[got] = '\0';
	parse_text(text, ret_pid, ret_identity, size);
}
