# SPDX-License-Identifier: MIT
"""
Messages a second from one publisher to one or several subscribers, every peer in its turn.

The clock runs from the first publish to the last receive; publishers run free and whoever loses
messages has that beside the figure. Leaves out: messages of other sizes than 100 bytes.
"""

from . import peers
from .figures import Target
from .scenario import Scenario

SIZE = 100
# Interpreted peers send so many times fewer, for runs of about the same length.
INTERPRETED_SHARE = 10
RESIDENT_GOAL_KIB = 2.5 * 1024


def _cpu_us(line):
    return (line["user_s"] + line["system_s"]) / max(line["messages"], 1) * 1e6


class Throughput(Scenario):
    subscribers = 1

    def round(self, index):
        names = list(self.bench.peers)
        for name in names[index % len(names):] + names[:index % len(names)]:
            peer = self.bench.peers[name]
            if peer.missing:
                self.remark(f"{name} left out: {peer.missing}")
            else:
                self.attempt(name, self._measure, peer)

    def _measure(self, peer):
        count = self.bench.messages // (INTERPRETED_SHARE if peer.interpreted else 1)
        run = peers.run(self.bench.place, peer, count, SIZE, self.subscribers)
        add = self.figures.add
        slowest = max(run.received, key=lambda line: line["end_s"])
        add(peer.name, "delivered", "msg/s", run.rate)
        add(peer.name, "publisher", "msg/s", count / run.published["seconds"])
        add(peer.name, "receiver", "msg/s", slowest["messages"] / slowest["seconds"])
        add(peer.name, "lost", "of " + f"{count * self.subscribers:,}", run.lost)
        add(peer.name, "publisher CPU", "us/msg", _cpu_us(run.published))
        add(peer.name, "receiver CPU", "us/msg", _cpu_us(slowest))
        add(peer.name, "publisher RSS", "KiB", run.published["resident_max_kib"])
        add(peer.name, "receiver RSS", "KiB",
            max(line["resident_max_kib"] for line in run.received))
        if run.out_of_order or run.corrupt:
            self.remark(f"{peer.name}: {run.out_of_order} messages out of order, "
                        f"{run.corrupt} subscribers got other bytes than were sent")

    def ratios(self):
        # CPU time hardly suffers from what else the machine does, and explains the first ratio.
        return [self.figures.ratio("fsps", name, "delivered")
                for name in self.bench.peers if name != "fsps"] + [
                self.figures.ratio("fsps", "bare", f"{who} CPU")
                for who in ("publisher", "receiver")]

    def _ratio_target(self, other, goal):
        ratio = self.figures.ratio("fsps", other, "delivered")
        return Target(f"1 -> {self.subscribers}, {SIZE} B: libfsps / {other}", True, goal,
                      ratio.median if ratio else None)

    def _lost_target(self):
        return Target(f"1 -> {self.subscribers}: messages lost", False, 0,
                      self.figures.maximum("fsps", "lost"))


class OneToOne(Throughput):
    key = "one"
    title = "1 -> 1, 100 B"

    def targets(self):
        resident = [Target(f"{who} RSS over {self.bench.messages:,} messages", False,
                           RESIDENT_GOAL_KIB, self.figures.maximum("fsps", f"{who} RSS"), "KiB")
                    for who in ("publisher", "receiver")]
        return [self._ratio_target("bare", 0.8), self._ratio_target("formix", 4),
                self._lost_target(), *resident]


class OneToFour(Throughput):
    key = "four"
    title = "1 -> 4, 100 B (figures of each subscriber)"
    subscribers = 4

    def targets(self):
        return [self._lost_target()]
