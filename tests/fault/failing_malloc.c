/* SPDX-License-Identifier: MIT */
/*
 * Implements failing_malloc.h. The C library's other functions that allocate (strdup, fopen, ...)
 * come by malloc() and realloc(), so they fail, too. Needs glibc, which says how to get at what is
 * replaced here. Not for several threads.
 */
#include "fault/failing_malloc.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Names of glibc's, for those that replace the public ones.
 * NOLINTBEGIN(bugprone-reserved-identifier)
 */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

struct failing_malloc *failing_malloc;

/* Whether this allocation fails. */
static bool fails(void)
{
	uint32_t number;

	if (failing_malloc == NULL || failing_malloc->armed == 0)
		return false;
	number = failing_malloc->calls++;
	if (number != failing_malloc->at &&
	    (failing_malloc->all == 0 || number < failing_malloc->at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
	void *made = memalign(alignment, size);

	if (made == NULL)
		return ENOMEM;
	*to = made;
	return 0;
}

/* As a library: what the file says, if no other process came first. */
__attribute__((constructor)) static void attach(void)
{
	const char *path = getenv("FSPS_FAILING_MALLOC");
	struct failing_malloc *shared;
	uint32_t nobody = 0;
	int fd;

	if (path == NULL || failing_malloc != NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared != MAP_FAILED && __atomic_compare_exchange_n(&shared->armed, &nobody, 1, false,
								__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		failing_malloc = shared;
}
