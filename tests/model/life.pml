/* SPDX-License-Identifier: MIT */
/*
 * The whole of a message's life, in files: a publisher that links into two channels and rings both
 * bells, two workers that share the first channel, which is durable, a reader who alone has the
 * second and takes what is there at most once, and a sweeper. That nothing that was published is
 * lost, nobody sleeps beside a message, and one message is with one worker, until it is settled.
 * Here is what they share; what they do is in life_publisher.pml, life_claim.pml,
 * life_worker.pml, life_sweeper.pml and life_reader.pml. run.py checks it all, and that it fails
 * with each rule taken away.
 *
 * What stands for what:
 *   at[m]        which kind of name message m has in the first channel
 *   holder[m], attempt[m], serial[m]
 *                what else the name says: the member, how often it was handed out, and what tells
 *                two names apart that agree in these (the deadline, or the time)
 *   overdue[m]   that deadline has passed
 *   links2       the names in the second channel, a bit each
 *   intent[m]    the file has its name in tmp/. Without one it is linked no more once it had
 *                names and has none
 *   bell, dirty, bell2, dirty2
 *                the FIFOs, which hold one record, and the words of the control blocks
 *   hand[w]      1 + the message that worker w was handed; late[w]: its deadline has passed
 *   dead         the members whose lock is free, a bit each: worker w is member w, then w + 2
 *   tick[w]      a second has passed: the reader is to look at everything
 * Each statement, atomic or d_step is one access to memory that is shared, or one system call; what
 * is atomic beyond that touches only what nobody else reads or writes. A pass over a directory that
 * looks for messages is one step: what scan.c does for that is in lane.pml.
 *
 * The timer. A second passes at any time, SURPRISES times. Beyond that it passes only when nobody
 * can move any more, and only after something that is left to it: a crash, or a deadline that
 * passed. What is given back comes again at once, and needs no timer. So a bell that is lost
 * without a crash is found out. A worker may work on a message for ever, and who sleeps meanwhile
 * must take what else there is.
 *
 * Not in it: segments (lane.pml, recycle.pml, drop.pml), limits (count.pml), clocks that are set,
 * naps, bells that are replaced, dead letters' notes, full file systems.
 *
 * Sizes: MESSAGES (1 to 3), ATTEMPTS (how often a message is handed out at most).
 * Options: ONEWORKER, ONECHANNEL (the first one), CRASH (the publisher or a worker is killed
 * between any two of its steps; RESTART: a worker comes again), EXPIRY (so many deadlines pass),
 * NACKS (so many messages are given back), EXTEND (a worker moves its deadline once), SWEEPER,
 * INTENT (the file has a name in tmp/ until its last link, and not none), SAMEID (both messages
 * have the same ID, and each has a publisher of its own), LEAVE (a worker closes the channel in
 * peace). Each other switch takes a rule away; run.py has the list.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef SURPRISES
#define SURPRISES 1
#endif
#ifndef EXPIRY
#define EXPIRY 0
#endif
#ifndef NACKS
#define NACKS 0
#endif

#define BIT(i) (1 << (i))
#define LOWEST(bits) ((bits) & (-(bits)))
#define NUMBER(bit) ((bit) == 1 -> 0 : ((bit) == 2 -> 1 : 2))

/* Kinds of names. TAKEN: a name of its own, as <ID> was another's. */
#define NOWHERE 0
#define WAITS 1
#define TAKEN 2
#define CLAIMED 3
#define DELAYED 4
#define DEAD 5
#define GONE 6

#define LOOK 7
#define NOBODY 4
#define PUBLISHER 3

byte at[MESSAGES];
byte holder[MESSAGES];
byte attempt[MESSAGES];
bit serial[MESSAGES];
bool overdue[MESSAGES];
bool intent[MESSAGES];
byte links2;

chan bell = [1] of { byte };
bool dirty;
chan bell2 = [1] of { byte };
bool dirty2;
bool tick[3];

byte hand[2];
bool late[2];
byte dead;
bool forever[2];
bool away[2];

/* What came of each message. */
byte returned;
bool done[MESSAGES];
byte handed[MESSAGES];
byte next2;

byte killed = NOBODY;
bool publisher_died;
/* Something is left to the timer; and whether anything changed since it last was. */
bool mishap;
bool changed = true;

inline ring(fifo, record) {
	atomic {
		if
		:: nfull(fifo) -> fifo!record; refused = false
		:: full(fifo) -> refused = true
		fi
	}
}

#include "life_publisher.pml"
#include "life_claim.pml"
#include "life_worker.pml"
#include "life_sweeper.pml"
#include "life_reader.pml"

/* ---- time ---- */

#if EXPIRY > 0
inline pass(m) {
	overdue[m] = true;
	late[holder[m] % 2] = late[holder[m] % 2] || hand[holder[m] % 2] == m + 1;
	mishap = true;
	changed = true
}

/* Of a claim that lasts; who has the message may not have noticed. */
active proctype clock() {
	byte passed;

	do
	:: passed < EXPIRY ->
		if
		:: d_step { at[0] == CLAIMED && !overdue[0] -> pass(0) }
#if MESSAGES > 1
		:: d_step { at[1] == CLAIMED && !overdue[1] -> pass(1) }
#endif
		:: passed = EXPIRY - 1
		fi;
		passed++
	:: else -> break
	od
}

#endif

#if SURPRISES > 0
active proctype timer() {
	byte passed;

	do
	:: passed < SURPRISES ->
		passed++;
		if
		:: tick[0] = true
#ifndef ONEWORKER
		:: tick[1] = true
#endif
#ifndef ONECHANNEL
		:: tick[2] = true
#endif
		fi
	:: else -> break
	od
}
#endif

#ifdef CRASH
active proctype killer() {
	if
	:: killed = PUBLISHER
	:: killed = 0
#ifndef ONEWORKER
	:: killed = 1
#endif
	:: skip
	fi
}
#endif

/* Nobody moves any more. */
#define IS_IDLE(w) (!forever[w] && !away[w])
#ifdef ONEWORKER
#define SOMEBODY_IDLE IS_IDLE(0)
#else
#define SOMEBODY_IDLE (IS_IDLE(0) || IS_IDLE(1))
#endif

inline check(m) {
	/* It is there, unless its publish never returned. */
	assert(at[m] != NOWHERE || (publisher_died && m >= returned));
	/* It went by being settled. */
	assert(at[m] != GONE || done[m]);
	if
	:: SOMEBODY_IDLE ->
		assert(at[m] != WAITS && at[m] != TAKEN && at[m] != DELAYED);
		assert(at[m] != CLAIMED || ((dead >> holder[m]) & 1) == 0);
		assert(at[m] != CLAIMED || forever[holder[m] % 2] && !overdue[m])
	:: else -> skip
	fi
}

inline check_end() {
	check(0);
#if MESSAGES > 1
	check(1);
#endif
#if MESSAGES > 2
	check(2);
#endif
#ifndef ONECHANNEL
	assert(next2 >= returned);
	assert(links2 == 0)
#else
	skip
#endif
}

active proctype judge() {
	do
	:: timeout ->
		atomic {
			if
			:: mishap && changed ->
				changed = false;
				tick[0] = !away[0] && !forever[0];
				tick[1] = !away[1] && !forever[1];
				/* What becomes of workers is nothing to the second channel. */
				tick[2] = publisher_died
			:: else -> check_end(); break
			fi
		}
	od
}

init {
	atomic {
		run worker(0);
#ifndef ONEWORKER
		run worker(1);
#endif
#ifdef SAMEID
		run publisher(0);
		run publisher(1)
#else
		run publisher()
#endif
	}
}
