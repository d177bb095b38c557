/* SPDX-License-Identifier: MIT */
/*
 * Every kernel call of the library, in one place, so that a test can make any of them fail.
 *
 * Each answers what the call answers, or -errno. EINTR is retried here, except by the waiting
 * calls and close. Every descriptor is CLOEXEC. A library built with FSI_FAULT (tests only) asks
 * fsi_sys_intercept before each call.
 */
#ifndef FSPS_BASE_SYS_H
#define FSPS_BASE_SYS_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * Between two stores to memory that others read: a test may end the process there. Nothing else.
 */
#ifdef FSI_FAULT
void fsi_sys_between_stores(void);
#else
#define fsi_sys_between_stores() ((void)0)
#endif

#ifdef FSI_FAULT
/*
 * Called with the call's name before each call. Answers 0 to let it run, or an errno to fail it
 * with. length: bytes about to be written, which it may lower for a short write; else NULL.
 */
extern int (*fsi_sys_intercept)(const char *call, size_t *length);
/* Added to the wall clock, in microseconds. */
extern int64_t fsi_sys_clock_step_us;
#endif

/* ---- files ---- */
int fsi_sys_openat(int directory, const char *path, int flags, mode_t mode);
/* A file without a name, for reading and writing, on the file system of path (O_TMPFILE). */
int fsi_sys_open_unnamed(int directory, const char *path, mode_t mode);
/* Closes and ignores what close says: nothing of ours relies on it. -1 is allowed. */
void fsi_sys_close(int fd);
ssize_t fsi_sys_read(int fd, void *to, size_t length);
ssize_t fsi_sys_write(int fd, const void *from, size_t length);
ssize_t fsi_sys_writev(int fd, const struct iovec *parts, int count);
int fsi_sys_fstat(int fd, struct stat *ret_stat);
/* Does not follow a symlink. */
int fsi_sys_fstatat(int directory, const char *path, struct stat *ret_stat);
int fsi_sys_fchmod(int fd, mode_t mode);
/* Gives a file or directory to a group; its owner stays. */
int fsi_sys_fchown_group(int fd, gid_t group);
/* Follows symlinks: only for what we have just made. */
int fsi_sys_chmodat(int directory, const char *path, mode_t mode);
int fsi_sys_fallocate(int fd, off_t length);
/* Gives the memory or blocks of a part of a file back; its size stays. */
int fsi_sys_punch(int fd, off_t offset, off_t length);
int fsi_sys_flock(int fd, int operation);
/* Locks one byte of a file, open for writing, for this open file description, as flock() does the
 * whole; the two don't know of each other. -EAGAIN if another one has it. */
int fsi_sys_lock_byte(int fd, off_t offset);
/* Whether a part of a file, short of its end, was never written, so far as the file system can
 * tell: after a power cut it reads as zeros. */
bool fsi_sys_has_hole(int fd, off_t length);
/* Writes a file's content, or a directory's names, through to the disk. After a failure what was to
 * be written may be lost and a second call be a success: never call it again for the same file. */
int fsi_sys_fsync(int fd);
/* Whether a file is on a file system in memory, that does not outlive the machine, and how many
 * bytes that file system has in all. */
int fsi_sys_file_system(int fd, bool *ret_in_memory, uint64_t *ret_bytes);

/* A file system: free is what we may still use. Inodes are 0 where it does not count them. */
struct fsi_sys_space {
	bool in_memory;
	uint64_t bytes_total;
	uint64_t bytes_free;
	uint64_t inodes_total;
	uint64_t inodes_free;
};

/* How full the file system is that a file is on. */
int fsi_sys_file_system_space(int fd, struct fsi_sys_space *ret_space);
void *fsi_sys_mmap(int fd, size_t length, int protection, int *ret_error);
void fsi_sys_munmap(void *address, size_t length);
/* Maps pages for writing before they are touched: many at once cost much less than a fault each.
 * What can't be had (before Linux 5.14, say) is mapped by the faults. */
void fsi_sys_populate(void *address, size_t length);

/* The working directory, to be freed with free(); NULL with *ret_error set. */
char *fsi_sys_getcwd(int *ret_error);

/* ---- names ---- */
int fsi_sys_linkat(int from_directory, const char *from, int to_directory, const char *to,
		   int flags);
int fsi_sys_unlinkat(int directory, const char *path, int flags);
/* Never replaces anything: RENAME_NOREPLACE. */
int fsi_sys_rename(int from_directory, const char *from, int to_directory, const char *to);
/* Replaces what bears the new name. */
int fsi_sys_rename_over(int from_directory, const char *from, int to_directory, const char *to);
int fsi_sys_mkdirat(int directory, const char *path, mode_t mode);
int fsi_sys_mkfifoat(int directory, const char *path, mode_t mode);
ssize_t fsi_sys_getdents(int directory, void *to, size_t length);
/* Back to a directory's first entry. */
int fsi_sys_rewind(int directory);

/* ---- waiting ---- */
int fsi_sys_epoll_create(void);
int fsi_sys_epoll_add(int epoll, int fd, uint32_t events);
int fsi_sys_epoll_delete(int epoll, int fd);
int fsi_sys_epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms);
int fsi_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
/* As short a sleep as the kernel has, of that many microseconds at least, or until a signal. */
void fsi_sys_nap(unsigned least_us);
int fsi_sys_eventfd(void);
/* Waits as long as a word shared between processes has that value: 0 when woken, -EAGAIN if it has
 * another one, -ETIMEDOUT, -EINTR. */
int fsi_sys_futex_wait(_Atomic uint32_t *word, uint32_t value, unsigned timeout_us);
/* Wakes whoever waits for that word. */
int fsi_sys_futex_wake(_Atomic uint32_t *word);
/* Lets others that want this processor go first. */
void fsi_sys_yield(void);
/* A timer that expires every period_ms, non-blocking. It stops at an expiry until somebody reads
 * it or asks it for the time: fsi_sys_timer_go_on() does that and leaves the expiry to be seen by
 * others who poll it. */
int fsi_sys_timer(unsigned period_ms);
int fsi_sys_timer_go_on(int timer);
int fsi_sys_inotify(void);
int fsi_sys_inotify_add(int inotify, const char *path, uint32_t mask);

/* ---- the rest ---- */
int fsi_sys_kill(pid_t pid, int signal);
int fsi_sys_getrandom(void *to, size_t length);
/* The largest file that this process may write, in bytes; writing more raises SIGXFSZ. */
uint64_t fsi_sys_file_size_limit(void);
/* How many descriptors this process may have. */
uint64_t fsi_sys_descriptor_limit(void);
/* The wall clock, microseconds since 1970. */
uint64_t fsi_sys_realtime_us(void);
/* When the machine was started, by the same clock. */
uint64_t fsi_sys_boot_us(void);
/* A clock that no one sets, of the kernel's tick: cheap, a few milliseconds coarse. The same in
 * all processes of the machine. */
uint64_t fsi_sys_coarse_ms(void);
/* A clock that no one sets, exact. */
uint64_t fsi_sys_monotonic_ms(void);
uint64_t fsi_sys_monotonic_us(void);

#endif
