/* SPDX-License-Identifier: MIT */
/* Implements bench/shared.h. */
#include "bench/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

int bench_shared_open(struct bench_shared *shared, size_t publishers, size_t subscribers)
{
	void *seats;

	*shared = (struct bench_shared){
		.publishers = publishers,
		.subscribers = subscribers,
		.bytes = (publishers + subscribers) * sizeof *shared->seats,
		.ready_pipe = {-1, -1},
		.gate_pipe = {-1, -1},
	};
	/* All zero, and no page of it exists before it is written to. */
	seats = mmap(NULL, shared->bytes, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (seats == MAP_FAILED)
		return cli_fail(CLI_ERROR, "no memory for the counters: %s", strerror(errno));
	shared->seats = seats;
	if (pipe2(shared->ready_pipe, O_CLOEXEC) < 0 || pipe2(shared->gate_pipe, O_CLOEXEC) < 0)
		return cli_fail(CLI_ERROR, "no pipe: %s", strerror(errno));
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void bench_shared_close(struct bench_shared *shared)
{
	if (shared->seats != NULL)
		munmap(shared->seats, shared->bytes);
	shared->seats = NULL;
	for (int i = 0; i < 2; i++) {
		close_end(&shared->ready_pipe[i]);
		close_end(&shared->gate_pipe[i]);
	}
}

struct bench_seat *bench_shared_publisher(const struct bench_shared *shared, size_t index)
{
	return &shared->seats[index];
}

struct bench_seat *bench_shared_subscriber(const struct bench_shared *shared, size_t index)
{
	return &shared->seats[shared->publishers + index];
}

bool bench_shared_wait(struct bench_shared *shared)
{
	char byte;

	/* Of the gate only the parent keeps the end that is written to. */
	close_end(&shared->gate_pipe[1]);
	if (write(shared->ready_pipe[1], "", 1) != 1)
		return false;
	while (cli_stop_signal() == 0) {
		ssize_t got = read(shared->gate_pipe[0], &byte, 1);

		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
	}
	return false;
}

void bench_shared_go(struct bench_shared *shared)
{
	close_end(&shared->gate_pipe[1]);
}

uint64_t bench_shared_published(const struct bench_shared *shared)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < shared->publishers; i++)
		sum += bench_load(&bench_shared_publisher(shared, i)->messages);
	return sum;
}

uint64_t bench_shared_received(const struct bench_shared *shared)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < shared->subscribers; i++)
		sum += bench_load(&bench_shared_subscriber(shared, i)->messages);
	return sum;
}
