/* SPDX-License-Identifier: MIT */
/* Telling the program what the library does, if it asked to be told. */
#ifndef FSPS_BASE_LOG_H
#define FSPS_BASE_LOG_H

#include <stddef.h>

#include <fsps/bus.h>

struct fsi_log {
	fsps_log_callback callback;
	void *userdata;
};

void fsi_log_write(const struct fsi_log *log, enum fsps_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Formats nothing unless somebody listens. */
#define fsi_log(log, level, ...)                                                                   \
	do {                                                                                       \
		if ((log)->callback != NULL)                                                       \
			fsi_log_write(log, level, __VA_ARGS__);                                    \
	} while (0)

#endif
