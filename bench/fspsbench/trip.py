# SPDX-License-Identifier: MIT
"""
Round trips: a process sends a message and waits for the other's answer, one trip after another.

Each peer does it with both processes on one core, where the time is work and switches, and on two,
where most of it is the waking of a core that sleeps; left alone, the scheduler takes now one and
now the other. A server between them has the same cores. The peers measure each trip themselves and give quantiles; a round's value is one
run's.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass

from . import cores, servers
from .figures import Target
from .peers import RUN_LIMIT_S, Peer
from .scenario import Scenario

SIZE = 100
# What a run does at most; never more than --messages asks for.
TRIPS_MAX = 50_000
QUANTILES = {"p50": "p50_ns", "p99": "p99_ns", "least": "min_ns"}
BASE = "fifo"
P50_GOAL = 1.4
# Only the peer fsps heeds it: see bench/README.md.
SPIN_VARIABLE = "FSPS_BENCH_SPIN_US"
# The cores of ping and pong, by their places in cores.ALL.
PLACEMENTS = {"one core": (0, 0), "two cores": (0, 1)}


@dataclass
class Contest:
    """What is measured at once."""

    peer: Peer
    placement: str
    spin_us: int = 0

    @property
    def name(self):
        spinning = f", spinning {self.spin_us} us" if self.spin_us else ""
        return f"{self.peer.name}{spinning}, {self.placement}"

    @property
    def environment(self):
        return {SPIN_VARIABLE: str(self.spin_us)} if self.spin_us else {}

    @property
    def cores(self):
        return [cores.ALL[place] for place in PLACEMENTS[self.placement]]


class Trip(Scenario):
    key = "trip"

    def __init__(self, bench):
        super().__init__(bench)
        self._trips = min(TRIPS_MAX, bench.messages)
        self.title = f"round trip of {SIZE} B, {self._trips:,} in a run"

    def _placements(self):
        usable = [name for name, places in PLACEMENTS.items() if max(places) < len(cores.ALL)]
        if len(usable) < len(PLACEMENTS):
            self.remark("there is one core only")
        return usable

    def _contests(self):
        for placement in self._placements():
            for name in self.peers_here():
                yield Contest(self.bench.peers[name], placement)
            if self.bench.spin_us and "fsps" in self.peers_here():
                yield Contest(self.bench.peers["fsps"], placement, self.bench.spin_us)

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

    def _start(self, stack, contest, role, core, home, server):
        argv = [*contest.peer.argv, role, "bench.topic", self._trips, SIZE, 1]
        environment = {**contest.environment, **server.environment}
        with cores.only([core]):
            return stack.enter_context(self.bench.place.started(argv, home, environment))

    def _run(self, contest):
        ping_core, pong_core = contest.cores
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            with cores.only(contest.cores):
                server = stack.enter_context(servers.started(self.bench.place,
                                                             contest.peer.says.server))
            pong = self._start(stack, contest, "pong", pong_core, home, server)
            if pong.line(30) != "ready":
                raise pong.complaint("did not say that it is ready")
            ping = self._start(stack, contest, "ping", ping_core, home, server)
            line = json.loads(ping.line(RUN_LIMIT_S))
            ping.wait(30)
            pong.wait(30)
            line.update(server.used())
        return line

    def ratios(self):
        return [self.figures.ratio(contest.name, f"{BASE}, {contest.placement}", quantity)
                for contest in self._contests() if contest.peer.name != BASE
                for quantity in ("p50", "p99")]

    def _target(self, placement):
        ratio = self.figures.ratio(f"fsps, {placement}", f"{BASE}, {placement}", "p50")
        return Target(f"round trip of {SIZE} B, {placement}, p50: libfsps / {BASE}", False,
                      P50_GOAL, ratio.median if ratio else None)

    def targets(self):
        return [self._target(placement) for placement in PLACEMENTS]
