# SPDX-License-Identifier: MIT
"""
A backlog: the subscriber is stopped, everything is published, then it reads.

The reader checks the order itself; its clock starts when it is let go on.
"""

import signal
import time

from . import peers, room
from .figures import Target
from .scenario import Scenario

SIZE = 100
# A scan holds 8 bytes an ID; a reader that held the messages themselves would take 100 times that.
RESIDENT_GOAL_KIB = 16 * 1024


class Backlog(Scenario):
    key = "backlog"
    rounds_max = 2

    def __init__(self, bench):
        super().__init__(bench)
        self._count = 100_000 if bench.quick else 1_000_000
        self.title = f"a backlog of {self._count:,} messages, {SIZE} B"
        self._released_s = 0.0

    def round(self, index):
        peer = self.bench.peers.get("fsps")
        if peer is None or peer.missing:
            self.remark("left out: " + (peer.missing if peer else "fsps was not asked for"))
            return
        lacking = room.lacking(self.bench.place.directory, self._count)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        self.attempt("fsps", self._measure, peer)

    def _hold(self, readers):
        for reader in readers:
            reader.signal(signal.SIGSTOP)

        def release():
            self._released_s = time.monotonic()
            for reader in readers:
                reader.signal(signal.SIGCONT)
        return release

    def _measure(self, peer):
        run = peers.run(self.bench.place, peer, self._count, SIZE, 1, self._hold)
        reader = run.received[0]
        add = self.figures.add
        add(peer.name, "published in", "s", run.published["seconds"])
        add(peer.name, "read in", "s", reader["end_s"] - self._released_s)
        add(peer.name, "lost", "", run.lost)
        add(peer.name, "out of order", "", run.out_of_order)
        add(peer.name, "corrupt", "", run.corrupt)
        add(peer.name, "publisher RSS", "KiB", run.published["resident_max_kib"])
        add(peer.name, "reader RSS", "KiB", reader["resident_max_kib"])

    def _wrong(self):
        counts = [self.figures.maximum("fsps", quantity)
                  for quantity in ("lost", "out of order", "corrupt")]
        return None if None in counts else sum(counts)

    def targets(self):
        what = f"backlog of {self._count:,}"
        worst = self.figures.maximum
        return [Target(f"{what}: read", False, 60, worst("fsps", "read in"), "s"),
                Target(f"{what}: lost, out of order or corrupt", False, 0, self._wrong()),
                Target(f"{what}: reader RSS", False, RESIDENT_GOAL_KIB,
                       worst("fsps", "reader RSS"), "KiB")]
