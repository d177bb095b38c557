/* SPDX-License-Identifier: MIT */
/*
 * What the peers written in C share: the command line contract of bench/README.md, the payload
 * that carries a sequence number, and the line of JSON at the end.
 *
 * Every payload begins and ends with its sequence number, so that each peer touches the same 16
 * bytes of a message and order and loss are seen. Leaves out: how a message travels.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* A payload holds its number twice. */
	PEER_SIZE_MIN = 16,
	/* A subscriber gives up after so long without a message: before the first, and after it. */
	PEER_FIRST_MS = 600000,
	PEER_IDLE_MS = 3000
};

/* What the command line asks for. */
struct peer_job {
	bool publish;
	const char *topic;
	uint64_t count;
	size_t size;
	int subscribers;
};

/* What one process counted. Zero it before use. */
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

double peer_now_s(void);

/* 0, or -1 after a line on stderr. */
int peer_parse(int argc, char **argv, struct peer_job *ret_job);

/* Numbers the payload of a message to be published. */
void peer_fill(unsigned char *payload, size_t size, uint64_t sequence);

/* Counts a message that was published, or received: its order and its checksum. */
void peer_published(struct peer_tally *tally, uint64_t sequence);
void peer_received(struct peer_tally *tally, const unsigned char *payload, size_t size);

/* How long a subscriber waits for its next message. */
int peer_patience_ms(const struct peer_tally *tally);

/* Tells the script that messages published from now on arrive here. */
void peer_ready(void);

/* Prints the line of JSON. Returns the exit code. */
int peer_report(const struct peer_job *job, const struct peer_tally *tally);

/* Prints the system call's error and returns 1, the exit code. */
int peer_broken(const char *what);

#endif
