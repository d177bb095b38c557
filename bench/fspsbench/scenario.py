# SPDX-License-Identifier: MIT
"""
What every scenario is: something that is measured once a round and then summed up.

A scenario never ends the benchmark: what can't be run is named in its remarks, and what broke is
named there too, counted as broken and left out of the later rounds.
"""

from dataclasses import dataclass

from .figures import Figures, Result
from .processes import Failed, LeftOut, Place


@dataclass
class Bench:
    """What scenarios work with."""

    build: object
    place: Place
    peers: dict
    python: object
    quick: bool
    messages: int
    spin_us: int
    pinned: bool

    def command(self, name):
        """The path of one of the project's commands, or None if it is not built."""
        tools = self.build / "tools"
        for path in (tools / name, *sorted(tools.glob(f"*/{name}"))):
            if path.is_file():
                return path
        return None


class Scenario:
    key = ""
    title = ""
    # The most rounds that are worth their time.
    rounds_max = 1000

    def __init__(self, bench):
        self.bench = bench
        self.figures = Figures()
        self.remarks = []
        self.broken = set()
        self.left_out = set()

    def round(self, index):
        """Measures once."""
        raise NotImplementedError

    def peers_here(self):
        """The names of the peers that have a part in this scenario and can be run."""
        names = [name for name, peer in self.bench.peers.items() if self.key in peer.says.runs]
        for name in names:
            if self.bench.peers[name].missing:
                self.remark(f"{name} left out: {self.bench.peers[name].missing}")
        return [name for name in names if not self.bench.peers[name].missing]

    @staticmethod
    def in_turn(items, index):
        """The items in another order each round, so that none is always the first."""
        start = index % len(items) if items else 0
        return items[start:] + items[:start]

    def ratios(self):
        return []

    def targets(self):
        return []

    def remark(self, text):
        if text not in self.remarks:
            self.remarks.append(text)

    def attempt(self, name, action, *arguments):
        """Calls action unless it broke or was left out in an earlier round."""
        if name in self.broken | self.left_out:
            return
        try:
            action(*arguments)
        except LeftOut as reason:
            self.left_out.add(name)
            self.remark(f"{name} left out: {reason}")
        except (Failed, OSError, ValueError, KeyError) as problem:
            self.broken.add(name)
            self.remark(f"{name} broke: {problem}")

    def result(self):
        ratios = [ratio for ratio in self.ratios() if ratio is not None]
        return Result(self.key, self.title, list(self.figures), ratios, self.targets(),
                      self.remarks)
