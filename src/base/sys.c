/* SPDX-License-Identifier: MIT */
/* Implements base/sys.h: thin wrappers, nothing decided here. */
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Not every C library has it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#ifdef FSI_FAULT
int (*fsi_sys_intercept)(const char *call, size_t *length);
int64_t fsi_sys_clock_step_us;

static int intercepted(const char *call, size_t *length)
{
	return fsi_sys_intercept == NULL ? 0 : fsi_sys_intercept(call, length);
}

void fsi_sys_between_stores(void)
{
	(void)intercepted("store", NULL);
}
#else
#define intercepted(call, length) 0
#endif

/* Runs an expression that answers -1 with errno; again while it was interrupted. */
#define RETRYING(name, length, expression)                                                         \
	({                                                                                         \
		__typeof__(expression) answer_;                                                    \
		do {                                                                               \
			int fault_ = intercepted(name, length);                                    \
                                                                                                   \
			if (fault_ != 0) {                                                         \
				errno = fault_;                                                    \
				answer_ = -1;                                                      \
			} else {                                                                   \
				answer_ = (expression);                                            \
			}                                                                          \
		} while (answer_ == -1 && errno == EINTR);                                         \
		answer_ == -1 ? (__typeof__(expression))-errno : answer_;                          \
	})

/* The same without retrying. */
#define ONCE(name, expression)                                                                     \
	({                                                                                         \
		int fault_ = intercepted(name, NULL);                                              \
		int answer_ = fault_ != 0 ? (errno = fault_, -1) : (expression);                   \
                                                                                                   \
		answer_ == -1 ? -errno : answer_;                                                  \
	})

int fsi_sys_openat(int directory, const char *path, int flags, mode_t mode)
{
	return RETRYING("openat", NULL, openat(directory, path, flags | O_CLOEXEC, mode));
}

int fsi_sys_open_unnamed(int directory, const char *path, mode_t mode)
{
	return RETRYING("open_unnamed", NULL,
			openat(directory, path, O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
}

void fsi_sys_close(int fd)
{
	if (fd < 0)
		return;
	(void)ONCE("close", 0);
	(void)close(fd);
}

ssize_t fsi_sys_read(int fd, void *to, size_t length)
{
	return RETRYING("read", NULL, read(fd, to, length));
}

ssize_t fsi_sys_write(int fd, const void *from, size_t length)
{
	return RETRYING("write", &length, write(fd, from, length));
}

/* Less than all, as a test may ask for, goes no further than the first part that has any. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count, size_t length, size_t all)
{
	if (length == all)
		return writev(fd, parts, count);
	while (parts->iov_len == 0)
		parts++;
	return write(fd, parts->iov_base, length < parts->iov_len ? length : parts->iov_len);
}

ssize_t fsi_sys_writev(int fd, const struct iovec *parts, int count)
{
	size_t all = 0;
	size_t length;

	for (int i = 0; i < count; i++)
		all += parts[i].iov_len;
	length = all;
	return RETRYING("writev", &length, write_parts(fd, parts, count, length, all));
}

int fsi_sys_fstat(int fd, struct stat *ret_stat)
{
	return RETRYING("fstat", NULL, fstat(fd, ret_stat));
}

int fsi_sys_fstatat(int directory, const char *path, struct stat *ret_stat)
{
	return RETRYING("fstatat", NULL, fstatat(directory, path, ret_stat, AT_SYMLINK_NOFOLLOW));
}

int fsi_sys_fchmod(int fd, mode_t mode)
{
	return RETRYING("fchmod", NULL, fchmod(fd, mode));
}

int fsi_sys_fchown_group(int fd, gid_t group)
{
	return RETRYING("fchown", NULL, fchown(fd, (uid_t)-1, group));
}

int fsi_sys_chmodat(int directory, const char *path, mode_t mode)
{
	return RETRYING("fchmodat", NULL, fchmodat(directory, path, mode, 0));
}

int fsi_sys_fallocate(int fd, off_t length)
{
	return RETRYING("fallocate", NULL, fallocate(fd, 0, 0, length));
}

int fsi_sys_punch(int fd, off_t offset, off_t length)
{
	return RETRYING("punch", NULL,
			fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length));
}

int fsi_sys_file_system_space(int fd, struct fsi_sys_space *ret_space)
{
	struct statfs status = {0};
	int r = RETRYING("fstatfs", NULL, fstatfs(fd, &status));
	uint64_t block_bytes;
	uint32_t kind;

	if (r < 0)
		return r;
	/* All kinds have 32 bits; some machines take the highest for a sign. */
	kind = (uint32_t)status.f_type;
	/* Blocks are counted in fragments where a file system has these. */
	block_bytes = (uint64_t)(status.f_frsize > 0 ? status.f_frsize : status.f_bsize);
	*ret_space = (struct fsi_sys_space){
		.in_memory = kind == TMPFS_MAGIC || kind == RAMFS_MAGIC,
		.bytes_total = (uint64_t)status.f_blocks * block_bytes,
		.bytes_free = (uint64_t)status.f_bavail * block_bytes,
		.inodes_total = (uint64_t)status.f_files,
		.inodes_free = (uint64_t)status.f_ffree,
	};
	return 0;
}

int fsi_sys_file_system(int fd, bool *ret_in_memory, uint64_t *ret_bytes)
{
	struct fsi_sys_space space;
	int r = fsi_sys_file_system_space(fd, &space);

	if (r < 0)
		return r;
	*ret_in_memory = space.in_memory;
	*ret_bytes = space.bytes_total;
	return 0;
}

int fsi_sys_flock(int fd, int operation)
{
	return RETRYING("flock", NULL, flock(fd, operation));
}

int fsi_sys_lock_byte(int fd, off_t offset)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};

	return RETRYING("lock_byte", NULL, fcntl(fd, F_OFD_SETLK, &lock));
}

bool fsi_sys_has_hole(int fd, off_t length)
{
	off_t hole;

	/* What somebody has read of it lies in memory, and would count as written. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	hole = lseek(fd, 0, SEEK_HOLE);
	(void)lseek(fd, 0, SEEK_SET);
	return hole >= 0 && hole < length;
}

/* An interruption is the one answer that says nothing of the disk. */
int fsi_sys_fsync(int fd)
{
	return RETRYING("fsync", NULL, fsync(fd));
}

void *fsi_sys_mmap(int fd, size_t length, int protection, int *ret_error)
{
	int fault = intercepted("mmap", NULL);
	void *address;

	if (fault != 0) {
		*ret_error = fault;
		return NULL;
	}
	address = mmap(NULL, length, protection, MAP_SHARED, fd, 0);
	if (address == MAP_FAILED) {
		*ret_error = errno;
		return NULL;
	}
	return address;
}

void fsi_sys_munmap(void *address, size_t length)
{
	if (address == NULL)
		return;
	(void)ONCE("munmap", 0);
	(void)munmap(address, length);
}

void fsi_sys_populate(void *address, size_t length)
{
	(void)RETRYING("madvise", NULL, madvise(address, length, MADV_POPULATE_WRITE));
}

char *fsi_sys_getcwd(int *ret_error)
{
	char *path;

	*ret_error = intercepted("getcwd", NULL);
	if (*ret_error != 0)
		return NULL;
	path = getcwd(NULL, 0);
	*ret_error = errno;
	return path;
}

int fsi_sys_linkat(int from_directory, const char *from, int to_directory, const char *to,
		   int flags)
{
	return RETRYING("linkat", NULL, linkat(from_directory, from, to_directory, to, flags));
}

int fsi_sys_unlinkat(int directory, const char *path, int flags)
{
	return RETRYING("unlinkat", NULL, unlinkat(directory, path, flags));
}

int fsi_sys_rename(int from_directory, const char *from, int to_directory, const char *to)
{
	return RETRYING("renameat2", NULL,
			(int)syscall(SYS_renameat2, from_directory, from, to_directory, to,
				     RENAME_NOREPLACE));
}

int fsi_sys_rename_over(int from_directory, const char *from, int to_directory, const char *to)
{
	return RETRYING("renameat", NULL, renameat(from_directory, from, to_directory, to));
}

int fsi_sys_mkdirat(int directory, const char *path, mode_t mode)
{
	return RETRYING("mkdirat", NULL, mkdirat(directory, path, mode));
}

int fsi_sys_mkfifoat(int directory, const char *path, mode_t mode)
{
	return RETRYING("mkfifoat", NULL, mkfifoat(directory, path, mode));
}

ssize_t fsi_sys_getdents(int directory, void *to, size_t length)
{
	return RETRYING("getdents", NULL, getdents64(directory, to, length));
}

int fsi_sys_rewind(int directory)
{
	return RETRYING("lseek", NULL, (int)lseek(directory, 0, SEEK_SET));
}

int fsi_sys_epoll_create(void)
{
	return RETRYING("epoll_create", NULL, epoll_create1(EPOLL_CLOEXEC));
}

int fsi_sys_epoll_add(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return RETRYING("epoll_ctl", NULL, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

int fsi_sys_epoll_delete(int epoll, int fd)
{
	struct epoll_event event = {.events = 0};

	return RETRYING("epoll_ctl", NULL, epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event));
}

int fsi_sys_epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
	return ONCE("epoll_wait", epoll_wait(epoll, events, count, timeout_ms));
}

int fsi_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return ONCE("poll", poll(fds, count, timeout_ms));
}

void fsi_sys_nap(unsigned least_us)
{
	const struct timespec time = {.tv_nsec = (long)least_us * 1000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* Where a time has more bits than a long, the call for such times. */
static long futex_call(void)
{
#ifdef SYS_futex_time64
	if (sizeof(time_t) > sizeof(long))
		return SYS_futex_time64;
#endif
	return SYS_futex;
}

int fsi_sys_futex_wait(_Atomic uint32_t *word, uint32_t value, unsigned timeout_us)
{
	const struct timespec timeout = {.tv_sec = timeout_us / 1000000,
					 .tv_nsec = (long)(timeout_us % 1000000) * 1000};

	return ONCE("futex_wait",
		    (int)syscall(futex_call(), word, FUTEX_WAIT, value, &timeout, NULL, 0));
}

int fsi_sys_futex_wake(_Atomic uint32_t *word)
{
	return ONCE("futex_wake",
		    (int)syscall(futex_call(), word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
}

void fsi_sys_yield(void)
{
	(void)sched_yield();
}

int fsi_sys_eventfd(void)
{
	return RETRYING("eventfd", NULL, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int fsi_sys_timer(unsigned period_ms)
{
	struct timespec period = {.tv_sec = period_ms / 1000,
				  .tv_nsec = (long)(period_ms % 1000) * 1000000};
	struct itimerspec spec = {.it_interval = period, .it_value = period};
	int fd = RETRYING("timerfd_create", NULL,
			  timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
	int r;

	if (fd < 0)
		return fd;
	r = RETRYING("timerfd_settime", NULL, timerfd_settime(fd, 0, &spec, NULL));
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	return fd;
}

int fsi_sys_timer_go_on(int timer)
{
	struct itimerspec left;

	return RETRYING("timerfd_gettime", NULL, timerfd_gettime(timer, &left));
}

int fsi_sys_inotify(void)
{
	return RETRYING("inotify_init", NULL, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

int fsi_sys_inotify_add(int inotify, const char *path, uint32_t mask)
{
	return RETRYING("inotify_add_watch", NULL, inotify_add_watch(inotify, path, mask));
}

int fsi_sys_kill(pid_t pid, int signal)
{
	return RETRYING("kill", NULL, kill(pid, signal));
}

int fsi_sys_getrandom(void *to, size_t length)
{
	ssize_t got = RETRYING("getrandom", NULL, getrandom(to, length, 0));

	if (got < 0)
		return (int)got;
	return (size_t)got == length ? 0 : -EIO;
}

/* What a resource is differs: an enum in glibc, an int in musl. So each is asked for where it is
 * named, and only the answer is passed on. */
static uint64_t limit_of(int answer, const struct rlimit *limit)
{
	return answer != 0 || limit->rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit->rlim_cur;
}

uint64_t fsi_sys_file_size_limit(void)
{
	struct rlimit limit = {0};
	int answer = getrlimit(RLIMIT_FSIZE, &limit);

	return limit_of(answer, &limit);
}

uint64_t fsi_sys_descriptor_limit(void)
{
	struct rlimit limit = {0};
	int answer = getrlimit(RLIMIT_NOFILE, &limit);

	return limit_of(answer, &limit);
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t fsi_sys_realtime_us(void)
{
#ifdef FSI_FAULT
	return clock_us(CLOCK_REALTIME) + (uint64_t)fsi_sys_clock_step_us;
#else
	return clock_us(CLOCK_REALTIME);
#endif
}

uint64_t fsi_sys_boot_us(void)
{
	uint64_t now = fsi_sys_realtime_us();
	uint64_t since = clock_us(CLOCK_BOOTTIME);

	return now > since ? now - since : 0;
}

uint64_t fsi_sys_coarse_ms(void)
{
	return clock_us(CLOCK_MONOTONIC_COARSE) / 1000;
}

uint64_t fsi_sys_monotonic_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t fsi_sys_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}
