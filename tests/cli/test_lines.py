# SPDX-License-Identifier: MIT
"""pubsub-publish -l into pubsub-subscribe under load: what messages taken in a row, held ahead of
their turn or written in large pieces must not change."""

import os
import resource
import signal
import socket
import time

from durable import durable
from harness import holds, main, same, test
from limited import pass_time

COUNT = 20000


def numbered(first, last):
    return b"".join(b"%07d\n" % number for number in range(first, last))


@test("bytes of any kind come out as they went in")
def bytes_of_any_kind(bus):
    kinds = [b"", b"\0", b"\r", b"\xff\xfe", b"x" * 99, b"a\0b" * 33, bytes(range(11, 256)) * 4]
    lines = b"".join(kinds[i * i % 7] + b"%d\n" % i for i in range(COUNT))
    path = bus.path("lines", lines)
    for publish in (f"pubsub-publish -l a < {path}", f"cat {path} | pubsub-publish -l a"):
        got = bus.received(publish, pattern="a").expect()
        holds(got.out == lines, f"{len(got.out)} bytes came, not the {len(lines)} sent")


@test("with several patterns all comes once and in order, and what comes alone at once")
def several_patterns(bus):
    writer, reader = socket.socketpair()
    subscriber = bus.subscriber("quiet.+", "a", "+")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=reader)
    reader.close()
    for line in (b"one\n", b"two\n", b"three\n"):
        writer.sendall(line)
        subscriber.read_until(line)
    lines = numbered(0, COUNT)
    writer.sendall(lines)
    writer.close()
    publisher.result().expect()
    subscriber.read_until(lines[-8:])
    subscriber.signal(signal.SIGTERM)
    got = subscriber.result()
    holds(got.out == b"one\ntwo\nthree\n" + lines, f"{len(got.out)} bytes came")


@test("-C takes its count and no more, amid many and from several patterns")
def count(bus):
    path = bus.path("lines", numbered(0, COUNT))
    for patterns, ack in ((["a"], "auto"), (["a", "b"], "auto"), (["a", "b"], "none")):
        with durable(bus, "a", "x"), durable(bus, "b", "x"):
            bus.subscribe(*patterns, "--durable", "x", "-E").expect()
            bus.shell(f"pubsub-publish -l a < {path}").expect()
            first = 0
            for end in (1000, 1001, COUNT):
                words = [*patterns, "--durable", "x", "--ack", ack, "-C", end - first]
                got = bus.subscribe(*words).expect()
                holds(got.out == numbered(first, end), f"not {first} to {end}: {got.out[:80]}")
                first = end


@test("a format that fails amid many leaves out its message and no other")
def failing_format(bus):
    lines = b"".join(b"%d\n" % i if i % 100 else b"no JSON\n" for i in range(1000))
    path = bus.path("lines", lines)
    got = bus.received(f"pubsub-publish -l a < {path}", "-F", "%p%J", pattern="a")
    shown = [line.split(b"{")[0] for line in got.out.splitlines()]
    same(shown, [line for line in lines.splitlines() if line != b"no JSON"], "what was shown")
    holds("is left out: its payload is not JSON" in got.err, got.err)
    same(got.status, 1, "exit code")


@test("--idle counts from the last of many messages")
def idle(bus):
    lines = numbered(0, COUNT)
    path = bus.path("lines", lines)
    subscriber = bus.subscriber("a", "--idle", "0.6")
    pass_time(0.3)
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=path.open())
    subscriber.read_until(lines[-8:])
    shown = time.monotonic()
    got = subscriber.result()
    waited = time.monotonic() - shown
    publisher.result().expect()
    holds(got.status == 0 and got.out == lines, f"{got.status}, {len(got.out)} bytes")
    holds(waited > 0.5, f"it ended {waited} s after the last message")


def ends_when_full(bus, output, size, *words):
    """Reads a durable channel into a file that takes so many bytes and no more."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with open(output, "wb") as file:
        got = bus.subscribe(*words, "--durable", "x", stdout=file, preexec_fn=limit)
    holds("cannot write to standard output: File too large" in got.err, got.err)
    same(got.status, 1, "exit code")
    same(os.path.getsize(output), size, "what was written")


@test("what an output that fills up did not take comes again, and nothing before the last write")
def full_output(bus):
    lines = numbered(0, COUNT)
    path = bus.path("lines", lines)
    for patterns in (["a"], ["a", "b"]):
        with durable(bus, "a", "x"), durable(bus, "b", "x"):
            bus.subscribe(*patterns, "--durable", "x", "-E").expect()
            bus.shell(f"pubsub-publish -l a < {path}").expect()
            ends_when_full(bus, bus.path("full"), 100004, *patterns)
            got = bus.subscribe(*patterns, "--durable", "x", "-e").expect()
            again = len(got.out) // 8
            # The write that failed was of a full buffer, with a byte of each message at least.
            holds(COUNT - 12500 <= again <= COUNT - 12500 + 65536 // 8, f"{again} came again")
            holds(lines.endswith(got.out), "what came again is not the rest of the lines")


if __name__ == "__main__":
    main()
