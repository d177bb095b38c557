# SPDX-License-Identifier: MIT
"""
From how many messages on segments pay: programs that publish a few messages and end, with files
alone, with segments from the first message on, and as the library decides itself.

Each is measured whole, from posix_spawn to its end. What it costs the subscribers is seen from
their processor time, so a lane's runs come in blocks, and the lanes take turns.
"""

import pathlib
import statistics
import subprocess
from contextlib import ExitStack

from .oneshot import has_channels, launched
from .processes import wait_until
from .scenario import Scenario

TOPIC, SIZE = "t", 100
LANES = ["plain", "fast", "default"]
COUNTS = [*range(1, 13), 14, 16, 20, 100]
SUBSCRIBERS = [1, 4]
BLOCKS, BLOCKS_QUICK, RUNS = 4, 2, 25
WALL, CPU, READERS = "wall", "CPU", "CPU of each subscriber"


def _cpu_ns(pid):
    """Of a process' first thread, which is its only one."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


class Switch(Scenario):
    key = "switch"
    rounds_max = 2

    def __init__(self, bench):
        super().__init__(bench)
        self._blocks = BLOCKS_QUICK if bench.quick else BLOCKS
        self.title = (f"programs that publish a few messages of {SIZE} B and end "
                      f"(median of {self._blocks * RUNS} runs a round)")

    def round(self, index):
        subscribe = self.bench.command("pubsub-subscribe")
        if subscribe is None:
            self.remark("pubsub-subscribe is not built")
            return
        for subscribers in SUBSCRIBERS:
            self.attempt(f"1 -> {subscribers}", self._measure, subscribe, subscribers)

    def _measure(self, subscribe, subscribers):
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            readers = [stack.enter_context(self.bench.place.started(
                [subscribe, TOPIC], home, stdout=subprocess.DEVNULL)) for _ in range(subscribers)]
            wait_until(lambda: has_channels(home, TOPIC, subscribers), "pubsub-subscribe")
            for count in COUNTS:
                self._compare(home, readers, count)

    def _compare(self, home, readers, count):
        taken = {lane: {WALL: [], CPU: [], READERS: []} for lane in LANES}
        for block in range(self._blocks):
            for lane in self.in_turn(LANES, block):
                self._block(home, readers, count, lane, taken[lane])
        for lane, seen in taken.items():
            for quantity, values in seen.items():
                self.figures.add(f"1 -> {len(readers)}, {count} messages", f"{lane}: {quantity}",
                                 "us", statistics.median(values) / 1e3)

    def _block(self, home, readers, count, lane, seen):
        command = [self.bench.build / "bench" / "few", lane, TOPIC, count, SIZE, len(readers)]
        before_ns = sum(_cpu_ns(reader.pid) for reader in readers)
        one = launched(self.bench, RUNS, [command], home)[0]
        after_ns = sum(_cpu_ns(reader.pid) for reader in readers)
        seen[WALL] += one["wall"]
        seen[CPU] += one["cpu"]
        seen[READERS].append((after_ns - before_ns) / RUNS / len(readers))
