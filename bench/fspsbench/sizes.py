# SPDX-License-Identifier: MIT
"""
Messages a second from one publisher to one subscriber, of payloads from 100 bytes to 1 MiB.

`sizes`: each payload travels whole, from a buffer of the publisher's own to memory of the
subscriber's own, whatever way the peer goes. `loaned`: it is built where the subscriber reads it,
and neither touches more of it than its first and last 8 bytes. What a run has of messages is
reckoned from what the peer declares, so that it takes a third to half a second.
"""

from . import peers, servers
from .figures import aim
from .scenario import Scenario

# How long a run is to take with the usual number of messages, and how few messages it may have.
RUN_S = 0.4
MESSAGES_USUAL = 100_000
MESSAGES_LEAST = 50
KIB, MIB = 2 ** 10, 2 ** 20
# How many times as fast as a copied payload a loaned one goes, about.
LOANED_GAIN = 30
PAYLOAD_VARIABLE = "FSPS_BENCH_PAYLOAD"
QUANTITY = "delivered"


def label(size):
    if size < KIB:
        return f"{size} B"
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def _cpu_us(line):
    return (line["user_s"] + line["system_s"]) / max(line["messages"], 1) * 1e6


class Sizes(Scenario):
    key = "sizes"
    title = "1 -> 1, payloads copied in and out"
    sizes = (100, KIB, 4 * KIB, 64 * KIB, MIB)
    payload = "whole"
    # The peer that others are compared with, and the goals: size, what it is, beside what, ratio.
    base = "fsps"
    goals = ((4 * KIB, "1 -> 1", "ring", 0.8), (MIB, "copied in and out", "ring", 0.8))

    def round(self, index):
        for size in self.sizes:
            for name in self.in_turn(self.peers_here(), index):
                if size <= self.bench.peers[name].says.largest:
                    self.attempt(f"{name}, {label(size)}", self._measure, self.bench.peers[name],
                                 size)

    def message_s(self, peer, size):
        """How long a message takes, about."""
        return 1 / float(peer.says.messages * MESSAGES_USUAL) + size / float(
            peer.says.gigabytes * 10 ** 9)

    def _count(self, peer, size):
        run_s = RUN_S * self.bench.messages / MESSAGES_USUAL
        return max(MESSAGES_LEAST, int(run_s / self.message_s(peer, size)))

    def _measure(self, peer, size):
        count = self._count(peer, size)
        run = peers.run(self.bench.place, peer, count, size, 1, pinned=self.bench.pinned,
                        environment={PAYLOAD_VARIABLE: self.payload})
        name, add = f"{peer.name}, {label(size)}", self.figures.add
        add(name, QUANTITY, "msg/s", run.rate)
        add(name, "publisher", "msg/s", count / run.published["seconds"])
        add(name, "messages", "", count)
        add(name, "lost", "", run.lost)
        add(name, "publisher CPU", "us/msg", _cpu_us(run.published))
        add(name, "receiver CPU", "us/msg", _cpu_us(run.received[0]))
        servers.add_used(self.figures, name, run.published)
        if run.out_of_order or run.corrupt:
            self.remark(f"{name}: {run.out_of_order} messages out of order, or other bytes came "
                        "than were sent")

    def _ratio(self, size, name):
        return self.figures.ratio(f"{self.base}, {label(size)}", f"{name}, {label(size)}",
                                  QUANTITY)

    def ratios(self):
        return [self._ratio(size, name)
                for size in self.sizes for name in self.peers_here() if name != self.base]

    def targets(self):
        return [aim(f"{label(size)}, {what}", f"the {name}" if name == "ring" else name, True,
                    goal, self._ratio(size, name)) for size, what, name, goal in self.goals]


class Loaned(Sizes):
    key = "loaned"
    title = "1 -> 1, payloads built in place and borrowed"
    sizes = (4 * KIB, MIB)
    payload = "loaned"
    base = "fsps_inplace"
    goals = ((MIB, "built in place and borrowed (payload untouched on both)", "iceoryx", 3),)

    def message_s(self, peer, size):
        return super().message_s(peer, size / LOANED_GAIN)
