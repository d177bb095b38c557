# SPDX-License-Identifier: MIT
"""The processes of the soak: who they are, starting, stopping, killing and burying them."""

import collections
import os
import pathlib
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Channel:
    """What a reader reads from, and what may be asked of it."""

    pattern: str
    # The name of a durable one.
    durable: str = ""
    # At least once; else at most once.
    settles: bool = False
    group: bool = False
    # Its messages become dead letters, and are replayed.
    rejects: bool = False
    # What becomes of messages when it is full: "", "refuse", "block", "new", "old"; or "ttl", of
    # those that are too old.
    full: str = ""
    # How many messages may be dropped together: those of a segment. 1: they are all files.
    dropped_at_once: int = 1
    # Who reads: "program" (soak_read), "command" (its output), "exec" (soak_effect), "formix".
    reader: str = "program"
    # Another user's or formix-pubsub's, which publishers find out about a moment later.
    foreign: bool = False

    @property
    def directory(self):
        """Of a durable one."""
        return f"{self.pattern}_{self.durable}"


@dataclass(frozen=True)
class Role:
    """A part in the soak, which several processes may play one after the other."""

    name: str
    command: tuple
    publishes: bool = False
    channel: Channel = None
    environment: tuple = ()
    uid: int = 0
    # May be killed, and have its lock file deleted.
    mortal: bool = False
    lock_may_go: bool = False
    # Its messages keep their order.
    ordered: bool = True
    # What its output is: kept and read by the checker, or nothing.
    output_kept: bool = False
    again: bool = True
    # Exit codes that are no violation.
    codes: tuple = (0,)


@dataclass
class Person:
    """One process."""

    who: int
    role: Role
    process: subprocess.Popen
    started_ns: int
    killed_ns: int = 0
    lock_gone_ns: int = 0
    stopped_until: float = 0.0
    stops: int = 0
    told_to_end: bool = False
    ready_ns: int = 0
    ready_fd: int = -1
    # Of a command with a live channel its directory.
    channel_name: str = ""

    @property
    def lives(self):
        return self.process.returncode is None


@dataclass
class Crew:
    """All processes of a round."""

    place: object
    town: object
    logs: pathlib.Path
    next_who: int
    seed: int
    roles: list = field(default_factory=list)
    people: dict = field(default_factory=dict)
    events: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    to_start: list = field(default_factory=list)
    # When the bell of a channel was removed, by the hash of its directory.
    bells_gone: dict = field(default_factory=lambda: collections.defaultdict(list))

    def note(self, text):
        self.events.append((time.monotonic_ns(), text))
        with open(self.logs / "events", "a", encoding="utf-8") as file:
            file.write(f"{self.events[-1][0] / 1e9:.6f} {text}\n")

    def fail(self, rule, text, key=None, time_ns=None):
        """A rule of check.py was broken, maybe by a message, at a time that is now if not given."""
        self.violations.append((rule, time_ns or time.monotonic_ns(), key, text))

    def take_who(self):
        self.next_who += 1
        return self.next_who

    def start(self, role, stdin=subprocess.DEVNULL, more=()):
        who = self.take_who()
        words = {"who": who, "seed": self.seed ^ who * 0x9E3779B1, "log": self.logs,
                 "home": self.town.home}
        command = [str(word).format(**words) for word in (*role.command, *more)]
        ready_fd, write_fd = os.pipe()
        if role.output_kept:
            command += ["--ready-fd", str(write_fd)]
        output = self.logs / f"{who}.out" if role.output_kept else os.devnull
        with open(output, "ab") as out, open(self.logs / f"{who}.err", "ab") as err:
            process = subprocess.Popen(
                command, stdin=stdin, stdout=out, stderr=err, pass_fds=[write_fd],
                env=self.place.environment(self.town, dict(role.environment)),
                process_group=0, **self.place.as_user(role.uid),
            )
        os.close(write_fd)
        person = Person(who, role, process, time.monotonic_ns())
        if role.output_kept:
            person.ready_fd = ready_fd
        else:
            os.close(ready_fd)
        self.people[who] = person
        self.note(f"{role.name} {who} starts (process {process.pid})")
        return person

    def living(self):
        return [person for person in self.people.values() if person.lives]

    def kill(self, person):
        # Noted before it is done, so that nothing that follows from it comes before it.
        person.killed_ns = time.monotonic_ns()
        self.note(f"{person.role.name} {person.who} is killed")
        person.process.kill()

    def stop(self, person, seconds):
        person.stops += 1
        person.stopped_until = time.monotonic() + seconds
        self.note(f"{person.role.name} {person.who} is stopped for {seconds:.2f} s")
        person.process.send_signal(signal.SIGSTOP)

    def go_on(self, everybody=False):
        """Those go on whose time has come."""
        for person in self.living():
            if person.stopped_until and (everybody or time.monotonic() >= person.stopped_until):
                person.stopped_until = 0.0
                self.note(f"{person.role.name} {person.who} goes on")
                person.process.send_signal(signal.SIGCONT)

    def look(self):
        """Buries who has died, and notes whose subscription stands."""
        for person in self.people.values():
            if person.ready_fd >= 0 and not person.ready_ns:
                self.hear_ready(person)
            if person.lives and person.process.poll() is not None:
                self.bury(person)

    def hear_ready(self, person):
        os.set_blocking(person.ready_fd, False)
        try:
            if os.read(person.ready_fd, 1):
                person.channel_name = self.town.live_channel_of(person.process.pid)
                person.ready_ns = time.monotonic_ns()
        except BlockingIOError:
            return
        os.close(person.ready_fd)
        person.ready_fd = -1

    def bury(self, person):
        code = person.process.returncode
        self.note(f"{person.role.name} {person.who} ended with {code}")
        said = (self.logs / f"{person.who}.err").read_text(errors="replace").strip()
        wrong = code not in person.role.codes and not (person.killed_ns and code == -signal.SIGKILL)
        if person.told_to_end and code == -signal.SIGTERM:
            wrong = False
        if wrong:
            self.fail("ends", f"{person.role.name} {person.who} ended with {code}: {said[-2000:]}")
        if person.role.again and not person.told_to_end:
            self.to_start.append(person.role)

    def start_again(self):
        roles, self.to_start = self.to_start, []
        for role in roles:
            self.start(role)

    def tell_to_end(self, people):
        for person in people:
            if person.lives:
                person.told_to_end = True
                person.process.terminate()

    def wait_for(self, people, seconds):
        """Whether they all ended within that time; who did not is a violation, and killed."""
        end = time.monotonic() + seconds
        while any(person.lives for person in people) and time.monotonic() < end:
            self.look()
            wait_for_child(0.1)
        for person in people:
            self.look()
            if person.lives:
                self.fail("ends", f"{person.role.name} {person.who} does not end: "
                          f"{where_it_is(person.process.pid)}")
                self.kill(person)
                person.process.wait()
                self.look()


_woken, _waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)


def hear_of_children():
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(_waker, warn_on_full_buffer=False)


def wait_for_child(seconds):
    """Returns after that time, or sooner if a child has changed its state."""
    select.select([_woken], [], [], seconds)
    try:
        os.read(_woken, 4096)
    except BlockingIOError:
        pass


def where_it_is(pid):
    told = []
    for name in ("wchan", "syscall", "stack"):
        try:
            told.append(pathlib.Path(f"/proc/{pid}/{name}").read_text().strip())
        except OSError:
            continue
    return " / ".join(told)
