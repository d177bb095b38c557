/* SPDX-License-Identifier: MIT */
/*
 * Settling messages: what a subscriber of at-least-once delivery says about each message.
 *
 * Until a message is settled it is claimed: nobody else gets it. It comes again, to whoever fetches
 * next, when its deadline passes, when the process that claimed it dies, or after
 * fsps_message_nack(). What failed too often, and what was rejected, becomes a dead letter (see
 * <fsps/dead.h>). A message may therefore come more than once, and never less.
 *
 * All functions are thread-safe and don't wait. channel is the one that the message came from.
 * Settling gives no reference back: fsps_message_unref() is still to be called.
 *
 * Common errors of all four: FSPS_ERR_EXPIRED (too late: the deadline had passed and the message
 * was given to somebody else, or will be; or a copy from fsps_message_keep() was settled before
 * it), FSPS_ERR_ARGUMENT (NULL; the message is not of this channel, was settled before, or its
 * channel delivers at most once), FSPS_ERR_FORKED, and where FSPS_ERR_IO stands what <fsps/error.h>
 * says about it. After FSPS_ERR_IO and its like the message is as it was, and the call may be made
 * again.
 */
#ifndef FSPS_DELIVERY_H
#define FSPS_DELIVERY_H

#include <stdint.h>

#include <fsps/channel.h>
#include <fsps/export.h>
#include <fsps/message.h>

FSPS_BEGIN_DECLS

/** A delay: 1 s after the first attempt, twice as long after each further one, 5 min at most. */
#define FSPS_BACKOFF (-1)

/** The longest deadline and delay: seven days, in milliseconds. */
#define FSPS_DELAY_MS_MAX INT64_C(604800000)

/** The longest error text that is kept; longer ones lose their beginning. */
#define FSPS_ERROR_TEXT_MAX 4096

/**
 * Acknowledges: the message is done and will not come again. Of messages that lie in segments up to
 * 64 acknowledgements are noted together, within 10 ms while more are settled (0.1 s if one before
 * them is not), at the latest when a fetch finds nothing or the channel is closed: if the reader is
 * killed before, the next one may get those again. Returns FSPS_OK, an error as above, FSPS_ERR_IO.
 * Since 0.1.
 */
FSPS_EXPORT int fsps_message_ack(fsps_channel *channel, fsps_message *message);

/**
 * Gives a message back, to come again after delay_ms milliseconds (0: at once, FSPS_BACKOFF, up to
 * FSPS_DELAY_MS_MAX). A reader that sleeps notices up to a second later. If it was delivered as
 * often as the channel allows it becomes a dead letter, with error beside it.
 *
 * error: what went wrong, for people; NULL for nothing; any bytes but NUL. Needs a file of its own
 * for a message from a segment: without space it is kept in this process and comes again here, or
 * to the next reader. Returns 1 if the message became a dead letter, else FSPS_OK, or an error as
 * above, FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int fsps_message_nack(fsps_channel *channel, fsps_message *message, int64_t delay_ms,
				  const char *error);

/**
 * Sets a message aside as a dead letter at once: it can't be handled, however often it comes.
 * error: as above. Returns FSPS_OK, an error as above, FSPS_ERR_NO_SPACE (a message from a segment
 * needs a file of its own), FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int fsps_message_reject(fsps_channel *channel, fsps_message *message,
				    const char *error);

/**
 * Moves the deadline to deadline_ms milliseconds from now (1 to FSPS_DELAY_MS_MAX; 0: the
 * channel's). Returns FSPS_OK, an error as above, FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int fsps_message_extend(fsps_channel *channel, fsps_message *message,
				    int64_t deadline_ms);

/**
 * How often the message was handed out with the intent to have it settled, this time included: 1
 * the first time. 0 for one that was delivered at most once. Since 0.1.
 */
FSPS_EXPORT uint32_t fsps_message_attempt(const fsps_message *message);

FSPS_END_DECLS

#endif
