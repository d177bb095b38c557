# SPDX-License-Identifier: MIT
"""
What a delivery costs with more and more channels, and with more and more topics: probes/fanout.c,
which has all channels in one process.
"""

import json

from .figures import aim
from .scenario import Scenario

SIZE = 100
# Messages of a part, by how many channels there are.
MESSAGES = {1: 200_000, 4: 200_000, 10: 200_000, 100: 40_000, 1000: 4_000}
# What the cost with many channels is compared with, and how much more it may be.
BASE, MANY, GOAL = 4, (100, 1000), 2
TOPICS = [1, 10, 100, 1000, 10_000]
TOPICS_MESSAGES = 200_000
BOTH = "both at once"
QUANTITIES = {
    "publishing alone": "write_ns",
    "reading alone": "read_ns",
    "publishing while read": "busy_ns",
    BOTH: "both_ns",
    "publisher CPU": "write_cpu_ns",
    "reader CPU": "read_cpu_ns",
}


def probe(bench, home, channels, messages, *more):
    """What probes/fanout.c says."""
    argv = [bench.build / "bench" / "fanout", channels, messages, SIZE, *more]
    with bench.place.started(argv, home) as process:
        line = json.loads(process.line(300))
        process.wait(60)
    return line


def _name(channels):
    return f"{channels:,} channels"


class _Sweep(Scenario):
    def _add(self, name, unit, line):
        for quantity, key in QUANTITIES.items():
            self.figures.add(name, quantity, unit, line[key])
        self.figures.add(name, "lost", "", line["lost"])

    def _scaled(self, messages):
        return messages // (10 if self.bench.quick else 1)


class FanOut(_Sweep):
    key = "fanout"
    title = f"fan-out, {SIZE} B: a delivery is a message to one channel"

    def round(self, index):
        for channels in self.in_turn(list(MESSAGES), index):
            self.attempt(_name(channels), self._measure, channels)

    def _measure(self, channels):
        with self.bench.place.home() as home:
            line = probe(self.bench, home, channels, self._scaled(MESSAGES[channels]))
        self._add(_name(channels), "ns/delivery", line)
        self.figures.add(_name(channels), "publishing alone, a message", "us",
                         line["write_ns"] * channels / 1e3)

    def ratios(self):
        return [self.figures.ratio(_name(channels), _name(BASE), BOTH) for channels in MESSAGES
                if channels != BASE]

    def targets(self):
        return [aim(f"cost per delivery at {_name(channels)}", f"its own at {BASE}", False, GOAL,
                    self.figures.ratio(_name(channels), _name(BASE), BOTH)) for channels in MANY]


class Topics(_Sweep):
    key = "topics"
    title = f"topics, {SIZE} B, to one channel of all topics: messages to each in turn"

    def round(self, index):
        for topics in self.in_turn(TOPICS, index):
            self.attempt(f"{topics:,} topics", self._measure, topics)

    def _measure(self, topics):
        with self.bench.place.home() as home:
            line = probe(self.bench, home, 1, self._scaled(TOPICS_MESSAGES), topics)
        self._add(f"{topics:,} topics", "ns/message", line)
