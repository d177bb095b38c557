# SPDX-License-Identifier: MIT
"""Runs a whole bus under random violence and checks what it promises.

Usage: soak.py --build DIR [--seconds N] [--seed N] [--keep] [--tap] [--towns KIND,...]

The time is spent in rounds, each in one of the towns (place.py): homes in memory, on a disk, and,
as root, one that several users share, which stay from round to round. In a round everybody of
cast.py works while violence.py acts on them; then all end, what is left is drained and swept, and
check.py reads what they noted. The seed decides what is done; whom it hits when, the machine does.

FSPS_SOAK_FORMIX is the script that runs a Python with formix-pubsub (tests/interop/environment.py);
without it, or where that can't be installed, the soak goes on without.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import time

import cast
import check
import people
from place import LIKE_OTHERS, Place, Town, is_in_memory
from violence import Violence

ROUND_S = 20
# What the end of a round takes at most, each of its steps.
END_S = 60
SWEEPS = 8
ACT_S = 0.12
TWO_HOURS_NS = 7200 * 10**9
SHOWN = 12
RAGE_S_LEAST = 3
# Roughly what a round takes after its violence, until one has shown it.
AFTER_RAGE_S = 7


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, metavar="DIR")
    parser.add_argument("--seconds", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=None, metavar="N")
    parser.add_argument("--keep", action="store_true", help="leave homes and logs where they are")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--towns", metavar="KIND,...", help="memory, disk, shared")
    return parser.parse_args()


def formix_python():
    """The words before a script that formix-pubsub is to run, or None, and why."""
    environment = os.environ.get("FSPS_SOAK_FORMIX")
    if not environment:
        return None, "nobody said where it is"
    done = subprocess.run([sys.executable, environment, "-c",
                           "import sys, pubsub; print(sys.executable)"],
                          capture_output=True, text=True, check=False)
    last = done.stdout.strip().split("\n")[-1]
    if done.returncode != 0 or not os.path.isabs(last):
        return None, (last or done.stderr.strip()).split("\n")[-1]
    if os.geteuid() != 0:
        return (last,), ""
    if shutil.which("setpriv") is None:
        return None, "there is no setpriv, without which root does more than others may"
    return (*LIKE_OTHERS, last), ""


class Round:
    """One round in one town."""

    def __init__(self, place, town, seed, first_who):
        self.place, self.town = place, town
        self.random = random.Random(seed)
        logs = place.directory(place.root)
        logs.chmod(0o1777)
        self.crew = people.Crew(place, town, logs, first_who, seed)
        self.crew.roles = cast.roles(place, town)
        self.violence = Violence(self.crew, self.random)

    def make_channels(self):
        for role in self.crew.roles:
            if role.channel and role.channel.durable:
                self.town.make_durable(role.channel, role.uid)

    def rage(self, seconds):
        end = time.monotonic() + seconds
        for role in self.crew.roles:
            self.crew.start(role)
        while time.monotonic() < end and not self.crew.violations:
            people.wait_for_child(self.random.uniform(0, 2 * ACT_S))
            self.crew.look()
            self.crew.start_again()
            self.crew.go_on()
            self.violence.act()
        self.crew.go_on(everybody=True)
        self.place.set_clock(0)
        self.crew.note("the violence ends")

    def those(self, wanted):
        return [person for person in self.crew.living() if wanted(person.role)]

    def end_publishers(self):
        publishers = self.those(lambda role: role.publishes)
        self.crew.tell_to_end([p for p in publishers if p.role.name != "publisher of lines"])
        self.crew.wait_for(publishers, END_S)
        self.violence.judge_lines()
        end = time.monotonic() + END_S
        while time.monotonic() < end and any("soak_publish" in line
                                             for _, line in self.place.processes()):
            people.wait_for_child(0.1)

    def end_readers(self):
        durable = self.those(lambda role: not role.channel or role.channel.durable)
        live = self.those(lambda role: role.channel and not role.channel.durable)
        self.crew.tell_to_end([p for p in live if p.role.channel.reader != "command"])
        commands = [p for p in live if p.role.channel.reader == "command"]
        self.crew.tell_to_end(durable)
        self.crew.wait_for(durable, END_S)
        self.wait_for_commands(commands)
        self.crew.tell_to_end(commands)
        self.crew.wait_for(live, END_S)

    def wait_for_commands(self, commands):
        """They end without what still waits: so nothing may wait any more, for two seconds."""
        end, empty_since = time.monotonic() + END_S, time.monotonic()
        while time.monotonic() < end and time.monotonic() - empty_since < 2:
            names = [self.town.live_channel_of(person.process.pid) for person in commands]
            if any(set(self.town.names(name)) - {"queue", ".c"}
                   and self.backlog(name) for name in names if name):
                empty_since = time.monotonic()
            people.wait_for_child(0.2)

    def backlog(self, name):
        code, output, said = self.place.run(self.town, "pubsub-ls", "--json", name,
                                            uid=self.town.uids[0])
        if code != 0:
            self.crew.fail("ends", f"pubsub-ls {name}: {code}, {said}")
        return '"backlog":0,' not in output

    def drain(self):
        channels = {}
        for role in self.crew.roles:
            if role.channel and role.channel.durable:
                channels[role.channel.directory] = role
        drainers = [self.crew.start(cast.drainer(self.place, role)) for role in channels.values()]
        self.crew.wait_for(drainers, END_S)

    def sweep(self):
        """Two hours later everything counts as old that its owner left."""
        self.violence.command((0, 1), "pubsub-rm", "--force", "m.+_gone")
        self.place.set_clock(TWO_HOURS_NS)
        for pid, line in self.place.processes():
            self.crew.fail("left", f"process {pid} is still there: {line}")
            os.kill(pid, 9)
        left = []
        for _ in range(SWEEPS):
            self.town.sweep()
            left = self.town.left_behind()
            if not left:
                break
        if left:
            self.crew.fail("left", f"{len(left)} names are left: {' '.join(left[:40])}")
        self.place.set_clock(0)

    def run(self, seconds):
        self.make_channels()
        self.rage(seconds)
        for step in (self.end_publishers, self.end_readers, self.drain, self.sweep):
            self.crew.note(f"the end: {step.__name__.replace('_', ' ')}")
            step()
        return check.Checker(self.crew, self.violence).check()

    def give_up(self):
        for person in self.crew.living():
            person.process.kill()
            person.process.wait()
        for pid, _ in self.place.processes():
            os.kill(pid, 9)


def towns_of(place, wanted):
    kinds = wanted.split(",") if wanted else ["memory", "shared", "disk"]
    if not wanted and os.geteuid() != 0:
        kinds.remove("shared")
    if not wanted and is_in_memory(place.root):
        kinds.remove("disk")
    return [Town(place, kind) for kind in kinds]


def run_rounds(place, given, seed):
    towns = towns_of(place, given.towns)
    total = check.Figures()
    number = who = 0
    end, after_rage_s = time.monotonic() + given.seconds, AFTER_RAGE_S
    while not total.violations and (number == 0 or end - time.monotonic() > after_rage_s):
        this = Round(place, towns[number % len(towns)], seed * 1000 + number, who)
        start = time.monotonic()
        rage_s = max(RAGE_S_LEAST, min(ROUND_S, end - start) - after_rage_s)
        try:
            total.add(this.run(rage_s))
        finally:
            this.give_up()
        after_rage_s = time.monotonic() - start - rage_s
        who = this.crew.next_who
        if not given.keep:
            shutil.rmtree(this.crew.logs, ignore_errors=True)
        number += 1
    if not total.violations:
        check.check_enough(total, given.seconds)
    return total


def report(given, total, seed, without):
    for text in total.violations[:SHOWN]:
        print("\n".join(f"# {line}" for line in text.split("\n")))
    if given.tap:
        check.print_tap(total, given.seconds)
    for text in [*total.details(), *([f"without formix-pubsub: {without}"] if without else [])]:
        print(f"# {text}")
    line = total.line(given.seconds, seed)
    print(f"# {line}" if given.tap else line)


def main():
    given = arguments()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    formix, without = formix_python()
    people.hear_of_children()
    place = Place(given.build, formix)
    print(f"# seed {seed}, in {place.root}", flush=True)
    try:
        total = run_rounds(place, given, seed)
    finally:
        if not given.keep:
            place.remove()
    report(given, total, seed, without)
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())
