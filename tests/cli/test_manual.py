# SPDX-License-Identifier: MIT
"""pubsub-subscribe --ack manual: lines on standard input settle the messages that were printed."""

import signal
import time

from durable import durable
from harness import holds, main, same, test, wait_until


def manual(bus, *words, option="--durable", form="%m %p"):
    return bus.subscriber("a", option, "x", "--ack", "manual", "-F", form, *words, stdin=-1)


def say(process, line):
    process.child.stdin.write(line.encode() + b"\n")
    process.child.stdin.flush()


@test("ack, nack and reject do what they say, and -C counts what is settled for good")
def answers(bus):
    for option in ("--durable", "--group"):
        with durable(bus, "a", "x") as channel:
            ids = [channel.publish("a", body) for body in ("one", "two", "three")]
            process = manual(bus, "-C", "3", option=option)
            first = "".join(f"{i} {body}\n" for i, body in zip(ids, ("one", "two", "three")))
            process.read_until(first.encode())
            say(process, f"nack {ids[1]} 0")
            process.read_until(f"{first}{ids[1]} two\n".encode())
            say(process, f"ack {ids[0]}")
            say(process, f"reject {ids[2]} it smells")
            say(process, f"ack {ids[1]}")
            got = process.result()
            got.expect(1, out=f"{first}{ids[1]} two\n", err="was rejected: dead letter of 'a'")
            names = channel.files()
            same(names, [f".{kind}-rejected-1-{ids[2]}" for kind in "de"], "what is left")
            same((channel.path / names[1]).read_bytes(), b"it smells", "the note")


@test("-C: no more messages are claimed than are still wanted")
def counted(bus):
    with durable(bus, "a", "x") as channel:
        first, second = channel.publish("a", "one"), channel.publish("a", "two")
        process = manual(bus, "-C", "1")
        process.read_until(b" one\n")
        # What a further message would have been printed with is read to its end below.
        say(process, f"ack {first}")
        process.result().expect(out=f"{first} one\n")
        same(channel.files(), [second], "what is left")


@test("the end of standard input gives back what is unsettled, without an attempt")
def end_of_input(bus):
    with durable(bus, "a", "x") as channel:
        first = channel.publish("a", "one")
        second = channel.publish("a", "two")
        process = manual(bus)
        process.read_until(b"two\n")
        process.child.stdin.write(b"ack " + first.encode())
        process.child.stdin.close()
        process.child.stdin = None
        process.result().expect(0)
        got = bus.subscribe("a", "--durable", "x", "-e", "-F", "%m").expect(out=f"{second}\n")
        same(got.err, "")
        same(channel.files(), [], "what is left")


@test("a stop signal gives back what is unsettled")
def stopped(bus):
    with durable(bus, "a", "x") as channel:
        message_id = channel.publish("a", "one")
        process = manual(bus)
        process.read_until(b"one\n")
        process.signal(signal.SIGTERM)
        process.result().expect(143)
        holds(channel.files()[0].endswith(f"-0-{message_id}"), channel.files())


@test("lines that can't be followed are told and counted; empty ones are none")
def wrong(bus):
    with durable(bus, "a", "x") as channel:
        message_id = channel.publish("a", "one")
        process = manual(bus, "-1")
        process.read_until(b"one\n")
        lines = ["ack", "ack x", "ack 7", f"frob {message_id}", f"ack {message_id} now"]
        lines += [f"nack {message_id} soon", f"nack {message_id} 9999999", f"extend {message_id} 1"]
        for line in [*lines, "", "  ", f"  ack  {message_id}  "]:
            say(process, line)
        got = process.result().expect(1, err="no such message is unsettled here: 'ack 7'")
        for line in lines:
            holds(f"'{line}'\n" in got.err, f"{line!r} is not told in {got.err!r}")
        holds(f"that had no effect: {len(lines)}\n" in got.err, got.err)
        same(len(got.err.splitlines()), len(lines) + 1, "lines of diagnostics")


@test("what is not settled in time is printed again; the answer is to the new one")
def too_late(bus):
    with durable(bus, "a", "x") as channel:
        message_id = channel.publish("a", "one")
        process = manual(bus, "-1", "--deadline", "0.2")
        process.read_until(f"{message_id} one\n{message_id} one\n".encode())
        say(process, f"ack {message_id}")
        got = process.result()
        # A machine that is busy may let the second one expire, too.
        holds(got.status == 0 or "settled too late" in got.err, got.err)


def claim_end(channel, message_id):
    """The deadline in the name of a claim, 0 while it is being renamed."""
    names = [n for n in channel.files() if n.startswith(".k-") and n.endswith(f"-{message_id}")]
    return int(names[0].split("-")[2]) if names else 0


@test("nack with and without seconds, and extend, set the times in the files' names")
def times(bus):
    with durable(bus, "a", "x") as channel:
        ids = [channel.publish("a", body) for body in ("one", "two", "three")]
        process = manual(bus, "--retry-delay", "100", "--deadline", "1000")
        process.read_until(b"three\n")
        claimed_until = claim_end(channel, ids[2])
        holds(claimed_until > time.time() * 1000 + 900000, f"the deadline is {claimed_until}")
        now_ms = int(time.time() * 1000)
        say(process, f"nack {ids[0]}")
        say(process, f"nack {ids[1]} 50.5")

        def is_extended():
            # All of this may happen within a millisecond.
            say(process, f"extend {ids[2]}")
            return claim_end(channel, ids[2]) > claimed_until

        wait_until(is_extended, "the extension")
        process.child.stdin.close()
        process.child.stdin = None
        process.result().expect(1, err="messages that failed and are not settled yet: 2")
        due = {name.split("-")[3]: int(name.split("-")[1]) - now_ms for name in channel.files()}
        holds(100000 <= due[ids[0]] < 120000, due)
        holds(50500 <= due[ids[1]] < 70000, due)


@test("an answer shows while messages keep coming, and all of many are settled")
def many(bus):
    with durable(bus, "a", "x") as channel:
        bus.publish("--repeat", "2500", "a", "x").expect()
        process = manual(bus, "-C", "2500", form="%m")
        buffered, seen = b"", 0
        while seen < 2500:
            piece = process.child.stdout.read1(65536)
            holds(piece, f"the output ended after {seen} messages")
            *whole, buffered = (buffered + piece).split(b"\n")
            seen += len(whole)
            for message_id in whole:
                say(process, f"ack {message_id.decode()}")
        process.result().expect()
        rows = [row for row in bus.ls("--json").expect().json() if row["name"] == channel.name]
        same([rows[0][key] for key in ("backlog", "claimed", "delayed")], [0, 0, 0])


if __name__ == "__main__":
    main()
