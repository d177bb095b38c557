# SPDX-License-Identifier: MIT
"""
A backlog that a group of workers drains, a process each: what a second, third and fourth one add on
the cores that there are. Once they do nothing but take and acknowledge, so that all of it is what
the channel itself takes, and once they compute for a while for each message, as workers do.

The workers are attached before the clock starts; it ends with the last acknowledgement of all.
"""

import json
import os
import time
from contextlib import ExitStack

from . import room
from .figures import Target
from .processes import Failed
from .scenario import Scenario

TOPIC, SIZE = "t", 100
WORKERS = [1, 2, 4]
# What each variant computes for a message: bytes to hash, about 20 us of them.
VARIANTS = {"nothing to do": 0, "some work": 800_000}
QUANTITY = "messages/s"
GOAL = 1.2
LIMIT_S = 300
MODULUS = 2 ** 64


def checksum_of(lines):
    """Of all that several workers got, as the one that filled the channel has it."""
    return f"{sum(int(line['checksum'], 16) for line in lines) % MODULUS:016x}"


def fill(place, probe, home, count, lane):
    """Publishes a backlog into a durable channel that nobody reads; what was published."""
    argv = [probe, "fill", TOPIC, count, SIZE]
    with place.started(argv, home, {"FSPS_LANE": lane}) as process:
        line = json.loads(process.line(LIMIT_S))
        process.wait(30)
    return line


class Group(Scenario):
    key = "group"
    rounds_max = 5

    def __init__(self, bench):
        super().__init__(bench)
        self._count = bench.messages
        self.title = f"a backlog of {self._count:,} messages of {SIZE} B drained by a group"

    def _name(self, variant, workers):
        return f"{variant}, {workers} worker{'s' if workers > 1 else ''}"

    def round(self, index):
        probe = self.bench.build / "bench" / "work"
        lacking = room.lacking(self.bench.place.directory, self._count)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        for variant in VARIANTS:
            for workers in self.in_turn(WORKERS, index):
                self.attempt(self._name(variant, workers), self._measure, probe, variant, workers)

    def _drain(self, probe, home, workers, work_bytes):
        """The start and each worker's line."""
        argv = [probe, "drain", TOPIC, "group", work_bytes]
        with ExitStack() as stack:
            waiting, start = os.pipe()
            try:
                processes = [stack.enter_context(
                    self.bench.place.started(argv, home, stdin=waiting)) for _ in range(workers)]
                for process in processes:
                    if process.line(30) != "ready":
                        raise process.complaint("did not say that it is ready")
            finally:
                os.close(waiting)
                start_s = time.monotonic()
                os.close(start)
            lines = [json.loads(process.line(LIMIT_S)) for process in processes]
            for process in processes:
                process.wait(30)
        return start_s, lines

    def _measure(self, probe, variant, workers):
        with self.bench.place.home() as home:
            filled = fill(self.bench.place, probe, home, self._count, "plain")
            start_s, lines = self._drain(probe, home, workers, VARIANTS[variant])
        if checksum_of(lines) != filled["checksum"]:
            raise Failed("not each message came once")
        name, add = self._name(variant, workers), self.figures.add
        seconds = max(line["last_s"] for line in lines) - start_s
        got = sorted(line["messages"] for line in lines)
        add(name, QUANTITY, "1/s", self._count / seconds)
        add(name, "all after", "s", seconds)
        add(name, "CPU of all", "us/msg",
            sum(line["user_s"] + line["system_s"] for line in lines) / self._count * 1e6)
        add(name, "work", "us/msg", min(line["work_ns"] for line in lines) / 1e3)
        add(name, "least of a worker", "messages", got[0])
        add(name, "most of a worker", "messages", got[-1])

    def _ratio(self, variant, workers):
        return self.figures.ratio(self._name(variant, workers), self._name(variant, 1), QUANTITY)

    def ratios(self):
        return [self._ratio(variant, workers) for variant in VARIANTS for workers in WORKERS[1:]]

    def _target(self, variant):
        ratio = self._ratio(variant, WORKERS[-1])
        return Target(f"a group, {variant}: {WORKERS[-1]} workers / 1", True, GOAL,
                      ratio.median if ratio else None)

    def targets(self):
        return [self._target(variant) for variant in VARIANTS]
