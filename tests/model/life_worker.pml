/* SPDX-License-Identifier: MIT */
/* A part of life.pml: what a worker of the first channel does, from one message to the next. */

#ifdef NODEADLINE
#define IS_OVER(m) true
#elif defined(NODEATH)
#define IS_OVER(m) overdue[m]
#else
#define IS_OVER(m) (overdue[m] || ((dead >> holder[m]) & 1) == 1)
#endif

inline ring_others() {
#ifdef NORINGOTHERS
	skip
#elif defined(OTHERSNORETRY)
	ring(bell, LOOK);
	if
	:: refused -> dirty = true; refused = false
	:: else -> skip
	fi
#else
	announce(bell, dirty, LOOK)
#endif
}

#define IS_TO_DO(m) ((at[m] == CLAIMED && IS_OVER(m)) || at[m] == DELAYED)
#if MESSAGES == 1
#define NOTHING_TO_DO (!IS_TO_DO(0))
#elif MESSAGES == 2
#define NOTHING_TO_DO (!IS_TO_DO(0) && !IS_TO_DO(1))
#else
#define NOTHING_TO_DO (!IS_TO_DO(0) && !IS_TO_DO(1) && !IS_TO_DO(2))
#endif

inline read_name() {
	d_step {
		if
		:: at[m] == CLAIMED && IS_OVER(m) ->
			seen_holder = holder[m];
			seen_attempt = attempt[m];
			seen_serial = serial[m];
			several++;
			look_due = true;
			some = true
		:: at[m] == DELAYED -> due = due | BIT(m); due_attempt[m] = attempt[m]; several++
		:: else -> skip
		fi
	}
}

/* Reads the names: takes claims back, and notes what comes again. */
inline look_over() {
	d_step {
		look_due = false;
#ifndef COUNTAPART
		/* One that was found by other ways is one that others may take. */
		several = (scanned != 0 || rang != 0);
#endif
		m = (NOTHING_TO_DO -> MESSAGES : 0)
	};
	do
	:: m < MESSAGES ->
		read_name();
		if
		:: some -> some = false; take_back(m)
		:: else -> skip
		fi;
		m++
	:: else -> break
	od;
	m = 0;
	if
	:: several > 1 -> several = 0; ring_others()
	:: else -> several = 0
	fi
}

/* What waits. READFIRST: it is read by its name before it is claimed. */
inline take_waiting(candidate) {
#ifdef READFIRST
	content = FILE_OF(candidate);
#endif
	d_step {
		m = FILE_OF(candidate);
		if
#ifdef READFIRST
		:: m != LOOK && content != LOOK -> claim(m, content)
#else
		:: m != LOOK -> claim(m, m)
#endif
#ifdef IGNORELOST
		:: m == LOOK && at[candidate] == CLAIMED -> file = candidate; note_handed(candidate)
#endif
		:: else -> skip
		fi;
		m = 0
	}
}

inline take_due() {
	d_step {
		c = NUMBER(LOWEST(due));
		if
		:: at[c] == DELAYED && attempt[c] == due_attempt[c] ->
			if
			:: attempt[c] >= ATTEMPTS -> rename_to(c, DEAD, attempt[c])
			:: else -> claim(c, c)
			fi
		:: else -> skip
		fi;
		due = due & (due - 1);
		due_attempt[c] = 0;
		c = 0
	}
}

inline take_dirty() {
	d_step {
		scan_due = scan_due || dirty;
#ifndef DIRTYSCANS
		look_due = look_due || dirty;
#endif
		dirty = false
	}
}

/* One record and no more: the bell is a queue that all share. */
inline read_bell() {
	d_step {
		if
		:: nempty(bell) -> bell?c; some = true
		:: empty(bell) -> c = LOOK; some = false
		fi;
		scan_due = scan_due || (some && c == LOOK);
		look_due = look_due || (some && c == LOOK);
		rang = (some && c != LOOK -> c + 1 : 0);
		c = 0
	}
}

inline scan() {
	d_step {
		scan_due = false;
#ifdef SAMEID
		scanned = (at[0] == WAITS || at[1] == WAITS -> 4 : 0);
		scanned = scanned | (at[0] == TAKEN -> 1 : 0) | (at[1] == TAKEN -> 2 : 0);
#else
		c = 0;
		do
		:: c < MESSAGES -> scanned = (at[c] == WAITS -> scanned | BIT(c) : scanned); c++
		:: else -> break
		od;
		c = 0
#endif
	};
	if
	:: (scanned & (scanned - 1)) != 0 -> ring_others()
	:: else -> skip
	fi
}

/* ---- the end ---- */

/* What is not settled is given back without the attempt, and somebody else is to look. */
inline leave() {
	d_step {
		if
		:: got && IS_OURS(file) ->
			handed[file]--;
			rename_to(file, DELAYED, attempt[file] - 1)
		:: else -> skip
		fi;
		end_work()
	};
	ring_others();
	away[w] = true
}

inline forget_all() {
	end_work();
	scanned = 0;
	rang = 0;
	due = 0;
	due_attempt[0] = 0;
#if MESSAGES > 1
	due_attempt[1] = 0;
#endif
#if MESSAGES > 2
	due_attempt[2] = 0;
#endif
	passed_by = false;
	given_back = false;
	some = false;
	refused = false;
	several = 0;
	seen_holder = 0;
	seen_attempt = 0;
	seen_serial = 0;
	m = 0;
	c = 0
}

/* ---- the worker ---- */

byte nacked;

proctype worker(byte w) {
	byte member = w;
	/* What is known, as in subscribe/pending.h and claim/look_over.h. */
	byte scanned;
	byte rang;
	byte due;
	byte due_attempt[MESSAGES];
	bool scan_due;
	bool look_due;
	bool passed_by;
	bool given_back;
	/* What it was handed: the file, and what its claim's name says. */
	byte file;
	byte our_attempt;
	bit our_serial;
	bool got;
	bool extended;
	/* For a moment. */
	byte m;
	byte c;
	byte seen_holder;
	byte seen_attempt;
	bit seen_serial;
	bit new_serial;
	byte several;
	bool some;
	bool refused;
#ifdef READFIRST
	byte content;
#endif

start:
	{
		d_step { scan_due = true; look_due = true };
fetch:
		look_due = look_due || given_back;
		given_back = false;
		do
		:: look_due && due == 0 -> look_over()
		:: due != 0 && !got -> take_due()
		:: else -> break
		od;
		if
		:: got -> goto work
		:: !got && scanned != 0 ->
			c = NUMBER(LOWEST(scanned));
			scanned = scanned & (scanned - 1);
			take_waiting(c);
			c = 0;
			if
			:: got -> goto work
			/* Somebody else has it, and is at those that follow: comes back to them. */
			:: !got ->
				passed_by = scanned != 0;
				scanned = 0;
				goto fetch
			fi
		:: !got && scanned == 0 && rang != 0 ->
			c = rang - 1;
			rang = 0;
			take_waiting(c);
			c = 0;
			if
			:: got -> goto work
			:: !got -> goto fetch
			fi
		:: else -> skip
		fi;
		scan_due = scan_due || passed_by;
		passed_by = false;
#ifdef DIRTYEARLY
		take_dirty();
		read_bell();
#else
		read_bell();
		take_dirty();
#endif
		if
		:: scan_due -> scan()
		:: else -> skip
		fi;
		if
		:: some || scanned != 0 || look_due -> some = false; goto fetch
		:: else -> skip
		fi;
		/* poll() */
		if
		:: nempty(bell) -> skip
		:: tick[w] -> d_step { tick[w] = false; scan_due = true; look_due = true }
		fi;
		goto fetch;
work:
		if
		:: acknowledge()
#if NACKS > 0
		:: nacked < NACKS -> nacked++; give_back()
#endif
#ifdef EXTEND
		:: !extended -> extend(); goto work
#endif
#ifdef LEAVE
		:: w == 0 -> leave(); goto end
#endif
		:: forever[w] = true; goto end_of_work
		fi;
		goto fetch;
end_of_work:
		false;
end:
		skip
	} unless {
		atomic {
			killed == w -> killed = NOBODY;
			dead = dead | BIT(member);
			forever[w] = false;
			away[w] = true;
			mishap = true;
			changed = true;
			forget_all()
		};
#ifdef RESTART
		if
		:: member == w -> away[w] = false; member = w + 2; goto start
		:: skip
		fi
#endif
	}
}
