/* SPDX-License-Identifier: MIT */
/* A part of life.pml: who reads the second channel. */

#ifndef ONECHANNEL
/* Unlinked, then handed out: in the order in which it was published, and once. */
inline hand_out2(m) {
	d_step {
		if
		:: (links2 & BIT(m)) != 0 ->
			links2 = links2 & ~BIT(m);
			assert(m == next2);
			next2++
		:: else -> skip
		fi
	}
}

active proctype reader() {
	byte record;
	byte scanned;
	bool scan_due = true;
	bool rang;

	do
	:: d_step {
		if
		:: nempty(bell2) -> bell2?record; rang = true
		:: empty(bell2) -> rang = false
		fi
	};
		d_step {
			scan_due = scan_due || dirty2;
			dirty2 = false
		};
		if
		:: d_step { scan_due -> scanned = links2; scan_due = false }
		:: else -> skip
		fi;
		do
		:: scanned != 0 ->
			hand_out2(NUMBER(LOWEST(scanned)));
			scanned = scanned & (scanned - 1)
		:: else -> break
		od;
		if
		:: rang -> hand_out2(record); rang = false; record = 0
		:: else ->
			/* poll() */
			if
			:: nempty(bell2) -> skip
			:: d_step { tick[2] -> tick[2] = false; scan_due = true }
			fi
		fi
	od
}
#endif
