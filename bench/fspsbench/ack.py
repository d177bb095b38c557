# SPDX-License-Identifier: MIT
"""
What certainty costs: a reader that acknowledges each message (at least once) beside one from which
a message is gone once it is handed out (at most once), on either lane.
"""

from .figures import Target
from .throughput import FAST, PLAIN, SIZE, Throughput

# Each with its at-most-once counterpart.
COUNTERPARTS = {"fsps_acked_plain": PLAIN, "fsps_acked": FAST}
GOAL = 0.5


class Ack(Throughput):
    key = "ack"
    title = f"1 -> 1, {SIZE} B: acknowledged beside at most once"

    def ratios(self):
        return [self.figures.ratio(acked, other, quantity)
                for quantity in ("delivered", "receiver CPU")
                for acked, other in COUNTERPARTS.items()]

    def targets(self):
        ratio = self.figures.ratio("fsps_acked_plain", PLAIN, "delivered")
        return [Target(f"1 -> 1, {SIZE} B: fsps_acked_plain / {PLAIN}", True, GOAL,
                       ratio.median if ratio else None),
                *(Target(f"1 -> 1: {name}, messages lost", False, 0,
                         self.figures.maximum(name, "lost")) for name in COUNTERPARTS)]
