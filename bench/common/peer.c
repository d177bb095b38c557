/* SPDX-License-Identifier: MIT */
/* Implements common/peer.h. Leaves out: everything that one peer does otherwise than another. */
#include "common/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

uint64_t peer_environment(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

int64_t peer_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

double peer_now_s(void)
{
	return (double)peer_now_ns() / 1e9;
}

void peer_received_all(const struct peer_job *job, struct peer_tally *tally)
{
	tally->lost = job->count - tally->messages;
	if (tally->lost == 0)
		tally->end_s = peer_now_s();
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

int peer_print_usage(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	printf(", \"user_s\": %.3f, \"system_s\": %.3f, \"resident_max_kib\": %ld}\n",
	       seconds(used.ru_utime), seconds(used.ru_stime), resident_max_kib());
	return fflush(stdout) == 0 ? 0 : peer_broken("stdout");
}

static int report(const struct peer_job *job, const struct peer_tally *tally)
{
	printf("{\"role\": \"%s\", \"messages\": %" PRIu64 ", \"seconds\": %.6f, \"lost\": %" PRIu64
	       ", \"out_of_order\": %" PRIu64 ", \"checksum\": \"%016" PRIx64 "\"",
	       job->role, tally->messages, tally->end_s - tally->start_s, tally->lost,
	       tally->out_of_order, tally->checksum);
	printf(", \"start_s\": %.9f, \"end_s\": %.9f", tally->start_s, tally->end_s);
	return peer_print_usage();
}

int peer_broken(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s publish|subscribe|ping|pong TOPIC COUNT SIZE SUBSCRIBERS\n",
		program);
	return 2;
}

/* -1 for a value that means nothing here. */
static int payload_of_environment(enum peer_payload *ret_payload)
{
	static const char *const names[] = {
		[PEER_ENDS] = "ends", [PEER_WHOLE] = "whole", [PEER_LOANED] = "loaned"};
	const char *text = getenv("FSPS_BENCH_PAYLOAD");

	for (int i = PEER_ENDS; i <= PEER_LOANED; i++) {
		if (strcmp(text == NULL ? names[PEER_ENDS] : text, names[i]) == 0) {
			*ret_payload = (enum peer_payload)i;
			return 0;
		}
	}
	return -1;
}

static int parse(int argc, char **argv, struct peer_job *ret_job)
{
	struct peer_job job;

	if (argc != 6)
		return -1;
	job.role = argv[1];
	job.topic = argv[2];
	job.count = strtoull(argv[3], NULL, 10);
	job.size = strtoull(argv[4], NULL, 10);
	job.subscribers = atoi(argv[5]);
	if (payload_of_environment(&job.payload) < 0)
		return -1;
	if (job.count == 0 || job.size < PEER_SIZE_MIN || job.subscribers < 1 ||
	    job.subscribers > PEER_SUBSCRIBERS_MAX)
		return -1;
	*ret_job = job;
	return 0;
}

static peer_action action_of(const struct peer_actions *actions, const char *role)
{
	if (strcmp(role, "publish") == 0)
		return actions->publish;
	if (strcmp(role, "subscribe") == 0)
		return actions->subscribe;
	if (strcmp(role, "ping") == 0)
		return actions->ping;
	return strcmp(role, "pong") == 0 ? actions->pong : NULL;
}

int peer_main(int argc, char **argv, const struct peer_actions *actions)
{
	struct peer_tally tally = {0};
	struct peer_job job;
	peer_action action;
	int result;

	if (parse(argc, argv, &job) < 0)
		return usage(argv[0]);
	action = action_of(actions, job.role);
	if (action == NULL)
		return usage(argv[0]);
	result = action(&job, &tally);
	if (result != 0 || action == actions->ping || action == actions->pong)
		return result;
	return report(&job, &tally);
}
