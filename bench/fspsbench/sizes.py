# SPDX-License-Identifier: MIT
"""
Messages a second from one publisher to one subscriber, of more than 100 bytes.

As in the other scenarios no more than the first and last 8 bytes of a payload are written and read
by the peers themselves; who copies payloads, copies them whole. Runs have fewer messages than those
of 100 bytes, by SHARES.
"""

from . import peers, servers
from .scenario import Scenario

# For each size the part of the messages that a peer sends of 100 bytes.
SHARES = {4096: 1 / 10, 2 ** 20: 1 / 1500}
QUANTITY = "delivered"


def _label(size):
    return f"{size // 2 ** 20} MiB" if size >= 2 ** 20 else f"{size // 2 ** 10} KiB"


def _cpu_us(line):
    return (line["user_s"] + line["system_s"]) / max(line["messages"], 1) * 1e6


class Sizes(Scenario):
    key = "sizes"
    title = "1 -> 1, larger payloads"

    def round(self, index):
        for size in SHARES:
            for name in self.in_turn(self.peers_here(), index):
                self.attempt(f"{name}, {_label(size)}", self._measure, self.bench.peers[name],
                             size)

    def _measure(self, peer, size):
        count = max(16, int(self.bench.messages * peer.messages * SHARES[size]))
        run = peers.run(self.bench.place, peer, count, size, 1, pinned=self.bench.pinned)
        name, add = f"{peer.name}, {_label(size)}", self.figures.add
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

    def ratios(self):
        return [self.figures.ratio(f"fsps, {_label(size)}", f"{name}, {_label(size)}", QUANTITY)
                for size in SHARES for name in self.peers_here() if name != "fsps"]
