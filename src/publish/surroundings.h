/* SPDX-License-Identifier: MIT */
/*
 * What is around a publisher: the home as it is now and the channels in it, looked after once a
 * second while it publishes. All with the publisher's lock held.
 */
#ifndef FSPS_PUBLISH_SURROUNDINGS_H
#define FSPS_PUBLISH_SURROUNDINGS_H

#include "publish/publisher.h"

/* How long what was seen of the home counts, in microseconds, where asking costs too much; and the
 * time that makes it count no longer. */
enum { FSI_LOOK_PERIOD_US = 1000, FSI_LOOK_NOW = 0 };

/*
 * Looks for news of the home and at nothing else, for one who has found nothing new for a while: it
 * is to be called after that time. Returns false if it is time for a thorough look, which
 * fsi_publisher_route() and fsi_publisher_keep_up() are.
 */
bool fsi_publisher_look_quickly(fsps_publisher *publisher, uint64_t now_us);

/*
 * The targets of a topic, in the home as it is now; while the publisher uses segments, as it was
 * up to a millisecond ago where channels of others are concerned. now_us: the wall clock.
 * Returns 1, 0 if there is no home, or a failure.
 */
int fsi_publisher_route(fsps_publisher *publisher, const char *topic, size_t topic_len,
			uint64_t now_us, struct fsi_route **ret_route);

/* What else would have to be done at each message: bells that nobody rings any more, the lock
 * file, what the dead left. Does nothing if it is not time. */
void fsi_publisher_keep_up(fsps_publisher *publisher);

/* Lets go of the home and of all that is known of its channels. */
void fsi_publisher_forget_home(fsps_publisher *publisher);

#endif
