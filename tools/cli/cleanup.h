/* SPDX-License-Identifier: MIT */
/*
 * Owning locals of the commands: they start empty and are released when they go out of scope.
 * The types are those of the public API; the library's own helpers are not for commands.
 */
#ifndef CLI_CLEANUP_H
#define CLI_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#include <fsps/fsps.h>

#define CLI_CLEANUP(function) __attribute__((cleanup(function)))

static inline void cli_cleanup_free(void *place)
{
	free(*(void **)place);
}

static inline void cli_cleanup_fd(int *place)
{
	if (*place >= 0)
		close(*place);
}

static inline void cli_cleanup_bus(fsps_bus **place)
{
	fsps_bus_close(*place);
}

static inline void cli_cleanup_publisher(fsps_publisher **place)
{
	fsps_publisher_close(*place);
}

static inline void cli_cleanup_headers(fsps_headers **place)
{
	fsps_headers_free(*place);
}

static inline void cli_cleanup_message(fsps_message **place)
{
	fsps_message_unref(*place);
}

static inline void cli_cleanup_receipt(fsps_receipt **place)
{
	fsps_receipt_free(*place);
}

#endif
