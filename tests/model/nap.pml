/* SPDX-License-Identifier: MIT */
/*
 * Naps (R6): a reader that frames come to one by one waits for its sleep word, and not for its
 * bell. That it never sleeps beside a frame or a file, though it does not hear the bell while it
 * naps. A reader in a call that waits, two publishers of frames, and one of files that only rings
 * the bell, as formix-pubsub does. run.py checks it, and that it fails with each rule taken away.
 *
 * What stands for what:
 *   committed[p] how many frames publisher p has committed; taken[p]: how many were handed out
 *   bell         the FIFO: FRAME only wakes, FILE tells of a message in a file
 *   waiting, naps, sleep_of[p]
 *                the sleep word: whether a number stands there, whether with FSI_CONTROL_NAPS, and
 *                whether the number that p loaded is still that one
 *   in_futex     the kernel has the reader wait for the word
 *   signal       the descriptor is readable without the bell
 *   killed       1 + the publisher that was killed
 *
 * A nap ends by itself at any time, and so does a fetch (it fails, or has looked for long enough),
 * but not for ever: SURPRISES. Then the program may poll the descriptor next. What lane.pml has is
 * not here once more: segments and epochs, order, a bell that is full, fences.
 *
 * Sizes: FRAMES0, FRAMES1, FILES. Options: CRASH (a publisher of frames is killed between any two
 * of its steps), WAKEFIRST (of a nap: wakes, then clears), NOTIMEOUT (a nap does not end by itself:
 * what is lost then is lost to a reader that naps only for as long as a nap may last). Each other
 * switch takes a rule away; run.py has the list.
 */
#ifndef FRAMES0
#define FRAMES0 2
#endif
#ifndef FRAMES1
#define FRAMES1 1
#endif
#ifndef FILES
#define FILES 1
#endif
#ifndef SURPRISES
#define SURPRISES 1
#endif

#define COUNT(p) ((p) == 0 -> FRAMES0 : FRAMES1)
#define FRAME 0
#define FILE 1
#define SOME_WAIT(p) (taken[p] < committed[p])

byte committed[2];
byte taken[2];
byte returned[2];
byte files_taken;
/* It is never full: nobody rings more often than once for each message. */
chan bell = [FRAMES0 + FRAMES1 + FILES] of { bit };
/* A channel is born as if its reader slept. */
bool waiting = true;
bool naps;
bool sleep_of[2];
bool in_futex;
bool signal;
byte killed;

/* ---- publishers ---- */

inline load_word() {
	d_step { asleep = waiting; napping = naps; sleep_of[p] = waiting }
}

/* Compare and exchange. */
inline clear() {
#ifdef NAPSTORE
	d_step { cleared = waiting; waiting = false }
#else
	d_step { cleared = waiting && sleep_of[p]; waiting = waiting && !sleep_of[p] }
#endif
}

/* A number that somebody else has cleared is his to wake. */
inline end_nap() {
#ifdef WAKEFIRST
	in_futex = false;
	clear()
#else
	clear();
	if
	:: cleared -> in_futex = false
	:: else -> skip
	fi
#endif
}

proctype publisher(byte p) {
	bool asleep;
	bool napping;
	bool cleared;

	{
		do
		:: committed[p] < COUNT(p) ->
			committed[p]++;
			load_word();
			if
			:: asleep && napping -> end_nap()
			:: asleep && !napping -> bell!FRAME; clear()
			:: else -> skip
			fi;
			d_step { returned[p]++; asleep = false; napping = false; cleared = false }
		:: else -> break
		od
	} unless {
		killed == p + 1
	}
}

/* Links, rings, and looks at no word. */
active proctype publisher_of_files() {
	byte linked;

	do
	:: linked < FILES -> bell!FILE; linked++
	:: else -> break
	od
}

#ifdef CRASH
active proctype killer() {
	if
	:: killed = 1
	:: killed = 2
	:: skip
	fi
}
#endif

/* ---- the reader ---- */

inline take_frames_of(q) {
	d_step { found = found || SOME_WAIT(q); taken[q] = committed[q] }
}

inline take_frames() {
	found = false;
	take_frames_of(0);
	take_frames_of(1)
}

inline read_bell() {
	atomic {
		do
		:: bell?FRAME
		:: bell?FILE -> files_taken++; found = true
		:: empty(bell) -> break
		od
	}
}

inline stay_awake() {
	d_step { asleep = false; waiting = false }
}

/* A message was taken: the first one after a sleep tells what the next sleep is to be. */
inline hand_out(is_frame) {
	d_step {
		may_nap = (asleep -> is_frame : may_nap);
		found = false;
		asleep = false;
		waiting = false
	}
}

/* Stores a number, and looks once more. */
inline fall_asleep(with_nap) {
	d_step {
		waiting = true;
		naps = with_nap;
		sleep_of[0] = false;
		sleep_of[1] = false
	};
#ifdef NAPNORELOOK
	if
	:: with_nap -> skip
	:: else -> found = SOME_WAIT(0); found = found || SOME_WAIT(1)
	fi;
#else
	found = SOME_WAIT(0);
	found = found || SOME_WAIT(1);
#endif
	if
	:: found -> waiting = false
	:: else -> asleep = true
	fi
}

/* The fetch ends without a message and without a sleep: whoever polls is to come back at once. */
inline give_up() {
	surprises++;
#ifndef LONGSILENT
	signal = true
#else
	skip
#endif
}

/* The fetch fails: a number that stands there may be that of a nap. */
inline fail() {
	surprises++;
#ifdef FAILKEEPSNAP
	if
	:: waiting -> skip
	:: else -> stay_awake(); signal = true
	fi
#else
	stay_awake();
	signal = true
#endif
}

/* Nobody moves any more: all was handed out, of a killed publisher all that it had published. */
inline check_end() {
	d_step {
		assert(killed == 1 || taken[0] == FRAMES0);
		assert(killed == 2 || taken[1] == FRAMES1);
		assert(taken[0] >= returned[0] && taken[1] >= returned[1]);
		assert(files_taken == FILES)
	}
}

active proctype reader() {
	bool may_nap;
	bool asleep = true;
	bool found;
	byte surprises;

	atomic { run publisher(0); run publisher(1) };
wait:
	/* A wait that is about to end does without. */
	if
	:: may_nap
	:: goto sleep
	fi;
nap:
	if
	:: surprises < SURPRISES -> fail(); goto polled
	:: skip
	fi;
	take_frames();
	if
	:: found -> hand_out(true); goto wait
	:: else -> skip
	fi;
	/* After a frame it may do without the bell for once. */
	if
	:: !asleep -> skip
	:: read_bell()
	fi;
	if
	:: found -> hand_out(false); goto wait
	:: !found && surprises < SURPRISES -> give_up(); goto lie_down
	:: !found
	fi;
	fall_asleep(true);
	if
	:: found -> goto nap
	:: else -> skip
	fi;
lie_down:
	if
	:: waiting && naps -> skip
	:: else -> goto nap
	fi;
	/* The kernel compares. */
	atomic {
#ifndef NOCOMPARE
		if
		:: waiting -> in_futex = true
		:: else -> goto nap
		fi
#else
		in_futex = true
#endif
	};
	if
	:: !in_futex -> goto nap
#ifndef NOTIMEOUT
	/* Time is over, or a signal has come. */
	:: in_futex = false
#else
	:: timeout -> check_end(); goto end
#endif
	fi;
	may_nap = false;
#ifdef NAPBITSTAYS
	goto polled;
#endif
sleep:
	if
	:: surprises < SURPRISES -> fail(); goto polled
	:: skip
	fi;
	take_frames();
	if
	:: found -> hand_out(true); goto wait
	:: else -> skip
	fi;
	read_bell();
	if
	:: found -> hand_out(false); goto wait
	:: !found && surprises < SURPRISES -> give_up(); goto polled
	:: !found
	fi;
	signal = false;
	fall_asleep(false);
	if
	:: found -> goto sleep
	:: else -> skip
	fi;
polled:
	/* poll(), by us or by the program; which then waits again, or fetches. */
	if
	:: nempty(bell) || signal ->
		if
		:: goto wait
		:: goto sleep
		fi
	:: timeout -> check_end()
	fi;
end:
	skip
}
