/* SPDX-License-Identifier: MIT */
/* Implements base/log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void fsi_log_write(const struct fsi_log *log, enum fsps_log_level level, const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	log->callback(level, text, log->userdata);
}
