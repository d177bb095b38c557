# SPDX-License-Identifier: MIT
"""pubsub-ls: the table, the JSON lines, and what operands find."""

import os
import pwd
import signal

from harness import PlainChannel, holds, main, same, test

HEADING = [
    "PATTERN",
    "PID",
    "USER",
    "COMMAND",
    "ALIVE",
    "BACKLOG",
    "OLDEST",
    "PUBLISHED",
    "DELIVERED",
    "DROPPED",
]
FIELDS = [
    "name",
    "pattern",
    "pid",
    "uid",
    "user",
    "command",
    "alive",
    "plain",
    "backlog",
    "oldest_seconds",
    "published",
    "delivered",
    "dropped",
    "set_aside",
    "dead_letters",
    "created",
]


def user():
    return pwd.getpwuid(os.geteuid()).pw_name


def rows(bus, *words):
    lines = bus.ls(*words).expect().lines()
    same(lines[0].split(), HEADING)
    return [line.split() for line in lines[1:]]


@test("a missing home is an empty one, and it is said")
def missing_home(bus):
    said = f"there is no '{bus.home}' yet; the first subscriber creates it"
    same(bus.ls().expect(0, err=said).out.split(), [name.encode() for name in HEADING])
    bus.ls("--json").expect(0, out="", err=said)


@test("a home without channels is a heading and no word")
def empty_home(bus):
    bus.subscribe("a", "-e").expect()
    same(rows(bus), [])
    bus.ls("--json").expect(out="")


@test("a row tells who subscribes to what, and what waits and went by")
def row(bus):
    subscriber = bus.subscriber("a.+", "-C", "5")
    bus.publish("-l", "a.b", input=b"1\n2\n").expect()
    subscriber.read_until(b"2\n")
    subscriber.signal(signal.SIGSTOP)
    bus.publish("-l", "a.b", input=b"3\n4\n5\n").expect()
    got = rows(bus)
    same(len(got), 1, "number of rows")
    same(got[0][:6], ["a.+", str(subscriber.child.pid), user(), "pubsub-subscribe", "yes", "3"])
    holds(got[0][6].endswith(("ms", "s", "m")), f"the age {got[0][6]}")
    same(got[0][7:], ["5", "2", "0"])
    subscriber.signal(signal.SIGCONT)
    subscriber.result().expect(out="1\n2\n3\n4\n5\n")


@test("--json has these fields in this order, with their types")
def json_lines(bus):
    subscriber = bus.subscriber("a")
    bus.publish("a", "x").expect()
    subscriber.read_until(b"x\n")
    subscriber.signal(signal.SIGSTOP)
    bus.publish("a", "y").expect()
    got = bus.ls("--json").expect().json()[0]
    same(list(got), FIELDS)
    oldest = got.pop("oldest_seconds")
    holds(isinstance(oldest, float) and 0 <= oldest < 60, f"oldest_seconds {oldest!r}")
    created = got.pop("created")
    holds(created.startswith("20") and created.endswith("Z"), f"created {created!r}")
    same(
        got,
        {
            "name": bus.channels()[0],
            "pattern": "a",
            "pid": subscriber.child.pid,
            "uid": os.geteuid(),
            "user": user(),
            "command": "pubsub-subscribe",
            "alive": True,
            "plain": False,
            "backlog": 1,
            "published": 2,
            "delivered": 1,
            "dropped": 0,
            "set_aside": 0,
            "dead_letters": 0,
        },
    )
    subscriber.signal(signal.SIGCONT)
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143)


@test("rows are sorted by name and columns are aligned, in a pipe too")
def aligned(bus):
    subscribers = [bus.subscriber(pattern) for pattern in ("b.longer.pattern", "a", "+")]
    lines = bus.ls().expect().lines()
    same([line.split()[0] for line in lines[1:]], ["+", "a", "b.longer.pattern"])
    for column in (" USER", " COMMAND", " ALIVE"):
        place = lines[0].index(column)
        holds(all(line[place] == " " != line[place + 1] for line in lines), f"{column} in {lines}")
    for line in lines:
        same(len(line), len(lines[0]), "the width of a line")
    for subscriber in subscribers:
        subscriber.signal(signal.SIGTERM)
        subscriber.result().expect(143)


@test("operands find channels by name, pattern, topic and wildcard")
def operands(bus):
    subscribers = [bus.subscriber(p) for p in ("sensors.+", "sensors.kitchen", "log")]
    name = next(n for n in bus.channels() if n.startswith("log"))
    for words, found in (
        ([name], {"log"}),
        (["log"], {"log"}),
        (["sensors.+"], {"sensors.+", "sensors.kitchen"}),
        (["sensors.kitchen"], {"sensors.+", "sensors.kitchen"}),
        (["sensors.bath"], {"sensors.+"}),
        (["+"], {"sensors.kitchen", "log"}),
        (["log", "sensors.bath"], {"log", "sensors.+"}),
    ):
        same({r[0] for r in rows(bus, *words)}, found, f"what {words} finds")
    got = bus.ls("log", "nobody", "/", "--json").expect(1, err="no channel for 'nobody'")
    holds("no channel for '/'" in got.err, got.err)
    same([channel["pattern"] for channel in got.json()], ["log"])
    for subscriber in subscribers:
        subscriber.signal(signal.SIGTERM)
        subscriber.result().expect(143)


@test("a dead subscriber's channel is shown as such")
def dead(bus):
    subscriber = bus.subscriber("a")
    subscriber.signal(signal.SIGKILL)
    subscriber.result().expect(137)
    same(rows(bus)[0][4], "no")
    same(bus.ls("--json").expect().json()[0]["alive"], False)
    bus.publish("-v", "a", "x").expect(out="0/0\n")
    same(rows(bus), [])


@test("a channel of formix-pubsub is shown, without what it does not count")
def plain(bus):
    channel = PlainChannel(bus, "a.=")
    bus.publish("a.b", "x").expect()
    got = rows(bus)[0]
    same(got[0], "a.=")
    same((got[1], got[2], got[4], got[5]), (str(os.getpid()), user(), "yes", "1"))
    same(got[7:], ["-", "-", "-"])
    got = bus.ls("--json").expect().json()[0]
    same(
        (got["plain"], got["published"], got["set_aside"], got["created"]), (True, None, None, None)
    )
    holds(got["command"], "no command for a living process")
    channel.remove()


@test("wrong usage: exit code 2")
def usage(bus):
    bus.ls("--nope").expect(2, out="", err="unknown option --nope; see pubsub-ls --help")
    bus.ls("--home", "").expect(2, out="", err="--home wants a directory")


@test("a table that can't be written is an error")
def full_output(bus):
    with open("/dev/full", "wb") as full:
        bus.ls(stdout=full).expect(1, err="cannot write to standard output: No space left")


if __name__ == "__main__":
    main()
