/* SPDX-License-Identifier: MIT */
/*
 * What two processes cost each other, nanoseconds, each of them on a core of its own:
 *
 * between
 * prints one line of JSON:
 * - "line": until the other sees a store; half a round trip of a cache line
 * - "counter": a compare-and-exchange on a word on which the other does the same
 * - "ring": a write to a FIFO whose reader sleeps, as the writer sees it
 * - "wake": from the beginning of that write until the reader runs
 * With one core to run on, it prints "{}": there is no between.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/peer.h"

enum {
	LINE_BYTES = 64,
	TURNS = 200000,
	RINGS = 500,
	/* Long enough for the reader to sleep after it said that it is about to. */
	SETTLE_NS = 100000
};

typedef _Atomic uint64_t word;

/* Words that share no line. */
struct shared {
	word turn;
	char pad_turn[LINE_BYTES - sizeof(word)];
	word counter;
	char pad_counter[LINE_BYTES - sizeof(word)];
	word busy;
	char pad_busy[LINE_BYTES - sizeof(word)];
	/* Of the reader: about to sleep for the ring of this number, and when it woke from it. */
	word asleep;
	word woke_ns;
};

static void await(word *place, uint64_t value)
{
	while (atomic_load_explicit(place, memory_order_acquire) != value)
		;
}

static void put(word *place, uint64_t value)
{
	atomic_store_explicit(place, value, memory_order_release);
}

static void count(struct shared *shared)
{
	uint64_t last = atomic_load_explicit(&shared->counter, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(&shared->counter, &last, last + 1,
						      memory_order_relaxed, memory_order_relaxed))
		;
}

/* ---- the other ---- */

static void be_woken(struct shared *shared, int bell)
{
	struct pollfd waiting = {.fd = bell, .events = POLLIN};
	char record;

	for (uint64_t i = 1; i <= RINGS; i++) {
		put(&shared->asleep, i);
		if (poll(&waiting, 1, -1) < 0)
			exit(peer_broken("poll"));
		put(&shared->woke_ns, (uint64_t)peer_now_ns());
		if (read(bell, &record, 1) != 1)
			exit(peer_broken("read"));
	}
	put(&shared->asleep, 0);
}

static int be_other(struct shared *shared, int bell)
{
	for (uint64_t i = 0; i < TURNS; i++) {
		await(&shared->turn, 2 * i + 1);
		put(&shared->turn, 2 * i + 2);
	}
	await(&shared->busy, 1);
	while (atomic_load_explicit(&shared->busy, memory_order_relaxed) == 1)
		count(shared);
	be_woken(shared, bell);
	return 0;
}

/* ---- the one that measures ---- */

static double line_ns(struct shared *shared)
{
	int64_t start_ns = peer_now_ns();

	for (uint64_t i = 0; i < TURNS; i++) {
		put(&shared->turn, 2 * i + 1);
		await(&shared->turn, 2 * i + 2);
	}
	return (double)(peer_now_ns() - start_ns) / (2.0 * TURNS);
}

static double counter_ns(struct shared *shared)
{
	int64_t start_ns;
	double result;

	put(&shared->busy, 1);
	start_ns = peer_now_ns();
	for (int i = 0; i < TURNS; i++)
		count(shared);
	result = (double)(peer_now_ns() - start_ns) / TURNS;
	put(&shared->busy, 2);
	return result;
}

static int by_length(const void *one, const void *other)
{
	const int64_t a = *(const int64_t *)one;
	const int64_t b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static double median(int64_t *values)
{
	qsort(values, RINGS, sizeof *values, by_length);
	return (double)values[RINGS / 2];
}

static int ring(struct shared *shared, int bell, double *ret_ring_ns, double *ret_wake_ns)
{
	static int64_t rings[RINGS];
	static int64_t wakes[RINGS];

	for (uint64_t i = 1; i <= RINGS; i++) {
		int64_t start_ns;

		await(&shared->asleep, i);
		start_ns = peer_now_ns();
		while (peer_now_ns() - start_ns < SETTLE_NS)
			;
		start_ns = peer_now_ns();
		if (write(bell, "", 1) != 1)
			return peer_broken("write");
		rings[i - 1] = peer_now_ns() - start_ns;
		await(&shared->asleep, i == RINGS ? 0 : i + 1);
		wakes[i - 1] = (int64_t)atomic_load(&shared->woke_ns) - start_ns;
	}
	*ret_ring_ns = median(rings);
	*ret_wake_ns = median(wakes);
	return 0;
}

static int measure(struct shared *shared, int bell)
{
	double line = line_ns(shared);
	double counter = counter_ns(shared);
	double ring_ns = 0;
	double wake_ns = 0;

	if (ring(shared, bell, &ring_ns, &wake_ns) != 0)
		return 1;
	printf("{\"line\": %.1f, \"counter\": %.1f, \"ring\": %.0f, \"wake\": %.0f}\n", line,
	       counter, ring_ns, wake_ns);
	return 0;
}

/* ---- the two ---- */

/* The first two cores that may be used; 0 if there is one only. */
static bool find_cores(size_t ret_cores[2])
{
	cpu_set_t usable;
	size_t found = 0;

	if (sched_getaffinity(0, sizeof usable, &usable) < 0)
		return false;
	for (size_t core = 0; core < CPU_SETSIZE && found < 2; core++)
		if (CPU_ISSET(core, &usable))
			ret_cores[found++] = core;
	return found == 2;
}

static void stay_on(size_t core)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(core, &one);
	if (sched_setaffinity(0, sizeof one, &one) < 0)
		exit(peer_broken("sched_setaffinity"));
}

int main(void)
{
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t cores[2];
	int bell[2];
	pid_t child;
	int result;

	if (!find_cores(cores)) {
		puts("{}");
		return 0;
	}
	if (shared == MAP_FAILED || pipe(bell) < 0 || (child = fork()) < 0)
		return peer_broken("start");
	stay_on(cores[child == 0]);
	if (child == 0)
		return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? 1 : be_other(shared, bell[0]);
	result = measure(shared, bell[1]);
	if (result != 0)
		kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return result;
}
