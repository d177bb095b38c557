# SPDX-License-Identifier: MIT
"""
A publish from the shell: a new process for each message, with one subscriber that gets it.

The rivals' broker is started for each round. A round's value is the median of its runs.
"""

import json
import os
import shutil
import statistics
from contextlib import ExitStack, contextmanager

from . import servers
from .figures import Target
from .processes import Failed, wait_until
from .scenario import Scenario

RUNS = 100
TOPIC = "t"
QUANTITY = "wall time"


def launched(bench, runs, commands, home=None):
    """What each run of each command took, run in turn by a small launcher: lists of ns."""
    argv = [bench.build / "bench" / "launch", runs]
    for index, command in enumerate(commands):
        argv += ["::", *command] if index else command
    with bench.place.started(argv, home) as launcher:
        lines = [launcher.line(600) for _ in commands]
        launcher.wait(30)
    return [json.loads(line) for line in lines]


def launch(bench, runs, commands, home=None):
    """The median microseconds of each command's wall time."""
    return [statistics.median(taken["wall"]) / 1e3
            for taken in launched(bench, runs, commands, home)]


def has_channels(home, pattern, count=1):
    """Whether subscribers of a pattern are there. The state is names in directories."""
    try:
        return sum(name.startswith(f"{pattern}_") for name in os.listdir(home)) >= count
    except FileNotFoundError:
        return False


@contextmanager
def mosquitto(place):
    """A broker with one subscriber to TOPIC; gives the command that publishes there."""
    with ExitStack() as stack:
        server = stack.enter_context(servers.started(place, "mosquitto"))
        there = ["--unix", server.address, "-t", TOPIC]
        publish = ["mosquitto_pub", *there]
        # A retained message tells when the subscriber is there.
        first = stack.enter_context(place.started([*publish, "-r", "-m", "ready"]))
        first.wait(30)
        reader = stack.enter_context(place.started(["mosquitto_sub", *there]))
        if reader.line(30) != "ready":
            raise reader.complaint("did not show the retained message")
        yield publish


class OneShot(Scenario):
    key = "oneshot"
    title = f"one-shot publish to one subscriber (median of {RUNS} runs a round)"

    def round(self, index):
        self.attempt("one-shot", self._measure)

    def _measure(self):
        commands = {"/bin/true": ["/bin/true"]}
        with ExitStack() as stack:
            home = stack.enter_context(self.bench.place.home())
            self._add_ours(commands, stack, home)
            self._add_mosquitto(commands, stack)
            taken = launch(self.bench, RUNS, commands.values(), home)
        for name, microseconds in zip(commands, taken):
            self.figures.add(name, QUANTITY, "us", microseconds)

    def _add_ours(self, commands, stack, home):
        publish = self.bench.command("pubsub-publish")
        subscribe = self.bench.command("pubsub-subscribe")
        if publish is None or subscribe is None:
            self.remark("pubsub-publish or pubsub-subscribe is not built")
            return
        stack.enter_context(self.bench.place.started([subscribe, TOPIC], home))
        wait_until(lambda: has_channels(home, TOPIC), "pubsub-subscribe")
        commands["pubsub-publish"] = [publish, TOPIC, "hello"]

    def _add_mosquitto(self, commands, stack):
        lacking = [name for name in ("mosquitto", "mosquitto_pub", "mosquitto_sub")
                   if shutil.which(name, path=servers.PATH) is None]
        if lacking:
            self.remark(f"{', '.join(lacking)} not found: "
                        "install the packages mosquitto and mosquitto-clients")
            return
        try:
            publish = stack.enter_context(mosquitto(self.bench.place))
        except Failed as problem:
            self.remark(f"mosquitto broke: {problem}")
            return
        commands["mosquitto_pub"] = [*publish, "-m", "hello"]

    def ratios(self):
        return [self.figures.ratio("pubsub-publish", other, QUANTITY)
                for other in ("/bin/true", "mosquitto_pub")]

    def targets(self):
        texts = {"/bin/true": 1.6, "mosquitto_pub": 0.5}
        targets = []
        for other, goal in texts.items():
            ratio = self.figures.ratio("pubsub-publish", other, QUANTITY)
            targets.append(Target(f"one-shot: pubsub-publish / {other}", False, goal,
                                  ratio.median if ratio else None))
        return targets
