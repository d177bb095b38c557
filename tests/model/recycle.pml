/* SPDX-License-Identifier: MIT */
/*
 * When a segment may be used again: that no byte in use is overwritten or taken away, that nobody
 * writes where there is no memory, and that no reader passes by what is there for it. One segment,
 * from its making on, its publisher, a channel and a reader for each of two links, somebody who
 * removes links by hand, and the sweeper that gives idle memory back. run.py checks it, and that it
 * fails with each rule taken away.
 *
 * What stands for what:
 *   links[r]     the names ".s-<key>-..." of the segment in channel r, a bit for each key
 *   named        its name in the pool; the link count is that and the links
 *   key          the key in its header; 0: none
 *   in_use       the word in its header: it is being written
 *   memory       false once it was punched out: a store there may be a SIGBUS
 *   exclusive    who holds flock EX; shared[r]: whether reader r holds flock SH
 *   read_as[r]   the key as which reader r reads it, from the check of the key until the last
 *                message was given back, or, without the lock, copied
 *   killed       the publisher was killed: its locks are free
 *
 * Who wants EX looks at the link count before, too, and the sweeper also at in_use: who sees links
 * does not lock. A reader that finds EX taken tries again as long as its link is there. How often
 * is not in the model: a reader that never goes on without the lock waits until it is free.
 *
 * USES: how often it is used, 1 to 3.
 * Options: HANDS (somebody removes links at any time); UNLOCKED (a reader may give up waiting for
 * the lock, and goes on without if its link is there). Not both: what a reader without the lock is
 * guarded by is its link. LOCKATONCE (nobody looks before he locks), FRAMEFIRST (a frame is written
 * before the link), NOSWEEPER. Each other switch takes a rule away; run.py has the list.
 *
 * Not in it: what is in the frames, inode numbers that repeat (readers keep descriptor and mapping
 * together), a name in the pool that somebody removes by hand, what an ended segment gives back
 * early, and the 10 s for which the sweeper waits: it must be right without.
 */
#ifndef USES
#define USES 2
#endif

#define BIT(i) (1 << (i))
#define PUBLISHER 2
#define SWEEPER 3
#define NOBODY 4
#define COUNT(names) (((names) >> 1 & 1) + ((names) >> 2 & 1) + ((names) >> 3 & 1))
#define LINK_COUNT (named + COUNT(links[0]) + COUNT(links[1]))
#define NONE_SHARES (!shared[0] && !shared[1])

byte links[2];
/* A new segment is in use before it has a name. */
bool named;
byte key;
bool in_use;
bool memory = true;
byte exclusive = NOBODY;
bool shared[2];
byte read_as[2];
bool killed;

inline try_exclusive(who) {
	atomic {
		if
		:: exclusive == NOBODY && NONE_SHARES -> exclusive = who; locked = true
		:: else -> locked = false
		fi
	}
}

/* Looks, locks, and with the lock looks again: at name and link count. */
inline take_segment() {
#ifdef LOCKATONCE
	usable = true;
#else
	usable = LINK_COUNT <= 1;
#endif
#ifdef CHECKFIRST
	usable = named && LINK_COUNT == 1;
#endif
	if
	:: usable ->
		try_exclusive(PUBLISHER);
#ifdef CHECKFIRST
		usable = locked
#else
		usable = locked && named && LINK_COUNT == 1
#endif
	:: else -> skip
	fi
}

inline release(who) {
	d_step {
		exclusive = (exclusive == who -> NOBODY : exclusive);
		locked = false;
		usable = false
	}
}

/* Something is written for the use of that key (0: punched out): nobody reads for another. */
inline touch(use_key) {
	assert(read_as[0] == 0 || read_as[0] == use_key);
	assert(read_as[1] == 0 || read_as[1] == use_key)
}

inline write(use_key) {
	d_step { assert(memory); touch(use_key) }
}

inline mark_in_use() {
#ifdef NOINUSE
	skip
#else
	d_step { assert(memory); in_use = true }
#endif
}

/* Under EX, or before it has a name: the header, and the first commit word. */
inline begin() {
#ifndef INUSELATE
	mark_in_use();
#endif
	d_step { assert(memory); touch(use); key = 0 };
	d_step { assert(memory); touch(use); key = use };
	release(PUBLISHER);
#ifdef INUSELATE
	mark_in_use()
#else
	skip
#endif
}

/* By its name in the pool, or by its descriptor: the kernel links nothing that has no name left. */
inline link_into(channel) {
	atomic {
		if
		:: LINK_COUNT > 0 -> links[channel] = links[channel] | BIT(use)
		:: else -> lost = true
		fi
	}
}

inline end_use() {
#ifdef ENDEARLY
	in_use = false;
	write(use)
#else
	write(use);
	in_use = false
#endif
}

/* Ends one in which a payload is being built: nobody takes away what has no name. */
inline detach() {
#ifdef DETACHLATE
	end_use();
	named = false;
#else
	named = false;
	end_use();
#endif
	lost = true;
	assert(memory)
}

/* Links, frames, and the mark of its end. A channel that had no room is linked late, or never. */
inline use_segment() {
#ifdef FRAMEFIRST
	write(use);
#endif
	link_into(0);
	if
	:: !lost ->
		write(use);
		if
		:: link_into(1); write(use)
		:: skip
		fi
	:: else -> skip
	fi;
	if
	:: end_use()
	:: detach()
	fi
}

/* A new one, which nobody knows until it has its name. */
inline make_segment() {
#ifdef NAMEFIRST
	named = true;
	begin()
#else
	mark_in_use();
	named = true;
	begin()
#endif
}

/* It may do without the segment at any time: then it makes another one. */
active proctype publisher() {
	byte use = 1;
	bool locked;
	bool usable;
	bool lost;

	{
		make_segment();
		use_segment();
		use++;
		do
		:: use <= USES && !lost ->
			take_segment();
			if
			:: usable -> begin(); use_segment(); use++
			:: !usable && locked -> release(PUBLISHER)
			:: !usable && !locked -> skip
			fi
		:: true -> break
		od;
		if
		:: named = false
		:: skip
		fi
	} unless {
		atomic {
			killed;
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

/* Opens the link, locks, looks whether the key is still that of the link, reads. */
proctype reader(byte r) {
	byte opened;

	do
	:: atomic {
		if
		:: (links[r] & BIT(1)) != 0 -> opened = 1
		:: (links[r] & BIT(2)) != 0 -> opened = 2
		:: (links[r] & BIT(3)) != 0 -> opened = 3
		fi
	};
#ifndef NOREADERLOCK
		/* EX is taken: tries again, unless the link is gone. */
		if
		:: atomic { exclusive == NOBODY -> shared[r] = true }
		:: atomic { exclusive != NOBODY && (links[r] & BIT(opened)) == 0 -> opened = 0 }
#ifdef LOCKEDISGONE
		:: atomic {
			exclusive != NOBODY;
			assert((links[r] & BIT(opened)) == 0);
			opened = 0
		}
#endif
#ifdef UNLOCKED
		:: atomic { exclusive != NOBODY && (links[r] & BIT(opened)) != 0 }
#endif
		fi;
#endif
		d_step {
#ifdef NOKEYCHECK
			read_as[r] = opened;
#else
			read_as[r] = (opened != 0 && key == opened -> opened : 0);
#endif
			/* Refused, and its link set aside: not one that is there in earnest. */
			assert(read_as[r] == opened || (links[r] & BIT(opened)) == 0)
		};
		if
		:: read_as[r] != 0 ->
			assert(memory && key == opened);
			/* Read to its end, or killed before. What was lent outlives the link; without
			 * the lock nothing is lent. */
#ifndef LENDUNLOCKED
			if
			:: !shared[r] -> read_as[r] = 0
			:: else -> skip
			fi;
#endif
			if
			:: links[r] = links[r] & ~BIT(opened)
			:: skip
			fi;
			read_as[r] = 0
		:: else -> skip
		fi;
		d_step { shared[r] = false; opened = 0 }
	:: true -> break
	od
}

#ifdef HANDS
active proctype hands() {
	do
	:: links[0] != 0 -> links[0] = links[0] & (links[0] - 1)
	:: links[1] != 0 -> links[1] = links[1] & (links[1] - 1)
	:: true -> break
	od
}
#endif

#ifndef NOSWEEPER
/* With the lock: neither being written, nor with a link. */
inline look_with_lock() {
#ifdef INUSEONCE
	usable = locked && LINK_COUNT == 1
#elif defined(CHECKFIRST)
	usable = locked && !in_use
#else
	usable = locked && !in_use;
	usable = usable && LINK_COUNT == 1
#endif
}

/* Of a segment whose publisher is dead it removes the name only. */
active proctype sweeper() {
	bool locked;
	bool usable;

	do
	:: named && killed -> named = false
	:: named && !killed ->
#ifdef LOCKATONCE
		usable = true;
#else
		usable = LINK_COUNT == 1;
		usable = usable && !in_use;
#endif
		if
		:: usable -> try_exclusive(SWEEPER); look_with_lock()
		:: else -> skip
		fi;
		if
		:: usable ->
			atomic {
				if
				:: named -> named = false
				:: else -> usable = false
				fi
			};
			if
			:: !usable -> skip
#ifdef KEEPKEY
			:: usable -> d_step { touch(0); memory = false; in_use = false }
#else
			:: usable -> d_step { touch(0); memory = false; in_use = false; key = 0 }
#endif
			fi;
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
