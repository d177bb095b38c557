/* SPDX-License-Identifier: MIT */
/* Implements cli/stdio.h. */
#include "cli/stdio.h"

#include <fcntl.h>
#include <poll.h>

int cli_stdio_open(void)
{
	struct pollfd fds[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	/* One call tells of all three; normally it is the only one. */
	if (poll(fds, 3, 0) <= 0)
		return 0;
	for (int fd = 0; fd < 3; fd++) {
		/* The wrong direction on purpose: reading closed input has to fail. */
		int flags = fd == 0 ? O_WRONLY : O_RDONLY;

		/* The lowest free number is this one: those below it are open by now. */
		if ((fds[fd].revents & POLLNVAL) != 0 && open("/dev/null", flags) != fd)
			return -1;
	}
	return 0;
}
