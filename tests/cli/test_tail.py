# SPDX-License-Identifier: MIT
"""pubsub-tail: shows what is published, counts it, and takes it from nobody."""

import os
import pty
import pwd
import re
import select
import signal
import subprocess
import termios

from durable import durable
from harness import WAIT_SECONDS, holds, main, same, test

USER = pwd.getpwuid(os.geteuid()).pw_name
FIELDS = ["id", "topic", "time", "headers", "len", "payload", "uid"]
FIELDS += ["messages_per_second", "pid", "command"]
TOPIC_FIELDS = [
    "topic",
    "time",
    "interval_seconds",
    "messages",
    "bytes",
    "messages_per_second",
    "bytes_per_second",
    "uid",
    "pid",
    "command",
]
MIB = 1 << 20
PAINT_OVER = "\x1b[H\x1b[2J"


def tail(bus, *words, **options):
    return bus.ready("pubsub-tail", *words, **options)


def fields_of(line):
    """Time, topic, size, sender, rate, payload."""
    return re.fullmatch(r"(\S+)  (\S+) +(\S+)  (\S+) +(\S+/s)(?:  (.*))?", line).groups()


def read_past(process, wanted):
    """Reads lines until one has these bytes."""
    fd = process.child.stdout.fileno()
    while wanted not in process.seen or not process.seen.endswith(b"\n"):
        readable, _, _ = select.select([fd], [], [], WAIT_SECONDS)
        holds(readable, f"{wanted!r} does not come")
        process.seen += os.read(fd, 65536)


def on_terminal(bus, *words, publish, until=None, columns=80, rows=24, kind="xterm"):
    """What a terminal gets from a tail that ends with the last of those messages, which is
    published when the terminal has got until."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (rows, columns))
    process = tail(bus, *words, "-C", str(len(publish)), stdout=slave, env={"TERM": kind})
    seen = b""
    for message in publish[:-1]:
        bus.publish(*message).expect()
    while until is not None and until not in seen:
        seen += os.read(master, 65536)
    bus.publish(*publish[-1]).expect()
    process.result().expect()
    os.close(slave)
    seen += os.read(master, 65536)
    os.close(master)
    return seen.decode().replace("\r\n", "\n")


@test("a line has time, topic, size, sender, rate and the payload as one line")
def line(bus):
    process = tail(bus, "-C", "4")
    bus.publish("a.b", "hello").expect()
    bus.publish("-l", "a.b", input=b"two words\n\x1b[2J\xff\n").expect()
    bus.publish("c", "x\ny\tz").expect()
    lines = process.result().expect().lines()
    found = [fields_of(text) for text in lines]
    for fields in found:
        holds(re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d\d", fields[0]), f"the time {fields[0]}")
        same(fields[3], USER, "the sender")
    same(
        [fields[1:3] + fields[5:] for fields in found],
        [
            ("a.b", "5", "hello"),
            ("a.b", "9", "two words"),
            ("a.b", "5", "\\x1b[2J\\xff"),
            ("c", "5", "x\\ny\\tz"),
        ],
    )
    same([found[0][4], found[3][4]], ["1/s", "1/s"], "the rate of a topic's first message")


@test("who sends many messages is known by its process")
def sender(bus):
    process = tail(bus, "-C", "5000")
    json = tail(bus, "-C", "5000", "--json")
    total = tail(bus, "-C", "5000", "--summary")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=subprocess.PIPE)
    publisher.child.stdin.write(b"x\n" * 5000)
    publisher.child.stdin.flush()
    text = process.result().expect().lines()[-1]
    same(fields_of(text)[3], f"{USER}:{publisher.child.pid}", "the sender")
    found = json.result().expect().json()[-1]
    same([found["pid"], found["command"]], [publisher.child.pid, "pubsub-publish"])
    same(total.result().expect().lines()[-2].split()[4], f"{USER}:{publisher.child.pid}")
    both = tail(bus, "-C", "10000", "--summary", "-i", "1000")
    other = bus.start("pubsub-publish", "-l", "a", stdin=subprocess.PIPE)
    for stream in (publisher, other):
        stream.child.stdin.write(b"x\n" * 5000)
        stream.child.stdin.flush()
    sender_text = both.result().expect().lines()[-2].split()[4]
    holds(sender_text in [f"{USER}:{p.child.pid}..." for p in (publisher, other)], sender_text)
    other.child.stdin.close()
    same(other.child.wait(10), 0)
    publisher.child.stdin.close()
    same(publisher.child.wait(10), 0)


@test("--no-payload leaves it out")
def no_payload(bus):
    process = tail(bus, "-C", "2", "--no-payload")
    json = tail(bus, "-C", "2", "--no-payload", "--json")
    bus.publish("-l", "a", input=b"hello\n\n").expect()
    same([fields_of(text)[2::3] for text in process.result().expect().lines()],
         [("5", None), ("0", None)])
    for message in json.result().expect().json():
        same(list(message), [name for name in FIELDS if name != "payload"])


@test("--json is that of pubsub-subscribe and the rate")
def json_lines(bus):
    process = tail(bus, "-1", "--json")
    other = bus.subscriber("+", "-1", "--json")
    bus.publish("a.b", "hello", "-H", "k=v").expect()
    found = process.result().expect().json()[0]
    same(list(found), FIELDS)
    same([found.pop(name) for name in FIELDS[-3:]], [1.0, None, None])
    same(found, other.result().expect().json()[0])


@test("it takes nothing from anybody, and sees what goes to durable channels")
def takes_nothing(bus):
    with durable(bus, "jobs.+", "mail"):
        process = tail(bus, "-C", "3", "--json", "jobs.+", "=.b", "-t", "jobs.+")
        subscriber = bus.subscriber("+", "-C", "3")
        bus.publish("jobs.a", "1").expect()
        bus.publish("jobs.b", "2").expect()
        bus.publish("x.b", "3").expect()
        subscriber.result().expect(out="1\n2\n3\n")
        same([m["payload"] for m in process.result().expect().json()], ["1", "2", "3"])
        same([row["backlog"] for row in bus.ls("--json").expect().json()], [2])
        # From now on: what waits is not shown.
        bus.run("pubsub-tail", "-W", "0.05").expect(124, out="")


@test("to publishers it is a subscriber, and pubsub-ls says which")
def is_a_subscriber(bus):
    process = tail(bus, "-1")
    row = bus.ls("--json").expect().json()[0]
    same([row["pattern"], row["command"], row["when_full"]], ["+", "pubsub-tail", "drop-oldest"])
    holds(0 < row["limit_bytes"] <= 32 * MIB, f"it keeps up to {row['limit_bytes']} bytes")
    bus.publish("--at-least", "1", "a", "x").expect()
    process.result().expect()


@test("who does not follow misses messages, says how many, and holds up nobody")
def misses(bus):
    # More than its channel keeps; publishers take no more than a fifth of their room at a time.
    sent, size = 10, 4 * MIB
    process = tail(bus, "--json", "--no-payload")
    text = tail(bus, "--no-payload")
    process.stop()
    text.stop()
    payload = bus.path("payload", bytes(size))
    for number in range(sent):
        bus.publish(f"n{number}", "-f", payload).expect()
    bus.publish("end", "x").expect()
    process.signal(signal.SIGCONT)
    read_past(process, b'"end"')
    process.signal(signal.SIGINT)
    got = process.result()
    found = got.json()
    missed = sum(m.get("missed", 0) for m in found)
    holds(0 < missed < sent, f"{missed} missed of {sent}")
    same(len(found) + missed, sent + 1, "shown and missed")
    same([m["topic"] for m in found[:-1]], [f"n{i}" for i in range(missed, sent)], "the newest")
    got.expect(130, err=f"missed {missed} messages: they came faster than we follow")
    text.signal(signal.SIGCONT)
    read_past(text, b" end ")
    text.signal(signal.SIGTERM)
    first = text.result().lines()[0]
    same(first, f"-- missed {missed} messages: they came faster than we follow --")


@test("a reader of its output that does not read holds up nobody either")
def full_pipe(bus):
    reader, writer = os.pipe()
    process = tail(bus, stdout=writer)
    os.close(writer)
    lines = b"a line of some length that fills the pipe soon enough\n" * 20000
    subscriber = bus.subscriber("+", "-C", "20000", stdout=open(os.devnull, "wb"))
    bus.publish("-l", "a", input=lines).expect()
    subscriber.result().expect()
    process.signal(signal.SIGTERM)
    holds(process.child.wait(10) == -signal.SIGTERM, "a signal ends it")
    os.close(reader)


@test("signals, limits and a closed output end it as they end pubsub-subscribe")
def ends(bus):
    for words, status in [(["-W", "0.01"], 124), (["-1", "-W", "0.01"], 124)]:
        bus.run("pubsub-tail", *words).expect(status, out="")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = tail(bus, "a", "b")
        process.signal(number)
        process.result().expect(128 + number)
    idle = tail(bus)
    idle.child.stdout.close()
    same(idle.child.wait(10), -signal.SIGPIPE, "the end by a closed output")
    enough = tail(bus, "-1", "-W", "10")
    bus.publish("a", "x").expect()
    enough.result().expect()
    same(bus.channels(), [], "channels")


@test("--summary counts by topic, the busiest first, and all at the end")
def summary(bus):
    process = tail(bus, "--summary", "-C", "5", "-i", "1000")
    json = tail(bus, "--summary", "-C", "5", "-i", "1000", "--json")
    bus.publish("-l", "few", input=b"12345\n1\n").expect()
    bus.publish("-l", "many", input=b"a\nb\n\n").expect()
    rows = [text.split() for text in process.result().expect().lines()]
    same(rows[0], ["MSG/S", "BYTES/S", "MESSAGES", "BYTES", "SENDER", "TOPIC"])
    same(
        [row[2:] for row in rows[1:]],
        [
            ["3", "2", USER, "many"],
            ["2", "6", USER, "few"],
            ["5", "8", "-", "2", "topics,", "0", "missed"],
        ],
    )
    found = json.result().expect().json()
    for topic in found:
        same(list(topic), TOPIC_FIELDS)
        for what, rate in (("messages", "messages_per_second"), ("bytes", "bytes_per_second")):
            off = topic[rate] * topic["interval_seconds"] - topic[what]
            holds(abs(off) <= 0.001 + 0.001 * topic[rate], f"{topic}: off by {off}")
        same(topic["uid"], os.geteuid())
    same([[t["topic"], t["messages"], t["bytes"]] for t in found], [["many", 3, 2], ["few", 2, 6]])


@test("--summary shows tables one after another, and how much came since the one before")
def summaries(bus):
    process = tail(bus, "--summary", "-i", "0.1")
    process.read_until(b"0 topics, 0 missed\n")
    bus.publish("a", "x").expect()
    process.read_until(b"1 topic, 0 missed\n")
    process.signal(signal.SIGINT)
    tables = process.result().expect(130).out.decode().split("\n\n")
    same([table.split("\n")[0].split()[-1] for table in tables], ["TOPIC"] * len(tables))
    same(tables[-1].split("\n")[1].split()[2:], ["1", "1", USER, "a"], "the last table")


@test("a terminal's lines are cut at its edge, and its tables take each other's place")
def terminal(bus):
    long = [("a", "x" * 100)]
    seen = on_terminal(bus, publish=long)
    same(len(seen), 81, "the length of a line")
    holds(seen.endswith("xxx...\n"), seen)
    seen = on_terminal(bus, publish=long, columns=20)
    holds(seen.rstrip().endswith("/s"), f"no room for a payload: {seen!r}")
    publish = [("a", "1"), ("b", "1"), ("a", "1")]
    # A heading, the topics that there is room for, and the sum.
    for kind, rows in (("xterm", 3), ("dumb", 4), ("", 4)):
        seen = on_terminal(bus, "--summary", "-i", "0.1", publish=publish, rows=4, kind=kind,
                           until=b"2 topics, 0 missed")
        same(PAINT_OVER in seen, kind == "xterm", f"painting on {kind!r}")
        tables = [len(t.splitlines()) for t in re.split(r"\n\n|\x1b\[H\x1b\[2J", seen)]
        same(tables[-2:], [rows, 4], f"rows on {kind!r}, of the last table, which has all, too")


@test("what makes no sense is refused")
def usage(bus):
    for words, said in [
        (["a_b"], "'_'"),
        (["-i", "0"], "at least 0.1"),
        (["--summary", "--no-payload"], "shows no payloads"),
        (["-C", "0"], "-C"),
        (["--ready-fd", "99"], "is not open"),
    ]:
        bus.run("pubsub-tail", *words).expect(2, err=said)


if __name__ == "__main__":
    main()
