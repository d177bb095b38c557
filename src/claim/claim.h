/* SPDX-License-Identifier: MIT */
/*
 * Claims: a message that somebody works on bears a name that says who, until when and for the
 * how-manieth time. All that happens to it is a rename or an unlink, which the kernel does once and
 * needs no space for: who finds the name gone has lost the message to somebody else.
 *
 * Knows names and files of one channel; who holds which messages is in deliveries.h.
 */
#ifndef FSPS_CLAIM_CLAIM_H
#define FSPS_CLAIM_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "store/control.h"
#include "store/home.h"
#include "store/work_names.h"

/* The channel that is worked on. */
struct fsi_workplace {
	struct fsi_home *home;
	int directory_fd;
	/* For people. */
	const char *channel_name;
	/* Words for all who work here. */
	struct fsi_control *control;
	/* How often a message is handed out before it is a dead letter. */
	uint32_t attempts_max;
	/* How many dead letters are still kept; further ones are removed. NULL: all are kept. */
	unsigned *letters_left;
};

/* How many names are tried, one after the other, for a file. */
enum { FSI_CLAIM_NAMES_MAX = 64 };

enum fsi_claim_answer {
	FSI_CLAIM_DONE = 0,
	/* The name is gone: somebody else has the message. */
	FSI_CLAIM_LOST = 1,
};

/* The wall clock in the unit of the names. */
uint64_t fsi_claim_now_ms(void);

/* Claims the message `from` (any name of a message that waits) for deadline_ms from now. Returns an
 * answer or a failure. */
int fsi_claim_take(const struct fsi_workplace *place, const char *from, uint64_t id,
		   uint32_t attempt, uint64_t deadline_ms, struct fsi_work_name *ret_claim);

/* It is done. Returns an answer or a failure. */
int fsi_claim_acknowledge(const struct fsi_workplace *place, const struct fsi_work_name *claim);

/* Gives it back, to come again delay_ms from now, having been handed out `attempts` times.
 * Returns an answer or a failure. */
int fsi_claim_give_back(const struct fsi_workplace *place, const struct fsi_work_name *claim,
			uint64_t delay_ms, uint32_t attempts);

/* Whether the channel keeps one more dead letter; and that it got one. */
bool fsi_claim_keeps_letters(const struct fsi_workplace *place);
void fsi_claim_note_letter(const struct fsi_workplace *place);

/* Makes it a dead letter, with a note (NULL: none). Returns an answer or a failure. */
int fsi_claim_bury(const struct fsi_workplace *place, const struct fsi_work_name *claim,
		   const char *reason, const char *note);

/* The same for a file of any name. A note is left only as far as there is space. Where no more dead
 * letters are kept it is removed. */
int fsi_claim_bury_file(const struct fsi_workplace *place, const char *from, const char *reason,
			uint32_t attempt, uint64_t id, const char *note);

/* Moves its deadline to deadline_ms from now. Returns an answer or a failure. */
int fsi_claim_extend(const struct fsi_workplace *place, struct fsi_work_name *claim,
		     uint64_t deadline_ms);

/* What is about to be asked for, if it is longer than ever before: whoever reads the name has to
 * know. Done by the functions above. */
void fsi_claim_note_deadline(const struct fsi_workplace *place, uint64_t deadline_ms);
void fsi_claim_note_delay(const struct fsi_workplace *place, uint64_t delay_ms);

/* How long to wait after an attempt: 1 s after the first, then twice as long each time. */
uint64_t fsi_claim_backoff_ms(uint32_t attempt);

/* Another name, after `tries` that were taken: the next millisecond, of a dead letter the next
 * attempt. More than a few nobody has by chance: from then on none that could be foreseen. */
void fsi_claim_rename(const struct fsi_workplace *place, struct fsi_work_name *name, int tries);

/* Whether a time of the wall clock has come. One that is further away than anybody ever asked for
 * here (most_ms) was written before somebody set the clock back. */
bool fsi_claim_is_due(uint64_t time_ms, uint64_t now_ms, uint64_t most_ms);

#endif
