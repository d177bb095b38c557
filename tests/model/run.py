# SPDX-License-Identifier: MIT
"""Checks the Spin models of this directory: that the design holds, and that it fails without each
of its rules, which shows that the model would notice.

Usage: run.py [--full]

Each check is a case: the model with some switches, compiled into a verifier that visits every
state. Two run at a time, each within 1 GiB, in a minute or so; with --full the larger sizes come
first, which takes some minutes more and two times 6 GiB, and how many states each has is said on
stderr. Without Spin all is skipped.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import sizes
from tap import SOURCE, case, main

MODELS = SOURCE / "tests" / "model"
JOBS = 2
OUTPUT_LINES = 60

# Sizes of lane.pml. Each mutant runs in one in which the design is checked, too.
ALONE = "-DMESSAGES0=4 -DMESSAGES1=0"
LANE = "-DMESSAGES0=2 -DMESSAGES1=2 -DNOFILES -DONESEGMENT"
QUICK_SIZES = {
    "one publisher, four messages": ALONE,
    "one publisher, four messages, a bell of two": ALONE + " -DSPACES=2",
    "one publisher that links segments late": ALONE + " -DOTHERS",
    "one publisher, a reader that passes frames over": ALONE + " -DLAZY",
    "one publisher that may be killed": ALONE + " -DCRASH",
    "two and one message": "-DMESSAGES0=2 -DMESSAGES1=1",
    "two and one message, a bell of two": "-DMESSAGES0=2 -DMESSAGES1=1 -DSPACES=2",
    "two frames each": LANE,
    "two frames each, a reader that passes frames over": LANE + " -DLAZY",
    "two frames each, and one publisher may be killed": LANE + " -DCRASH",
}
FULL_SIZES = {
    "two messages each": "-DMESSAGES0=2 -DMESSAGES1=2",
    "two messages each, a bell of two": "-DMESSAGES0=2 -DMESSAGES1=2 -DSPACES=2",
    "three and one message": "-DMESSAGES0=3 -DMESSAGES1=1",
    "three and one message, a bell of two": "-DMESSAGES0=3 -DMESSAGES1=1 -DSPACES=2",
    "four and one message": "-DMESSAGES0=4 -DMESSAGES1=1",
    "two and one message, a reader that passes frames over":
        "-DMESSAGES0=2 -DMESSAGES1=1 -DLAZY",
    "two frames and one, linked late": "-DMESSAGES0=2 -DMESSAGES1=1 -DNOFILES -DOTHERS",
    "three and one message, and one publisher may be killed":
        "-DMESSAGES0=3 -DMESSAGES1=1 -DCRASH",
}

# Sizes of nap.pml: two frames, one of another publisher, and a file, or as said.
KILLED = "-DFRAMES0=1 -DFILES=0 -DCRASH"
# Frames alone, and a nap that ends by a wake only: here it shows if a wake is lost to it.
ENDLESS = "-DNOTIMEOUT -DFILES=0"
ONE_PUBLISHER = "-DFRAMES1=0"
NAP_SIZES = {
    "two frames and a file": ONE_PUBLISHER,
    "a frame each and a file": "-DFRAMES0=1",
    "a frame each, and one publisher may be killed": KILLED,
    "frames alone, and no end to a nap but a wake": ENDLESS,
}
NAP_FULL_SIZES = {
    "two frames, one, and a file": "",
    "two frames, one, a file, and two surprises": "-DSURPRISES=2",
    "two frames each, and a file": "-DFRAMES1=2",
    "a frame each and a file, and one publisher may be killed": "-DFRAMES0=1 -DCRASH",
    "two frames, one, and a file, and who wakes clears later": "-DWAKEFIRST",
    "a frame each, one publisher may be killed, and who wakes clears later":
        KILLED + " -DWAKEFIRST",
}

# What is violated, by a part of the assertion that says so.
ORDER = "(bits==next["
LOST = "(next[owner]=="
LOST_OF_KILLED = "(next[owner]>="
WRITTEN_WITHOUT_MEMORY = "memory "
READ_AFTER_REUSE = "(memory&&(key==opened))"
OVERWRITTEN = "((read_as["
PASSED_BY = "((links[r]&"
LOST_FRAME = "((killed=="
LOST_FILE = "(files_taken=="

# Switch: what it does, the size, what it violates.
LANE_MUTANTS = {
    "NOFENCE": ("the publisher has no fence", ALONE, LOST),
    "NOFENCE_READER": ("the reader has no fence", ALONE, LOST),
    "NORELOOK": ("the reader sleeps without looking again", ALONE, LOST),
    "BELLFIRST": ("the bell is rung before the commit", ALONE, LOST),
    "FRAMELAST": ("a segment is announced before its first frame", ALONE, LOST),
    "ANNOUNCEFIRST": ("a segment is announced before it is linked", ALONE, LOST),
    "DIRTYFIRST": ("dirty is set before the link", ALONE, LOST),
    "NORETRY": ("a full bell is not rung again after dirty", ALONE, LOST),
    "NODIRTY": ("a full bell does not set dirty", ALONE, LOST),
    "KEEPSLEEP": ("a reader woken for nothing keeps its sleep", ALONE + " -DLAZY", LOST),
    "BORNAGAIN": ("the first sleep has the number of the channel's birth", ALONE, LOST),
    "RINGSTORE": ("waiting is cleared whatever sleep it names", ALONE, LOST),
    "CLEARFIRST": ("waiting is cleared before the ring", LANE + " -DCRASH", LOST),
    "NOTAILREREAD": (
        "a dead publisher's segment ends at an older look", ALONE + " -DCRASH", LOST_OF_KILLED,
    ),
    "ONELOOK": ("the segments of a source are looked at once", ALONE, ORDER),
    "NOEPOCH": ("the reader ignores epochs", ALONE, ORDER),
    "EPOCHLATE": ("the epoch rises after another segment's frame", ALONE, ORDER),
    "LATELINK": ("no epoch rises when a segment is linked late", ALONE + " -DOTHERS", ORDER),
    "EPOCHPART": ("for a new epoch the bell is read in part", ALONE + " -DSPACES=2", ORDER),
    "FRAMESFIRST": ("frames come before files that rang earlier", ALONE, ORDER),
    "TWOWAY": ("a publisher goes back to files", ALONE, ORDER),
    "SINGLEPASS": ("a scan is one pass", ALONE, ORDER),
    "KEYSUNBOUND": ("keys don't count in a scan's bound", ALONE + " -DOTHERS", ORDER),
}
HANDS = "-DHANDS"
RECYCLE_MUTANTS = {
    "CHECKFIRST": ("link counts are looked at before the lock", HANDS, WRITTEN_WITHOUT_MEMORY),
    "NOINUSE": ("nothing says that it is being written", HANDS, WRITTEN_WITHOUT_MEMORY),
    "INUSELATE": ("in_use is set after the lock", HANDS, WRITTEN_WITHOUT_MEMORY),
    "INUSEONCE": ("in_use is looked at before the lock", HANDS, WRITTEN_WITHOUT_MEMORY),
    "ENDEARLY": ("in_use is cleared before the end is marked", HANDS, WRITTEN_WITHOUT_MEMORY),
    "NAMEFIRST": ("a new one has its name before in_use is set", HANDS, WRITTEN_WITHOUT_MEMORY),
    "DETACHLATE": (
        "one with a payload being built loses its name after in_use", HANDS,
        WRITTEN_WITHOUT_MEMORY,
    ),
    "NOKEYCHECK": ("the reader does not look at the key again", HANDS, READ_AFTER_REUSE),
    "KEEPKEY": ("the sweeper leaves the key", HANDS, READ_AFTER_REUSE),
    "NOREADERLOCK": ("the reader holds no lock", HANDS, OVERWRITTEN),
    "UNLOCKED": (
        "a reader goes on without the lock, and links are removed by hand", HANDS, OVERWRITTEN,
    ),
    "LENDUNLOCKED": ("a reader without the lock lends messages", "-DUNLOCKED", OVERWRITTEN),
    "LOCKEDISGONE": ("a link that can't be locked is taken for removed", HANDS, PASSED_BY),
}
# What of recycling may be done in another way, or is not needed for another.
RECYCLE_VARIANTS = {
    "links are removed by hand": HANDS,
    "a reader may go on without the lock, and nobody removes links": "-DUNLOCKED",
    "without a sweeper it does not matter what is looked at first":
        HANDS + " -DNOSWEEPER -DCHECKFIRST",
    "without a sweeper what can't be locked is gone": HANDS + " -DNOSWEEPER -DLOCKEDISGONE",
}
RECYCLE_FULL = {
    "nobody looks before he locks": HANDS + " -DLOCKATONCE",
    "a frame may come before the link": HANDS + " -DFRAMEFIRST",
    "used three times": HANDS + " -DUSES=3",
    "used three times, a reader may go on without the lock": "-DUNLOCKED -DUSES=3",
}
NAP_MUTANTS = {
    "NOTIMEOUT": ("a nap does not end by itself", "", LOST_FILE),
    "NAPBITSTAYS": ("after a nap the bell is polled at once", "", LOST_FRAME),
    "FAILKEEPSNAP": ("a fetch that fails leaves the number of a nap", ONE_PUBLISHER, LOST_FRAME),
    "LONGSILENT": ("a fetch ends without a sleep and says nothing", ONE_PUBLISHER, LOST_FRAME),
    "NAPSTORE": ("who ends a nap clears whatever number there is", "", LOST_FRAME),
    "NAPNORELOOK": ("a reader naps without looking again", ENDLESS, LOST_FRAME),
    "NOCOMPARE": ("the wait does not compare the word", ENDLESS, LOST_FRAME),
    "WAKEFIRST": ("the wake comes before the clearing", ENDLESS, LOST_FRAME),
    "CRASH": ("who has cleared the number is killed", ENDLESS, LOST_FRAME),
}

EXACT = "-DSAFETY -DMEMLIM=1000"
# Sizes of --full: of a state 32 bits of a hash are kept, beside its place in the table. Of n states
# about n / 2^33 are taken for one of the others and not visited: four in a thousand of 35 millions.
COMPACT = "-DSAFETY -DHC4 -DMEMLIM=6000"
# Any cycle: nothing in the models runs for ever, unless the reader does not come to rest.
CYCLES = "-DNP -DNOFAIR -DMEMLIM=1000"

Check = collections.namedtuple("Check", "model switches verifier options violated")


def compiler():
    return os.environ.get("CC", "cc").split()


def said_by(command, place):
    """The output of a command, whatever it ends with."""
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def built(check, place):
    """Makes the verifier in a directory. Mutants end soon: compiling is what takes time there."""
    model, optimised = MODELS / check.model, "-O0" if check.violated else "-O1"
    said = said_by(["spin", "-a", *check.switches.split(), model], place)
    said += said_by([*compiler(), "-w", optimised, *check.verifier.split(), "pan.c", "-o", "pan"],
                    place)
    if not (place / "pan").exists():
        raise RuntimeError(said)


def trace(check, place):
    """The last steps of the run that the verifier found."""
    trails = list(place.glob("*.trail"))
    if not trails:
        return []
    command = ["spin", "-k", trails[0].name, "-p", *check.switches.split(), MODELS / check.model]
    return said_by(command, place).splitlines()


def problems_of_design(check, said, place):
    errors = re.search(r"errors: (\d+)", said)
    incomplete = re.search(r"search depth too small|out of memory|reached -DMEMLIM", said)
    if errors and errors[1] == "0" and not incomplete:
        return []
    summary = said.splitlines()[:OUTPUT_LINES]
    return [f"{check.model} {check.switches}", *summary, *trace(check, place)[-OUTPUT_LINES:]]


def problems_of_mutant(check, said):
    if re.search(r"assertion violated " + re.escape(check.violated), said):
        return []
    return [f"{check.model} {check.switches}: not violated: {check.violated}",
            *said.splitlines()[:OUTPUT_LINES]]


def figures(check, said, seconds):
    """How large a check of the design was, for docs/design/model.md."""
    states = re.search(r"(\d+) states, stored", said)
    depth = re.search(r"depth reached (\d+)", said)
    return (f"{check.model} {check.switches}: {states[1]} states, depth {depth[1]}, "
            f"{seconds:.1f} s" if states and depth else f"{check.model}: no states")


def problems(check, is_loud):
    with tempfile.TemporaryDirectory(prefix="fsps-model.") as name:
        place = pathlib.Path(name)
        built(check, place)
        begin = time.monotonic()
        said = said_by(["./pan", "-m400000", *check.options.split()], place)
        if check.violated:
            return problems_of_mutant(check, said)
        if is_loud:
            print(figures(check, said, time.monotonic() - begin), file=sys.stderr, flush=True)
        return problems_of_design(check, said, place)


# Models of sizes.py: what holds or fails, the model, and its sizes and mutants, the larger last.
WHOLE = [
    ("a message's life", "life.pml", sizes.LIFE_SIZES, sizes.LIFE_FULL_SIZES,
     sizes.LIFE_MUTANTS, sizes.LIFE_FULL_MUTANTS),
    ("dropping", "drop.pml", sizes.DROP_SIZES, sizes.DROP_FULL_SIZES, sizes.DROP_MUTANTS, {}),
    ("counting", "count.pml", sizes.COUNT_SIZES, sizes.COUNT_FULL_SIZES,
     sizes.COUNT_MUTANTS, sizes.COUNT_FULL_MUTANTS),
]


def designs_of_whole(full):
    for words, model, small, large, _, _ in WHOLE:
        for size, switches in (large if full else {}).items():
            yield f"{words} holds: {size}", Check(model, switches, COMPACT, "-E -w26", "")
        for size, switches in small.items():
            yield f"{words} holds: {size}", Check(model, switches, EXACT, "-E -w22", "")


def mutants_of_whole(full):
    for words, model, _, _, small, large in WHOLE:
        for switch, (what, size, violated) in small.items():
            yield (f"{words} fails with {switch}: {what}",
                   Check(model, f"{size} -D{switch}", EXACT, "-E -w20", violated))
        for switch, (what, size, violated) in (large if full else {}).items():
            yield (f"{words} fails with {switch}: {what}",
                   Check(model, f"{size} -D{switch}", COMPACT, "-E -w25", violated))


def designs(full):
    """Sentences and checks: the design in all its sizes."""
    yield from designs_of_whole(full)
    larger = FULL_SIZES if full else {}
    for words, size in larger.items():
        yield f"the lane holds: {words}", Check("lane.pml", size, COMPACT, "-w27", "")
    for words, size in (RECYCLE_FULL if full else {}).items():
        yield f"recycling holds: {words}", Check("recycle.pml", size, COMPACT, "-E -w24", "")
    for words, size in (NAP_FULL_SIZES if full else {}).items():
        yield f"naps hold: {words}", Check("nap.pml", size, COMPACT, "-w26", "")
    for words, size in QUICK_SIZES.items():
        yield f"the lane holds: {words}", Check("lane.pml", size, EXACT, "-w22", "")
    for words, size in {"one publisher": ALONE, "two publishers": LANE}.items():
        yield (f"the reader comes to rest: {words}",
               Check("lane.pml", size, CYCLES, "-l -w22", ""))
    for words, switches in RECYCLE_VARIANTS.items():
        yield f"recycling holds: {words}", Check("recycle.pml", switches, EXACT, "-E -w22", "")
    for words, switches in NAP_SIZES.items():
        yield f"naps hold: {words}", Check("nap.pml", switches, EXACT, "-w22", "")
    yield ("the reader that naps comes to rest",
           Check("nap.pml", ONE_PUBLISHER, CYCLES, "-l -w22", ""))


def mutants(full):
    """Sentences and checks: what must fail."""
    yield from mutants_of_whole(full)
    for switch, (words, size, violated) in LANE_MUTANTS.items():
        yield (f"the lane fails with {switch}: {words}",
               Check("lane.pml", f"{size} -D{switch}", EXACT, "-w20", violated))
    for switch, (words, size, violated) in RECYCLE_MUTANTS.items():
        yield (f"recycling fails with {switch}: {words}",
               Check("recycle.pml", f"{size} -D{switch}", EXACT, "-E -w20", violated))
    for switch, (words, size, violated) in NAP_MUTANTS.items():
        yield (f"naps fail with {switch}: {words}",
               Check("nap.pml", f"{size} -D{switch}", EXACT, "-w20", violated))


def run(full):
    """Starts all checks, and makes a case of each that waits for what it came to."""
    futures = []

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for sentence, check in [*designs(full), *mutants(full)]:
            futures.append(pool.submit(problems, check, full))
            case(sentence)(futures[-1].result)
        main()
    return int(any(future.exception() or future.result() for future in futures))


if __name__ == "__main__":
    if shutil.which("spin") is None:
        print("1..0 # SKIP spin is not installed")
    else:
        sys.exit(run("--full" in sys.argv[1:]))
