# SPDX-License-Identifier: MIT
"""Durable channels for tests of the commands: made by pubsub-subscribe, and brought by hand into
the states that only time and failing workers bring about. The names are those of
pubsub-format(5)."""

import contextlib
import os
import pty
import termios
import time

from harness import holds


class Channel:
    """A durable channel's directory."""

    def __init__(self, bus, pattern, name):
        self.bus = bus
        self.name = f"{pattern}_{name}"
        self.path = bus.home / self.name

    def files(self):
        """What lies in it, but for bell and control block."""
        return sorted(n for n in os.listdir(self.path) if n not in ("queue", ".c"))

    def publish(self, topic, *words, **options):
        """Publishes a message that gets a file of its own in here; its ID."""
        got = self.bus.publish("--sync", "--json", topic, *words, **options).expect().json()[0]
        holds((self.path / got["id"]).exists(), f"{got['id']} is no file in {self.files()}")
        return got["id"]

    def rename(self, old, new):
        (self.path / old).rename(self.path / new)
        return new

    def set_aside(self, message_id, reason="failed", attempts=5, error=None):
        """Makes a dead letter of a message; its file's name."""
        if error is not None:
            (self.path / f".e-{reason}-{attempts}-{message_id}").write_bytes(error)
        return self.rename(message_id, f".d-{reason}-{attempts}-{message_id}")

    def delay(self, message_id, attempts=1):
        """As if it had failed and came again later."""
        return self.rename(message_id, f".r-{later_ms()}-{attempts}-{message_id}")

    def claim(self, message_id, member, attempts=1):
        """As if somebody worked on it."""
        return self.rename(message_id, f".k-{member}-{later_ms()}-{attempts}-{message_id}")


def later_ms():
    """Half a minute from now: in range of every deadline and delay, and beyond a test's end."""
    return int(time.time() * 1000) + 29_000


def member_of(bus):
    """The member ID of the only living process that uses the bus."""
    names = [n[2:] for n in os.listdir(bus.home / ".fsps") if n.startswith("w-")]
    holds(len(names) == 1, f"members {names}")
    return names[0]


@contextlib.contextmanager
def durable(bus, pattern="jobs.+", name="mail"):
    """A durable channel, for as long as the block lasts."""
    bus.subscribe(pattern, "--durable", name, "-E").expect()
    channel = Channel(bus, pattern, name)
    try:
        yield channel
    finally:
        if channel.path.exists():
            bus.run("pubsub-rm", "--force", channel.name).expect()
        holds(not channel.path.exists(), f"{channel.name} is still there")


def on_terminal(bus, *words, columns=0):
    """What a terminal gets from a command."""
    master, slave = pty.openpty()
    if columns:
        termios.tcsetwinsize(slave, (24, columns))
    bus.start(*words, stdout=slave).result().expect()
    os.close(slave)
    seen = os.read(master, 65536)
    os.close(master)
    return seen.decode().replace("\r\n", "\n")
