/* SPDX-License-Identifier: MIT */
/*
 * When a segment may be used again: that no byte in use is overwritten or taken away, and that
 * nobody writes where there is no memory. One segment of the pool, its publisher, two readers,
 * somebody who removes links (drop-oldest, a channel that goes, rm) and the sweeper that gives idle
 * memory back. run.py checks it, and that it fails with each rule taken away.
 *
 * What stands for what:
 *   links        the names ".s-<key>-..." of the segment in the channel, a bit for each key
 *   named        its name in the pool; the link count is that and the links
 *   key          the key in its header; 0: none
 *   memory       false once it was punched out: a store there may be a SIGBUS
 *   exclusive    who holds flock EX; shared[]: who holds flock SH, a reader or PUBLISHER
 *   in_use[r]    the key as which reader r reads it, from the check of the key until the last
 *                message was given back
 *   killed       the publisher was killed: its locks are free
 *
 * flock turns EX into SH in two steps, and others may lock in between. The publisher links by the
 * pool's name, so that linking fails once the sweeper has removed it.
 *
 * A reader that can't get its lock waits or tries again: the link may well be there, since whoever
 * holds EX may only be about to look. LOOKTWICE is an option: who wants EX looks at the link count
 * before, too, which is cheaper and disturbs readers less; not never.
 *
 * Not in it: what is in the frames, several channels, inode numbers that repeat (readers keep
 * descriptor and mapping together), the 10 s for which the sweeper waits.
 */
#define USES 3
#define BIT(i) (1 << (i))
#define PUBLISHER 2
#define SWEEPER 3
#define NOBODY 4
#define IS_FREE (named && links == 0)
#define NONE_SHARES (!shared[0] && !shared[1] && !shared[PUBLISHER])

byte links;
bool named = true;
byte key;
bool memory = true;
byte exclusive = NOBODY;
bool shared[3];
byte in_use[2];
bool killed;

inline try_exclusive(who) {
	atomic {
		if
		:: exclusive == NOBODY && NONE_SHARES -> exclusive = who; locked = true
		:: else -> locked = false
		fi
	}
}

/* Locks, and looks at name and link count: in this order. */
inline take_segment(who) {
#ifdef CHECKFIRST
	usable = IS_FREE;
	try_exclusive(who);
	usable = usable && locked
#elif defined(LOOKTWICE)
	usable = IS_FREE;
	if
	:: usable -> try_exclusive(who); usable = locked && IS_FREE
	:: else -> skip
	fi
#else
	try_exclusive(who);
	usable = locked && IS_FREE
#endif
}

inline release(who) {
	d_step { exclusive = NOBODY; locked = false; usable = false }
}

/* Something is written for the use of that key (0: punched out): nobody reads for another. */
inline touch(use_key) {
	assert(in_use[0] == 0 || in_use[0] == use_key);
	assert(in_use[1] == 0 || in_use[1] == use_key)
}

inline write(use_key) {
	d_step { assert(memory); touch(use_key) }
}

/* Header and first commit word under EX, links and frames under SH. */
inline use_segment() {
	d_step { assert(memory); touch(use); key = use };
	release(PUBLISHER);
#ifndef NOSHARE
	atomic { exclusive == NOBODY -> shared[PUBLISHER] = true };
#endif
#ifdef FRAMEFIRST
	write(use);
#endif
	atomic {
		if
		:: named -> links = links | BIT(use)
		:: else -> lost = true
		fi
	};
	if
	:: !lost -> write(use); write(use)
	:: else -> skip
	fi;
	shared[PUBLISHER] = false
}

/* It may do without the segment at any time: then it makes another one. */
active proctype publisher() {
	byte use = 1;
	bool locked;
	bool usable;
	bool lost;

	{
		do
		:: use <= USES && !lost ->
			take_segment(PUBLISHER);
			if
			:: usable -> use_segment(); use++
			:: !usable && locked -> release(PUBLISHER)
			:: !usable && !locked -> skip
			fi
		:: true -> break
		od
	} unless {
		atomic {
			killed;
			shared[PUBLISHER] = false;
			if
			:: exclusive == PUBLISHER -> exclusive = NOBODY
			:: else -> skip
			fi
		}
	}
}

active proctype killer() {
	if
	:: killed = true
	:: skip
	fi
}

/* Opens a link, locks, looks whether the key is still that of the link, reads. */
proctype reader(byte r) {
	byte opened;

	do
	:: atomic {
		if
		:: (links & BIT(1)) != 0 -> opened = 1
		:: (links & BIT(2)) != 0 -> opened = 2
		:: (links & BIT(3)) != 0 -> opened = 3
		fi
	};
#ifndef NOREADERLOCK
#ifdef LOCKEDISGONE
		/* Takes it for removed if it can't be locked. */
		atomic {
			if
			:: exclusive == NOBODY -> shared[r] = true
			:: else -> assert((links & BIT(opened)) == 0); opened = 0
			fi
		};
#else
		atomic { exclusive == NOBODY -> shared[r] = true };
#endif
#endif
#ifdef NOKEYCHECK
		in_use[r] = opened;
#else
		in_use[r] = (opened != 0 && key == opened -> opened : 0);
#endif
		if
		:: in_use[r] != 0 ->
			assert(memory && key == opened);
			/* Read to its end, or killed before. */
			if
			:: links = links & ~BIT(opened)
			:: skip
			fi;
			in_use[r] = 0
		:: else -> skip
		fi;
		d_step { shared[r] = false; opened = 0 }
	:: true -> break
	od
}

active proctype remover() {
	do
	:: (links & BIT(1)) != 0 -> links = links & ~BIT(1)
	:: (links & BIT(2)) != 0 -> links = links & ~BIT(2)
	:: (links & BIT(3)) != 0 -> links = links & ~BIT(3)
	:: true -> break
	od
}

#ifndef NOSWEEPER
active proctype sweeper() {
	bool locked;
	bool usable;

	do
	:: named ->
		take_segment(SWEEPER);
		if
		:: usable ->
#ifdef KEEPKEY
			d_step { touch(0); memory = false };
#else
			d_step { touch(0); memory = false; key = 0 };
#endif
			named = false;
			release(SWEEPER)
		:: !usable && locked -> release(SWEEPER)
		:: !usable && !locked -> skip
		fi
	:: true -> break
	od
}
#endif

init {
	atomic { run reader(0); run reader(1) }
}
