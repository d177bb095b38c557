/* SPDX-License-Identifier: MIT */
/*
 * A part of life.pml: what happens to the name of a message in the first channel. Each is one
 * rename or one unlink, by whoever is at it; w, member, file, our_attempt, our_serial, got,
 * extended,
 * given_back, seen_holder, seen_attempt, seen_serial and new_serial are his.
 */

/* Whether a message bears the name that was read. */
#define HAS_NAME_SEEN(m) \
	(at[m] == CLAIMED && holder[m] == seen_holder && attempt[m] == seen_attempt && \
	 serial[m] == seen_serial)
#define IS_OURS(m) \
	(at[m] == CLAIMED && holder[m] == member && attempt[m] == our_attempt && \
	 serial[m] == our_serial)

/* The other message of the same ID may have that very name: then it is the next one. REPLACE: then
 * the other one is gone. */
inline find_serial(f, to, who, times) {
#ifdef SAMEID
	new_serial = 0;
	if
	:: at[1 - f] == to && attempt[1 - f] == times && (to != CLAIMED || holder[1 - f] == who) ->
#ifdef REPLACE
		at[1 - f] = (serial[1 - f] == 0 -> GONE : at[1 - f])
#else
		new_serial = 1 - serial[1 - f]
#endif
	:: else -> skip
	fi
#else
	new_serial = 0
#endif
}

inline rename_to(g, kind, count) {
	find_serial(g, kind, NOBODY, count);
	at[g] = kind;
	attempt[g] = count;
	serial[g] = new_serial;
	holder[g] = 0;
	overdue[g] = false;
	changed = true;
	new_serial = 0
}

/* A claim whose deadline has passed, or whose member is dead: comes again, or not. */
inline take_back(k) {
	d_step {
		if
#ifdef ANYCLAIM
		:: at[k] == CLAIMED ->
#else
		:: HAS_NAME_SEEN(k) ->
#endif
			if
			:: attempt[k] >= ATTEMPTS -> rename_to(k, DEAD, attempt[k])
#ifdef NOCOUNT
			:: else -> rename_to(k, DELAYED, 0)
#else
			:: else -> rename_to(k, DELAYED, attempt[k])
#endif
			fi
		:: else -> skip
		fi;
		seen_holder = 0;
		seen_attempt = 0;
		seen_serial = 0
	}
}

/* ---- claiming ---- */

/* The file that a candidate's name leads to now: one that may be another than a moment ago, if both
 * have the same ID. */
#ifdef SAMEID
#define FILE_OF(c) \
	((c) == 2 -> (at[0] == WAITS -> 0 : (at[1] == WAITS -> 1 : LOOK)) \
		  : (at[c] == TAKEN -> (c) : LOOK))
#else
#define FILE_OF(c) (at[c] == WAITS -> (c) : LOOK)
#endif

/* Now it is with us. One that was settled comes no more; two have it only if one is late. */
inline note_handed(read) {
	assert(!done[read]);
	assert(hand[1 - w] != read + 1 || late[1 - w]);
	hand[w] = read + 1;
	late[w] = false;
	handed[read]++;
	assert(handed[read] <= ATTEMPTS);
	got = true
}

inline claim(taken, read_as) {
	our_attempt = attempt[taken] + 1;
	find_serial(taken, CLAIMED, member, our_attempt);
	our_serial = new_serial;
	at[taken] = CLAIMED;
	holder[taken] = member;
	attempt[taken] = our_attempt;
	serial[taken] = our_serial;
	overdue[taken] = false;
	changed = true;
	new_serial = 0;
	file = taken;
	note_handed(read_as)
}

/* ---- settling ---- */

inline end_work() {
	hand[w] = 0;
	late[w] = false;
	file = 0;
	our_attempt = 0;
	our_serial = 0;
	got = false
}

inline acknowledge() {
	d_step {
		if
#ifdef ACKBYID
		:: at[file] == CLAIMED ->
#else
		:: IS_OURS(file) ->
#endif
			at[file] = GONE;
			done[hand[w] - 1] = true;
			holder[file] = 0;
			attempt[file] = 0;
			serial[file] = 0;
			overdue[file] = false;
			changed = true
		/* Who is told that he is late is. */
		:: else -> assert(late[w])
		fi;
		end_work()
	}
}

inline give_back() {
	d_step {
		if
		:: IS_OURS(file) ->
			if
			:: attempt[file] >= ATTEMPTS -> rename_to(file, DEAD, attempt[file])
			:: else -> rename_to(file, DELAYED, attempt[file])
			fi
		:: else -> assert(late[w])
		fi;
		given_back = true;
		end_work()
	}
}

/* Another deadline is another name. */
inline extend() {
	d_step {
		extended = true;
		if
		:: IS_OURS(file) ->
			our_serial = 1 - our_serial;
			serial[file] = our_serial;
			overdue[file] = false;
			late[w] = false;
			changed = true
		:: else -> assert(late[w])
		fi
	}
}
