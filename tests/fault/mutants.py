# SPDX-License-Identifier: MIT
"""Mutants that must fail: each breaks one rule of the library, and a test has to notice.

A mutant is one source file with some text replaced, linked before the library of the build, and
the one program and test case that must pass without it and fail with it; those of the fast lane
run with FSPS_LANE=fast. A mutant whose text is no longer there fails, too: it has to follow the
source.

Arguments: the source's root, the static library with FSI_FAULT, the compiler's command.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from mutant import Mutant
from mutants_durable import DURABLE_MUTANTS
from mutants_every import EVERY_MUTANTS
from mutants_inbox import INBOX_MUTANTS
from mutants_limit import LIMIT_MUTANTS
from mutants_work import WORK_MUTANTS

ROOT = pathlib.Path(sys.argv[1])
LIBRARY = sys.argv[2]
COMPILER = sys.argv[3:]
FAULT = ROOT / "tests" / "fault"
HELPERS = ["fault", "fault_disk", "fault_plan", "story", "work"]
EVERY_HELPERS = ["failing_malloc", "trace", "trace_call", "trial", "trial_calls", "trial_check",
                 "trial_commands"]
FLAGS = ["-std=gnu17", "-g", "-w", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-DFSI_FAULT"]
INCLUDES = [f"-I{ROOT / part}" for part in ("include", "src", "tests")]
# A mutant may well hang; whoever takes this long has failed.
PATIENCE_S = 20


MUTANTS = [
    Mutant(
        "the bell is rung before the message is linked",
        "publish/delivery.c",
        (
            ("\tr = link_named(publisher, leg);\n\tif (r == -EEXIST)",
             "\t(void)fsi_target_ring(target, leg->rung_id, false);\n"
             "\tr = link_named(publisher, leg);\n\tif (r == -EEXIST)"),
            ("fsi_target_ring(target, leg->rung_id, leg->look)", "0"),
        ),
        "rules", "publish",
    ),
    Mutant(
        "a message whose names all went is not copied for the next channel",
        "publish/staging.c",
        (("return copy_into(staged, directory, path);\n\tfsi_staged_drop",
          "return -ENOENT;\n\tfsi_staged_drop"),),
        "rules", "publish",
    ),
    Mutant(
        "an intent that vanished is not written again",
        "publish/staging.c",
        (("\t/* Somebody took the intent for abandoned. */\n", "\treturn r;\n"),),
        "races", "staging",
    ),
    Mutant(
        "a taken name counts as delivered",
        "publish/delivery.c",
        (("r = link_elsewhere(publisher, leg);", "r = 0;"),),
        "rules", "names",
    ),
    Mutant(
        "a message under another name is rung for by its ID",
        "publish/delivery.c",
        (("fsi_target_ring(target, leg->rung_id, leg->look)",
          "fsi_target_ring(target, publisher->staged.id, false)"),),
        "rules", "names",
    ),
    Mutant(
        "look in the bell waits for its turn",
        "subscribe/reader.c",
        (("torn || asks_to_look(pending)", "torn"),),
        "rules", "names",
    ),
    Mutant(
        "a lock file has its name before it is locked",
        "store/member.c",
        (
            ("\tr = fsi_sys_flock(fd, LOCK_EX | LOCK_NB);\n\t/*", "\tr = 0;\n\t/*"),
            ("\t\tr = fsi_unnamed_link(fd, state_directory, name);\n",
             "\t\tr = fsi_unnamed_link(fd, state_directory, name);\n"
             "\tif (r == 0)\n\t\tr = fsi_sys_flock(fd, LOCK_EX | LOCK_NB);\n"),
        ),
        "rules", "members",
    ),
    Mutant(
        "the flag of a lost ring is never set",
        "route/target.c",
        (("\t\tatomic_store(&control->dirty, 1);\n\t\tr = fsi_bell_ring",
          "\t\tr = fsi_bell_ring"),),
        "reader", "bells",
    ),
    Mutant(
        "the flag of a lost ring is set before the link",
        "publish/delivery.c",
        (
            ("\tr = link_named(publisher, leg);\n\tif (r == -EEXIST)",
             "\tatomic_store(&target->control->dirty, 1);\n"
             "\tr = link_named(publisher, leg);\n\tif (r == -EEXIST)"),
            ("fsi_target_ring(target, leg->rung_id, leg->look)",
             "(fsi_bell_ring(target->bell_fd, true, leg->rung_id) == -EAGAIN"
             " ? fsi_bell_ring(target->bell_fd, true, leg->rung_id) & 0 : 0)"),
        ),
        "reader", "bells",
    ),
    Mutant(
        "a full bell is not rung a second time",
        "route/target.c",
        (("\t\tatomic_store(&control->dirty, 1);\n"
          "\t\tr = fsi_bell_ring(target->bell_fd, true, look ? 0 : id);\n",
          "\t\tatomic_store(&control->dirty, 1);\n"),),
        "reader", "bells",
    ),
    Mutant(
        "the reader ignores the flag of a lost ring",
        "subscribe/reader.c",
        (("return dirty || channel->scan_due;", "return channel->scan_due;"),),
        "reader", "bells",
    ),
    Mutant(
        "stray bytes in the bell are no reason to look",
        "subscribe/reader.c",
        (("torn || asks_to_look(pending)", "asks_to_look(pending)"),),
        "reader", "bells",
    ),
    Mutant(
        "the descriptor is quiet while messages wait in memory",
        "subscribe/sleep.c",
        (("\t\treturn;\n\tchannel->signalled = true;\n\t(void)fsi_sys_write",
          "\t\treturn;\n\tchannel->signalled = true;\n\tif (0)\n\t\t(void)fsi_sys_write"),),
        "reader", "bells",
    ),
    Mutant(
        "a scan reads the directory once",
        "subscribe/scan.c",
        (("PASSES_MAX = 8", "PASSES_MAX = 1"),),
        "reader", "scans",
    ),
    Mutant(
        "what rang is handed out after a scan that failed",
        "subscribe/reader.c",
        (("\t\t\tpending->ring_count = 0;\n", ""),),
        "reader", "scans",
    ),
    Mutant(
        "a short write is taken for all",
        "publish/staging.c",
        (("\t\tlength -= (size_t)done;\n", "\t\tlength = 0;\n"),),
        "write", "shortened",
    ),
    Mutant(
        "a channel that was thought gone is never looked for again",
        "route/channel_set.c",
        (("\tset->settled = false;\n\tset->read_generation = NEVER_READ;\n", ""),),
        "write", "links",
    ),
    Mutant(
        "a queue that was deleted is not made again",
        "subscribe/upkeep.c",
        (("\tr = mend_bell(channel);\n", "\tr = 0;\n"),),
        "races", "queues",
    ),
    Mutant(
        "one of ours without a queue is nobody",
        "publish/delivery.c",
        (("\t\tif (target->control != NULL)\n\t\t\treturn FSI_DELIVERED;\n", ""),),
        "races", "queues",
    ),
    Mutant(
        "the intents of the dead stay",
        "recover/sweep_staging.c",
        (("\tint r = fsi_sweep_remove_file(sweep, thing);\n", "\tint r = 1;\n"),),
        "kill", "publish",
    ),
    Mutant(
        "a message is handed out before it is taken out of its channel",
        "subscribe/consume.c",
        (("\tr = take_or_expire(channel, candidate, name, &file);\n", "\tr = FSI_CONSUMED;\n"),),
        "kill", "fetch",
    ),
    Mutant(
        "the channels of the dead stay",
        "recover/sweep_channels.c",
        (("\tfsi_control_unmap(control);\n\tif (fsi_sweep_is_dead(sweep, thing, verdict))\n",
          "\tfsi_control_unmap(control);\n\tif (false)\n"),),
        "kill_remains", "sweep",
    ),
    Mutant(
        "a dead member is forgotten though a channel could not be looked at",
        "recover/sweep_channels.c",
        (("\t\tsweep->incomplete = true;\n\t\tif", "\t\tif"),),
        "errno", "sweep",
    ),
    Mutant(
        "trash stays",
        "recover/sweep_channels.c",
        (("\treturn fsi_recover_remove_trash(sweep->home, thing->name, &sweep->budget);\n",
          "\treturn 1;\n"),),
        "kill_remains", "sweep",
    ),
    Mutant(
        "a new queue is rung though nobody heard what rang in the old one",
        "publish/delivery.c",
        (("\tif (target->control != NULL)\n\t\tatomic_store(&target->control->dirty, 1);\n"
          "\tfsi_target_close_bell(target);\n}\n", "\tfsi_target_close_bell(target);\n}\n"),),
        "upkeep", "queues",
    ),
    Mutant(
        "a stamp of a whole second is believed as soon as any",
        "route/channel_set.c",
        (("SECONDS_US = 2100000", "SECONDS_US = TICKS_US"),),
        "upkeep", "plain",
    ),
    Mutant(
        "what can't be removed goes to a name that anybody knows",
        "subscribe/consume.c",
        (("fsi_sys_getrandom(&attempt, sizeof attempt)", "attempt = 0"),),
        "neighbours", "names",
    ),
    Mutant(
        "who waits for space does not sweep",
        "publish/delivery.c",
        (("\tfsi_recover_sweep(publisher->home);\n\treturn true;", "\treturn true;"),),
        "dead", "dead",
    ),
    # The fast lane.
    Mutant(
        "the word behind a frame keeps what was there",
        "stream/segment.c",
        (("\t\tatomic_store_explicit(word_at(segment, next), 0, memory_order_relaxed);\n",
          "\t\t;\n"),),
        "rules", "segments", "fast",
    ),
    Mutant(
        "a frame is committed before its body is there",
        "publish/send.c",
        (("\tmemcpy(body, prefix->bytes, prefix->len);\n",
          "\tatomic_store((_Atomic uint64_t *)(fan->segment->map + fan->segment->at),\n"
          "\t\tfsi_frame_commit_word(fan->segment->generation,\n"
          "\t\t\t(uint32_t)(padding + prefix->len + sending->payload_len)));\n"
          "\tfsi_sys_between_stores();\n"
          "\tmemcpy(body, prefix->bytes, prefix->len);\n"),),
        "kill", "publish", "fast",
    ),
    Mutant(
        "a segment is announced before it is linked",
        "publish/fan_links.c",
        (
            ("\tr = fsi_segment_link(&publisher->fast.pool, fan->segment, directory, place, "
             "offset);\n",
             "\t(void)fsi_target_ring(leg->target, FSI_BELL_SEGMENT | fan->segment->key, false);\n"
             "\tr = fsi_segment_link(&publisher->fast.pool, fan->segment, directory, place, "
             "offset);\n"),
            ("\tleg->to_announce = true;\n", ""),
        ),
        "rules", "publish", "fast",
    ),
    Mutant(
        "a segment that is still linked is used again",
        "stream/pool.c",
        (
            ("fsi_segment_links(segment) > 1 || ", ""),
            ("\t\tif (status.st_nlink == 1)\n\t\t\treturn FREE;\n", "\t\treturn FREE;\n"),
        ),
        "rules", "segments", "fast",
    ),
    Mutant(
        "a segment is used again without its lock",
        "stream/pool.c",
        (("fsi_segment_links(segment) > 1 || fsi_sys_flock(segment->fd, LOCK_EX | LOCK_NB) < 0",
          "fsi_segment_links(segment) > 1"),),
        "rules", "segments", "fast",
    ),
    Mutant(
        "the segments of the dead stay",
        "recover/sweep_staging.c",
        (("\t\t(void)fsi_sweep_settle(sweep, thing, verdict, fsi_sweep_remove_file);\n",
          "\t\treturn;\n"),),
        "kill", "publish", "fast",
    ),
    Mutant(
        "a segment never ends though its publisher is dead",
        "subscribe/sources.c",
        (("\t\tview->orphaned |= dead;\n", ""),),
        "kill", "publish", "fast",
    ),
    Mutant(
        "whoever goes to sleep does not look once more",
        "subscribe/sleep.c",
        (("\tif (!fsi_lane_is_quiet(&channel->lane)) {", "\tif (false) {"),),
        "reader", "bells", "fast",
    ),
    Mutant(
        "a taken key is no reason for another",
        "publish/fan_links.c",
        (("return r == -EEXIST ? TAKEN : REFUSED;", "return REFUSED;"),),
        "rules", "names", "fast",
    ),
    Mutant(
        "a full channel that is gone is waited for",
        "publish/fan_links.c",
        (("\t\tif (answer != GONE)\n\t\t\tcontinue;\n", "\t\tcontinue;\n"),),
        "dead", "dead", "fast",
    ),
    Mutant(
        "a channel that was thought gone is not looked for before the millisecond is over",
        "route/channel_set.c",
        (("\tset->read_generation = NEVER_READ;\n", ""),),
        "write", "links", "fast",
    ),
]


def compile_object(source, to, *flags):
    command = [*COMPILER, *FLAGS, *INCLUDES, *flags, "-c", str(source), "-o", str(to)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return to


class Workshop:
    """Objects of the tests, compiled once, and programs of them."""

    def __init__(self, place):
        self.place = pathlib.Path(place)
        self.objects = {}
        self.passed = {}
        found = subprocess.run(["pkg-config", "--libs", "check"], check=True, capture_output=True,
                               text=True)
        self.libraries = found.stdout.split()

    def test_object(self, name):
        if name not in self.objects:
            made = self.place / f"{name}.o"
            self.objects[name] = compile_object(FAULT / f"{name}.c", made)
        return self.objects[name]

    def link(self, program, *mutated):
        """The program, with objects of which the linker then takes none from the library."""
        made = self.place / f"{program}-{'mutant' if mutated else 'original'}"
        helpers = HELPERS + (EVERY_HELPERS if program.startswith("every_") else [])
        objects = [self.test_object(name) for name in [f"test_{program}", *helpers]]
        command = [*COMPILER, *objects, *mutated, LIBRARY, *self.libraries, "-lpthread", "-o", made]
        subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
        return made

    def mutate(self, mutant):
        """Compiles the mutant's file."""
        source = (ROOT / "src" / mutant.file).read_text(encoding="utf-8")
        for old, new in mutant.changes:
            if source.count(old) != 1:
                raise LookupError(f"{source.count(old)} times in {mutant.file}: {old!r}")
            source = source.replace(old, new)
        copy = self.place / "mutant.c"
        copy.write_text(source, encoding="utf-8")
        return compile_object(copy, self.place / "mutant.o")

    def passes_without(self, mutant):
        key = (mutant.program, mutant.case, mutant.lane)
        if key not in self.passed:
            self.passed[key] = run_case(self.link(mutant.program), mutant)
        return self.passed[key]


def run_case(program, mutant):
    """Whether a mutant's case of a program has tests and all pass, in time."""
    environment = {**os.environ, "CK_RUN_CASE": mutant.case, "FSPS_LANE": mutant.lane}
    process = subprocess.Popen([program], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, errors="replace",
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        # It and what it forked: a group of its own.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    passed = re.findall(r"^(not ok|ok) ", output, re.MULTILINE)
    return process.returncode == 0 and len(passed) > 0 and "not ok" not in passed


def judge(workshop, mutant):
    """What is wrong with the tests, or None if they notice the mutant and only it."""
    if not workshop.passes_without(mutant):
        return f"{mutant.program}:{mutant.case} fails without the mutant"
    try:
        changed = workshop.mutate(mutant)
    except LookupError as problem:
        return f"the source has changed, the mutant must follow: {problem}"
    if run_case(workshop.link(mutant.program, changed), mutant):
        return f"{mutant.program}:{mutant.case} does not notice it"
    return None


def main():
    mutants = (MUTANTS + DURABLE_MUTANTS + INBOX_MUTANTS + WORK_MUTANTS + LIMIT_MUTANTS +
               EVERY_MUTANTS)
    print(f"1..{len(mutants)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fsps-mutants-") as place:
        workshop = Workshop(place)
        for number, mutant in enumerate(mutants, 1):
            try:
                problem = judge(workshop, mutant)
            except subprocess.CalledProcessError as failed:
                problem = failed.stderr
            print(f"{'not ok' if problem else 'ok'} {number} - noticed: {mutant.says}", flush=True)
            for line in (problem or "").splitlines():
                print(f"# {line}")


if __name__ == "__main__":
    main()
