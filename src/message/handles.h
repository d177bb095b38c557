/* SPDX-License-Identifier: MIT */
/*
 * Messages whose memory a reader uses again: to allocate and free one costs more than to read it.
 *
 * A few in one block. The reader takes one that is idle, under its lock; whoever gives the last
 * reference back, from whichever thread, makes it idle again, and does not look at it after that.
 * The block goes when the reader and all who lent to its messages have let go of it; a message that
 * is in use keeps its lender, and so the block.
 *
 * Only for messages that borrow their bytes and have no headers.
 */
#ifndef FSPS_MESSAGE_HANDLES_H
#define FSPS_MESSAGE_HANDLES_H

#include "message/codec.h"

enum { FSI_HANDLES = 64 };

struct fsi_handles {
	/* The reader's, and one for each lender. */
	atomic_uint references;
	/* The one that was taken last, and how many were ever taken: the memory of the others was
	 * not touched yet. */
	unsigned last;
	unsigned made;
	fsps_message messages[FSI_HANDLES];
};

/* With one reference; NULL without memory. */
struct fsi_handles *fsi_handles_new(void);
struct fsi_handles *fsi_handles_ref(struct fsi_handles *handles);
/* NULL is allowed. */
void fsi_handles_unref(struct fsi_handles *handles);

/* One that was never taken, or NULL. */
fsps_message *fsi_handles_make(struct fsi_handles *handles);

/* An idle one, or NULL if those that were looked at are in use. The one that was taken last is the
 * likeliest to be cached. Acquire: whoever had it before is done with it. */
static inline fsps_message *fsi_handles_take(struct fsi_handles *handles)
{
	enum { LOOKS = 4 };

	for (unsigned i = 0; i < LOOKS && i < handles->made; i++) {
		fsps_message *message = &handles->messages[handles->last];

		if (atomic_load_explicit(&message->references, memory_order_acquire) ==
		    FSI_MESSAGE_IDLE) {
			atomic_store_explicit(&message->references, 1, memory_order_relaxed);
			return message;
		}
		handles->last = handles->last + 1 < handles->made ? handles->last + 1 : 0;
	}
	return fsi_handles_make(handles);
}

#endif
