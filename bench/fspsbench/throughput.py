# SPDX-License-Identifier: MIT
"""
Messages a second from one publisher to one or several subscribers, every peer in its turn.

The clock runs from the first publish to the last receive; publishers run free and whoever loses
messages has that beside the figure. A peer sends as many messages as its speed needs for a run of
about a second. Leaves out: messages of other sizes than 100 bytes.
"""

from . import peers, servers
from .figures import Target, aim
from .scenario import Scenario

SIZE = 100
# What either lane of libfsps is compared with: whose messages are files, and whose are not.
FAST, PLAIN = "fsps", "fsps_plain"
OF_FILES = ["bare", "formix"]
# Whom the project measures itself by, as the document calls them.
AGAINST = {"zmq_push": "ZeroMQ PUSH/PULL", "zmq_pub": "ZeroMQ PUB/SUB without drops",
           "ring": "the ring", "lane": "the bare lane"}
PLAIN_RESIDENT_GOAL_KIB = 2.5 * 1024
# A channel's segments hold 64 MiB and at most one segment more; either side may have all mapped.
FAST_RESIDENT_GOAL_KIB = 68 * 1024 + PLAIN_RESIDENT_GOAL_KIB


def _cpu_us(line):
    return (line["user_s"] + line["system_s"]) / max(line["messages"], 1) * 1e6


class Throughput(Scenario):
    subscribers = 1

    def round(self, index):
        for name in self.in_turn(self.peers_here(), index):
            self.attempt(name, self._measure, self.bench.peers[name])

    def count(self, peer):
        """How many messages a peer sends. What is more than usual is so for all copies together."""
        share = peer.says.messages
        if share > 1:
            share = max(1, share / self.subscribers)
        return max(1, int(self.bench.messages * share))

    def _measure(self, peer):
        count = self.count(peer)
        run = peers.run(self.bench.place, peer, count, SIZE, self.subscribers,
                        pinned=self.bench.pinned)
        add = self.figures.add
        slowest = max(run.received, key=lambda line: line["end_s"])
        add(peer.name, "delivered", "msg/s", run.rate)
        add(peer.name, "publisher", "msg/s", count / run.published["seconds"])
        add(peer.name, "receiver", "msg/s", slowest["messages"] / slowest["seconds"])
        add(peer.name, "messages", "", count)
        add(peer.name, "lost", "", run.lost)
        add(peer.name, "publisher CPU", "us/msg", _cpu_us(run.published))
        add(peer.name, "receiver CPU", "us/msg", _cpu_us(slowest))
        add(peer.name, "publisher RSS", "KiB", run.published["resident_max_kib"])
        add(peer.name, "receiver RSS", "KiB",
            max(line["resident_max_kib"] for line in run.received))
        servers.add_used(self.figures, peer.name, run.published)
        if run.out_of_order or run.corrupt:
            self.remark(f"{peer.name}: {run.out_of_order} messages out of order, "
                        f"{run.corrupt} subscribers got other bytes than were sent")

    def _delivered(self, over, under):
        return self.figures.ratio(over, under, "delivered")

    def ratios(self):
        """CPU time hardly suffers from what else the machine does, and explains a ratio."""
        names = [name for name in self.peers_here() if name not in (FAST, PLAIN)]
        return [self._delivered(PLAIN if name in OF_FILES else FAST, name) for name in names] + [
            self.figures.ratio(over, under, f"{who} CPU")
            for over, under in ((FAST, "lane"), (PLAIN, "bare"))
            for who in ("publisher", "receiver")]

    def _ratio_target(self, over, under, goal):
        ratio = self._delivered(over, under)
        return Target(f"1 -> {self.subscribers}, {SIZE} B: {over} / {under}", True, goal,
                      ratio.median if ratio else None)

    def _aim(self, text, over, under, goal):
        """Of what over delivers, as a multiple of what under does."""
        return aim(text, AGAINST[under], True, goal, self._delivered(over, under))

    def _lost_targets(self):
        return [Target(f"1 -> {self.subscribers}: {name}, messages lost", False, 0,
                       self.figures.maximum(name, "lost"))
                for name in (FAST, PLAIN)]

    def _resident_targets(self, name, goal_kib):
        sent = self.figures.maximum(name, "messages") or 0
        return [Target(f"{name}: {who} RSS over {sent:,} messages", False, goal_kib,
                       self.figures.maximum(name, f"{who} RSS"), "KiB")
                for who in ("publisher", "receiver")]


class OneToOne(Throughput):
    key = "one"
    title = "1 -> 1, 100 B"

    def targets(self):
        one, prepared, batch = (f"{SIZE} B, 1 -> 1, {how}" for how in (
            "one `fsps_publish` a message", "prepared topic", "batches of 64"))
        return [self._aim(one, FAST, "zmq_push", 2.5), self._aim(one, FAST, "ring", 0.5),
                self._aim(prepared, "fsps_prepared", "ring", 0.7),
                self._aim(batch, "fsps_batch", "ring", 1.0),
                self._aim(batch, "fsps_batch", "lane", 0.5),
                self._ratio_target(PLAIN, "bare", 0.8), self._ratio_target(PLAIN, "formix", 4),
                *self._lost_targets(), *self._resident_targets(PLAIN, PLAIN_RESIDENT_GOAL_KIB),
                *self._resident_targets(FAST, FAST_RESIDENT_GOAL_KIB)]


class OneToFour(Throughput):
    key = "four"
    title = "1 -> 4, 100 B (figures of each subscriber)"
    subscribers = 4

    def targets(self):
        each = f"{SIZE} B, each of {self.subscribers} subscribers"
        return [self._aim(each, FAST, "zmq_pub", 5), self._aim(each, FAST, "zmq_push", 5),
                *self._lost_targets()]
