/* SPDX-License-Identifier: MIT */
/*
 * What waits in a channel, counted for its limits in two words of the control block.
 *
 * Who adds does so before the link and takes it back if that fails; who takes a message out
 * subtracts. So the words are never too low by more than what formix-pubsub and scripts, which
 * don't count, have put there, and too high only after a kill. That is mended in three places: a
 * reader that reads the directory raises them to what it has found there; one that finds nothing at
 * all lowers them to 0, and a publisher that finds the channel full to what is there. But what is
 * added and not there yet may belong to somebody who lives and is about to link it: so only what
 * was too much for longer than any publisher keeps what it does not use is taken off (but for
 * bytes, where a publisher does that at once: they are no exact matter, and it waits for them).
 *
 *   held_bytes     of a message in a file the pages that it takes, from its link until it is taken
 *                  (claimed counts as taken); of a segment all, from its link until its reader is
 *                  done with it or has read all there is.
 *   held_messages  messages in files; and those in segments where limit_messages is set, which a
 *                  publisher adds some at a time, ahead, and gives back what it did not use.
 */
#ifndef FSPS_LIMIT_COUNT_H
#define FSPS_LIMIT_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/limits.h>

#include "store/control.h"

/* What a message in a file counts. */
static inline uint64_t fsi_count_file_bytes(uint64_t len)
{
	enum { PAGE = 4096 };

	return (len + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* Subtracts, but never below 0: what nobody added may be taken out, too. What others add in the
 * same moment must not be lost. */
static inline void fsi_count_down(_Atomic int64_t *word, int64_t by)
{
	int64_t said = atomic_load_explicit(word, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(word, &said, said > by ? said - by : 0,
						      memory_order_relaxed, memory_order_relaxed))
		;
}

/* Of messages that were set apart for longer, and not used, others may have taken them off. */
enum { FSI_COUNT_APART_MS = 2000 };

/* What a word said too much, by several looks. */
struct fsi_count_excess {
	/* Coarse ms of the first look that saw it; 0: none did. */
	uint64_t since_ms;
	/* The least of all looks since: what comes and goes belongs to somebody. */
	int64_t least;
};

/* Notes by how much a word was wrong in a look. Returns the least of all looks once that was long
 * enough, else 0. */
static inline int64_t fsi_count_wrong(struct fsi_count_excess *excess, int64_t more,
				      uint64_t now_ms)
{
	/* What publishers set apart they use sooner, or not at all (FSI_COUNT_APART_MS). */
	enum { LONG_MS = 3000 };

	if (more <= 0) {
		excess->since_ms = 0;
		return 0;
	}
	if (excess->since_ms == 0 || more < excess->least)
		excess->least = more;
	if (excess->since_ms == 0)
		excess->since_ms = now_ms;
	return now_ms - excess->since_ms < LONG_MS ? 0 : excess->least;
}

/*
 * Takes off what a word said before a look that found so much, and was too much for long enough.
 * Others may have seen the same: who changes the word has it, and the rest look again. Returns
 * whether it took anything off.
 */
static inline bool fsi_count_mend(_Atomic int64_t *word, struct fsi_count_excess *excess,
				  int64_t said, int64_t found, uint64_t now_ms)
{
	/* Anything may stand in the word. */
	int64_t off = fsi_count_wrong(excess, said > found ? said - found : 0, now_ms);

	if (off == 0 || !atomic_compare_exchange_strong(word, &said, said - off))
		return false;
	excess->since_ms = 0;
	return true;
}

/* The other way round. Names that come and go while they are read may look like more than there
 * ever were. */
static inline void fsi_count_raise(_Atomic int64_t *word, struct fsi_count_excess *lack,
				   int64_t said, int64_t found, uint64_t now_ms)
{
	int64_t on = fsi_count_wrong(lack, said >= 0 && said < found ? found - said : 0, now_ms);

	if (on != 0 && atomic_compare_exchange_strong(word, &said, said + on))
		lack->since_ms = 0;
}

/* The same of messages. A publisher that did nothing for so long may have set them apart: it is
 * told that they are not its own any more. */
static inline void fsi_count_mend_messages(struct fsi_control *control,
					   struct fsi_count_excess *excess, int64_t said,
					   int64_t found, uint64_t now_ms)
{
	if (fsi_count_mend(&control->held_messages, excess, said, found, now_ms))
		atomic_fetch_add(&control->corrections, 1);
}

/* A message in a file of that length was taken out of those that wait, or was not linked after
 * all. */
static inline void fsi_count_file_gone(struct fsi_control *control, uint64_t len)
{
	fsi_count_down(&control->held_bytes, (int64_t)fsi_count_file_bytes(len));
	fsi_count_down(&control->held_messages, 1);
}

/* What a file counts: of one that another user's publisher has put into a live channel, which can't
 * count it, the reader only knows that it is there. */
static inline uint64_t fsi_count_len(const struct fsi_control *control, uint64_t len, uint32_t uid)
{
	return control->kind == FSI_CONTROL_LIVE && uid != control->owner_uid ? 1 : len;
}

/* A message in a file is about to be linked, by somebody whom no limit holds. */
static inline void fsi_count_file_comes(struct fsi_control *control, uint64_t len)
{
	atomic_fetch_add_explicit(&control->held_bytes, (int64_t)fsi_count_file_bytes(len),
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&control->held_messages, 1, memory_order_relaxed);
}

/* A message in a segment was read. */
static inline void fsi_count_frame_read(struct fsi_control *control)
{
	if (atomic_load_explicit(&control->limit_messages, memory_order_relaxed) != 0)
		fsi_count_down(&control->held_messages, 1);
}

/* What the words said before somebody looks. */
struct fsi_count_seen {
	int64_t bytes;
	int64_t messages;
};

static inline struct fsi_count_seen fsi_count_see(struct fsi_control *control)
{
	return (struct fsi_count_seen){
		.bytes = atomic_load_explicit(&control->held_bytes, memory_order_relaxed),
		.messages = atomic_load_explicit(&control->held_messages, memory_order_relaxed)};
}

/* What a reader has seen of both words being too high. */
struct fsi_count_doubt {
	struct fsi_count_excess bytes;
	struct fsi_count_excess messages;
};

/* Since they were seen, a reader has read the whole directory and all segments, and nothing waits:
 * what the words say belongs to whoever is about to link it, or was killed. */
static inline void fsi_count_nothing_waits(struct fsi_control *control,
					   struct fsi_count_doubt *doubt,
					   struct fsi_count_seen seen, uint64_t now_ms)
{
	(void)fsi_count_mend(&control->held_bytes, &doubt->bytes, seen.bytes, 0, now_ms);
	fsi_count_mend_messages(control, &doubt->messages, seen.messages, 0, now_ms);
}

/* A reading of the directory has found that many files that wait, a page each at least. Not where
 * publishers drop the oldest: names that come and go while they are read look like more than there
 * are, and the words like what they were before. */
static inline void fsi_count_files_found(struct fsi_control *control, struct fsi_count_seen seen,
					 uint64_t files)
{
	int64_t bytes = (int64_t)fsi_count_file_bytes(1) * (int64_t)files;

	if (atomic_load_explicit(&control->when_full, memory_order_relaxed) ==
	    FSPS_FULL_DROP_OLDEST)
		return;
	if (seen.bytes < bytes)
		(void)atomic_compare_exchange_strong(&control->held_bytes, &seen.bytes, bytes);
	if (seen.messages < (int64_t)files)
		(void)atomic_compare_exchange_strong(&control->held_messages, &seen.messages,
						     (int64_t)files);
}

#endif
