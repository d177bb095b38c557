/* SPDX-License-Identifier: MIT */
/*
 * What the peers written in C share: the command line contract of bench/README.md, the payload
 * that carries a sequence number, and the line of JSON at the end.
 *
 * Every payload begins and ends with its sequence number, so that each peer touches the same 16
 * bytes of a message and order and loss are seen; what is done with the bytes between is one of
 * enum peer_payload, and common/flow.h does it. What is done for each message is inline: a call
 * would be a tenth of the fastest peer's time. Leaves out: how a message travels.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
	/* A payload holds its number twice. */
	PEER_SIZE_MIN = 16,
	/* The most subscribers of a run. */
	PEER_SUBSCRIBERS_MAX = 64,
	/* A subscriber gives up after so long without a message: before the first, and after it. */
	PEER_FIRST_MS = 600000,
	PEER_IDLE_MS = 3000,
	/* A subscriber looks at the clock at every so manieth message and at the last one; of
	 * larger messages, to which that is nothing, at each one. */
	PEER_CLOCK_EVERY = 64,
	PEER_LARGE = 4096
};

/* What both ends do with a payload; FSPS_BENCH_PAYLOAD in the environment. */
enum peer_payload {
	/* The default: a subscriber looks at the first and last 8 bytes, wherever they lie. */
	PEER_ENDS,
	/* `whole`: all bytes travel from memory of the publisher's own to such of the subscriber's.
	 */
	PEER_WHOLE,
	/* `loaned`: it is numbered where the subscriber will find it, and read there. */
	PEER_LOANED
};

/* What the command line asks for. */
struct peer_job {
	const char *role;
	const char *topic;
	uint64_t count;
	size_t size;
	int subscribers;
	enum peer_payload payload;
};

/* What one process counted. */
struct peer_tally {
	uint64_t messages;
	uint64_t lost;
	uint64_t out_of_order;
	uint64_t next;
	uint64_t checksum;
	/* CLOCK_MONOTONIC, comparable between processes. */
	double start_s;
	double end_s;
};

/* Does one role; the exit code. tally is zero at first. */
typedef int (*peer_action)(const struct peer_job *job, struct peer_tally *tally);

/* What a peer can do; NULL: it has no part in that scenario. */
struct peer_actions {
	peer_action publish;
	peer_action subscribe;
	/* Round trips; these print their own line, see common/trip.h. */
	peer_action ping;
	peer_action pong;
};

/* The main function of every peer: does what the command line asks for. Returns the exit code. */
int peer_main(int argc, char **argv, const struct peer_actions *actions);

/* The number that a variable of the environment is, or 0. */
uint64_t peer_environment(const char *name);

/* CLOCK_MONOTONIC. */
int64_t peer_now_ns(void);
double peer_now_s(void);

/* Numbers the payload of a message to be published. */
static inline void peer_fill(unsigned char *payload, size_t size, uint64_t sequence)
{
	memcpy(payload, &sequence, sizeof sequence);
	memcpy(payload + size - sizeof sequence, &sequence, sizeof sequence);
}

static inline uint64_t peer_mix(uint64_t first, uint64_t last)
{
	return (first + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ last;
}

/* Counts a message that was published. */
static inline void peer_published(struct peer_tally *tally, uint64_t sequence)
{
	tally->messages++;
	tally->checksum += peer_mix(sequence, sequence);
}

/* Counts a message that was received: its order, its checksum and, now and then, its time. */
static inline void peer_received(struct peer_tally *tally, const unsigned char *payload,
				 size_t size)
{
	uint64_t first = 0;
	uint64_t last = 0;

	if (tally->messages == 0)
		tally->start_s = peer_now_s();
	if (size >= PEER_SIZE_MIN) {
		memcpy(&first, payload, sizeof first);
		memcpy(&last, payload + size - sizeof last, sizeof last);
	}
	if (first < tally->next)
		tally->out_of_order++;
	else
		tally->next = first + 1;
	tally->checksum += peer_mix(first, last);
	if (++tally->messages % PEER_CLOCK_EVERY == 0 || size >= PEER_LARGE)
		tally->end_s = peer_now_s();
}

/*
 * What a subscriber does right after its last message: takes the time, counts what is missing. If
 * something is, the time is that of the last message that was a multiple of PEER_CLOCK_EVERY.
 */
void peer_received_all(const struct peer_job *job, struct peer_tally *tally);

/* How long a subscriber waits for its next message. */
int peer_patience_ms(const struct peer_tally *tally);

/* Tells the script that messages published from now on arrive here. */
void peer_ready(void);

/* Prints `", "user_s": ..., "resident_max_kib": ...}`, the end of each line of JSON. Returns the
 * exit code. */
int peer_print_usage(void);

/* The exit code of a peer that can't do here what it is asked for, after a line on stderr. */
enum { PEER_NOT_HERE = 77 };

/* Prints the system call's error and returns 1, the exit code. */
int peer_broken(const char *what);

#endif
