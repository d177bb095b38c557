# SPDX-License-Identifier: MIT
"""
Finding the channels of a topic among 10,000 of which 10 match.

The channels are plain ones, a directory with a FIFO each, whose owner is this process: real ones
would need four descriptors each. The FIFOs of those that match are held open, since a channel
that nobody reads does not count.
"""

import json
import os
from contextlib import contextmanager

from .figures import Target
from .oneshot import launch
from .scenario import Scenario

CHANNELS = 10_000
TOPIC = "site-7.hall.temperature"
MATCHING = [TOPIC, TOPIC, TOPIC, TOPIC, "site-7.=.temperature", "site-7.hall.=",
            "=.hall.temperature", "site-7.+", "+.temperature", "=.=.="]
OTHERS = ["node-{}.disk.free", "node-{}.=.load", "node-{}.+", "+.of-{}", "=.room-{}.humidity",
          "site-{}x.hall.temperature"]
REPEATS = 200_000
FRESH = 200
RUNS = 40


def others(count):
    """So many patterns of all shapes, of which none matches TOPIC."""
    return [OTHERS[n % len(OTHERS)].format(n) for n in range(count)]


@contextmanager
def channels_in(home, patterns, held):
    """A home with a plain channel of each pattern, of which the first few are held open."""
    readers = []
    home.mkdir(mode=0o700)
    try:
        for number, pattern in enumerate(patterns):
            queue = f"{home}/{pattern}_{number:012d}_{os.getpid()}/queue"
            os.mkdir(os.path.dirname(queue), 0o700)
            os.mkfifo(queue, 0o660)
            if number < held:
                readers.append(os.open(queue, os.O_RDONLY | os.O_NONBLOCK))
        yield
    finally:
        for reader in readers:
            os.close(reader)


class Lookup(Scenario):
    key = "lookup"
    title = f"finding channels: {CHANNELS:,} channels, {len(MATCHING)} match"
    rounds_max = 3

    def round(self, index):
        probe = self.bench.build / "bench" / "lookup"
        with self.bench.place.home() as home, channels_in(
                home, MATCHING + others(CHANNELS - len(MATCHING)), len(MATCHING)):
            if probe.exists():
                self.attempt("lookup", self._measure_library, probe, home)
            else:
                self.remark(f"{probe} is not built")
            self.attempt("one-shot", self._measure_command, home)

    def _look(self, probe, home, repeats, fresh):
        with self.bench.place.started([probe, TOPIC, repeats, fresh], home) as process:
            line = json.loads(process.line(120))
            process.wait(30)
        return line

    def _measure_library(self, probe, home):
        # The first publisher of a home's life makes its ID counter, which others find.
        self._look(probe, home, 1, 1)
        line = self._look(probe, home, REPEATS, FRESH)
        self.figures.add("libfsps", "matched", "", line["matched"])
        self.figures.add("libfsps", "publisher's first", "us", line["first_ns"] / 1e3)
        self.figures.add("libfsps", "second topic", "us", line["second_ns"] / 1e3)
        self.figures.add("libfsps", "further topics", "us", line["fresh_ns"] / 1e3)
        self.figures.add("libfsps", "repeated", "ns", line["again_ns"])

    def _measure_command(self, home):
        publish = self.bench.command("pubsub-publish")
        if publish is None:
            self.remark("pubsub-publish is not built")
            return
        commands = [["/bin/true"], [publish, TOPIC, "hello"]]
        for name, microseconds in zip(("/bin/true", "pubsub-publish"),
                                      launch(self.bench, RUNS, commands, home)):
            self.figures.add(name, "one-shot", "us", microseconds)

    def targets(self):
        matched = self.figures.maximum("libfsps", "matched")
        return [Target("look-up, repeated, among 10,000 channels", False, 1000,
                       self.figures.median("libfsps", "repeated"), "ns"),
                Target("channels matched beside or short of 10", False, 0,
                       None if matched is None else abs(matched - len(MATCHING)))]
