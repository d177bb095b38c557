/* SPDX-License-Identifier: MIT */
/*
 * A publisher: the unit of order. What one publisher publishes reaches each channel in the order
 * of the calls; calls of several threads on one publisher are serialised.
 */
#ifndef FSPS_PUBLISHER_H
#define FSPS_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>
#include <fsps/headers.h>

FSPS_BEGIN_DECLS

typedef struct fsps_publisher fsps_publisher;

/** How to open a publisher. Zero it, set size, then set what differs from the defaults. */
struct fsps_publisher_options {
	/** sizeof(struct fsps_publisher_options). */
	size_t size;
	/**
	 * How long fsps_publish() waits, in milliseconds, for channels that are full and for space
	 * in the home: 0 (default) not at all, FSPS_FOREVER without limit. A channel's own policy
	 * (enum fsps_when_full) comes before it: one that drops is not waited for, and one that
	 * asks to be waited for is, also with 0 here. Another user's channel is waited for no
	 * longer than a second since it last took a message of ours.
	 */
	int64_t wait_ms;
	/**
	 * 1: what is published is on the disk when the call returns: the message's file and the
	 * directory of each channel that has it are written through (fsync). In a home in memory
	 * that is no more than without. Each message is a file of its own then. A disk that fails
	 * is FSPS_ERR_IO, and nobody got the message; or in the receipt for each channel whose
	 * directory could not be written, which may have it nevertheless.
	 */
	int sync;
};

/**
 * Opens a publisher on a bus. options may be NULL. Touches nothing on disk.
 *
 * Returns FSPS_OK, FSPS_ERR_ARGUMENT, FSPS_ERR_NO_MEMORY. Since 0.1.
 */
FSPS_EXPORT int fsps_publisher_open(fsps_bus *bus, const struct fsps_publisher_options *options,
				    fsps_publisher **ret_publisher);

/** Closes a publisher. NULL is allowed. No other thread may be using it. Since 0.1. */
FSPS_EXPORT void fsps_publisher_close(fsps_publisher *publisher);

/**
 * Publishes one message to every channel whose pattern matches.
 *
 * topic: see fsps/topic.h. headers: NULL for none. payload: payload_len bytes, NULL if that is 0;
 * copied before the call returns. receipt: NULL, or one that is overwritten, on failure too.
 *
 * Returns the number of channels that have the message now; 0 means that nobody listens, which is
 * a success. A channel counts once the message's file is linked into it: from then on neither a
 * kill of the publisher nor a lost wake-up loses it, and the channel's reader gets it unless the
 * channel itself goes. Negative: FSPS_ERR_REFUSED if some channels did not take it (the receipt
 * says which, and how many others have it), FSPS_ERR_TOPIC, FSPS_ERR_HEADER, FSPS_ERR_TOO_LARGE,
 * FSPS_ERR_NO_SPACE, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_PERMISSION, FSPS_ERR_READ_ONLY,
 * FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_HOOK, FSPS_ERR_TIMEOUT (wait_ms passed without
 * space in the home), FSPS_ERR_VERSION, FSPS_ERR_IO, FSPS_ERR_ARGUMENT: nobody got it.
 *
 * Does not wait for readers unless wait_ms says so. Thread-safe. Since 0.1.
 */
FSPS_EXPORT int fsps_publish(fsps_publisher *publisher, const char *topic,
			     const fsps_headers *headers, const void *payload, size_t payload_len,
			     fsps_receipt *receipt);

/* ---- many messages, hot loops, payloads built in place ---- */

/** One message of a batch. Zero it, then set what it has. */
struct fsps_outgoing {
	/** See fsps/topic.h. */
	const char *topic;
	/** NULL for none. */
	const fsps_headers *headers;
	/** payload_len bytes, NULL if that is 0; copied before the call returns. */
	const void *payload;
	size_t payload_len;
	/** Set by the call: the ID that the message got, 0 if it got none. */
	uint64_t id;
	/** Set by the call: how many channels dropped it, as fsps_receipt_dropped(). */
	int dropped;
	/** For later versions: 0. */
	int reserved_int;
	uint64_t reserved[2];
};

/**
 * Publishes messages in their order, as fsps_publish() would one by one, at less cost: their IDs
 * are taken together, and each sleeping reader is woken once, after the last.
 *
 * count: 0 to INT_MAX. receipt: NULL, or one that is overwritten; it is the last tried message's.
 *
 * Stops at the first message that does not get to all channels that match it. Returns how many
 * were published before that one, or count; if it is the first, its code as from fsps_publish().
 * So after a short count the receipt and fsps_last_error() are about message number "returned";
 * after FSPS_ERR_REFUSED some channels have it, and going on with the next one is up to the
 * caller. Thread-safe. Since 0.1.
 */
FSPS_EXPORT int fsps_publish_batch(fsps_publisher *publisher, struct fsps_outgoing *messages,
				   size_t count, fsps_receipt *receipt);

typedef struct fsps_prepared fsps_prepared;

/**
 * Prepares a topic, with headers, for publishing to it in a hot loop: it is checked, encoded and
 * looked up once. headers: NULL for none; copied.
 *
 * Returns FSPS_OK, FSPS_ERR_TOPIC, FSPS_ERR_HEADER, FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT. Free it
 * with fsps_prepared_free() before its publisher is closed. Since 0.1.
 */
FSPS_EXPORT int fsps_prepare(fsps_publisher *publisher, const char *topic,
			     const fsps_headers *headers, fsps_prepared **ret_prepared);

/** Frees a prepared topic. NULL is allowed. Since 0.1. */
FSPS_EXPORT void fsps_prepared_free(fsps_prepared *prepared);

/** Publishes to a prepared topic; all else as fsps_publish(). Thread-safe. Since 0.1. */
FSPS_EXPORT int fsps_publish_prepared(fsps_prepared *prepared, const void *payload,
				      size_t payload_len, fsps_receipt *receipt);

/**
 * Reserves room for a payload of up to payload_len_max bytes, to be built in place: where the
 * readers will find it if that is possible, else in memory.
 *
 * One reservation a publisher. ret_payload: aligned to 8 bytes, of unspecified content, valid
 * until fsps_commit() or fsps_abort(). Nobody sees anything of it before. Other calls of the
 * publisher go on meanwhile; messages that they publish come before this one.
 *
 * Returns FSPS_OK, FSPS_ERR_BUSY (there is one already), FSPS_ERR_TOPIC, FSPS_ERR_HEADER,
 * FSPS_ERR_TOO_LARGE, FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT, or a code as fsps_publish(). Since
 * 0.1.
 */
FSPS_EXPORT int fsps_reserve(fsps_publisher *publisher, const char *topic,
			     const fsps_headers *headers, size_t payload_len_max,
			     void **ret_payload);

/**
 * Publishes what was reserved, with the first payload_len bytes of it, to the channels that match
 * now. The reservation ends in any case. Returns as fsps_publish(); FSPS_ERR_ARGUMENT if nothing
 * is reserved or payload_len is more than was. Since 0.1.
 */
FSPS_EXPORT int fsps_commit(fsps_publisher *publisher, size_t payload_len, fsps_receipt *receipt);

/** Gives a reservation up; does nothing without one. NULL is allowed. Since 0.1. */
FSPS_EXPORT void fsps_abort(fsps_publisher *publisher);

/* ---- who listens ---- */

/**
 * How many channels match a topic now, without those of other users that are closed to us. Returns
 * that number or a negative code as fsps_publish(). Since 0.1.
 */
FSPS_EXPORT int fsps_publisher_matched(fsps_publisher *publisher, const char *topic);

/**
 * Waits until at least count channels match a topic.
 *
 * timeout_ms: 0 looks once, FSPS_FOREVER waits without limit. Returns how many match,
 * FSPS_ERR_TIMEOUT, or a code as fsps_publish(). A home that is missing is waited for too. A
 * signal does not end it; run it in a thread of its own or with a timeout. Since 0.1.
 */
FSPS_EXPORT int fsps_publisher_wait_subscribers(fsps_publisher *publisher, const char *topic,
						int count, int64_t timeout_ms);

/* ---- receipts ---- */

/** An empty receipt, to be reused for any number of publishes of one thread. Since 0.1. */
FSPS_EXPORT int fsps_receipt_new(fsps_receipt **ret_receipt);

/** Frees a receipt. NULL is allowed. Since 0.1. */
FSPS_EXPORT void fsps_receipt_free(fsps_receipt *receipt);

/** The ID that the message got; 0 if it got none. NULL is an empty receipt, here and below. */
FSPS_EXPORT uint64_t fsps_receipt_id(const fsps_receipt *receipt);

/** How many channels matched: reached + refused + dropped + forbidden. Since 0.1. */
FSPS_EXPORT int fsps_receipt_matched(const fsps_receipt *receipt);

/** How many channels have the message. Since 0.1. */
FSPS_EXPORT int fsps_receipt_reached(const fsps_receipt *receipt);

/** How many channels refused it. Since 0.1. */
FSPS_EXPORT int fsps_receipt_refused(const fsps_receipt *receipt);

/**
 * How many channels dropped it, being full, because their owners chose FSPS_FULL_DROP_NEW. That is
 * no failure of the publish; who counts on each message looks at this. Since 0.1.
 */
FSPS_EXPORT int fsps_receipt_dropped(const fsps_receipt *receipt);

/**
 * How many channels of other users matched but do not let us publish to them. A publish that
 * reached somebody else succeeds nevertheless: whoever closes his channel to us does not make our
 * publishes fail. One that reached nobody fails with FSPS_ERR_REFUSED. Since 0.1.
 */
FSPS_EXPORT int fsps_receipt_forbidden(const fsps_receipt *receipt);

/**
 * The channel at a place among those that do not have the message, 0 to refused + dropped +
 * forbidden - 1 in no particular order, and why: FSPS_ERR_DROPPED and FSPS_ERR_FORBIDDEN if it is
 * no refusal.
 *
 * ret_channel: its directory's name, valid until the receipt is used again; may be NULL.
 * ret_code: a code of enum fsps_status; may be NULL. Returns FSPS_OK, FSPS_ERR_NOT_FOUND,
 * FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_receipt_refusal(const fsps_receipt *receipt, int index,
				     const char **ret_channel, int *ret_code);

FSPS_END_DECLS

#endif
