/* SPDX-License-Identifier: MIT */
/* A part of lane.pml: what the reader of the channel does, round by round. */
#include "lane_scan.pml"

/* What publishers have loaded is not the number of this sleep any more. BORNAGAIN: the first sleep
 * has the number with which the channel was born. */
inline forget_sleep() {
#ifdef BORNAGAIN
	if
	:: slept -> sleep_of[0] = false; sleep_of[1] = false
	:: else -> skip
	fi
#else
	sleep_of[0] = false;
	sleep_of[1] = false
#endif
}

/* Takes a record for what it is if what it names is there. */
inline take_record() {
	if
	:: record == WAKE -> skip
	:: record == LOOK -> scan_due = true
	:: else ->
		owner = record / 8;
		bits = BIT(record % 8) & links[owner];
		known[owner] = known[owner] | (bits & SEGMENT_BITS);
		pending[owner] = pending[owner] | (bits & PLAIN_BITS)
	fi;
	record = 0;
	owner = 0;
	bits = 0
}

inline read_bell() {
	do
	:: atomic { bell?record -> take_record(); some = true }
	:: atomic { empty(bell) -> break }
#ifndef EPOCHPART
	:: some && !to_the_end -> break
#else
	:: some -> break
#endif
	od;
	some = false
}

inline take_dirty() {
	atomic {
		if
		:: dirty || scan_due ->
			dirty = false;
			scan_due = false;
			begin[0] = links[0];
			begin[1] = links[1];
			some = true
		:: else -> skip
		fi
	};
	if
	:: some -> some = false; scan()
	:: else -> skip
	fi
}

/* Hands message `bits` of publisher q out: it must be the next one. */
inline hand_out(q) {
	assert(bits == next[q]);
	next[q] = next[q] << 1;
	busy = true
}

inline deliver_files() {
	d_step {
		owner = 0;
		do
		:: owner < 2 ->
			pending[owner] = pending[owner] & links[owner];
			do
			:: pending[owner] != 0 ->
				bits = LOWEST(pending[owner]);
				hand_out(owner);
				links[owner] = links[owner] & ~bits;
				pending[owner] = pending[owner] & ~bits
			:: else -> break
			od;
			owner++
		:: else -> break
		od;
		owner = 0;
		bits = 0
	}
}

/* The first frame in segment s of the source, 0 if there is none or we don't know the segment. */
#define HEAD(s) ((known[source] & SEGMENT_BIT(s)) != 0 -> LOWEST(frames[2 * source + (s)]) : 0)

/* Both segments' heads, in either order, then again where there was none. */
inline look() {
	if
	:: d_step { head[0] = HEAD(0) }; d_step { head[1] = HEAD(1) }
	:: (known[source] & SEGMENT_BITS) == SEGMENT_BITS ->
		d_step { head[1] = HEAD(1) }; d_step { head[0] = HEAD(0) }
	fi;
#ifndef ONELOOK
	d_step {
		owner = 0;
		if
		:: head[0] == 0 && head[1] != 0 -> head[0] = HEAD(0)
		:: head[0] != 0 && head[1] == 0 -> head[1] = HEAD(1)
		:: else -> skip
		fi;
		owner = 0
	}
#endif
}

/* Takes the lower head, unless its epoch shows that there may be segments we don't know of. */
inline take_frame() {
	d_step {
		if
		:: head[1] == 0 || (head[0] != 0 && head[0] < head[1]) -> owner = 0
		:: else -> owner = 1
		fi;
		bits = head[owner];
		record = (bits == 1 -> 0 : (bits == 2 -> 1 : (bits == 4 -> 2 : 3)));
		if
#ifndef NOEPOCH
		:: epoch_of[4 * source + record] > epoch_known[source] ->
			epoch_seen[source] = epoch_of[4 * source + record];
			to_the_end = true
#endif
		:: else ->
			hand_out(source);
			frames[2 * source + owner] = frames[2 * source + owner] & ~bits;
			epoch_of[4 * source + record] = 0
		fi;
		head[0] = 0; head[1] = 0; owner = 0; record = 0; bits = 0
	}
}

/* A dead publisher's segments end at what is seen after its lock was seen to be free. */
inline end_segments() {
#ifdef CRASH
	if
	:: killed == source + 1 ->
		d_step {
#ifndef NOTAILREREAD
			bits = frames[2 * source] | frames[2 * source + 1];
#endif
			if
			:: bits == 0 -> links[source] = links[source] & ~known[source]; known[source] = 0
			:: else -> bits = 0
			fi;
			owner = 0
		}
	:: skip
	fi
#else
	skip
#endif
}

/* Frames of one source after the other, until none is seen, enough were taken, or an epoch is not
 * known. */
inline read_frames() {
	do
	:: known[source] != 0 ->
		look();
		if
		:: head[0] != 0 || head[1] != 0 ->
			take_frame();
			if
			:: to_the_end -> break
			:: !to_the_end
			:: !to_the_end -> break
			fi
		:: else -> end_segments(); break
		fi
	:: else -> break
	od
}

#define FRAMES_WAIT(q) \
	(((known[q] & SEGMENT_BIT(0)) != 0 && frames[2 * (q)] != 0) || \
	 ((known[q] & SEGMENT_BIT(1)) != 0 && frames[2 * (q) + 1] != 0))

inline look_again() {
#ifndef NORELOOK
	some = FRAMES_WAIT(0);
	some = some || FRAMES_WAIT(1)
#else
	skip
#endif
}

inline note_sleep() {
#ifdef BORNAGAIN
	slept = true
#else
	skip
#endif
}

inline store_waiting() {
	d_step { waiting = true; forget_sleep(); note_sleep() }
}

/* LAZY: a reader that was woken clears its word only once it has a message to hand out, and it may
 * have passed over all that it found. */
inline awake() {
#ifdef LAZY
	some = false
#else
	d_step { waiting = false; forget_sleep(); some = false }
#endif
}

inline stay_awake() {
#ifdef LAZY
	if
	:: d_step { waiting = false; forget_sleep() }
	:: skip
	fi
#else
	skip
#endif
}

/* R6. KEEPSLEEP: a reader that was woken for nothing goes on with the sleep that it had. */
inline fall_asleep() {
#if defined(KEEPSLEEP)
	if
	:: waiting -> skip
	:: else -> store_waiting(); look_again()
	fi
#elif defined(NOFENCE_READER)
	if
	:: store_waiting(); look_again()
	:: look_again(); store_waiting()
	fi
#else
	store_waiting();
	look_again()
#endif
}

/* Nobody moves any more: all was handed out, of a killed publisher all that it had published. */
inline check_end() {
	d_step {
		owner = 0;
		do
		:: owner < 2 ->
			if
			:: killed == owner + 1 -> assert(next[owner] >= BIT(returned[owner]))
			:: else -> assert(next[owner] == BIT(COUNT(owner)))
			fi;
			owner++
		:: else -> break
		od;
		owner = 0
	}
}

active proctype reader() {
	/* What is known: segments, the publishers' epochs; and what is told and not handed out. */
	byte known[2];
	byte epoch_known[2];
	byte epoch_seen[2];
	byte pending[2];
	/* A scan. */
	byte begin[2];
	byte found[2];
	byte bound[2];
	byte shown;
	bool first_pass;
	bool again;
	/* A round: what was taken, and whether the bell must be read to its end. */
	byte head[2];
	byte source;
	byte owner;
	byte record;
	short bits;
	bool busy;
	bool to_the_end;
	bool some;
	bool scan_due;
#ifdef BORNAGAIN
	bool slept;
#endif

	atomic {
		run publisher(0);
#if MESSAGES1 > 0
		run publisher(1)
#endif
	};
round:
	read_bell();
	take_dirty();
#ifndef FRAMESFIRST
	deliver_files();
#endif
	d_step {
		epoch_known[0] = (epoch_seen[0] > epoch_known[0] -> epoch_seen[0] : epoch_known[0]);
		epoch_known[1] = (epoch_seen[1] > epoch_known[1] -> epoch_seen[1] : epoch_known[1]);
		epoch_seen[0] = 0;
		epoch_seen[1] = 0;
		to_the_end = false
	};
	read_frames();
	source = 1;
	if
	:: !to_the_end -> read_frames()
	:: else -> skip
	fi;
	source = 0;
#ifdef FRAMESFIRST
	if
	:: !to_the_end -> deliver_files()
	:: else -> skip
	fi;
#endif
	if
	:: busy -> stay_awake(); busy = false; goto round
	:: !busy && to_the_end -> goto round
	:: else -> skip
	fi;
	fall_asleep();
	if
	:: some -> d_step { waiting = false; forget_sleep(); some = false }; goto round
	:: else -> skip
	fi;
	/* poll() */
	if
	:: nempty(bell) -> awake(); goto round
	:: timeout -> check_end()
	fi
}
