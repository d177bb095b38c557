/* SPDX-License-Identifier: MIT */
/*
 * What the processes of the stress share: who there is, who gets what, and the pipes between them.
 */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

enum {
	PUBLISHERS = 2,
	SUBSCRIBERS = 5,
	TOPICS = 3,
	/* The subscriber that comes and goes: it answers nothing and counts from where it came. */
	GUEST = 4,
	/* An answer that comes later came because its reader looks once a second in any case: it
	 * was not woken. */
	LATE_MS = 900,
};

enum style {
	/* Waits in fsps_channel_receive(). */
	STYLE_SLEEPS,
	/* The same, and looks on for a while before it sleeps. */
	STYLE_SPINS,
	/* Polls the channel's descriptor. */
	STYLE_POLLS,
	/* As the first, but gives borrowed messages back late and has little room. */
	STYLE_HOLDS,
	/* Polls, and closes its channel after some messages to open another. */
	STYLE_VISITS,
};

struct subscriber {
	const char *pattern;
	enum style style;
	/* Which topics it gets. */
	bool wants[TOPICS];
};

extern const char *const topics[TOPICS];
extern const struct subscriber subscribers[SUBSCRIBERS];

struct pipe_ends {
	int read_fd;
	int write_fd;
};

struct stress {
	const char *home;
	int seconds;
	/* A byte from each subscriber that is ready; the guest is not waited for. */
	struct pipe_ends ready;
	/* Nothing; at its end once all publishers are done. */
	struct pipe_ends work;
	/* A byte for each answer to a publisher. */
	struct pipe_ends answers[PUBLISHERS];
};

/* Says what went wrong and ends the process. */
void give_up(const char *who, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

fsps_bus *open_bus(const struct stress *stress);
int64_t now_ms(void);

/* The processes; each returns when its work is done and nothing was wrong. */
void run_publisher(const struct stress *stress, uint32_t number);
void run_subscriber(const struct stress *stress, unsigned number);

#endif
