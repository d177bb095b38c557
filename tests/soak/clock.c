/* SPDX-License-Identifier: MIT */
/*
 * Sets the wall clock of all processes of the soak, while they run, without setting the machine's:
 * preloaded into each of them, it adds what the file SOAK_CLOCK says, a number of nanoseconds, to
 * what the kernel says. Clocks that nobody can set are left alone. What the kernel itself stamps,
 * such as times of files, does not follow: it looks as if the clock had been set a moment ago.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const _Atomic int64_t *step_ns;

int soak_clock_is_there(void);

/* For whoever wants to know whether it was preloaded. */
int soak_clock_is_there(void)
{
	return step_ns != NULL;
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("SOAK_CLOCK");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page;

	/* ISO C knows no way from an object pointer to a function; POSIX promises this one. */
	*(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		return;
	page = mmap(NULL, sizeof *step_ns, PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		step_ns = page;
	close(fd);
}

static void add(struct timespec *time)
{
	int64_t ns = time->tv_nsec;

	if (step_ns == NULL)
		return;
	ns += atomic_load_explicit(step_ns, memory_order_relaxed);
	time->tv_sec += ns / NS_PER_S;
	ns %= NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		time->tv_sec--;
	}
	time->tv_nsec = (long)ns;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *time)
{
	int r = real_clock_gettime(clock, time);

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		add(time);
	return r;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict time,
							void *restrict zone)
{
	struct timespec now = {0};

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *ret_seconds)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_seconds != NULL)
		*ret_seconds = now.tv_sec;
	return now.tv_sec;
}
