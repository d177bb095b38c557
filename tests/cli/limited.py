# SPDX-License-Identifier: MIT
"""Channels with limits for tests of the commands, and what the tests of limits share. A publisher
of one message writes a file, one of many lines puts them into segments."""

import contextlib
import time

from durable import durable
from harness import holds, wait_until

TOPIC = "jobs.a"


@contextlib.contextmanager
def limited(bus, *words, pattern="jobs.+", name="mail"):
    """A durable channel with these limits, for as long as the block lasts."""
    with durable(bus, pattern, name) as channel:
        bus.subscribe(pattern, "--durable", name, "-E", *words).expect()
        yield channel


def numbers(first, last):
    """These numbers, a line each."""
    return b"".join(b"%d\n" % number for number in range(first, last + 1))


def state(bus, channel="jobs.+_mail"):
    """What pubsub-ls tells of a channel."""
    (found,) = bus.ls("--json", channel).expect().json()
    return found


def drain(bus, *words, pattern="jobs.+", name="mail"):
    return bus.subscribe(pattern, "--durable", name, "-e", *words)


def has_segments(channel):
    return any(name.startswith(".s-") for name in channel.files())


def pass_time(seconds):
    """Until that much time has passed since now, by the clock that messages have."""
    end = time.time() + seconds
    wait_until(lambda: time.time() > end, "the time to pass")


def in_order(lines):
    """Checks that numbers follow each other without a gap; the first and the last."""
    got = [int(line) for line in lines]
    holds(got, "nothing came")
    holds(got == list(range(got[0], got[-1] + 1)), f"there is a gap in {got[:5]}...{got[-5:]}")
    return got[0], got[-1]
