# SPDX-License-Identifier: MIT
"""
The peers: programs with one command line contract (see bench/README.md), found by their files.

A peer in C is the program that the build made of peers/NAME.c; a peer in Python is
peers/NAME.py, run in a virtual environment in the build directory that has what the file
requires (see declared.py). Whoever can't be run has a reason, which the report shows.
"""

import json
import pathlib
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

from . import cores, declared, servers
from .processes import Failed

DIRECTORY = pathlib.Path(__file__).resolve().parent.parent / "peers"
RUN_LIMIT_S = 900.0
TOPIC = "bench.topic"


@dataclass
class Peer:
    name: str
    argv: list
    # What its file declares: see declared.py.
    says: declared.Declared
    # Why it can't be run, or "".
    missing: str


class Python:
    """A virtual environment under the build directory, made when first needed."""

    def __init__(self, build):
        self._directory = build / "bench" / "venv"
        self.interpreter = self._directory / "bin" / "python"

    def _run(self, argv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr + done.stdout).strip().splitlines()
            raise Failed(said[-1] if said else f"status {done.returncode}")

    def provide(self, requirements):
        """Installs what is not there yet; Failed says why it can't be had."""
        marker = self._directory / f"has-{'-'.join(sorted(requirements))}"
        if marker.exists():
            return
        if not self.interpreter.exists():
            self._run([sys.executable, "-m", "venv", str(self._directory)])
        self._run([str(self.interpreter), "-m", "pip", "install", "--quiet",
                   "--disable-pip-version-check", *requirements])
        marker.touch()

    def run_with(self, requirements, argv):
        """Runs a program that needs these packages; Failed says what went wrong."""
        self.provide(requirements)
        self._run([str(self.interpreter), *map(str, argv)])


def _peer(source, argv, says, missing):
    if not missing and says.server:
        missing = servers.missing(says.server)
    return Peer(source.stem, argv, says, missing)


def _compiled(source, build):
    program, says = build / "bench" / source.stem, declared.read(source)
    missing = "" if program.exists() else f"bench/{source.stem} is not built"
    if missing and says.requires:
        missing += f": it needs the Debian package {' '.join(says.requires)} when configuring"
    return _peer(source, [str(program)], says, missing)


def _interpreted(source, python):
    says, missing = declared.read(source), ""
    try:
        python.provide(says.requires)
    except (Failed, OSError) as problem:
        missing = f"its Python packages could not be installed ({problem})"
    return _peer(source, [str(python.interpreter), str(source)], says, missing)


def find(build, python, wanted=None):
    """All peers by name, or those wanted; libfsps comes first."""
    peers = {}
    for source in sorted(DIRECTORY.iterdir(), key=lambda path: (path.stem != "fsps", path.stem)):
        if wanted and source.stem not in wanted:
            continue
        if source.suffix == ".c":
            peers[source.stem] = _compiled(source, build)
        elif source.suffix == ".py":
            peers[source.stem] = _interpreted(source, python)
    return peers


@dataclass
class Run:
    """
    What came of one run: the publisher's line of JSON and each subscriber's. The publisher's says
    what the server used, if there is one.
    """

    published: dict
    received: list

    @property
    def seconds(self):
        """From the first publish to the last receive of whoever was last."""
        return max(one["end_s"] for one in self.received) - self.published["start_s"]

    @property
    def rate(self):
        """Messages a second that each subscriber got, the slowest counting."""
        return min(one["messages"] / (one["end_s"] - self.published["start_s"])
                   for one in self.received)

    @property
    def lost(self):
        return sum(one["lost"] for one in self.received)

    @property
    def out_of_order(self):
        return sum(one["out_of_order"] for one in self.received)

    @property
    def corrupt(self):
        """Subscribers that got everything, but not what was sent."""
        return sum(1 for one in self.received
                   if one["lost"] == 0 and one["checksum"] != self.published["checksum"])


def run(place, peer, count, size, subscribers, hold=None, pinned=False, environment=None):
    """
    One run in a home of its own. hold, if given, is called with the subscribers' processes and the
    home once they are ready and returns what to call when the publisher is done. pinned: the
    publisher has a core of its own.
    """
    arguments = [TOPIC, count, size, subscribers]
    writer_cores, reader_cores = cores.apart() if pinned else (cores.ALL, cores.ALL)
    with ExitStack() as stack:
        home = stack.enter_context(place.home())
        server = stack.enter_context(servers.started(place, peer.says.server))
        environment = {**(environment or {}), **server.environment}
        with cores.only(reader_cores):
            readers = [stack.enter_context(
                place.started([*peer.argv, "subscribe", *arguments], home, environment))
                for _ in range(subscribers)]
        for reader in readers:
            if reader.line(30) != "ready":
                raise reader.complaint("did not say that it is ready")
        release = hold(readers, home) if hold else None
        with cores.only(writer_cores):
            writer = stack.enter_context(
                place.started([*peer.argv, "publish", *arguments], home, environment))
        published = json.loads(writer.line(RUN_LIMIT_S))
        writer.wait(30)
        if release:
            release()
        received = [json.loads(reader.line(RUN_LIMIT_S)) for reader in readers]
        for reader in readers:
            reader.wait(60)
        published.update(server.used())
    return Run(published, received)
