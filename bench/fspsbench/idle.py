# SPDX-License-Identifier: MIT
"""
Subscribers to which nobody publishes: how often they wake, and what memory they hold.

All of them wait at the same time, each in a home of its own. A wake is a voluntary context
switch of the process. Who never wakes would never find a message whose bell was lost; so that is
tried, too: pubsub-subscribe gets a message without a bell, as a publisher leaves it that was killed
between link and ring.
"""

import time
from contextlib import ExitStack

from . import unrung
from .figures import Target
from .oneshot import TOPIC, has_channels
from .processes import Failed, status_of, wait_until
from .scenario import Scenario

SECONDS = 5.0
NEVER = 10 ** 9
LOST_BELL_GOAL_S = 1.2
LOST_BELL_LIMIT_S = 10.0
OURS = "pubsub-subscribe"
FORMIX = f"from pubsub import Channel, subscribe\nwith Channel('{TOPIC}') as c:\n subscribe(c, id)"


class Idle(Scenario):
    key = "idle"
    title = f"an idle subscriber, over {SECONDS:.0f} s"
    rounds_max = 3

    def _commands(self):
        commands = {}
        ours = self.bench.peers.get("fsps")
        if ours and not ours.missing:
            commands["fsps"] = [*ours.argv, "subscribe", TOPIC, NEVER, 100, 1]
        program = self.bench.command(OURS)
        if program:
            commands[OURS] = [program, TOPIC]
        formix = self.bench.peers.get("formix")
        if formix and not formix.missing:
            commands["formix subscribe()"] = [self.bench.python.interpreter, "-c", FORMIX]
        return commands

    def round(self, index):
        self.attempt("idle", self._measure)
        self.attempt("lost bell", self._lose_bell)

    def _start(self, stack, argv):
        """The started process and its home."""
        home = stack.enter_context(self.bench.place.home())
        home.mkdir(mode=0o700)
        process = stack.enter_context(self.bench.place.started(argv, home))
        wait_until(lambda: has_channels(home, TOPIC) or not process.running, argv[0])
        return process, home

    def _measure(self):
        with ExitStack() as stack:
            started = {name: self._start(stack, argv)[0]
                       for name, argv in self._commands().items()}
            time.sleep(1.0)
            before = {name: status_of(process.pid) for name, process in started.items()}
            time.sleep(SECONDS)
            for name, process in started.items():
                self._count(name, before[name], status_of(process.pid))

    def _count(self, name, before, after):
        key = "voluntary_ctxt_switches"
        if key not in before or key not in after:
            raise Failed(f"{name} did not stay")
        self.figures.add(name, "wakes", "1/s", (after[key] - before[key]) / SECONDS)
        self.figures.add(name, "RSS", "KiB", after["VmRSS"])

    def _lose_bell(self):
        program = self.bench.command(OURS)
        if program is None:
            self.remark(f"{OURS} is not built")
            return
        with ExitStack() as stack:
            process, home = self._start(stack, [program, TOPIC])
            time.sleep(SECONDS / 2)
            unrung.link(home, TOPIC)
            start_s = time.monotonic()
            try:
                process.line(LOST_BELL_LIMIT_S)
            except Failed as problem:
                self.remark(f"lost bell: {problem}")
            self.figures.add(OURS, "lost bell found after", "s", time.monotonic() - start_s)

    def targets(self):
        lost_bell = Target("a message whose bell was lost: found after", False,
                           LOST_BELL_GOAL_S, self.figures.maximum(OURS, "lost bell found after"),
                           "s")
        return [lost_bell] + [target for name in ("fsps", OURS) for target in (
            Target(f"idle {name}: wakes a second", False, 1,
                   self.figures.median(name, "wakes")),
            Target(f"idle {name}: RSS", False, 2.5 * 1024,
                   self.figures.maximum(name, "RSS"), "KiB"))]
