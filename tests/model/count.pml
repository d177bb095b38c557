/* SPDX-License-Identifier: MIT */
/*
 * How many messages may wait in a channel (limit/count.h, limit/room.c): that two publishers never
 * put more there than its limit, and that no crash leaves it full for ever. Two publishers and a
 * reader, and the word held_messages that all three count with. run.py checks it, and that it fails
 * with each rule taken away.
 *
 * What stands for what:
 *   links        the names of waiting messages, a bit each: publisher p's message k is bit
 *                MESSAGES * p + k
 *   held         the word; it may be below 0 for a moment
 *   apart[p]     what publisher p has added to the word and not linked (it is in the midst of it,
 *                or has set messages apart ahead for a segment)
 *   leaving      the reader has taken a message and not subtracted it yet
 *   killed       1 + the publisher that was killed, READER + 1 for the reader
 * Each statement, atomic or d_step is one access to a word or one system call. The word is changed
 * by atomic instructions alone, so no fence matters. Reading a directory is a step for each name: a
 * name that comes or goes meanwhile is seen or not.
 *
 * A publisher that finds no room counts anew; if there is none then it waits until there may be
 * some. Counting never lowers the word while somebody who lives may have added what he has not
 * linked yet, or has come or gone since the counting began: in the code that is, unless more was
 * added than is there for three seconds. With HASTY the reader does so at any time, with IMPATIENT
 * a publisher does.
 *
 * Sizes: MESSAGES (of each publisher, 1 to 4), LIMIT, SCANS (how often the reader reads the
 * directory though nobody told it to).
 * Options: AHEAD (publisher 0 writes a segment: it sets up to two messages apart at a time), CRASH
 * (a publisher or the reader is killed between any two of its steps), HASTY and IMPATIENT (see
 * above; then BEYOND says by how many the limit may be passed), STRANGER (somebody who does not
 * count puts one message there). Each other switch takes a rule away; run.py has the list.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef LIMIT
#define LIMIT 2
#endif
#ifndef SCANS
#define SCANS 1
#endif
#ifndef BEYOND
#define BEYOND 0
#endif

#define BIT(i) (1 << (i))
#define LOWEST(bits) ((bits) & (-(bits)))
#define STRANGERS (2 * MESSAGES)
#ifdef STRANGER
#define NAMES (2 * MESSAGES + 1)
#else
#define NAMES (2 * MESSAGES)
#endif
#define READER 2

short links;
short held;
byte apart[2];
bool leaving;
byte killed;
bool blocked[2];
bool told[2];
byte waiting;
byte tellings;
bool stranger_came;

byte lost;
/* Who counts and has seen nobody come or go since: a bit each. */
byte calm;

/* Nobody has added, or taken, what he has still to link or subtract. */
#define SETTLED (apart[0] + apart[1] == lost && !leaving)

/* Who does not count is no fault of those who do. */
inline link_one(name) {
	d_step {
		links = links | BIT(name);
		calm = 0;
		waiting++;
		assert(waiting <= LIMIT + BEYOND + stranger_came)
	}
}

/* ---- the word ---- */

inline add(by) {
#ifdef ADDSTORE
	before = held;
	d_step { held = before + by; apart[p] = apart[p] + by; calm = 0 }
#else
	d_step {
		before = held;
		held = held + by;
		apart[p] = apart[p] + by;
		calm = 0
	}
#endif
}

/* Subtracts, but never below 0. */
inline subtract(by) {
#ifdef DOWNSTORE
	seen = held;
	if
	:: seen >= by -> held = held - by
	:: else -> held = 0
	fi;
	seen = 0
#else
	d_step { held = (held >= by -> held - by : 0) }
#endif
}

/* What the directory shows, a name after the other. */
inline read_directory() {
	found = 0;
	name = 0;
	do
	:: name < NAMES -> d_step { found = found + (links >> name & 1); name++ }
	:: else -> break
	od;
	name = 0
}

inline begin_count(who) {
	d_step { said = held; calm = calm & ~BIT(who); calm = (SETTLED -> calm | BIT(who) : calm) }
}

/* Compare and exchange: the word, if it still says what it said before the reading. */
inline mend(who) {
	d_step {
		if
#ifdef MENDBLINDLY
		:: found < said && (calm >> who & 1) == 1 ->
			held = (held > said - found -> held - (said - found) : 0)
		:: held == said && found > said -> held = found
#elif defined(IMPATIENT)
		:: held == said && found != said -> held = found
#else
		:: held == said && (found > said || (calm >> who & 1) == 1) -> held = found
#endif
		:: else -> skip
		fi;
		calm = calm & ~BIT(who);
		said = 0;
		found = 0
	}
}

inline count_anew() {
#ifndef NORECOUNT
	begin_count(p);
	read_directory();
	mend(p)
#else
	skip
#endif
}

/* ---- publishers ---- */

/* For one message: added, compared, taken back if that is beyond the limit. */
inline take_one() {
#ifdef COUNTAFTER
	room = held < LIMIT
#else
	add(1);
	if
	:: before < LIMIT -> room = true
	:: else ->
#ifndef NOTAKEBACK
		subtract(1);
		apart[p]--;
#endif
		room = false
	fi
#endif
}

/* For several: by compare and exchange, and no more than there is room for. */
inline take_several() {
	d_step {
		room = held < LIMIT;
		if
		:: room ->
			before = (LIMIT - held >= 2 -> 2 : 1);
			held = (held < 0 -> 0 : held) + before;
			apart[p] = apart[p] + before;
			calm = 0
		:: else -> skip
		fi
	}
}

inline take_room() {
	if
#ifdef AHEAD
	:: p == 0 && apart[p] > 0 -> room = true
	:: p == 0 && apart[p] == 0 -> take_several()
	:: p != 0 -> take_one()
#else
	:: take_one()
#endif
	fi;
	before = 0
}

/* Full: waits until the word says otherwise, or the time has come to count anew. */
inline wait_for_room() {
	blocked[p] = true;
	if
	:: held < LIMIT -> skip
	:: told[p] -> skip
	fi;
	d_step { blocked[p] = false; told[p] = false }
}

proctype publisher(byte p) {
	byte k;
	short before;
	short said;
	byte found;
	byte name;
	bool room;
#ifdef DOWNSTORE
	short seen;
#endif

	{
		do
		:: k < MESSAGES ->
			take_room();
			if
			:: !room -> count_anew(); take_room()
			:: else -> skip
			fi;
			if
			:: room ->
				d_step {
					link_one(MESSAGES * p + k);
#ifndef COUNTAFTER
					apart[p]--;
#endif
					room = false;
					k++
				};
#ifdef COUNTAFTER
				d_step { held++; before = 0 }
#endif
			:: else -> wait_for_room()
			fi
		:: else -> break
		od;
		/* What was set apart and not used. */
		do
		:: apart[p] > 0 -> subtract(1); apart[p]--
		:: else -> break
		od
	} unless {
		atomic { killed == p + 1 -> lost = lost + apart[p]; blocked[p] = false }
	}
}

/* ---- the reader ---- */

inline look_through() {
	begin_count(READER);
	read_directory();
	d_step {
		if
		:: held == said && found > said -> held = found
#ifdef HASTY
		:: held == said && found == 0 -> held = 0
#else
		:: held == said && found == 0 && (calm >> READER & 1) == 1 -> held = 0
#endif
		:: else -> skip
		fi;
		calm = calm & ~BIT(READER);
		said = 0;
		found = 0
	}
}

active proctype reader() {
	short said;
	byte found;
	byte name;
	byte scans;
#ifdef DOWNSTORE
	short seen;
#endif

	atomic { run publisher(0); run publisher(1) };
again:
	{
		do
		:: d_step { links != 0 -> links = links & (links - 1); calm = 0; waiting--; leaving = true };
			subtract(1);
			leaving = false
		:: scans < SCANS -> scans++; look_through()
		od
	} unless {
		atomic {
			killed == READER + 1;
			killed = 0;
			leaving = false;
			said = 0;
			found = 0;
			name = 0
		}
	};
	goto again
}

#ifdef CRASH
active proctype killer() {
	if
	:: killed = 1
	:: killed = 2
	:: killed = READER + 1
	:: skip
	fi
}
#endif

#ifdef STRANGER
active proctype stranger() {
	atomic { stranger_came = true; link_one(STRANGERS) }
}
#endif

/* Nobody moves any more: nothing waits, as the reader lives. Who waits for room is told to count
 * anew, and then has it: no message needs that twice. */
active proctype judge() {
	do
	:: atomic {
		timeout ->
		if
		:: blocked[0] || blocked[1] ->
			assert(tellings < 2 * MESSAGES);
			tellings++;
			told[0] = blocked[0];
			told[1] = !blocked[0]
		:: else -> assert(links == 0); break
		fi
	}
	od
}
