# SPDX-License-Identifier: MIT
"""
Ten thousand channels whose processes were killed: how long until whoever comes by has removed them.

Who comes by is a publisher of something else, or an idle subscriber; the channels are empty, or
there is a message in each of them. The clock starts before that process does. A publisher pays for
the sweep: the longest of its publishes stands beside.
"""

import json
import os
import signal
import time
from contextlib import ExitStack

from .figures import Target
from .processes import Failed
from .scenario import Scenario

CHANNELS, PROCESSES = 10_000, 10
TOPIC, OTHER, SIZE = "crowd", "other", 100
GOAL_S = 2.0
LIMIT_S = 120
# Who comes by, and how many messages lie in each channel.
WHO = {"publisher": 0, "subscriber": 0, "publisher, a message in each": 1}
QUANTITY = "all removed after"
# The directory is read once in this time to see what is left; a reading takes milliseconds.
PERIOD_S = 0.02


def _left(home):
    """Channels of the dead under their own names, and what is being removed."""
    return [name for name in os.listdir(home) if name.startswith((TOPIC, ".x-"))]


class DeadChannels(Scenario):
    key = "dead_channels"
    title = f"{CHANNELS:,} channels of {PROCESSES} processes that were killed"
    rounds_max = 3

    def round(self, index):
        probes = self.bench.build / "bench"
        for who in self.in_turn(list(WHO), index):
            self.attempt(who, self._measure, probes, who)

    def _leave(self, probes, home, messages):
        """Has the channels made and kills their processes."""
        with ExitStack() as stack:
            processes = [stack.enter_context(self.bench.place.started(
                [probes / "crowd", "open", TOPIC, CHANNELS // PROCESSES], home))
                for _ in range(PROCESSES)]
            for process in processes:
                if process.line(LIMIT_S) != "ready":
                    raise process.complaint("did not say that it is ready")
            if messages:
                stack.enter_context(self.bench.place.started(
                    [probes / "few", "plain", TOPIC, messages, SIZE, CHANNELS], home)).wait(LIMIT_S)
            for process in processes:
                process.signal(signal.SIGKILL)

    def _wait(self, home, start_s):
        """After how long half of them, and all, are gone."""
        half_s = None
        while True:
            left, taken_s = len(_left(home)), time.monotonic() - start_s
            if half_s is None and left <= CHANNELS / 2:
                half_s = taken_s
            if left == 0:
                return half_s, taken_s
            if taken_s > LIMIT_S:
                raise Failed(f"{left:,} dead channels are left after {LIMIT_S} s")
            time.sleep(PERIOD_S)

    def _measure(self, probes, who):
        add = self.figures.add
        with self.bench.place.home() as home, ExitStack() as stack:
            self._leave(probes, home, WHO[who])
            waiting, held = os.pipe()
            stack.callback(os.close, waiting)
            argv = ([probes / "crowd", "publish", OTHER] if who.startswith("publisher")
                    else [probes / "work", "watch", OTHER, "live"])
            start_s = time.monotonic()
            process = stack.enter_context(self.bench.place.started(argv, home, stdin=waiting))
            try:
                half_s, taken_s = self._wait(home, start_s)
            finally:
                os.close(held)
            add(who, "half removed after", "s", half_s)
            add(who, QUANTITY, "s", taken_s)
            if who.startswith("publisher"):
                process.line(30)
                add(who, "longest publish", "ms", json.loads(process.line(30))["longest_ms"])

    def targets(self):
        return [Target(f"{CHANNELS:,} dead channels, a {who} comes by: {QUANTITY}", False, GOAL_S,
                       self.figures.median(who, QUANTITY), "s") for who in WHO]
