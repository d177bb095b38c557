# SPDX-License-Identifier: MIT
"""
The two commands with default options: a file of lines of 100 bytes through pubsub-publish -l into
pubsub-subscribe and a file, and a comparison of what came out with what went in. Beside it, the
same file through cat, a FIFO, cat and a file. -C ends the subscriber after the last line.
"""

import filecmp
import os
import select
import time
from contextlib import ExitStack, contextmanager

from . import room
from .figures import Target, aim
from .oneshot import TOPIC, has_channels
from .processes import status_of, wait_until
from .scenario import Scenario

# So long without a new line after the publisher's end, and the rest counts as lost.
IDLE_S = 10.0
LINE_BYTES, LINES, LINES_QUICK = 100, 3_000_000, 300_000
COMMANDS, CAT = "the commands", "cat through a FIFO"
GOAL = 3_000_000
# Memory that a process has for itself: segments that it has mapped are the bus'.
PRIVATE_GOAL_KIB = 2.5 * 1024
LOOK_S = 0.02


class _Resident:
    """The most memory seen of a process, in all and of its own; it is gone when that is wanted."""

    def __init__(self, process):
        self._process = process
        self.kib = 0
        self.private_kib = 0

    def look(self):
        status = status_of(self._process.pid)
        self.kib = max(self.kib, status.get("VmHWM", 0))
        self.private_kib = max(self.private_kib, status.get("RssAnon", 0))


@contextmanager
def _end_of(process):
    """A descriptor that can be read once the process has ended."""
    descriptor = os.pidfd_open(process.pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _await_end(process, output, residents):
    """Waits for a process as long as its output grows; the time of its end, or of giving up."""
    size, since_s = -1, time.monotonic()
    with _end_of(process) as end:
        while not select.select([end], [], [], LOOK_S)[0]:
            for resident in residents:
                resident.look()
            now_s = time.monotonic()
            if output.stat().st_size != size:
                size, since_s = output.stat().st_size, now_s
            elif now_s - since_s > IDLE_S:
                return now_s
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

    def __init__(self, bench):
        super().__init__(bench)
        self._count = LINES_QUICK if bench.quick else LINES
        self.title = (f"{self._count:,} lines of {LINE_BYTES} B through pubsub-publish -l and "
                      "pubsub-subscribe into a file")

    def round(self, index):
        programs = [self.bench.command(name) for name in ("pubsub-publish", "pubsub-subscribe")]
        if None in programs:
            self.remark("left out: pubsub-publish or pubsub-subscribe is not built")
            return
        lacking = room.lacking(self.bench.place.directory, self._count // 10)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        sent = self._write_lines()
        actions = {COMMANDS: lambda: self._measure(sent, *programs),
                   CAT: lambda: self._measure_cat(sent)}
        for name in self.in_turn(list(actions), index):
            self.attempt(name, actions[name])

    def _write_lines(self):
        path = self.bench.place.directory / "lines"
        if not path.exists():
            with open(path, "w", encoding="ascii") as lines:
                text = " the quick brown fox jumps over the lazy dog".ljust(LINE_BYTES - 9, ".")
                lines.writelines(f"{number:08d}{text}\n" for number in range(self._count))
        return path

    @contextmanager
    def _reader(self, argv, home=None):
        """A process that writes what it reads into a file, which is gone afterwards."""
        got = self.bench.place.directory / "got"
        try:
            with open(got, "wb") as output, self.bench.place.started(
                    argv, home, stdout=output) as process:
                yield process, got
        finally:
            got.unlink(missing_ok=True)

    def _measure(self, sent, publish, subscribe):
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            reader, got = stack.enter_context(self._reader(
                [subscribe, "-C", self._count, TOPIC], home))
            wait_until(lambda: has_channels(home, TOPIC), "pubsub-subscribe")
            source = stack.enter_context(open(sent, "rb"))
            start_s = time.monotonic()
            writer = stack.enter_context(self.bench.place.started(
                [publish, "-l", TOPIC], home, stdin=source))
            residents = [_Resident(writer), _Resident(reader)]
            seconds = _await_end(reader, got, residents) - start_s
            writer.wait(60)
            self._add(COMMANDS, seconds, *_differing(sent, got))
        for side, resident in zip(("publisher", "subscriber"), residents):
            self.figures.add(COMMANDS, f"{side} RSS", "KiB", resident.kib)
            self.figures.add(COMMANDS, f"{side} RSS, private", "KiB", resident.private_kib)

    def _measure_cat(self, sent):
        fifo = self.bench.place.directory / "lines-fifo"
        os.mkfifo(fifo, 0o600)
        try:
            with ExitStack() as stack:
                reader, got = stack.enter_context(self._reader(["cat", fifo]))
                # Waits for the reader.
                target = stack.enter_context(open(fifo, "wb"))
                start_s = time.monotonic()
                stack.enter_context(self.bench.place.started(["cat", sent], stdout=target))
                target.close()
                self._add(CAT, _await_end(reader, got, []) - start_s, *_differing(sent, got))
        finally:
            fifo.unlink()

    def _add(self, name, seconds, missing, strange):
        add = self.figures.add
        add(name, "lines", "1/s", (self._count - missing) / seconds)
        add(name, "all in", "s", seconds)
        add(name, "missing", "", missing)
        add(name, "wrong or out of order", "", strange)

    def ratios(self):
        return [self.figures.ratio(COMMANDS, CAT, "lines")]

    def targets(self):
        worst = self.figures.maximum
        counts = [worst(COMMANDS, name) for name in ("missing", "wrong or out of order")]
        private = [Target(f"pubsub-{command}: private RSS", False, PRIVATE_GOAL_KIB,
                          worst(COMMANDS, f"{side} RSS, private"), "KiB")
                   for command, side in (("publish -l", "publisher"), ("subscribe", "subscriber"))]
        return [aim(f"`pubsub-publish -l` into `pubsub-subscribe >file`, lines of {LINE_BYTES} B",
                    "absolute", True, GOAL, self.figures.get(COMMANDS, "lines"), "lines/s"),
                Target(f"-l of {self._count:,} lines: missing or out of order", False, 0,
                       None if None in counts else sum(counts)), *private]
