/* SPDX-License-Identifier: MIT */
/* A part of lane.pml: what a publisher does. */

inline ring(record) {
	atomic {
		if
		:: nfull(bell) -> bell!record; refused = false
		:: full(bell) -> refused = true
		fi
	}
}

#ifdef DIRTYFIRST
inline announce(record) { ring(record) }
#else
inline announce(record) {
	ring(record);
	if
	:: refused ->
#ifndef NODIRTY
		dirty = true;
#ifndef NORETRY
		ring(record);
#endif
#endif
		skip
	:: else -> skip
	fi
}
#endif

/* DIRTYFIRST: asks whether the bell is full before there is anything to find. */
inline ask_first() {
#ifdef DIRTYFIRST
	atomic { full(bell) -> dirty = true } unless nfull(bell)
#else
	skip
#endif
}

inline publish_file() {
	ask_first();
	links[p] = links[p] | BIT(k);
	announce(RECORD(p, k))
}

inline commit() {
	d_step { frames[2 * p + way] = frames[2 * p + way] | BIT(k); epoch_of[4 * p + k] = epoch }
}

/* With the segment of a new match set the epoch rises. EPOCHLATE: only after the next frame in
 * another one. */
inline raise_epoch() {
#ifdef EPOCHLATE
	epoch = (way == 0 -> epoch + 1 : epoch)
#else
	epoch++
#endif
}

/* A segment that was begun for other channels, when this one had no room. Its first frame for this
 * one is committed before it is linked, and with the epoch that it has; which rises then. */
inline link_late() {
	commit();
	links[p] = links[p] | SEGMENT_BIT(way);
	announce(LOOK);
#ifndef LATELINK
	epoch++
#else
	skip
#endif
}

inline begin_segment() {
	ask_first();
	raise_epoch();
#ifdef ANNOUNCEFIRST
	announce(RECORD(p, 4 + way));
#endif
	links[p] = links[p] | SEGMENT_BIT(way);
#ifndef FRAMELAST
	commit();
#endif
#ifndef ANNOUNCEFIRST
	announce(RECORD(p, 4 + way));
#endif
#ifdef FRAMELAST
	commit();
#endif
	skip
}

/* Loads the sleep number: true if the reader sleeps. */
inline load_waiting() {
	d_step { asleep = waiting; sleep_of[p] = waiting }
}

inline wake() {
	if
	:: asleep ->
		ring(WAKE);
#ifdef RINGSTORE
		waiting = false
#else
		atomic {
			if
			:: sleep_of[p] && waiting -> waiting = false
			:: else -> skip
			fi
		}
#endif
	:: else -> skip
	fi
}

inline append() {
#if defined(BELLFIRST)
	load_waiting();
	wake();
	commit()
#elif defined(CLEARFIRST)
	commit();
	d_step { asleep = waiting; waiting = false };
	if
	:: asleep -> ring(WAKE)
	:: else -> skip
	fi
#else
#ifdef NOFENCE
	if
	:: commit(); load_waiting()
	:: load_waiting(); commit()
	fi;
#else
	commit();
	load_waiting();
#endif
	wake()
#endif
#ifdef EPOCHLATE
	;
	epoch = 1 + begun_second
#endif
}

/* Files come before all segments (TWOWAY: not), and it is the first segment that is begun first. */
inline choose_way() {
	if
#ifdef TWOWAY
	:: way = PLAIN
#else
#ifndef NOFILES
	:: !begun -> way = PLAIN
#endif
#endif
	:: way = 0
#ifndef ONESEGMENT
	:: begun -> way = 1
#endif
	fi
}

proctype publisher(byte p) {
	byte k;
	byte way;
	byte epoch;
	bool begun;
	bool begun_second;
#ifdef OTHERS
	bool elsewhere;
#endif
	bool refused;
	bool asleep;

	{
		do
		:: k < COUNT(p) ->
			atomic {
				choose_way();
#ifdef OTHERS
				if
				:: !elsewhere -> elsewhere = true; epoch++
				:: skip
				fi
#endif
			};
			if
			:: way == PLAIN -> publish_file()
			:: way == 0 && !begun -> begin_segment(); begun = true
			:: way == 1 && !begun_second -> begin_segment(); begun_second = true
#ifdef OTHERS
			:: way == 0 && !begun -> link_late(); begun = true
			:: way == 1 && !begun_second -> link_late(); begun_second = true
#endif
			:: else -> append()
			fi;
			d_step {
#ifdef CRASH
				returned[p] = returned[p] + 1;
#endif
				k++;
				way = 0;
				refused = false;
				asleep = false
			}
		:: else -> break
		od
	} unless {
		killed == p + 1
	}
}
