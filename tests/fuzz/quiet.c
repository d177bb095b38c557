/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/quiet.h. */
#include "fuzz/quiet.h"

#include <sys/types.h>
#include <unistd.h>

#include "fuzz/require.h"

size_t fuzz_said;
size_t fuzz_printed;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

static void check_line(const unsigned char *line, size_t len)
{
	fuzz_require(len > 1 && line[len - 1] == '\n', "what is said is a line");
	for (size_t i = 0; i + 1 < len; i++)
		fuzz_require(line[i] >= 0x20 && line[i] != 0x7f, "what is said drives no terminal");
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	if (fd == STDERR_FILENO) {
		fuzz_said++;
		check_line(bytes, len);
		return (ssize_t)len;
	}
	if (fd == FUZZ_QUIET_FD) {
		fuzz_printed += len;
		return (ssize_t)len;
	}
	return __real_write(fd, bytes, len);
}
