# SPDX-License-Identifier: MIT
"""
What a delivery costs with more and more channels, all of them in one process: probes/fanout.c.
"""

import json

from .scenario import Scenario

SIZE = 100
# Messages of a part, by how many channels there are.
MESSAGES = {4: 200_000, 100: 40_000, 1000: 4_000}
QUANTITIES = {
    "publishing alone": "write_ns",
    "reading alone": "read_ns",
    "publishing while read": "busy_ns",
    "both at once": "both_ns",
    "publisher CPU": "write_cpu_ns",
    "reader CPU": "read_cpu_ns",
}


class FanOut(Scenario):
    key = "fanout"
    title = f"fan-out, {SIZE} B: a delivery is a message to one channel"
    rounds_max = 3

    def round(self, index):
        probe = self.bench.build / "bench" / "fanout"
        for channels in self.in_turn(list(MESSAGES), index):
            self.attempt(f"{channels:,} channels", self._measure, probe, channels)

    def _measure(self, probe, channels):
        messages = MESSAGES[channels] // (10 if self.bench.quick else 1)
        with self.bench.place.home() as home:
            with self.bench.place.started([probe, channels, messages, SIZE], home) as process:
                line = json.loads(process.line(300))
                process.wait(60)
        name, add = f"{channels:,} channels", self.figures.add
        for quantity, key in QUANTITIES.items():
            add(name, quantity, "ns/delivery", line[key])
        add(name, "publishing alone, a message", "us",
            line["write_ns"] * channels / 1e3)
        add(name, "lost", "", line["lost"])
