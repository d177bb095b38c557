/* SPDX-License-Identifier: MIT */
/*
 * A channel that drops its oldest messages when it is full (limit/oldest.c): files, and a segment
 * that has ended, taken away by publishers while readers take from them. That what was not handed
 * out was counted as dropped, that the count is too high by one message at most for each segment
 * that its reader was in the midst of, and that each gap is told once. Two publishers that drop, a
 * reader of the segment and of the files, and another reader of the files. run.py checks it, and
 * that it fails with each rule taken away.
 *
 * What stands for what:
 *   files         the names of messages in files, a bit each
 *   linked        the segment has its name in the channel
 *   line, place   the segment's line in the control block: whether there is one, and how many
 *                 frames the reader has passed, as others see it
 *   at            the same as the reader knows it; place follows it at any time, unless there is a
 *                 fence
 *   drops, dropped, missed
 *                 the words of the control block
 *   delivered, told
 *                 what was handed out, and what was said about gaps
 *   held          the segment's bytes are counted: once
 * Each statement, atomic or d_step is one access to memory that is shared, or one system call.
 *
 * Not in it: what is handed out and not settled, for which a segment stays (see may_go()), readers
 * that die, more than 64 segments, a publisher that is stopped for a second in the midst of a drop
 * (the reader keeps the line of a segment that was taken away for so long).
 *
 * Sizes: FRAMES, FILES (0 to 3). Each switch takes a rule away; run.py has the list.
 */
#ifndef FRAMES
#define FRAMES 3
#endif
#ifndef FILES
#define FILES 2
#endif
/* By how many the count may be too high. */
#ifndef OVER
#define OVER 1
#endif

#define BIT(i) (1 << (i))
#define LOWEST(bits) ((bits) & (-(bits)))

byte files = BIT(FILES) - 1;
bool linked = FRAMES > 0;
bool line;
byte place;
byte at;
byte drops;
byte dropped;
byte missed;
byte delivered;
byte told;
short held = FRAMES > 0;

/* ---- publishers ---- */

inline count_dropped(by) {
#ifdef DROPSTORE
	seen = dropped;
	dropped = seen + by;
	seen = 0
#else
	dropped = dropped + by
#endif
}

inline drop_file() {
	d_step {
		file = LOWEST(files);
		won = false
	};
	/* The name that was read may be gone by now. */
	d_step { won = (files & file) != 0; files = files & ~file; file = 0 };
	if
	:: won -> count_dropped(1); won = false
	:: else -> skip
	fi
}

inline raise_drops() {
#ifndef SILENT
	drops++
#else
	skip
#endif
}

/* No line: the reader has not come to it. */
inline read_place() {
	d_step { rest = FRAMES - (line -> place : 0) }
}

/* The link goes first, and the reader is told; then it is seen how far he came. */
inline drop_segment() {
#ifdef NOFENCE
	read_place();
	d_step { won = linked; linked = false };
	if
	:: won -> raise_drops()
	:: else -> skip
	fi;
#elif defined(DROPSFIRST)
	raise_drops();
	d_step { won = linked; linked = false };
	read_place();
#else
	d_step { won = linked; linked = false };
	if
	:: won -> raise_drops(); read_place()
	:: else -> skip
	fi;
#endif
	if
	:: won -> count_dropped(rest); held--; won = false
	:: else -> skip
	fi;
	rest = 0
}

proctype publisher() {
	byte file;
	byte rest;
	bool won;
#ifdef DROPSTORE
	byte seen;
#endif

	do
	:: files != 0 -> drop_file()
	:: linked -> drop_segment()
	:: break
	od
}

/* ---- readers ---- */

/* What was dropped and nobody was told yet is told with this message. */
inline hand_out() {
	seen_dropped = dropped;
	seen_missed = missed;
	if
	:: seen_dropped > seen_missed ->
#ifdef TOLDSTORE
		missed = seen_dropped;
		told = told + seen_dropped - seen_missed
#else
		d_step {
			if
			:: missed == seen_missed ->
				missed = seen_dropped;
				told = told + seen_dropped - seen_missed
			:: else -> skip
			fi
		}
#endif
	:: else -> skip
	fi;
	d_step { delivered++; seen_dropped = 0; seen_missed = 0 }
}

inline take_file() {
	file = LOWEST(files);
	d_step { won = (files & file) != 0; files = files & ~file; file = 0 };
	if
#ifdef TAKEGONE
	:: hand_out()
#else
	:: won -> hand_out()
	:: else -> skip
#endif
	fi;
	won = false
}

inline let_go(is_gone) {
#ifdef LINEGOES
	d_step { attached = false; line = false };
#else
	d_step { attached = false; line = is_gone };
#endif
#ifdef UNCOUNTGONE
	held--
#else
	held = (is_gone -> held : held - 1)
#endif
}

/* As others see it: at once. Without a fence: at some time. */
inline fence() {
#ifndef NOFENCE_READER
	place = at
#else
	skip
#endif
}

inline take_frame() {
#ifndef NOLOOK
	gone = drops != drops_known;
	if
	:: gone -> d_step { drops_known = drops; gone = !linked }
	:: else -> skip
	fi;
#endif
	if
	:: gone -> gone = false; let_go(true)
	:: else ->
#ifdef NOTEAFTER
		hand_out();
		at++;
		fence()
#else
		at++;
		fence();
		hand_out()
#endif
	fi
}

inline finish() {
	d_step { gone = !linked; linked = false };
	let_go(gone);
	gone = false
}

proctype reader(bool reads_segments) {
	byte file;
	bool won;
	byte seen_dropped;
	byte seen_missed;
	bool attached;
	bool came;
	bool gone;
	byte drops_known;

	do
	:: files != 0 -> take_file()
	:: reads_segments && !came && linked -> d_step { came = true; attached = true; line = true }
	:: attached && at < FRAMES -> take_frame()
	:: attached && at == FRAMES -> finish()
	:: files == 0 && !attached && (came || !linked || !reads_segments) -> break
	od
}

#ifdef NOFENCE_READER
/* What the reader has stored comes to where others see it, some time or other. */
active proctype store_buffer() {
end:
	do
	:: d_step { place != at -> place = at }
	od
}
#endif

/* Nobody moves any more. */
active proctype judge() {
	atomic {
		timeout ->
		assert(files == 0 && !linked);
		assert(delivered + dropped >= FILES + FRAMES);
		assert(delivered + dropped <= FILES + FRAMES + OVER);
		assert(told == missed && missed <= dropped);
		assert(held == 0)
	}
}

init {
	atomic {
		run publisher();
		run publisher();
		run reader(true);
		run reader(false)
	}
}
