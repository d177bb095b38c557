# SPDX-License-Identifier: MIT
"""Many messages: publishing them in batches and showing them in large pieces keeps every promise
that holds for one by one."""

import json
import os
import re
import resource
import signal
import socket
import time

from harness import PlainChannel, holds, main, same, test

# What a batch holds at most, messages and bytes of payload, and some beyond.
BATCH = 256
BATCH_BYTES = 262144


def numbered(count):
    return b"".join(b"%d\n" % i for i in range(count))


@test("a large input arrives whole and in order, whatever the lines are like")
def large(bus):
    odd = {5: 70000, 300: BATCH_BYTES - 1, 301: BATCH_BYTES, 302: BATCH_BYTES + 1, 1111: 1000000}
    lines = b"".join(
        (b"%d " % i + b"x" * odd.get(i, i * 7 % 300))[: odd.get(i, i * 7 % 300)] + b"\n"
        for i in range(20000)
    )
    path = bus.path("lines", lines)
    got = bus.received(f"pubsub-publish -l a < {path}", pattern="a").expect()
    holds(got.out == lines, f"{len(got.out)} bytes arrived, not the {len(lines)} that were sent")


@test("no line is lost or joined where a batch ends, with and without a last newline")
def edges(bus):
    for count in (1, 2, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 1):
        lines = numbered(count)
        for content in (lines, lines[:-1]):
            path = bus.path("lines", content)
            bus.received(f"pubsub-publish -l a < {path}", pattern="a").expect(out=lines)
    path = bus.path("empty", b"\n" * (BATCH + 44))
    bus.received(f"pubsub-publish -l a < {path}", pattern="a").expect(out=b"\n" * (BATCH + 44))


@test("what a slow writer has written is sent at once; no message waits for a batch")
def slow_writer(bus):
    for words, pieces in (
        (["-l"], [(b"one\n", b"one\n"), (b"tw", None), (b"o\nthree\n", b"three\n")]),
        (["-0"], [(b"one\0", b"one\n"), (b"two\0thr", b"two\n"), (b"ee\0", b"three\n")]),
        (
            ["--delimiter", "--"],
            [(b"one--", b"one\n"), (b"two-", None), (b"-three--", b"three\n")],
        ),
        (
            ["--json-lines"],
            [
                (b'{"payload":"one"}\n\n', b"one\n"),
                (b'\n\n{"payload":"two"}\n{"payload"', b"two\n"),
                (b':"three"}\n', b"three\n"),
            ],
        ),
    ):
        subscriber = bus.subscriber("a", "-C", "3")
        publisher = bus.start("pubsub-publish", *words, "a", stdin=-1)
        for written, shown in pieces:
            publisher.child.stdin.write(written)
            publisher.child.stdin.flush()
            if shown is not None:
                subscriber.read_until(shown)
        subscriber.result().expect(out="one\ntwo\nthree\n")
        publisher.result().expect()


@test("--topic-sep and --json-lines: many messages keep their own topics and headers")
def own_topics(bus):
    path = bus.path("lines", b"".join(b"t%d body %d\n" % (i % 7, i) for i in range(1000)))
    got = bus.received(f"pubsub-publish -l --topic-sep ' ' < {path}", "-v")
    holds(got.expect().out == path.read_bytes(), "topics or bodies differ")
    sent = [
        {"topic": f"t{i % 5}", "headers": {"n": i, "s": f"x{i}"}, "payload": f"body {i}"}
        for i in range(1000)
    ]
    path = bus.path("json", "".join(json.dumps(line) + "\n\n" for line in sent).encode())
    got = bus.received(f"pubsub-publish --json-lines -H k:=true < {path}", "--json").expect()
    for message, line in zip(got.json(), sent, strict=True):
        line["headers"]["k"] = True
        same({key: message[key] for key in line}, line)


@test("--repeat without a delay sends all of them")
def repeat(bus):
    bus.received("pubsub-publish --repeat 1000 a x", pattern="a").expect(out="x\n" * 1000)


@test("-v and --json have a receipt for each line, --at-least looks at each")
def receipts(bus):
    path = bus.path("lines", numbered(600))
    subscriber = bus.subscriber("a", "-C", "1800")
    with open(path, "rb") as lines:
        bus.publish("-l", "-v", "a", stdin=lines).expect(out="1/1\n" * 600)
    with open(path, "rb") as lines:
        got = bus.publish("-l", "--json", "a", stdin=lines).expect().json()
    same(len({receipt["id"] for receipt in got}), 600, "the number of IDs")
    with open(path, "rb") as lines:
        got = bus.publish("-l", "--at-least", "2", "a", stdin=lines)
    got.expect(3, err="line 1 reached 1 of at least 2 channels of 'a'")
    holds("600 of 600 messages reached fewer than 2 channels" in got.err, got.err)
    # Between publishers there is no order.
    same(sorted(subscriber.result().expect().lines()), sorted(numbered(600).decode().split() * 3))


@test("a channel that refuses keeps nothing from another one, and each refusal is told and counted")
def refusing(bus):
    channel = PlainChannel(bus, "a").fill()
    subscriber = bus.subscriber("a", "-C", "600")
    channel.make_room()
    got = bus.publish("-q", "0", "-l", "a", input=numbered(600))
    got.expect(4, err=f"channel '{channel.path.name}' did not take line 513: ")
    told = [line.split("take ")[1].split(":")[0] for line in got.err.splitlines()[:-1]]
    same(told, [f"line {i}" for i in range(513, 518)], "the lines that are told")
    holds("88 of 600 messages did not reach every channel" in got.err, got.err)
    same(len(channel.messages()), 512, "messages in the channel that became full")
    subscriber.result().expect(out=numbered(600))
    channel.remove()


@test("a batch waits for room, then all of it is there")
def waits(bus):
    channel = PlainChannel(bus, "a").fill()
    subscriber = bus.subscriber("a", "-C", "500")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=-1)
    publisher.child.stdin.write(numbered(500))
    publisher.child.stdin.close()
    publisher.child.stdin = None
    # The first one goes to who has room, then the publisher waits.
    subscriber.read_until(b"0\n")
    channel.make_room()
    publisher.result().expect()
    same(len(channel.messages()), 500, "messages in the channel that was full")
    subscriber.result().expect(out=numbered(500))
    channel.remove()


@test("-W bounds the wait for room of many messages, which are all tried")
def waits_bounded(bus):
    channel = PlainChannel(bus, "a").fill()
    subscriber = bus.subscriber("a", "-C", "3")
    got = bus.publish("-l", "-W", "0.05", "a", input=b"1\n2\n3\n")
    got.expect(4, err="did not take line 3: ")
    same(len(got.err.splitlines()), 3, "lines on standard error")
    subscriber.result().expect(out="1\n2\n3\n")
    channel.remove()


@test("a stop signal ends a batch that waits for room")
def stop_batch(bus):
    channel = PlainChannel(bus, "a").fill()
    subscriber = bus.subscriber("a", "-1")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=-1)
    publisher.child.stdin.write(numbered(100))
    publisher.child.stdin.flush()
    subscriber.result().expect(out="0\n")
    publisher.signal(signal.SIGTERM)
    publisher.result().expect(143)
    channel.remove()
    bus.visit()


@test("a bad line ends the run after all lines before it, and after what is told of them")
def bad_line(bus):
    path = bus.path("lines", b"a x\n" * 300 + b"a/b x\n" + b"a x\n" * 300)
    got = bus.received(f"pubsub-publish -l --topic-sep ' ' < {path}", pattern="a")
    got.expect(1, out="x\n" * 300, err="line 301: the topic has the byte '/'")
    same(len(got.err.splitlines()), 1, "lines on standard error")
    channel = PlainChannel(bus, "a").fill()
    got = bus.publish("-q", "0", "-l", "--topic-sep", " ", input=b"a 1\nb 2\na 3\n/ 4\n")
    got.expect(1, err="line 4: ")
    told = [re.search(r"line (\d)", line)[1] for line in got.err.splitlines()]
    same(told, ["1", "3", "4"], "the lines that are told, in order")
    channel.remove()


def packets_of(bus, count):
    """What a stopped subscriber writes once it goes on after count messages: each write(2)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(10)
    subscriber = bus.subscriber("a", "-C", str(count + 1), stdout=theirs)
    theirs.close()
    subscriber.stop()
    bus.publish("-l", "a", input=(b"x" * 100 + b"\n") * count).expect()
    subscriber.signal(signal.SIGCONT)
    packets = []
    while sum(map(len, packets)) < count * 101:
        packets.append(ours.recv(1 << 20))
    return subscriber, ours, packets


@test("output is written in large pieces while messages come, and at once when none does")
def large_pieces(bus):
    subscriber, ours, packets = packets_of(bus, 5000)
    holds(b"".join(packets) == (b"x" * 100 + b"\n") * 5000, "the output differs")
    holds(len(packets) <= 20, f"{len(packets)} writes for {5000 * 101} bytes")
    bus.publish("a", "last").expect()
    same(ours.recv(1000), b"last\n", "what is written when a single message comes")
    subscriber.result().expect()
    ours.close()


@test("-W ends a subscription under load, not before its time")
def limit_under_load(bus):
    subscriber = bus.subscriber("a", "-W", "0.3", stdout=bus.path("out").open("wb"))
    start = time.monotonic()
    load = bus.start("pubsub-publish", "--repeat", "99999999", "-q", "0", "a", "0123456789")
    subscriber.result().expect(0)
    holds(time.monotonic() - start < 5, "it went on")
    load.signal(signal.SIGTERM)
    same(load.result().status, 143, "how the load ended")
    bus.visit()


@test("a stop signal under load: what was taken is written, whole")
def stop_under_load(bus):
    subscriber = bus.subscriber("a")
    load = bus.start("pubsub-publish", "--repeat", "99999999", "-q", "1", "a", "0123456789")
    holds(os.read(subscriber.child.stdout.fileno(), 11) == b"0123456789\n", "nothing came")
    subscriber.signal(signal.SIGTERM)
    got = subscriber.result()
    got.expect(143)
    same(got.out.replace(b"0123456789\n", b""), b"", "what is no whole message")
    load.signal(signal.SIGTERM)
    load.result().expect(143)
    bus.visit()


SPIN = ["--spin", "1000000"]


@test("--spin: messages, limits and ends are as without it")
def spin_ends(bus):
    for patterns in (["a"], ["a", "b"]):
        subscriber = bus.subscriber(*patterns, *SPIN, "-C", "2")
        bus.publish("a", "one").expect()
        subscriber.read_until(b"one\n")
        bus.publish("a", "two").expect()
        subscriber.result().expect(out="one\ntwo\n")
        for limit in ("-W", "--idle"):
            start = time.monotonic()
            bus.subscribe(*patterns, *SPIN, limit, "0.05").expect(124)
            holds(0.05 <= time.monotonic() - start < 0.9, f"{limit} waited for the spin")
        bus.subscribe(*patterns, *SPIN, "--then", "pubsub-publish", "a", "x").expect(out="x\n")
        bus.subscribe(*patterns, *SPIN, "-1", "--then", "pubsub-publish", "a", "x").expect(
            out="x\n"
        )
        subscriber = bus.subscriber(*patterns, *SPIN)
        subscriber.signal(signal.SIGTERM)
        subscriber.result().expect(143)


@test("--spin: a reader that goes away is noticed")
def spin_reader_leaves(bus):
    reader, writer = os.pipe()
    subscriber = bus.subscriber("a", "--spin", "1000", stdout=writer)
    os.close(writer)
    os.close(reader)
    subscriber.result().expect(128 + signal.SIGPIPE)


def processor_seconds(bus, *words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    bus.subscribe(*words, "-W", "0.6").expect(124)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@test("--spin takes a processor, and without it an idle subscriber takes none")
def spin_takes_time(bus):
    for patterns in (["a"], ["a", "b"]):
        # How much there is to take depends on what else runs.
        awake = processor_seconds(bus, *patterns, *SPIN)
        holds(awake > 0.06, f"{awake} s of processor time for looking on for 0.6 s")
        for words in ([], ["--spin", "0"], ["--spin", "1000"]):
            asleep = processor_seconds(bus, *patterns, *words)
            holds(asleep < awake / 2, f"{asleep} s of processor time with {words}, not {awake} s")


@test("pubsub-ls counts the messages that lie together in a file, each of them")
def backlog(bus):
    subscriber = bus.subscriber("a", "-C", "3000")
    subscriber.stop()
    for part in range(3):
        lines = numbered(3000).splitlines(keepends=True)[part::3]
        bus.publish("-l", "a", input=b"".join(lines)).expect()
        got = bus.ls("--json").expect().json()[0]
        same((got["backlog"], got["published"], got["delivered"]), (1000 * (part + 1),) * 2 + (0,))
    same(bus.ls().expect().lines()[1].split()[4], "3000", "the backlog in the table")
    subscriber.signal(signal.SIGCONT)
    lines = subscriber.result().expect().lines()
    # Between publishers there is no order.
    for part in range(3):
        got = [line for line in lines if int(line) % 3 == part]
        holds(got == [str(i) for i in range(part, 3000, 3)], f"what publisher {part} sent differs")


@test("--drain ends after all of what lies together in files")
def drain(bus):
    path = bus.path("lines", numbered(1000))
    got = bus.subscribe("a", "-e", "--then", "sh", "-c", f"pubsub-publish -l a < {path}")
    got.expect(out=numbered(1000))


if __name__ == "__main__":
    main()
