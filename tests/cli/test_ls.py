# SPDX-License-Identifier: MIT
"""pubsub-ls: the table, the JSON lines, and what operands find."""

import os
import pwd
import signal

from durable import durable, member_of, on_terminal
from harness import PlainChannel, holds, main, same, test

# Those between OLDEST and DEAD, and FULL, are left out while they say nothing.
HEADING = ["PATTERN", "NAME", "PID", "READERS", "BACKLOG", "OLDEST", "DEAD", "CMD"]
LONG = [
    *HEADING[:3],
    "USER",
    "ALIVE",
    *HEADING[3:5],
    "FULL",
    "OLDEST",
    "CLAIMED",
    "DELAYED",
    "MISSED",
    "DEAD",
    "PUBLISHED",
    "DELIVERED",
    "ACKNOWLEDGED",
    "REDELIVERED",
    "REFUSED",
    "DROPPED",
    "EXPIRED",
    "EVICTED",
    "HELD",
    "MAX-BYTES",
    "MAX-MESSAGES",
    "MAX-AGE",
    "WHEN-FULL",
    "PUBLISHERS",
    "CMD",
]
COUNTED = LONG[LONG.index("PUBLISHED") : LONG.index("HELD")]
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
    "kind",
    "durable",
    "readers",
    "shared",
    "claimed",
    "delayed",
    "acknowledged",
    "redelivered",
    "limit_bytes",
    "limit_messages",
    "ttl_ms",
    "when_full",
    "block_ms",
    "held_bytes",
    "refused",
    "dropped_new",
    "dropped_oldest",
    "expired",
    "evicted",
    "gid",
    "mode",
]


def user():
    return pwd.getpwuid(os.geteuid()).pw_name


def rows(bus, *words, more=()):
    """Each row by its headings. more: of those that may be left out, those that are there."""
    lines = bus.ls(*words).expect().lines()
    heading = lines[0].split()
    same(heading, LONG if "-l" in words else [h for h in LONG if h in HEADING or h in more])
    return [dict(zip(heading, line.split(), strict=True)) for line in lines[1:]]


def cells(found, *names):
    return [found[name] for name in names]


def stop(*processes):
    for process in processes:
        process.signal(signal.SIGTERM)
        process.result().expect(143)


@test("a missing home is an empty one, and it is said")
def missing_home(bus):
    said = f"there is no '{bus.home}' yet; the first subscriber creates it"
    same(bus.ls().expect(0, err=said).lines()[0].split(), HEADING)
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
    subscriber.stop()
    bus.publish("-l", "a.b", input=b"3\n4\n5\n").expect()
    got = rows(bus)
    same(len(got), 1, "number of rows")
    got = got[0]
    same(cells(got, *HEADING[:5]), ["a.+", "-", str(subscriber.child.pid), "1", "3"])
    holds(got["OLDEST"].endswith(("ms", "s", "m")), f"the age {got['OLDEST']}")
    same(cells(got, *HEADING[6:]), ["0", "pubsub-subscribe"])
    got = rows(bus, "-l")[0]
    same(cells(got, "USER", "ALIVE", "READERS"), [user(), "yes", "1"])
    same(cells(got, *COUNTED), ["5", "2", *["0"] * 6])
    same(cells(got, "CLAIMED", "DELAYED", "MISSED"), ["0"] * 3)
    same(cells(got, "MAX-MESSAGES", "MAX-AGE", "WHEN-FULL"), ["-", "-", "refuse"])
    same(got["PUBLISHERS"], "owner")
    subscriber.signal(signal.SIGCONT)
    subscriber.result().expect(out="1\n2\n3\n4\n5\n")


@test("--json has these fields in this order, with their types")
def json_lines(bus):
    subscriber = bus.subscriber("a")
    bus.publish("a", "x").expect()
    subscriber.read_until(b"x\n")
    subscriber.stop()
    bus.publish("a", "y").expect()
    got = bus.ls("--json").expect().json()[0]
    same(list(got), FIELDS)
    oldest = got.pop("oldest_seconds")
    holds(isinstance(oldest, float) and 0 <= oldest < 60, f"oldest_seconds {oldest!r}")
    created = got.pop("created")
    holds(created.startswith("20") and created.endswith("Z"), f"created {created!r}")
    holds(0 < got.pop("limit_bytes") <= 64 << 20, "the limit of a live channel")
    same(got.pop("held_bytes") % 4096, 0, "a file counts as pages")
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
            "kind": "live",
            "durable": None,
            "readers": 1,
            "shared": False,
            "claimed": 0,
            "delayed": 0,
            "acknowledged": 0,
            "redelivered": 0,
            "limit_messages": None,
            "ttl_ms": None,
            "when_full": "refuse",
            "block_ms": None,
            "refused": 0,
            "dropped_new": 0,
            "dropped_oldest": 0,
            "expired": 0,
            "evicted": 0,
            "gid": os.getegid(),
            "mode": "0700",
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
    for column in (" NAME", " CMD"):
        place = lines[0].index(column)
        holds(all(line[place] == " " != line[place + 1] for line in lines), f"{column} in {lines}")
    for column in ("PID ", "READERS ", "DEAD "):
        place = lines[0].index(column) + len(column) - 1
        holds(all(line[place] == " " != line[place - 1] for line in lines), f"{column} in {lines}")
    holds(all(line == line.rstrip() for line in lines), f"blanks at the end of {lines}")
    stop(*subscribers)


@test("a table with usual names fits into 80 columns, on a terminal the command is cut there")
def narrow(bus):
    subscriber = bus.subscriber("sensors.+")
    seen = on_terminal(bus, "pubsub-ls", columns=80).splitlines()
    holds(all(len(line) <= 80 for line in seen), f"{seen}")
    holds(seen[1].split()[-1] in "pubsub-subscribe", f"{seen}")
    holds(bus.ls().expect().lines()[1].endswith(" pubsub-subscribe"), "the command is cut")
    stop(subscriber)


@test("a durable channel has its name, with or without a reader")
def durable_row(bus):
    with durable(bus) as channel:
        channel.publish("jobs.a", "one")
        channel.set_aside(channel.publish("jobs.a", "two"))
        channel.delay(channel.publish("jobs.a", "three"))
        got = rows(bus, more=["DELAYED"])[0]
        same(cells(got, *HEADING[:5]), ["jobs.+", "mail", "-", "0", "1"])
        same(cells(got, "DELAYED", *HEADING[6:]), ["1", "1", "-"])
        got = bus.ls("--json").expect().json()[0]
        same((got["name"], got["pid"], got["created"][:2]), (channel.name, 0, "20"))
        same(
            [got[name] for name in ("kind", "durable", "readers", "shared", "claimed", "delayed")],
            ["durable", "mail", 0, False, 0, 1],
        )
        same((got["backlog"], got["dead_letters"], got["published"]), (1, 1, 3))


@test("a durable channel that is read from has its reader, and an inbox")
def durable_reader(bus):
    with durable(bus) as channel:
        reader = bus.subscriber("jobs.+", "--durable", "mail")
        pid = str(reader.child.pid)
        got = {row["NAME"]: row for row in rows(bus)}
        same(sorted(got), ["mail", "mail.in"])
        same(cells(got["mail"], "PATTERN", "PID", "READERS"), ["jobs.+", pid, "1"])
        same(cells(got["mail.in"], "PATTERN", "PID", "READERS"), ["jobs.+", pid, "1"])
        got = {channel["kind"]: channel for channel in bus.ls("--json").expect().json()}
        same(sorted(got), ["durable", "inbox"])
        same(got["inbox"]["durable"], "mail")
        same((got["durable"]["readers"], got["durable"]["shared"]), (1, False))
        bus.publish("jobs.a", "x").expect()
        reader.read_until(b"x\n")
        stop(reader)
        got = bus.ls("--json").expect().json()[0]
        same((got["name"], got["acknowledged"], got["redelivered"]), (channel.name, 1, 0))


@test("the workers of a group are counted")
def group(bus):
    with durable(bus):
        workers = [bus.subscriber("jobs.+", "--group", "mail") for _ in range(3)]
        got = bus.ls("--json", "jobs.+_mail").expect().json()[0]
        same((got["readers"], got["shared"]), (3, True))
        holds(got["pid"] in [worker.child.pid for worker in workers], f"pid {got['pid']}")
        same(rows(bus, "jobs.+_mail")[0]["READERS"], "3")
        stop(*workers)


@test("a claimed message is counted as such, and not in the backlog")
def claimed(bus):
    with durable(bus) as channel:
        worker = bus.subscriber("nothing")
        channel.claim(channel.publish("jobs.a", "one"), member_of(bus))
        got = bus.ls("--json", "mail").expect().json()[0]
        same((got["claimed"], got["backlog"], got["delayed"]), (1, 0, 0))
        stop(worker)


@test("limits of a durable channel, how full it is and what it missed stand in the table")
def limits(bus):
    with durable(bus) as channel:
        words = ["--durable", "mail", "-E", "--max-messages", "8", "--max-bytes", "1M"]
        bus.subscribe("jobs.+", *words, "--max-age", "90", "--when-full", "drop-new").expect()
        for number in range(6):
            channel.publish("jobs.a", str(number))
        same(rows(bus, more=["FULL"])[0]["FULL"], "75%")
        got = rows(bus, "-l")[0]
        same(cells(got, "HELD", "MAX-BYTES", "MAX-MESSAGES"), ["24K", "1M", "8"])
        same(cells(got, "MAX-AGE", "WHEN-FULL"), ["90s", "drop-new"])
        for number in range(4):
            bus.publish("jobs.a", str(number)).expect(0 if number < 2 else 4, err="")
        got = rows(bus, more=["FULL", "MISSED"])[0]
        same(cells(got, "BACKLOG", "FULL", "MISSED"), ["8", "100%", "2"])
        same(cells(rows(bus, "-l")[0], "REFUSED", "DROPPED", "EXPIRED"), ["0", "2", "0"])
        got = bus.ls("--json").expect().json()[0]
        same((got["limit_bytes"], got["limit_messages"], got["ttl_ms"]), (1 << 20, 8, 90000))
        same((got["when_full"], got["dropped_new"], got["held_bytes"]), ("drop-new", 2, 32768))


@test("a durable channel has no limit if none was given")
def no_limits(bus):
    with durable(bus) as channel:
        channel.publish("jobs.a", "x")
        same(cells(rows(bus, "-l")[0], "FULL", *LONG[LONG.index("HELD") : -3]), [
            "-", "4K", "-", "-", "-"
        ])
        got = bus.ls("--json").expect().json()[0]
        same((got["limit_bytes"], got["limit_messages"], got["ttl_ms"]), (None, None, None))


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
        same({r["PATTERN"] for r in rows(bus, *words)}, found, f"what {words} finds")
    got = bus.ls("log", "nobody", "/", "--json").expect(1, err="no channel for 'nobody'")
    holds("no channel for '/'" in got.err, got.err)
    same([channel["pattern"] for channel in got.json()], ["log"])
    stop(*subscribers)


@test("a durable channel is found by its name")
def durable_operand(bus):
    with durable(bus), durable(bus, "other.+", "print"):
        same([row["PATTERN"] for row in rows(bus, "mail")], ["jobs.+"])
        same([row["NAME"] for row in rows(bus, "jobs.a")], ["mail"])


@test("a dead subscriber's channel is shown as such")
def dead(bus):
    subscriber = bus.subscriber("a")
    subscriber.signal(signal.SIGKILL)
    subscriber.result().expect(137)
    same(cells(rows(bus, "-l")[0], "ALIVE", "READERS"), ["no", "0"])
    same(bus.ls("--json").expect().json()[0]["alive"], False)
    bus.publish("-v", "a", "x").expect(out="0/0\n")
    same(rows(bus), [])


@test("a channel of formix-pubsub is shown, without what it does not count")
def plain(bus):
    channel = PlainChannel(bus, "a.=")
    bus.publish("a.b", "x").expect()
    got = rows(bus, "-l")[0]
    same(cells(got, "PATTERN", "NAME", "PID", "USER"), ["a.=", "-", str(os.getpid()), user()])
    same(cells(got, "ALIVE", "READERS", "BACKLOG"), ["yes", "1", "1"])
    same(cells(got, *LONG[LONG.index("PUBLISHED") : LONG.index("PUBLISHERS")]), ["-"] * 13)
    same(cells(got, "FULL", "MISSED", "PUBLISHERS"), ["-", "-", "owner"])
    got = bus.ls("--json").expect().json()[0]
    same(
        (got["plain"], got["published"], got["set_aside"], got["created"]), (True, None, None, None)
    )
    holds(got["command"], "no command for a living process")
    channel.remove()


@test("wrong usage: exit code 2")
def usage(bus):
    bus.ls("-l", "--json").expect(2, out="", err="--json has everything; leave out -l")
    bus.ls("--nope").expect(2, out="", err="unknown option --nope; see pubsub-ls --help")
    bus.ls("--home", "").expect(2, out="", err="--home wants a directory")


@test("a table that can't be written is an error")
def full_output(bus):
    with open("/dev/full", "wb") as full:
        bus.ls(stdout=full).expect(1, err="cannot write to standard output: No space left")


if __name__ == "__main__":
    main()
