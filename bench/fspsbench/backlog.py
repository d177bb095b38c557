# SPDX-License-Identifier: MIT
"""
A backlog: the subscriber is stopped, everything is published, then it reads. On each lane: a file
for each message, and segments from the first message on.

The reader checks the order itself; its clock starts when it is let go on. When the publisher has
ended, and nothing is read yet, what the home's files take of its file system is counted in blocks,
beside what the messages are in their own format.
"""

import os
import signal
import time

from . import peers, room, unrung
from .figures import Target, aim
from .scenario import Scenario

SIZE = 100
# A scan holds 8 bytes an ID; a reader that held the messages themselves would take 100 times that.
# Of segments some are mapped at a time, whose memory is the publisher's anyway.
RESIDENT_GOAL_KIB = {"files": 16 * 1024, "segments": 64 * 1024}
# By the names in the report, what FSPS_LANE has to be.
LANES = {"files": "plain", "segments": "fast"}
# What the channel may hold: more than the blocks of all messages.
LIMIT_BYTES = {"files": 2 ** 33, "segments": 2 ** 30}
ENCODED_BYTES = len(unrung.message(peers.TOPIC, 0, bytes(SIZE)))
SPACE, SPACE_GOAL = "of their encoded bytes", 1.5


def _held_bytes(home):
    """What all files below a directory take, whatever number of names they have."""
    blocks = {}
    for directory, _, names in os.walk(home):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            blocks[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(blocks.values())


class Backlog(Scenario):
    key = "backlog"
    rounds_max = 2

    def __init__(self, bench):
        super().__init__(bench)
        self._count = 100_000 if bench.quick else 1_000_000
        self.title = f"a backlog of {self._count:,} messages, {SIZE} B"
        self._released_s = 0.0
        self._held = 0

    def round(self, index):
        peer = self.bench.peers.get("fsps")
        if peer is None or peer.missing:
            self.remark("left out: " + (peer.missing if peer else "fsps was not asked for"))
            return
        lacking = room.lacking(self.bench.place.directory, self._count)
        if lacking:
            self.remark(f"left out: {lacking}")
            return
        for name in self.in_turn(list(LANES), index):
            self.attempt(name, self._measure, peer, name)

    def _hold(self, readers, home):
        for reader in readers:
            reader.signal(signal.SIGSTOP)

        def release():
            self._held = _held_bytes(home)
            self._released_s = time.monotonic()
            for reader in readers:
                reader.signal(signal.SIGCONT)
        return release

    def _measure(self, peer, name):
        run = peers.run(self.bench.place, peer, self._count, SIZE, 1, self._hold,
                        environment={"FSPS_LANE": LANES[name],
                                     "FSPS_BENCH_LIMIT_BYTES": str(LIMIT_BYTES[name])})
        reader = run.received[0]
        add = self.figures.add
        add(name, "published in", "s", run.published["seconds"])
        add(name, "read in", "s", reader["end_s"] - self._released_s)
        add(name, "in the home, a message", "B", self._held / self._count)
        add(name, SPACE, "times", self._held / self._count / ENCODED_BYTES)
        add(name, "lost", "", run.lost)
        add(name, "out of order", "", run.out_of_order)
        add(name, "corrupt", "", run.corrupt)
        add(name, "publisher RSS", "KiB", run.published["resident_max_kib"])
        add(name, "reader RSS", "KiB", reader["resident_max_kib"])

    def _wrong(self, name):
        counts = [self.figures.maximum(name, quantity)
                  for quantity in ("lost", "out of order", "corrupt")]
        return None if None in counts else sum(counts)

    def _targets(self, name):
        what = f"backlog of {self._count:,} in {name}"
        worst = self.figures.maximum
        return [Target(f"{what}: read", False, 60, worst(name, "read in"), "s"),
                Target(f"{what}: lost, out of order or corrupt", False, 0, self._wrong(name)),
                Target(f"{what}: reader RSS", False, RESIDENT_GOAL_KIB[name],
                       worst(name, "reader RSS"), "KiB")]

    def targets(self):
        space = aim(f"backlog of {self._count:,} messages of {SIZE} B",
                    f"their encoded bytes ({ENCODED_BYTES} each)", False, SPACE_GOAL,
                    self.figures.get("segments", SPACE))
        return [space, *(target for name in LANES for target in self._targets(name))]
