# SPDX-License-Identifier: MIT
"""
The two commands with default options: a file of lines through pubsub-publish -l into
pubsub-subscribe -C, and a comparison of what came out with what went in.
"""

import filecmp
import time
from contextlib import ExitStack

from . import room
from .figures import Target
from .oneshot import TOPIC, has_channels
from .processes import status_of, wait_until
from .scenario import Scenario

# So long without a new line after the publisher's end, and the rest counts as lost.
IDLE_S = 10.0


class _Resident:
    """The largest VmHWM seen of a process, which is gone when it is wanted."""

    def __init__(self, process):
        self._process = process
        self.kib = 0

    def look(self):
        self.kib = max(self.kib, status_of(self._process.pid).get("VmHWM", 0))


def _await_end(process, output, residents):
    """Waits for a process as long as its output grows; the time of its end, or of giving up."""
    size, since_s = -1, time.monotonic()
    while process.running:
        for resident in residents:
            resident.look()
        now_s = time.monotonic()
        if output.stat().st_size != size:
            size, since_s = output.stat().st_size, now_s
        elif now_s - since_s > IDLE_S:
            return now_s
        time.sleep(0.02)
    return time.monotonic()


def _differing(sent, got):
    """How many lines are missing, and whether those that came are what was sent, in order."""
    if filecmp.cmp(sent, got, shallow=False):
        return 0, 0
    with open(sent, "rb") as first, open(got, "rb") as second:
        left, missing, strange = iter(first), 0, 0
        for line in second:
            skipped = 0
            for candidate in left:
                if candidate == line:
                    missing += skipped
                    break
                skipped += 1
            else:
                strange += 1
        return missing + sum(1 for _ in left), strange


class Lines(Scenario):
    key = "lines"
    rounds_max = 2

    def __init__(self, bench):
        super().__init__(bench)
        self._count = 100_000 if bench.quick else 1_000_000
        self.title = f"pubsub-publish -l of {self._count:,} lines into pubsub-subscribe -C"

    def round(self, index):
        programs = [self.bench.command(name) for name in ("pubsub-publish", "pubsub-subscribe")]
        if None in programs:
            self.remark("left out: pubsub-publish or pubsub-subscribe is not built")
            return
        lacking = room.lacking(self.bench.place.directory, self._count)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        self.attempt("lines", self._measure, *programs)

    def _write_lines(self):
        path = self.bench.place.directory / "lines"
        with open(path, "w", encoding="ascii") as lines:
            for number in range(self._count):
                lines.write(f"{number:07d} the quick brown fox jumps over the lazy dog\n")
        return path

    def _measure(self, publish, subscribe):
        sent, got = self._write_lines(), self.bench.place.directory / "got"
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            output = stack.enter_context(open(got, "wb"))
            reader = stack.enter_context(self.bench.place.started(
                [subscribe, "-C", self._count, TOPIC], home, stdout=output))
            wait_until(lambda: has_channels(home, TOPIC), "pubsub-subscribe")
            source = stack.enter_context(open(sent, "rb"))
            start_s = time.monotonic()
            writer = stack.enter_context(self.bench.place.started(
                [publish, "-l", TOPIC], home, stdin=source))
            residents = [_Resident(writer), _Resident(reader)]
            seconds = _await_end(reader, got, residents) - start_s
            writer.wait(60)
        self._add(seconds, *_differing(sent, got), residents)

    def _add(self, seconds, missing, strange, residents):
        add = self.figures.add
        add("commands", "lines", "1/s", (self._count - missing) / seconds)
        add("commands", "all in", "s", seconds)
        add("commands", "missing", "", missing)
        add("commands", "wrong or out of order", "", strange)
        add("commands", "publisher RSS", "KiB", residents[0].kib)
        add("commands", "subscriber RSS", "KiB", residents[1].kib)

    def targets(self):
        worst = self.figures.maximum
        counts = [worst("commands", name) for name in ("missing", "wrong or out of order")]
        return [Target(f"-l of {self._count:,} lines: missing or out of order", False, 0,
                       None if None in counts else sum(counts)),
                Target("pubsub-publish -l: RSS", False, 2.5 * 1024,
                       worst("commands", "publisher RSS"), "KiB"),
                Target("pubsub-subscribe: RSS", False, 2.5 * 1024,
                       worst("commands", "subscriber RSS"), "KiB")]
