/* SPDX-License-Identifier: MIT */
/*
 * Buffered output to a file descriptor, normally standard output.
 *
 * Writing never fails at once: the first failure is kept in `error` and what follows is dropped,
 * so that callers check where it matters. Large pieces bypass the buffer. Whoever writes decides
 * when to flush; nothing is flushed by itself.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CLI_OUTPUT_BYTES = 65536 };

struct cli_output {
	int fd;
	/* 0, or the errno of the first write that failed; EINTR: a stop signal came. */
	int error;
	size_t used;
	/* How often cli_output_mark() was called, and how many of these lie before what the kernel
	 * has for sure. */
	uint64_t marks;
	uint64_t marks_flushed;
	/* Not touched before the first write: a command that prints nothing pays nothing. */
	unsigned char bytes[CLI_OUTPUT_BYTES];
};

void cli_output_init(struct cli_output *output, int fd);

/* Hands everything to the kernel. 0, or -1 if this or an earlier write failed. */
int cli_output_flush(struct cli_output *output);

/* What does not fit. */
void cli_output_write_on(struct cli_output *output, const void *bytes, size_t len);

/* These are called several times for each message, so the usual case is inlined. */

static inline void cli_output_write(struct cli_output *output, const void *bytes, size_t len)
{
	if (len >= CLI_OUTPUT_BYTES || len > CLI_OUTPUT_BYTES - output->used)
		return cli_output_write_on(output, bytes, len);
	if (len == 0)
		return;
	memcpy(output->bytes + output->used, bytes, len);
	output->used += len;
}

static inline void cli_output_text(struct cli_output *output, const char *text)
{
	cli_output_write(output, text, strlen(text));
}

static inline void cli_output_byte(struct cli_output *output, char byte)
{
	if (output->used == CLI_OUTPUT_BYTES)
		cli_output_flush(output);
	output->bytes[output->used++] = (unsigned char)byte;
}

/* What was written so far is whole messages. */
static inline void cli_output_mark(struct cli_output *output)
{
	output->marks++;
}

/* Flushes and, if something failed, says so. Returns an exit code: a reader who went away is
 * CLI_SIGNAL + SIGPIPE, without a word. */
int cli_output_finish(struct cli_output *output);

/* The exit code of the failure so far, without saying anything. */
int cli_output_status(const struct cli_output *output);

#endif
