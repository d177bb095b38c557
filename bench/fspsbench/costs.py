# SPDX-License-Identifier: MIT
"""
What one publish and one receive are made of: each part by itself (probes/parts.c and between.c),
their sum, and beside it what a whole one takes of its side's processor in the same round. The parts
are those of docs/design/lane.md, of a message of 100 bytes to one channel.
"""

import json

from .fanout import probe
from .scenario import Scenario

MESSAGES = 200_000
# A segment of a publisher that has got going, and a frame of 100 bytes of payload.
SEGMENT_BYTES, FRAME_BYTES = 2 ** 20, 176
PUBLISHER = {
    "ticks": "the processor's counter: is the last reading of the clock still good?",
    "counter": "compare-and-exchange on the counter, alone",
    "fence": "full fence behind the commit",
    "mutex": "the handle's mutex",
    "look": "a look at a channel's word",
    "topic": "comparing the topic with the last one",
    "payload": "the payload into the segment",
    "beginning": "ID, lengths, topic, headers into the segment",
    "commit": "the commit word, and the next one",
}
RECEIVER = {
    "mutex": "the channel's mutex",
    "same": "comparing what is before the payload with the last message's",
    "place": "its place and what it counts",
    "reference": "giving the message back",
}
BETWEEN = {
    "line": "a cache line from the other core",
    "counter": "compare-and-exchange on the counter while another does the same",
    "ring": "a ring of a sleeping reader's bell",
    "wake": "from there until it runs",
}
CALLS = {
    "clock": "the clock",
    "bell": "a ring of a bell whose reader is awake",
    "segment": "a segment's beginning and end, both sides",
    "page": "the first sight of a page",
}
EACH, SHARE = "each", "a message"


class Costs(Scenario):
    key = "costs"
    title = "what a publish and a receive are made of, 100 B, one channel"

    def round(self, index):
        self.attempt("costs", self._measure)

    def _run(self, program, *arguments):
        with self.bench.place.started([self.bench.build / "bench" / program, *arguments]) as probe_:
            line = json.loads(probe_.line(120))
            probe_.wait(30)
        return line

    def _measure(self):
        alone = self._run("parts", self.bench.place.directory)
        between = self._run("between")
        with self.bench.place.home() as home:
            whole = probe(self.bench, home, 1, MESSAGES)
        shares = {"the clock, once a microsecond": alone["clock"] * whole["busy_ns"] / 1e3,
                  "a segment of 1 MiB, begun and ended":
                      alone["segment"] / (SEGMENT_BYTES // FRAME_BYTES)}
        self._add_side("publisher", PUBLISHER, alone, shares, whole["write_cpu_ns"])
        self._add_side("receiver", RECEIVER, alone, {}, whole["read_cpu_ns"])
        for name, text in CALLS.items():
            self.figures.add(f"kernel: {text}", EACH, "ns", alone[name])
        if not between:
            self.remark("there is one core only: nothing between two")
        for name, text in BETWEEN.items():
            if name in between:
                self.figures.add(f"between: {text}", EACH, "ns", between[name])

    def _add_side(self, side, parts, measured, shares, whole_ns):
        for name, text in parts.items():
            self.figures.add(f"{side}: {text}", SHARE, "ns", measured[name])
        for text, share in shares.items():
            self.figures.add(f"{side}: its share of {text}", SHARE, "ns", share)
        total = sum(measured[name] for name in parts) + sum(shares.values())
        self.figures.add(f"{side}: sum of these", SHARE, "ns", total)
        self.figures.add(f"{side}: measured, both sides running", SHARE, "ns", whole_ns)
