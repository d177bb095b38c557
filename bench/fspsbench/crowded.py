# SPDX-License-Identifier: MIT
"""
What 100,000 channels in the home cost a publish to ten of them, beside the same ten alone: a known
topic, over and over, and the first publish of all. The others are plain channels whose owner is
this process; the ten are real, and read.

What counts is the median of slices of 256 publishes while nobody reads. Beside it: the longest such
slice, which has what a publisher does once a second, and the processor time of a run that is long
enough to have it several times; the publisher waits for its reader in that run.
"""

from .fanout import SIZE, probe
from .figures import aim
from .lookup import channels_in, others
from .scenario import Scenario

CHANNELS, MATCHING = 100_000, 10
MESSAGES, AT_ONCE = 200_000, 4_000_000
STEADY, CPU, FIRST = "a publish, median", "a publish, CPU", "first publish"
GOAL = 1.2


def _name(channels):
    return f"{channels:,} channels, {MATCHING} match"


class Crowded(Scenario):
    key = "crowded"
    title = f"{SIZE} B to {MATCHING} channels, with others in the home"
    rounds_max = 3

    def round(self, index):
        for channels in self.in_turn([MATCHING, CHANNELS], index):
            self.attempt(_name(channels), self._measure, channels)

    def _measure(self, channels):
        at_once = AT_ONCE // (10 if self.bench.quick else 1)
        with self.bench.place.home() as home, channels_in(home, others(channels - MATCHING), 0):
            line = probe(self.bench, home, MATCHING, MESSAGES, 0, at_once)
        name, add = _name(channels), self.figures.add
        add(name, STEADY, "ns", line["slice_ns"])
        add(name, CPU, "ns", line["write_cpu_ns"] * MATCHING)
        add(name, "delivered to all", "ns", line["both_ns"] * MATCHING)
        add(name, "longest 256 publishes", "ms", line["longest_ns"] / 1e6)
        add(name, FIRST, "us", line["first_ns"] / 1e3)
        add(name, "lost", "", line["lost"])

    def _ratio(self, quantity):
        return self.figures.ratio(_name(CHANNELS), _name(MATCHING), quantity)

    def ratios(self):
        return [self._ratio(quantity)
                for quantity in (STEADY, CPU, "delivered to all", FIRST)]

    def targets(self):
        return [aim(f"a publish with {CHANNELS:,} channels in the home, {MATCHING} matching",
                    f"the same with {MATCHING} in the home", False, GOAL, self._ratio(STEADY))]
