/* SPDX-License-Identifier: MIT */
/* Implements cli/ready.h. libsystemd is not needed: the protocol is one datagram. */
#include "cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/number.h"

int cli_ready_fd_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int cli_ready_option(const char *value, int *ret_fd)
{
	int64_t fd;
	int status = cli_count_option("--ready-fd", value, 1, INT_MAX, &fd);

	if (status != 0)
		return status;
	if (!cli_ready_fd_is_open((int)fd))
		return cli_usage(
			"--ready-fd %s is not open; write for example: --ready-fd 3 3>FILE", value);
	*ret_fd = (int)fd;
	return 0;
}

/* A path, or an abstract name that begins with '@'. */
static int make_address(const char *name, struct sockaddr_un *ret_address, socklen_t *ret_len)
{
	size_t len = strlen(name);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (len < 2 || len >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
		return -1;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	*ret_address = address;
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

static void notify_service_manager(void)
{
	static const char state[] = "READY=1";
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t len;
	CLI_CLEANUP(cli_cleanup_fd) int fd = -1;

	if (name == NULL || name[0] == '\0')
		return;
	if (make_address(name, &address, &len) < 0) {
		cli_say("cannot notify NOTIFY_SOCKET '%s': not a path and not an @name", name);
		return;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, state, sizeof state - 1, MSG_NOSIGNAL,
			     (const struct sockaddr *)&address, len) < 0)
		cli_say("cannot notify NOTIFY_SOCKET '%s': %s", name, strerror(errno));
}

void cli_ready(int ready_fd)
{
	if (ready_fd >= 0) {
		if (write(ready_fd, "\n", 1) < 0)
			cli_say("cannot write to --ready-fd %d: %s", ready_fd, strerror(errno));
		/* The reader waits for the end of file, and no child of ours shall keep it open. */
		if (ready_fd > STDERR_FILENO)
			close(ready_fd);
	}
	notify_service_manager();
}
