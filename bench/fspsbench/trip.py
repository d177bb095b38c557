# SPDX-License-Identifier: MIT
"""
Round trips: a process sends a message and waits for the other's answer, one trip after another.

Each peer does it with both processes on one core, where the time is work and switches, on two,
where most of it is the waking of a core that sleeps, and wherever the scheduler puts them, which is
now the one and now the other. A server between them has the same cores. Peers that can are measured
on two cores also with both processes looking on for a while before they sleep. The peers measure
each trip themselves and give quantiles; a round's value is one run's.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass

from . import cores, servers
from .figures import aim
from .peers import RUN_LIMIT_S, Peer
from .scenario import Scenario

SIZE = 100
# What a run does at most; never more than --messages asks for.
TRIPS_MAX = 20_000
QUANTILES = {"p50": "p50_ns", "p99": "p99_ns", "least": "min_ns"}
BASE = "fifo"
GOAL = 1.4
SPIN_BASE = "ring"
SPIN_GOAL = 4
# Peers that heed it have `spin` among their scenarios.
SPIN_KEY = "spin"
SPIN_VARIABLE = "FSPS_BENCH_SPIN_US"
APART = "two cores"
# The cores of ping and pong, by their places in cores.ALL; None: all of them for both.
PLACEMENTS = {"scheduler's choice": None, "one core": (0, 0), APART: (0, 1)}


def _name(peer, placement, spinning=False):
    return f"{peer}{' spinning' if spinning else ''}, {placement}"


@dataclass
class Contest:
    """What is measured at once."""

    peer: Peer
    placement: str
    spin_us: int = 0

    @property
    def name(self):
        return _name(self.peer.name, self.placement, self.spin_us > 0)

    @property
    def environment(self):
        return {SPIN_VARIABLE: str(self.spin_us)} if self.spin_us else {}

    @property
    def cores(self):
        """Those of ping, and those of pong."""
        places = PLACEMENTS[self.placement]
        return [[cores.ALL[place]] for place in places] if places else [cores.ALL, cores.ALL]


class Trip(Scenario):
    key = "trip"

    def __init__(self, bench):
        super().__init__(bench)
        self._trips = min(TRIPS_MAX, bench.messages)
        self.title = f"round trip of {SIZE} B, {self._trips:,} in a run"

    def _placements(self):
        usable = [name for name, places in PLACEMENTS.items()
                  if not places or max(places) < len(cores.ALL)]
        if len(usable) < len(PLACEMENTS):
            self.remark("there is one core only")
        return usable

    def _contests(self):
        for placement in self._placements():
            here = [self.bench.peers[name] for name in self.peers_here()]
            yield from (Contest(peer, placement) for peer in here)
            if placement == APART:
                yield from (Contest(peer, placement, self.bench.spin_us) for peer in here
                            if SPIN_KEY in peer.says.runs)

    def round(self, index):
        for contest in self.in_turn(list(self._contests()), index):
            self.attempt(contest.name, self._measure, contest)

    def _measure(self, contest):
        line = self._run(contest)
        for quantity, key in QUANTILES.items():
            self.figures.add(contest.name, quantity, "ns", line[key])
        self.figures.add(contest.name, "ping CPU", "us/trip",
                         (line["user_s"] + line["system_s"]) / line["messages"] * 1e6)
        servers.add_used(self.figures, contest.name, line, "us/trip")
        if line["wrong"]:
            self.remark(f"{contest.name}: {line['wrong']} answers were not what was sent")

    def _start(self, stack, contest, role, home, server):
        argv = [*contest.peer.argv, role, "bench.topic", self._trips, SIZE, 1]
        environment = {**contest.environment, **server.environment}
        with cores.only(contest.cores[role == "pong"]):
            return stack.enter_context(self.bench.place.started(argv, home, environment))

    def _run(self, contest):
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            with cores.only({core for side in contest.cores for core in side}):
                server = stack.enter_context(servers.started(self.bench.place,
                                                             contest.peer.says.server))
            pong = self._start(stack, contest, "pong", home, server)
            if pong.line(30) != "ready":
                raise pong.complaint("did not say that it is ready")
            ping = self._start(stack, contest, "ping", home, server)
            line = json.loads(ping.line(RUN_LIMIT_S))
            ping.wait(30)
            pong.wait(30)
            line.update(server.used())
        return line

    def ratios(self):
        return [self.figures.ratio(contest.name, _name(BASE, contest.placement), quantity)
                for contest in self._contests() if contest.peer.name != BASE
                for quantity in ("p50", "p99")] + [self._spinning_ratio("p50"),
                                                   self._spinning_ratio("p99")]

    def _spinning_ratio(self, quantity):
        return self.figures.ratio(_name("fsps", APART, True), _name(SPIN_BASE, APART, True),
                                  quantity)

    def _aim(self, placement, quantity):
        ratio = self.figures.ratio(_name("fsps", placement), _name(BASE, placement), quantity)
        return aim(f"round trip {SIZE} B, {placement}, {quantity}", "raw FIFO inline", False, GOAL,
                   ratio)

    def targets(self):
        return [self._aim(placement, quantity)
                for placement in PLACEMENTS for quantity in ("p50", "p99")] + [
            aim(f"round trip {SIZE} B spinning on two cores, p50", "the spinning ring", False,
                SPIN_GOAL, self._spinning_ratio("p50"))]
