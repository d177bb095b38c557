/* SPDX-License-Identifier: MIT */
/*
 * The fast lane between two publishers and the reader of one channel: that nothing is lost, doubled
 * or out of a publisher's order, and that the reader never sleeps beside a message. Here is what
 * they share; what they do is in lane_publisher.pml, lane_reader.pml and lane_scan.pml. run.py
 * checks it all, and that it fails with each rule taken away.
 *
 * What stands for what:
 *   links[p]      the names in the channel's directory that publisher p made: bits 0 to 3 its plain
 *                 messages, bits 4 and 5 its two segments (each of a match set of its own)
 *   frames[g]     the commit words of segment g that hold a frame which the reader has not passed;
 *                 bit k: the publisher's message k. Bits stand for IDs: higher is later
 *   epoch_of[]    the epoch in such a frame
 *   bell          the FIFO "queue", SPACES deep; dirty and waiting: the words of the control block
 *   sleep_of[p]   whether the sleep number that p loaded is still that of this sleep. Sleep numbers
 *                 are never used twice, so that is all that the compare-and-exchange asks
 *   next[p]       what the reader must be handed next, as a bit
 *   killed        1 + the publisher that was killed: its member's lock is free
 * Each statement, atomic or d_step is one access to memory that is shared, or one system call; what
 * is atomic beyond that touches only what nobody else reads or writes. A full fence keeps a store
 * before a load; without it the two may change places, which is how NOFENCE and NOFENCE_READER are
 * written. That stores keep their order among themselves, and loads too, is what release and
 * acquire in the C code are for; a system call is ordered by the kernel's locks.
 *
 * Not in it: the timer that makes a reader look once a second (a crash may leave to it only what
 * was not published completely), sizes, limits, recycling (see recycle.pml), SEALED (it is found in
 * the place of a frame), several channels or threads, plain channels, readers that die, files and
 * segments that are refused, the bound of eight passes and of 2^18 names of a scan.
 *
 * Sizes: MESSAGES0, MESSAGES1 (0 to 4), SPACES. Options: CRASH (a publisher is killed between any
 * two of its steps), OTHERS (segments are begun for other channels, too, and linked into this one
 * late), LAZY (the reader may be woken, pass over what it takes and sleep again), NOFILES and
 * ONESEGMENT (fewer ways for a message). Each other switch takes a rule away; run.py has the list.
 */
#ifndef MESSAGES0
#define MESSAGES0 2
#endif
#ifndef MESSAGES1
#define MESSAGES1 2
#endif
#ifndef SPACES
#define SPACES 1
#endif

#define BIT(i) (1 << (i))
#define LOWEST(bits) ((bits) & (-(bits)))
#define COUNT(p) ((p) == 0 -> MESSAGES0 : MESSAGES1)
/* Ways of a message: a segment of its publisher, or a file of its own. */
#define PLAIN 2
#define SEGMENT_BIT(s) BIT(4 + (s))
#define SEGMENT_BITS (SEGMENT_BIT(0) | SEGMENT_BIT(1))
#define PLAIN_BITS 15
/* Records: whose and which bit, WAKE, or LOOK: read the directory. */
#define RECORD(p, i) (8 * (p) + (i))
#define WAKE 16
#define LOOK 17

byte links[2];
byte frames[4];
byte epoch_of[8];
chan bell = [SPACES] of { byte };
bool dirty;
/* A channel is born as if its reader slept. */
bool waiting = true;
bool sleep_of[2];

byte next[2] = 1;
byte returned[2];
byte killed;

#include "lane_publisher.pml"
#include "lane_reader.pml"

#ifdef CRASH
active proctype killer() {
	if
	:: killed = 1
	:: killed = 2
	:: skip
	fi
}
#endif
