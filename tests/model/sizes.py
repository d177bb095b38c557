# SPDX-License-Identifier: MIT
"""Sizes and mutants of the models of a message's life (life.pml), of what is dropped (drop.pml)
and of what may wait (count.pml). Those of lane, recycling and naps are in run.py.

Sizes are sentences and switches; a mutant is a switch, what it does, the size in which it must
fail, and a part of the assertion that it violates. Mutants that take seconds are for --full.
"""

# ---- life.pml ----

# What is violated.
SLEEPS_BESIDE_A_MESSAGE = "(((at["
IN_TWO_HANDS = "((hand["
HANDED_TOO_OFTEN = "(handed["
SETTLED_AND_COMES = " !(done["
GONE_UNSETTLED = "((at[0]!=6)||done"
TOLD_LATE_IN_TIME = "late["
HELD_BY_THE_DEAD = "((at[0]!=3)||(((dead"
MISSING_IN_THE_SECOND = "(next2>=returned)"

GROUP = "-DONECHANNEL -DSURPRISES=0"
FAN = "-DONEWORKER -DSURPRISES=0"
ONE = GROUP + " -DMESSAGES=1"
MISHAPS = " -DCRASH -DRESTART -DEXPIRY=1"

LIFE_SIZES = {
    "two workers, two messages": GROUP,
    "two channels, two messages": FAN,
    "two workers, one message, a deadline that is moved and passes": ONE + " -DEXPIRY=1 -DEXTEND",
    "two workers, one message, and somebody is killed": ONE + " -DCRASH -DRESTART",
    "two workers, one message, given back": ONE + " -DNACKS=2",
    "two channels, one message with an intent, a sweeper, and somebody is killed":
        FAN + " -DMESSAGES=1 -DINTENT -DSWEEPER -DCRASH -DRESTART",
}
LIFE_FULL_SIZES = {
    "two workers, two messages, a surprise": "-DONECHANNEL",
    "two workers, two messages, one is given back": GROUP + " -DNACKS=1",
    "two workers, two messages, somebody is killed": GROUP + " -DCRASH",
    "two workers, two messages, a deadline passes": GROUP + " -DEXPIRY=1",
    "two workers, two messages, one leaves": GROUP + " -DLEAVE",
    "two workers, two messages of one ID": GROUP + " -DSAMEID",
    "two workers, one message, all mishaps": ONE + MISHAPS + " -DNACKS=1 -DEXTEND",
    "two channels, two messages, a surprise": "-DONEWORKER",
    "two channels, two messages, somebody is killed": FAN + " -DCRASH -DRESTART",
    "two channels, two workers, one message": "-DSURPRISES=0 -DMESSAGES=1",
    "two channels, two workers, one message, somebody is killed":
        "-DSURPRISES=0 -DMESSAGES=1 -DCRASH",
}
LIFE_MUTANTS = {
    "RINGFIRST": ("the bell is rung before the link", GROUP, SLEEPS_BESIDE_A_MESSAGE),
    "NODIRTY": ("a full bell does not set dirty", FAN, MISSING_IN_THE_SECOND),
    "NORETRY": ("a full bell is not rung again after dirty", FAN, MISSING_IN_THE_SECOND),
    "DIRTYFIRST": ("dirty is set before the link", FAN, MISSING_IN_THE_SECOND),
    "NORINGOTHERS": ("who finds several rings for nobody", GROUP, SLEEPS_BESIDE_A_MESSAGE),
    "OTHERSNORETRY": ("a worker rings once for the others", GROUP + " -DLEAVE",
                      SLEEPS_BESIDE_A_MESSAGE),
    "DIRTYSCANS": (
        "for dirty nobody looks at what comes again", GROUP + " -DLEAVE", SLEEPS_BESIDE_A_MESSAGE,
    ),
    "TAKENSILENT": (
        "nobody is told of a name that was taken", GROUP + " -DSAMEID", SLEEPS_BESIDE_A_MESSAGE,
    ),
    "IGNORELOST": ("who loses a claim goes on", GROUP, IN_TWO_HANDS),
    "NODEADLINE": (
        "a claim is taken over before its deadline", "-DONECHANNEL -DMESSAGES=1", IN_TWO_HANDS,
    ),
    "ANYCLAIM": (
        "not the claim that was read is taken over, but any", ONE + " -DEXPIRY=1 -DEXTEND",
        IN_TWO_HANDS,
    ),
    "ACKBYID": ("an acknowledgement removes whose claim it is", ONE + " -DEXPIRY=1",
                TOLD_LATE_IN_TIME),
    "NODEATH": ("nobody asks whether a claim's member lives", ONE + " -DCRASH", HELD_BY_THE_DEAD),
    "NOCOUNT": ("a takeover forgets the attempts", ONE + MISHAPS, HANDED_TOO_OFTEN),
    "REPLACE": ("a rename replaces", GROUP + " -DSAMEID -DNACKS=2", GONE_UNSETTLED),
    "READFIRST": (
        "a file is read by its name before it is claimed", GROUP + " -DSAMEID", SETTLED_AND_COMES,
    ),
    "NOCOPY": ("a file that lost its last name is not written again", "-DONEWORKER",
               MISSING_IN_THE_SECOND),
    "COMPLETE": (
        "the intent of a dead publisher is completed",
        FAN + " -DMESSAGES=1 -DINTENT -DSWEEPER -DCRASH", SETTLED_AND_COMES,
    ),
}
LIFE_FULL_MUTANTS = {
    "DIRTYEARLY": ("dirty is taken before the bell is read", GROUP, SLEEPS_BESIDE_A_MESSAGE),
    "COUNTAPART": (
        "what is due and what waits are not several", GROUP + " -DNACKS=1",
        SLEEPS_BESIDE_A_MESSAGE,
    ),
}

# ---- drop.pml ----

COUNTED_TWICE = "((delivered+dropped)<="
LOST_UNCOUNTED = "((delivered+dropped)>="
TOLD_WRONG = "((told==missed)"
HELD_WRONG = "(held==0)"

DROP_SIZES = {
    "three frames and a file": "-DFILES=1",
    "four frames": "-DFILES=0 -DFRAMES=4",
    "two files": "-DFRAMES=0 -DOVER=0",
}
DROP_FULL_SIZES = {
    "three frames and two files": "",
    "three files": "-DFRAMES=0 -DFILES=3 -DOVER=0",
    "four frames and a file": "-DFRAMES=4 -DFILES=1",
}
DROP_MUTANTS = {
    "NOFENCE": ("the publisher has no fence between drops and place", "", COUNTED_TWICE),
    "NOFENCE_READER": ("the reader has no fence between place and drops", "", COUNTED_TWICE),
    "DROPSFIRST": ("drops is raised before the link is gone", "", COUNTED_TWICE),
    "SILENT": ("drops is not raised", "", COUNTED_TWICE),
    "NOLOOK": ("the reader does not look at drops", "", COUNTED_TWICE),
    "LINEGOES": ("the line goes at once when the link is gone", "", COUNTED_TWICE),
    "UNCOUNTGONE": ("the reader subtracts what is gone", "", HELD_WRONG),
    "TOLDSTORE": ("a gap is told without a compare", "", TOLD_WRONG),
    "DROPSTORE": ("drops are counted by load and store", "", LOST_UNCOUNTED),
    "TAKEGONE": ("a file that is gone is handed out", "", COUNTED_TWICE),
}

# ---- count.pml ----

BEYOND = "(waiting<="
FULL_FOR_EVER = "(tellings<"

FEW = "-DSCANS=0"
COUNT_SIZES = {
    "two messages each, at most two": FEW,
    "two messages each, at most one, and one may be killed": FEW + " -DLIMIT=1 -DCRASH",
    "set apart ahead, at most two": "-DAHEAD",
}
COUNT_FULL_SIZES = {
    "two messages each, at most two, a scan": "",
    "two messages each, at most two, and one may be killed": "-DCRASH",
    "two messages each, at most one, and one may be killed, a scan": "-DLIMIT=1 -DCRASH",
    "set apart ahead, and one may be killed": "-DAHEAD -DCRASH",
    "three messages each, at most two": FEW + " -DMESSAGES=3",
    "somebody does not count": "-DSTRANGER",
    "counted down in haste: two more than the limit at most": "-DHASTY -DIMPATIENT -DBEYOND=2",
}
COUNT_MUTANTS = {
    "COUNTAFTER": ("counted after the link", FEW, BEYOND),
    "ADDSTORE": ("added by load and store", FEW, BEYOND),
    "NOTAKEBACK": ("what found no room stays added", FEW + " -DNORECOUNT", FULL_FOR_EVER),
    "NORECOUNT": ("nobody counts anew", FEW + " -DLIMIT=1 -DCRASH", FULL_FOR_EVER),
    "MENDBLINDLY": ("two who count take the same excess off", FEW + " -DCRASH", BEYOND),
    "HASTY": ("a reader that finds nothing sets it to 0 at once", "", BEYOND),
    "IMPATIENT": ("who counts anew lowers it at once", "", BEYOND),
}
COUNT_FULL_MUTANTS = {
    "DOWNSTORE": ("subtracted by load and store", "-DSTRANGER", BEYOND),
}
