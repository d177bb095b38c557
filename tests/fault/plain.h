/* SPDX-License-Identifier: MIT */
/*
 * Plain channels of the test's own making, as formix-pubsub makes them: a directory with a queue,
 * no control block, and a reader who has the queue open.
 */
#ifndef TESTS_FAULT_PLAIN_H
#define TESTS_FAULT_PLAIN_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault/fault.h"

struct plain {
	char path[400];
	char queue[410];
	int reader;
};

static inline void plain_make_queue(struct plain *plain)
{
	ck_assert_int_eq(mkfifo(plain->queue, 0600), 0);
	plain->reader = open(plain->queue, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(plain->reader, 0);
}

/* Makes one for FAULT_TOPIC in the home that is there; the number tells it from others. */
static inline void plain_make(struct plain *plain, unsigned number)
{
	snprintf(plain->path, sizeof plain->path, "%s/" FAULT_TOPIC "_Plain%07u_%ld", fault_home(),
		 number, (long)getpid());
	snprintf(plain->queue, sizeof plain->queue, "%.399s/queue", plain->path);
	ck_assert_int_eq(mkdir(plain->path, 0700), 0);
	plain_make_queue(plain);
}

/* Its reader deletes the queue, and makes another one. */
static inline void plain_replace_queue(struct plain *plain)
{
	close(plain->reader);
	ck_assert_int_eq(unlink(plain->queue), 0);
	plain_make_queue(plain);
}

/* The reader goes; what is in the directory stays. */
static inline void plain_leave(struct plain *plain)
{
	close(plain->reader);
}

#endif
