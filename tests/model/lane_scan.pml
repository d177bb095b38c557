/* SPDX-License-Identifier: MIT */
/* A part of lane.pml: the reader's reading of the directory (R4). */

/* A pass over a directory that others link into shows all that was there when it began, and any
 * part of what came while it ran. begin[] is what was there; the next pass begins as this ends. */
inline end_pass(q) {
	bits = links[q] & ~begin[q];
	shown = begin[q];
	do
	:: bits != 0 ->
		if
		:: shown = shown | LOWEST(bits)
		:: skip
		fi;
		bits = bits & (bits - 1)
	:: else -> break
	od;
	begin[q] = links[q];
	if
	:: first_pass -> set_bound(q)
	:: else -> skip
	fi;
	shown = shown & bound[q];
	again = again || ((shown & ~found[q]) != 0);
	found[q] = found[q] | shown;
	shown = 0
}

/* Nothing above the highest ID of the first pass counts in later ones. That ID may be another
 * publisher's: either is possible. */
inline set_bound(q) {
#ifdef KEYSUNBOUND
	bound[q] = shown & PLAIN_BITS;
#else
	bound[q] = shown;
#endif
	bound[q] = bound[q] | (bound[q] >> 1);
	bound[q] = bound[q] | (bound[q] >> 2);
	bound[q] = bound[q] | (bound[q] >> 4);
#ifdef KEYSUNBOUND
	bound[q] = bound[q] | SEGMENT_BITS;
#endif
	if
	:: bound[q] = 255
	:: skip
	fi
}

/* Passes until one shows nothing new. What was found is kept in found[]. */
inline scan() {
	first_pass = true;
	do
	:: atomic {
		again = false;
		end_pass(0);
		end_pass(1);
		first_pass = false;
		if
#ifndef SINGLEPASS
		:: again -> skip
		:: !again -> break
#else
		:: break
#endif
		fi
	}
	od;
	again = false;
	d_step {
		known[0] = known[0] | (found[0] & SEGMENT_BITS);
		known[1] = known[1] | (found[1] & SEGMENT_BITS);
		pending[0] = pending[0] | (found[0] & PLAIN_BITS);
		pending[1] = pending[1] | (found[1] & PLAIN_BITS);
		begin[0] = 0; begin[1] = 0; found[0] = 0; found[1] = 0; bound[0] = 0; bound[1] = 0
	}
}
