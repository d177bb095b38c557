/* SPDX-License-Identifier: MIT */
/* A part of life.pml: who clears up what the dead left. */

#ifdef SWEEPER
/* What the dead left: an intent is dropped. COMPLETE: it is linked where it is not. */
inline sweep_intent(m) {
	if
	:: publisher_died && intent[m] ->
#ifdef COMPLETE
		d_step {
			at[m] = (at[m] == NOWHERE || at[m] == GONE -> WAITS : at[m]);
			changed = true
		};
#endif
		intent[m] = false
	:: else -> skip
	fi
}

active proctype sweeper() {
	byte m;
	byte seen_holder;
	byte seen_attempt;
	bit seen_serial;
	bit new_serial;

	if
	:: publisher_died -> sweep_intent(0)
	:: dead != 0 ->
		do
		:: m < MESSAGES ->
			if
			:: d_step {
				at[m] == CLAIMED && ((dead >> holder[m]) & 1) == 1 ->
				seen_holder = holder[m];
				seen_attempt = attempt[m];
				seen_serial = serial[m]
			};
				take_back(m)
			:: else -> skip
			fi;
			m++
		:: else -> break
		od
	:: skip
	fi
}
#endif
