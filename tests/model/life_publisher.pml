/* SPDX-License-Identifier: MIT */
/* A part of life.pml: what a publisher does. */

/* A record tells the ID: 2 is the ID that two messages have. */
#ifdef SAMEID
#define RECORD(m) 2
#else
#define RECORD(m) (m)
#endif

/* The bell is full: the flag, and then once more (R3). */
inline announce(fifo, word, record) {
	ring(fifo, record);
	if
	:: refused ->
#ifndef NODIRTY
#ifndef DIRTYFIRST
		word = true;
#endif
#ifndef NORETRY
		ring(fifo, record);
#endif
#endif
		refused = false
	:: else -> skip
	fi
}

inline write_file() {
#ifdef INTENT
	intent[m] = true
#else
	skip
#endif
}

/* A link never replaces: where <ID> is another's, it gets a name of its own. */
inline link_first() {
	d_step {
#ifdef SAMEID
		look = at[1 - m] == WAITS;
#endif
		at[m] = (look -> TAKEN : WAITS);
		changed = true
	}
}

/* A file that had names and has none is not linked again by the kernel: then it is written once
 * more. NOCOPY: then that is left out. */
#define HAS_NAME (intent[m] || at[m] != GONE)
inline link_second() {
	d_step {
#ifdef NOCOPY
		links2 = (HAS_NAME -> links2 | BIT(m) : links2)
#else
		links2 = links2 | BIT(m)
#endif
	}
}

inline ring_first() {
	if
	:: look ->
#ifndef TAKENSILENT
		dirty = true;
		announce(bell, dirty, LOOK)
#else
		announce(bell, dirty, RECORD(m))
#endif
	:: else -> announce(bell, dirty, RECORD(m))
	fi
}

/* DIRTYFIRST: asks whether a bell is full before there is anything to find. */
inline ask_first() {
#ifdef DIRTYFIRST
	atomic { dirty = dirty || full(bell) };
	atomic { dirty2 = dirty2 || full(bell2) }
#else
	skip
#endif
}

inline publish() {
	write_file();
	ask_first();
#ifdef RINGFIRST
	ring_first();
	link_first();
#else
	link_first();
#endif
#ifndef ONECHANNEL
	link_second();
#endif
#ifndef RINGFIRST
	ring_first();
#endif
#ifndef ONECHANNEL
	announce(bell2, dirty2, m);
#endif
#ifdef INTENT
	intent[m] = false;
#endif
	d_step { returned++; look = false }
}

inline publisher_dies() {
	atomic {
		killed == PUBLISHER -> killed = NOBODY;
		publisher_died = true;
		mishap = true;
		changed = true
	}
}

#ifdef SAMEID
proctype publisher(byte m) {
	bool refused;
	bool look;

	publish()
}
#else
proctype publisher() {
	byte m;
	bool refused;
	bool look;

	{
		do
		:: m < MESSAGES -> publish(); m++
		:: else -> break
		od
	} unless {
		publisher_dies()
	}
}
#endif
