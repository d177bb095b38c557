#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs the benchmark of a build and prints the report. See README.md beside this file.

All scenarios run once a round, so that whatever slows the machine down for a while hits all of
them. Everything is made in a directory of this run's own and removed at the end, however it ends.
"""

import argparse
import pathlib
import shlex
import signal
import sys
import tempfile
import time

from fspsbench import document, machine, peers, report
from fspsbench.ack import Ack
from fspsbench.backlog import Backlog
from fspsbench.costs import Costs
from fspsbench.crowded import Crowded
from fspsbench.dead_channels import DeadChannels
from fspsbench.fanout import FanOut, Topics
from fspsbench.group import Group
from fspsbench.idle import Idle
from fspsbench.lines import Lines
from fspsbench.lookup import Lookup
from fspsbench.lostbell import LostBell
from fspsbench.oneshot import OneShot
from fspsbench.processes import Failed, Place
from fspsbench.recover import Recover
from fspsbench.scenario import Bench
from fspsbench.sizes import Loaned, Sizes
from fspsbench.switch import Switch
from fspsbench.throughput import OneToFour, OneToOne
from fspsbench.trip import Trip

SCENARIOS = [OneToOne, OneToFour, Sizes, Loaned, Trip, OneShot, Switch, FanOut, Topics, Costs,
             Idle, Backlog, Lines, Lookup, Crowded, Ack, Group, Recover, DeadChannels, LostBell]
# The peers of a run that does not write the document: those of the library and its yardsticks, and
# a rival. The others take minutes, and servers.
USUAL_PEERS = ["fsps", "fsps_acked", "fsps_acked_plain", "fsps_batch", "fsps_inplace", "fsps_plain",
               "fsps_prepared", "bare", "fifo", "formix", "lane", "ring", "zmq_pub", "zmq_push"]
# What answers a question of the design, and is quoted there.
NOT_IN_DOCUMENT = {"switch"}
# The Python package that draws.
PLOTTER = "matplotlib"
MESSAGES, MESSAGES_QUICK = 100_000, 20_000
ROUNDS, ROUNDS_QUICK = 5, 2
SPIN_US = 50


def _names(text):
    return text.split(",")


def _parser(keys):
    parser = argparse.ArgumentParser(description="Measures a build of libfsps and its peers.")
    parser.add_argument("build", type=pathlib.Path, help="the build directory")
    parser.add_argument("--rounds", type=int, help=f"how often (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"{ROUNDS_QUICK} rounds of fewer messages")
    parser.add_argument("--messages", type=int,
                        help=f"messages a run (default {MESSAGES:,}); fast peers send far more")
    parser.add_argument("--scenarios", type=_names, help=f"some of {keys}")
    parser.add_argument("--peers", type=_names,
                        help="some of the files in peers/ (default with --document all, else "
                             f"{','.join(USUAL_PEERS)})")
    parser.add_argument("--spin-us", type=int, default=SPIN_US, metavar="US",
                        help="how long spinning receivers look on before they sleep "
                             f"(default {SPIN_US})")
    parser.add_argument("--pin", action="store_true",
                        help="one, four: a core for the publisher, the others for subscribers")
    parser.add_argument("--home", help="where homes are made (default /dev/shm)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the report")
    parser.add_argument("--document", type=pathlib.Path, metavar="DIRECTORY",
                        help=f"write {document.NAME}, its figures and its plots there")
    parser.add_argument("--from", type=pathlib.Path, metavar="FILE", dest="saved",
                        help="measure nothing: take what --json or --document wrote")
    return parser


def _parse(argv):
    keys = ",".join(scenario.key for scenario in SCENARIOS)
    parser = _parser(keys)
    options = parser.parse_args(argv)
    unknown = set(options.scenarios or ()) - {scenario.key for scenario in SCENARIOS}
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))} (there are {keys})")
    if not options.saved and not (options.build / "bench" / "launch").exists():
        parser.error(f"{options.build} has no benchmark: configure with -Dbench=true and build")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds: at least 1")
    if options.messages is not None and options.messages < 10:
        parser.error("--messages: at least 10")
    if not options.peers and not options.document:
        options.peers = USUAL_PEERS
    if options.spin_us < 1:
        parser.error("--spin-us: at least 1")
    return options


def _parent(options):
    if options.home:
        return options.home
    return "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else tempfile.gettempdir()


def _measure(scenarios, rounds):
    start_s = time.monotonic()
    for index in range(rounds):
        for scenario in scenarios:
            if index < scenario.rounds_max:
                minutes, seconds = divmod(int(time.monotonic() - start_s), 60)
                print(f"{minutes:3}:{seconds:02}  round {index + 1} of {rounds}: {scenario.title}",
                      file=sys.stderr)
                scenario.round(index)


def _is_wanted(key, options):
    if options.scenarios:
        return key in options.scenarios
    return not (options.document and key in NOT_IN_DOCUMENT)


def _facts(options, parent, rounds):
    return {**machine.describe(options.build, parent), "rounds": rounds,
            "command": shlex.join(sys.argv)}


def _write(options, facts, results):
    print(report.render(facts, results, markdown=False))
    if options.json:
        options.json.write_text(report.as_json(facts, results), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.render(facts, results, markdown=True),
                                    encoding="utf-8")
    if options.document:
        _write_document(options.document, peers.Python(options.build.resolve()), facts, results)


def _write_document(directory, python, facts, results):
    """The text, the figures that it was made of, and the plots of these."""
    plots = directory / document.PLOTS
    plots.mkdir(parents=True, exist_ok=True)
    saved = plots / document.SAVED
    saved.write_text(report.as_json(facts, results), encoding="utf-8")
    text, lacks = document.render(*report.from_json(saved.read_text(encoding="utf-8")))
    (directory / document.NAME).write_text(text, encoding="utf-8")
    for lack in lacks:
        print(f"{document.NAME}: {lack}", file=sys.stderr)
    try:
        python.run_with([PLOTTER], [pathlib.Path(__file__).with_name("plots.py"), saved, plots])
    except (Failed, OSError) as problem:
        print(f"the plots were not drawn: {problem}", file=sys.stderr)


def _results(options, build, parent):
    """Measures; whether anything broke stands beside."""
    python = peers.Python(build)
    rounds = options.rounds or (ROUNDS_QUICK if options.quick else ROUNDS)
    messages = options.messages or (MESSAGES_QUICK if options.quick else MESSAGES)
    facts = _facts(options, parent, rounds)
    with Place(parent) as place:
        bench = Bench(build, place, peers.find(build, python, options.peers), python,
                      options.quick, messages, options.spin_us, options.pin)
        scenarios = [scenario(bench) for scenario in SCENARIOS
                     if _is_wanted(scenario.key, options)]
        _measure(scenarios, rounds)
        results = [scenario.result() for scenario in scenarios]
    return facts, results, any(scenario.broken for scenario in scenarios)


def main(argv):
    options = _parse(argv)
    # Ending in any of these ways must remove what was made, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    if options.saved:
        _write(options, *report.from_json(options.saved.read_text(encoding="utf-8")))
        return 0
    facts, results, broken = _results(options, options.build.resolve(), _parent(options))
    _write(options, facts, results)
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
