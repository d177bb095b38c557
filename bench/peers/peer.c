/* SPDX-License-Identifier: MIT */
/* Implements peers/peer.h. Leaves out: everything that one peer does otherwise than another. */
#include "peers/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

double peer_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s publish|subscribe TOPIC COUNT SIZE SUBSCRIBERS\n", program);
	return -1;
}

int peer_parse(int argc, char **argv, struct peer_job *ret_job)
{
	struct peer_job job;

	if (argc != 6)
		return usage(argv[0]);
	job.publish = strcmp(argv[1], "publish") == 0;
	if (!job.publish && strcmp(argv[1], "subscribe") != 0)
		return usage(argv[0]);
	job.topic = argv[2];
	job.count = strtoull(argv[3], NULL, 10);
	job.size = strtoull(argv[4], NULL, 10);
	job.subscribers = atoi(argv[5]);
	if (job.count == 0 || job.size < PEER_SIZE_MIN || job.subscribers < 1)
		return usage(argv[0]);
	*ret_job = job;
	return 0;
}

void peer_fill(unsigned char *payload, size_t size, uint64_t sequence)
{
	memcpy(payload, &sequence, sizeof sequence);
	memcpy(payload + size - sizeof sequence, &sequence, sizeof sequence);
}

static uint64_t mix(uint64_t first, uint64_t last)
{
	return (first + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ last;
}

void peer_published(struct peer_tally *tally, uint64_t sequence)
{
	tally->messages++;
	tally->checksum += mix(sequence, sequence);
}

void peer_received(struct peer_tally *tally, const unsigned char *payload, size_t size)
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
	tally->messages++;
	tally->checksum += mix(first, last);
}

int peer_patience_ms(const struct peer_tally *tally)
{
	return tally->messages == 0 ? PEER_FIRST_MS : PEER_IDLE_MS;
}

void peer_ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* The largest resident set of this program; ru_maxrss would count what ran before exec, too. */
static long resident_max_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long kib = 0;

	if (status == NULL)
		return 0;
	while (fgets(line, sizeof line, status) != NULL) {
		if (sscanf(line, "VmHWM: %ld kB", &kib) == 1)
			break;
	}
	fclose(status);
	return kib;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int peer_report(const struct peer_job *job, const struct peer_tally *tally)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	printf("{\"role\": \"%s\", \"messages\": %" PRIu64 ", \"seconds\": %.6f, \"lost\": %" PRIu64
	       ", \"out_of_order\": %" PRIu64 ", \"checksum\": \"%016" PRIx64 "\"",
	       job->publish ? "publish" : "subscribe", tally->messages,
	       tally->end_s - tally->start_s, tally->lost, tally->out_of_order, tally->checksum);
	printf(", \"start_s\": %.9f, \"end_s\": %.9f, \"user_s\": %.3f, \"system_s\": %.3f"
	       ", \"resident_max_kib\": %ld}\n",
	       tally->start_s, tally->end_s, seconds(used.ru_utime), seconds(used.ru_stime),
	       resident_max_kib());
	return fflush(stdout) == 0 ? 0 : peer_broken("stdout");
}

int peer_broken(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}
