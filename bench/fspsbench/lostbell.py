# SPDX-License-Identifier: MIT
"""
Messages whose bell was lost: how long until a reader that sleeps finds them. A publisher that was
killed between link and ring leaves such a one; here it is put there by hand, at times that lie
differently to the reader's own clock.
"""

import random
import time
from contextlib import ExitStack

from . import unrung
from .figures import Target
from .scenario import Scenario

TOPIC = "t"
TRIALS, TRIALS_QUICK = 20, 5
READERS = {"live channel": "live", "durable, alone": "alone", "durable, a group": "group"}
QUANTITY = "found after, longest"
GOAL_S = 1.0
LIMIT_S = 30


class LostBell(Scenario):
    key = "lostbell"
    rounds_max = 1

    def __init__(self, bench):
        super().__init__(bench)
        self._trials = TRIALS_QUICK if bench.quick else TRIALS
        self.title = f"messages whose bell was lost ({self._trials} for each reader)"

    def round(self, index):
        self.attempt("lost bell", self._measure)

    def _start(self, stack, who):
        home = stack.enter_context(self.bench.place.home())
        process = stack.enter_context(self.bench.place.started(
            [self.bench.build / "bench" / "work", "watch", TOPIC, who], home))
        if process.line(LIMIT_S) != "ready":
            raise process.complaint("did not say that it is ready")
        return process, home

    def _measure(self):
        found = {name: [] for name in READERS}
        with ExitStack() as stack:
            started = {name: self._start(stack, who) for name, who in READERS.items()}
            for _ in range(self._trials):
                time.sleep(random.random())
                linked_s = {}
                for name, (_, home) in started.items():
                    linked_s[name] = time.monotonic()
                    unrung.link(home, TOPIC)
                for name, (process, _) in started.items():
                    found[name].append(float(process.line(LIMIT_S)) - linked_s[name])
        for name, values in found.items():
            self.figures.add(name, "found after, mean", "s", sum(values) / len(values))
            self.figures.add(name, QUANTITY, "s", max(values))

    def targets(self):
        return [Target(f"a lost bell, {name}: {QUANTITY}", False, GOAL_S,
                       self.figures.maximum(name, QUANTITY), "s") for name in READERS]
