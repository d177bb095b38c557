/* SPDX-License-Identifier: MIT */
/*
 * What the programs of the soak share: the records that each of them writes about what it did, and
 * the payloads of its messages.
 *
 * A record is one write(2) to a file that nobody else writes to, opened for appending. So what a
 * process has claimed survives its SIGKILL, and what it had not yet claimed when it was killed is
 * not there. The layout is known to records.py, too.
 */
#ifndef TESTS_SOAK_SOAK_H
#define TESTS_SOAK_SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

enum soak_kind {
	/* A publish begins: messages from seq on, count of them. */
	SOAK_BEGIN = 1,
	/* It has returned: result, reached in count, refused in more, dropped in extra. */
	SOAK_END = 2,
	/* A channel did not take the message that ends next: result says why. */
	SOAK_REFUSAL = 3,
	/* A channel is open, or is about to be closed by its reader. */
	SOAK_OPEN = 4,
	SOAK_CLOSING = 5,
	/* A message came: its attempt in count, what the channel missed before it in more, the user
	 * who sent it in extra. */
	SOAK_DELIVERED = 6,
	/* It was settled: how in count, the answer in result, its attempt in more. */
	SOAK_SETTLED = 7,
	/* Somebody removed the channel. */
	SOAK_GONE = 8,
	/* A dead letter was put back. */
	SOAK_REPLAYED = 9,
	/* How many messages the channel dropped in all, being full, and how many were too old, as
	 * its listing says: seq and id. */
	SOAK_DROPPED = 10,
};

/* The result of a message that was published in a batch, which does not say how many have it. */
#define SOAK_IN_BATCH INT32_MAX

enum soak_how { SOAK_ACK = 1, SOAK_NACK = 2, SOAK_REJECT = 3 };

struct soak_record {
	/* Of a clock that nobody sets; the same in all processes. */
	uint64_t time_ns;
	/* Who writes. */
	uint32_t who;
	uint32_t kind;
	/* Who published the message, and which of its messages it is. */
	uint32_t from;
	/* soak_hash() of the topic. */
	uint32_t topic;
	uint64_t seq;
	uint64_t id;
	/* soak_hash() of the channel's directory. */
	uint64_t channel;
	int32_t result;
	uint32_t count;
	uint32_t more;
	uint32_t extra;
};

/* Of this process. */
struct soak_self {
	uint32_t who;
	int log_fd;
	uint64_t random;
	/* What the command line said, KEY=VALUE. */
	char **arguments;
};

/* ---- arguments ---- */

const char *soak_text(const struct soak_self *self, const char *key);
/* fallback if the key is not there. */
int64_t soak_number(const struct soak_self *self, const char *key, int64_t fallback);

/* ---- the process ---- */

/* Reads who=, seed= and log=, a directory in which the file of the name "who" is ours. */
void soak_start(struct soak_self *self, char **argv);
/* Of a child after fork(): another who, with a log of its own. */
void soak_start_child(struct soak_self *self, uint32_t who);
/* Set by SIGTERM: nothing more will be published. */
bool soak_is_ending(void);
/* Says what went wrong, which the soak counts as a violation, and ends the process. */
void soak_give_up(const struct soak_self *self, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
fsps_bus *soak_open_bus(const struct soak_self *self);

uint64_t soak_now_ns(void);
/* Returns at once if us is 0, and early for a signal. */
void soak_pause(uint64_t us);
/* 0 to limit - 1. */
uint64_t soak_below(struct soak_self *self, uint64_t limit);
/* Whether something that happens so many times in a thousand happens now. */
bool soak_chance(struct soak_self *self, int64_t permille);
uint64_t soak_hash(const char *text);

/* Fills in time and who, and writes it. */
void soak_note(const struct soak_self *self, const struct soak_record *record);

/* ---- payloads ---- */

enum { SOAK_PAYLOAD_LEAST = 35 };

/* Printable text that says whose it is, which one and how long; len is at least the above. */
void soak_payload_fill(char *to, size_t len, uint32_t who, uint64_t seq);
/* Whether it is one, and whole. */
bool soak_payload_read(const char *payload, size_t len, uint32_t *ret_who, uint64_t *ret_seq);

#endif
