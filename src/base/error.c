/* SPDX-License-Identifier: MIT */
/* Implements base/error.h: the thread's last failure, and the mapping of errno to our codes. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The analyser's stand-ins; see base/error.h. */
#undef fsi_fail
#undef fsi_fail_errno

enum { PATH_BYTES = 1280, TEXT_BYTES = 2048 };

static _Thread_local struct {
	struct fsps_error error;
	char path[PATH_BYTES];
	char text[TEXT_BYTES];
} last = {.error = {.code = FSPS_OK, .path = "", .text = "no error yet"}};

const struct fsps_error *fsi_error_last(void)
{
	return &last.error;
}

int fsi_error_from_errno(int system_errno)
{
	switch (system_errno) {
	case ENOMEM:
		return FSPS_ERR_NO_MEMORY;
	case EACCES:
	case EPERM:
		return FSPS_ERR_PERMISSION;
	case ENOSPC:
	case EDQUOT:
		return FSPS_ERR_NO_SPACE;
	case EMFILE:
	case ENFILE:
		return FSPS_ERR_LIMIT;
	case EROFS:
		return FSPS_ERR_READ_ONLY;
	case EFBIG:
		return FSPS_ERR_TOO_LARGE;
	default:
		return FSPS_ERR_IO;
	}
}

/* The system's words for an errno. There are two functions of that name. */
static const char *reason_of(int system_errno, char *room, size_t size)
{
#ifdef __GLIBC__
	return strerror_r(system_errno, room, size);
#else
	return strerror_r(system_errno, room, size) == 0 ? room : "unknown error";
#endif
}

__attribute__((format(printf, 4, 0))) static void
record(int code, int system_errno, const char *path, const char *format, va_list list)
{
	size_t used;

	snprintf(last.path, sizeof last.path, "%s", path == NULL ? "" : path);
	vsnprintf(last.text, sizeof last.text, format, list);
	used = strlen(last.text);
	if (system_errno != 0) {
		char reason[128];

		snprintf(last.text + used, sizeof last.text - used, ": %s",
			 reason_of(system_errno, reason, sizeof reason));
	}
	last.error = (struct fsps_error){
		.code = code, .system_errno = system_errno, .path = last.path, .text = last.text};
}

int fsi_fail(int code, const char *path, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	record(code, 0, path, format, list);
	va_end(list);
	return code;
}

int fsi_fail_errno(int system_errno, const char *path, const char *format, ...)
{
	int code = fsi_error_from_errno(system_errno);
	va_list list;

	va_start(list, format);
	record(code, system_errno, path, format, list);
	va_end(list);
	return code;
}
