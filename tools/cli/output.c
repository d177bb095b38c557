/* SPDX-License-Identifier: MIT */
/* Implements cli/output.h. */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

void cli_output_init(struct cli_output *output, int fd)
{
	output->fd = fd;
	output->error = 0;
	output->used = 0;
	output->marks = 0;
	output->marks_flushed = 0;
}

/* After a write that failed: 0 to try again, -1 to give up. */
static int recover(struct cli_output *output)
{
	struct pollfd room = {.fd = output->fd, .events = POLLOUT};

	/* A stop signal ends a write to somebody who does not read. */
	if (errno == EINTR && cli_stop_signal() == 0)
		return 0;
	/* Somebody made the descriptor that we share with them non-blocking. */
	if (errno == EAGAIN && (poll(&room, 1, -1) > 0 || cli_stop_signal() == 0))
		return 0;
	output->error = errno;
	return -1;
}

static void write_all(struct cli_output *output, const unsigned char *bytes, size_t len)
{
	while (len > 0 && output->error == 0) {
		ssize_t written = write(output->fd, bytes, len);

		if (written < 0 && recover(output) < 0)
			return;
		if (written > 0) {
			bytes += written;
			len -= (size_t)written;
		}
	}
}

int cli_output_flush(struct cli_output *output)
{
	write_all(output, output->bytes, output->used);
	output->used = 0;
	if (output->error != 0)
		return -1;
	output->marks_flushed = output->marks;
	return 0;
}

void cli_output_write_on(struct cli_output *output, const void *bytes, size_t len)
{
	cli_output_flush(output);
	if (len >= CLI_OUTPUT_BYTES)
		return write_all(output, bytes, len);
	memcpy(output->bytes, bytes, len);
	output->used = len;
}

int cli_output_status(const struct cli_output *output)
{
	switch (output->error) {
	case 0:
		return CLI_DONE;
	case EPIPE:
		return CLI_SIGNAL + SIGPIPE;
	case EINTR:
		return CLI_SIGNAL + cli_stop_signal();
	default:
		return CLI_ERROR;
	}
}

int cli_output_finish(struct cli_output *output)
{
	int status;

	cli_output_flush(output);
	status = cli_output_status(output);
	if (status == CLI_ERROR)
		cli_say("cannot write to standard output: %s", strerror(output->error));
	return status;
}
