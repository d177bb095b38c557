# SPDX-License-Identifier: MIT
"""
A backlog whose worker was killed: what lies there is 100,000 messages that nobody has taken, and
1,000 that the worker had and did not settle; on either lane. The clock starts with the process of
the next reader, and has a look at its first message, and at the last one, acknowledged.
"""

import json
import signal
import subprocess
import time

from . import room
from .figures import Target
from .group import LIMIT_S, SIZE, TOPIC, fill
from .processes import Failed
from .scenario import Scenario

HELD = 1_000
LANES = {"files": "plain", "segments": "fast"}
GOAL_S = 2.0
# As for a backlog: a scan of names holds 8 bytes an ID; of segments some are mapped at a time.
RESIDENT_GOAL_KIB = {"files": 16 * 1024, "segments": 64 * 1024}


class Recover(Scenario):
    key = "recover"

    def __init__(self, bench):
        super().__init__(bench)
        self._count = bench.messages
        self.title = (f"a backlog of {self._count:,} messages of {SIZE} B, and {HELD:,} more whose "
                      "worker was killed")

    def round(self, index):
        lacking = room.lacking(self.bench.place.directory, self._count + HELD)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        for name in self.in_turn(list(LANES), index):
            self.attempt(name, self._measure, self.bench.build / "bench" / "work", name)

    def _leave(self, probe, home, lane):
        """What a killed worker leaves; gives what was published."""
        filled = fill(self.bench.place, probe, home, self._count + HELD, lane)
        with self.bench.place.started([probe, "hold", TOPIC, HELD], home) as process:
            if process.line(60) != "held":
                raise process.complaint("did not take its messages")
            process.signal(signal.SIGKILL)
        return filled

    def _measure(self, probe, name):
        with self.bench.place.home() as home:
            filled = self._leave(probe, home, LANES[name])
            start_s = time.monotonic()
            with self.bench.place.started([probe, "drain", TOPIC, "alone", 0], home,
                                          stdin=subprocess.DEVNULL) as process:
                process.line(30)
                line = json.loads(process.line(LIMIT_S))
                process.wait(30)
        if line["checksum"] != filled["checksum"]:
            raise Failed(f"{line['messages']:,} messages came, and not each of them once")
        add = self.figures.add
        add(name, "first after", "s", line["first_s"] - start_s)
        add(name, "last after", "s", line["last_s"] - start_s)
        add(name, "came again", "", line["redelivered"])
        add(name, "reader CPU", "us/msg",
            (line["user_s"] + line["system_s"]) / line["messages"] * 1e6)
        add(name, "reader RSS", "KiB", line["resident_max_kib"])

    def _targets(self, name):
        what = f"backlog of {self._count:,} of a killed worker, {name}"
        return [Target(f"{what}: last after", False, GOAL_S,
                       self.figures.median(name, "last after"), "s"),
                Target(f"{what}: reader RSS", False, RESIDENT_GOAL_KIB[name],
                       self.figures.maximum(name, "reader RSS"), "KiB")]

    def targets(self):
        return [target for name in LANES for target in self._targets(name)]
