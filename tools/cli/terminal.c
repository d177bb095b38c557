/* SPDX-License-Identifier: MIT */
/* Implements cli/terminal.h. */
#include "cli/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t cli_terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ? SIZE_MAX : size.ws_col;
}

size_t cli_terminal_rows(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 ? SIZE_MAX : size.ws_row;
}

bool cli_terminal_paints(int fd)
{
	const char *kind = getenv("TERM");

	return isatty(fd) && kind != NULL && kind[0] != '\0' && strcmp(kind, "dumb") != 0;
}
