# SPDX-License-Identifier: MIT
"""pubsub-top: its tables against a scene of which every number is known, and its screen."""

import json
import os
import pwd
import re
import select
import signal
import subprocess

from durable import durable, member_of
from harness import WAIT_SECONDS, Skip, holds, main, same, test, wait_until
from screen import Terminal

USER = pwd.getpwuid(os.geteuid()).pw_name
COLUMNS = (
    "CHANNEL IN/S OUT/S BACKLOG OLDEST DROPPED REFUSED CLAIMED DELAYED DEAD HELD READERS PUBS "
    "PUBLISHER USER PID CMD"
).split()
NOW = ["-b", "-n", "1", "-d", "0"]


# As in pubsub-format(5).
PUBLISHED_AT = 320
REFUSED_AT = 352


def top(bus, *words, **options):
    return bus.run("pubsub-top", *words, **options)


def has_screen(bus):
    """Whether it was built with ncurses: a terminal that is none is a complaint otherwise."""
    return "without ncurses" not in top(bus).err


def rows(result):
    """The table's rows by its headings, without the lines above it."""
    heading, *lines = result.out.decode().split("\n\n")[1].splitlines()
    names = heading.split()
    return [dict(zip(names, line.split(), strict=True)) for line in lines]


class Lines:
    """JSON lines of a running program, one by one."""

    def __init__(self, process):
        self.process = process
        self.rest = b""

    def next(self):
        while b"\n" not in self.rest:
            fd = self.process.child.stdout.fileno()
            readable, _, _ = select.select([fd], [], [], WAIT_SECONDS)
            holds(readable, "no line comes")
            self.rest += os.read(fd, 65536)
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)


def stop(process):
    process.signal(signal.SIGTERM)
    process.result().expect(143)


@test("a table says what is in each channel, as pubsub-ls does, and who is there")
def table(bus):
    with durable(bus) as channel:
        ids = [channel.publish("jobs.a", "x") for _ in range(6)]
        subscriber = bus.subscriber("jobs.=", "--max-messages", "2", "--when-full", "drop-oldest")
        subscriber.stop()
        for number in range(5):
            bus.publish("--sync", "jobs.b", str(number)).expect()
        channel.claim(ids[0], member_of(bus))
        channel.delay(ids[1])
        channel.set_aside(ids[2])
        got = top(bus, *NOW).expect()
        # What was no time takes some on a busy machine, in which nothing came.
        holds(re.fullmatch(r"in [-0]/s, out [-0]/s; 2 channels \(1 durable\), 1 process; "
                           "waiting 10, claimed 1, dead 1", got.lines()[1]), got.lines()[1])
        same(got.lines()[2], "2 channels by IN/S")
        kept, live = rows(got)
        same(list(live), COLUMNS)
        pid = str(subscriber.child.pid)
        for row in (live, kept):
            holds(re.fullmatch(r"\d+(ms|s)", row.pop("OLDEST")), row)
            same([row.pop(n) for n in ("PUBS", "PUBLISHER", "USER")], ["0", "-", USER])
            holds({row.pop(name) for name in ("IN/S", "OUT/S")} <= {"-", "0"}, "rates of no time")
        same(list(live.values()), ["jobs.=", "2", "3", "0", "0", "0", "0", "8.00K", "1",
                                   pid, "pubsub-subscribe"])
        same(list(kept.values())[:7], ["jobs.+_mail", "8", "0", "0", "1", "1", "1"])
        same(list(kept.values())[8:], ["0", "-", "-"])
        found = top(bus, "--json", "-n", "1", "-d", "0").expect().json()[0]
        same([found[n] for n in ("processes", "backlog", "claimed", "dead_letters")], [1, 10, 1, 1])
        for row, listed in zip(sorted(found["channels"], key=lambda c: c["name"]),
                               bus.ls("--json").expect().json(), strict=True):
            for name in ("name", "backlog", "claimed", "delayed", "dead_letters", "held_bytes",
                         "readers", "refused", "user"):
                same(row[name], listed[name], f"{name} of {row['name']}")
        subscriber.signal(signal.SIGCONT)
        subscriber.read_until(b"4\n")
        subscriber.signal(signal.SIGTERM)
        subscriber.result().expect(143, err="was full")


@test("rates add up to what was published and handed out, each message once")
def rates(bus):
    with durable(bus, "a.+", "keep"):
        subscriber = bus.subscriber("+")
        process = bus.start("pubsub-top", "--json", "-d", "0.1")
        lines = Lines(process)
        first = lines.next()
        same([c["in_per_second"] for c in first["channels"]], [0.0, 0.0])
        came = {"+": 0.0, "a.+_keep": 0.0}
        went = {"+": 0.0, "a.+_keep": 0.0}
        bus.publish("-l", "a.b", input=b"x\n" * 3000).expect()
        backlog = handed_out = 0
        # What was counted once is not counted again.
        more = 2
        while more > 0:
            found = lines.next()
            more -= backlog == 3000 and handed_out > 2999.5
            for channel in found["channels"]:
                seconds = found["interval_seconds"]
                came[channel["channel"]] += channel["in_per_second"] * seconds
                went[channel["channel"]] += channel["out_per_second"] * seconds
                if channel["channel"] == "a.+_keep":
                    backlog = channel["backlog"]
            handed_out = went["+"]
        stop(process)
        for name, counts, expected in [("+", came, 3000), ("+", went, 3000),
                                       ("a.+_keep", came, 3000), ("a.+_keep", went, 0)]:
            holds(abs(counts[name] - expected) < 1, f"{name}: {counts[name]}, not {expected}")
        stop(subscriber)


@test("who streams to a channel is in its row")
def publishers(bus):
    subscriber = bus.subscriber("+")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=subprocess.PIPE)
    publisher.child.stdin.write(b"x\n" * 5000)
    publisher.child.stdin.flush()
    subscriber.read_until(b"x\n" * 5000)
    row = rows(top(bus, *NOW).expect())[0]
    same([row["PUBS"], row["PUBLISHER"]], ["1", f"pubsub-publish:{publisher.child.pid}"])
    publisher.child.stdin.close()
    same(publisher.child.wait(WAIT_SECONDS), 0)
    stop(subscriber)


@test("--topics counts by topic with a channel of its own, which is there only then")
def topics(bus):
    process = bus.start("pubsub-top", "--json", "--topics", "-d", "0.1", "a.+", "c")
    wait_until(bus.channels, "the channel")
    same([row["command"] for row in bus.ls("--json").expect().json()], ["pubsub-top"])
    bus.publish("-l", "a.b", input=b"123\n4\n").expect()
    bus.publish("b", "not asked for").expect()
    bus.publish("c", "12").expect()
    lines = Lines(process)
    found = lines.next()
    while len(found["topics"]) < 2:
        found = lines.next()
    counts = {t["topic"]: [t["messages"], t["bytes"], t["sender"]] for t in found["topics"]}
    same(counts, {"a.b": [2, 4, USER], "c": [1, 2, USER]})
    same(found["missed"], 0)
    stop(process)
    top(bus, *NOW).expect()
    same(bus.channels(), [], "channels of one that only looks at channels")


@test("-o sorts by any column, either way round, and operands choose channels")
def order(bus):
    with durable(bus, "a", "one") as one, durable(bus, "b", "two") as two:
        one.publish("a", "x")
        for _ in range(2):
            two.publish("b", "x")
        for column, expected in [
            ("backlog", ["b_two", "a_one"]),
            ("+BACKLOG", ["b_two", "a_one"]),
            ("-Backlog", ["a_one", "b_two"]),
            ("channel", ["a_one", "b_two"]),
            ("-channel", ["b_two", "a_one"]),
            ("oldest_seconds", ["a_one", "b_two"]),
            ("in/s", ["a_one", "b_two"]),
        ]:
            found = rows(top(bus, *NOW, "-o", column).expect())
            same([row["CHANNEL"] for row in found], expected, f"the order by {column}")
        for words, expected in [(["one"], ["a_one"]), (["b"], ["b_two"]),
                                (["=", "none"], ["a_one", "b_two"])]:
            got = top(bus, *NOW, "-o", "channel", *words).expect()
            same([row["CHANNEL"] for row in rows(got)], expected, f"channels of {words}")
            holds(f"by CHANNEL, only {' '.join(words)}" in got.lines()[2], got.lines()[2])


@test("a home that is missing is said to be, and is not made")
def missing(bus):
    got = top(bus, *NOW).expect()
    holds(got.lines()[0].endswith(f"there is no {bus.home} yet"), got.lines()[0])
    same(len(got.lines()), 5)
    holds(not bus.home.exists(), "a home was made")


@test("batch mode ends with its tables, a signal, or its reader")
def ends(bus):
    same(top(bus, "-b", "-n", "3", "-d", "0").expect().out.count(b"CHANNEL"), 3, "tables")
    for number in (signal.SIGINT, signal.SIGTERM):
        process = bus.start("pubsub-top", "-b", "-d", "0.1")
        process.read_until(b"CMD\n")
        process.signal(number)
        process.result().expect(128 + number)
    process = bus.start("pubsub-top", "-b", "-d", "1000")
    process.child.stdout.close()
    same(process.child.wait(WAIT_SECONDS), -signal.SIGPIPE)
    with open("/dev/full", "wb") as full:
        top(bus, *NOW, stdout=full).expect(1, err="No space left on device")


@test("a counter that says anything is shown as the largest number at most")
def broken_counters(bus):
    subscriber = bus.subscriber("a.b")
    with open(bus.home / bus.channels()[0] / ".c", "r+b", buffering=0) as block:
        for offset in (REFUSED_AT, PUBLISHED_AT):
            os.pwrite(block.fileno(), b"\xff" * 8, offset)
    (row,) = top(bus, "--json", "-n", "1", "-d", "0").expect().json()[0]["channels"]
    same(row["refused"], (1 << 64) - 1)
    (row,) = rows(top(bus, *NOW).expect())
    same(row["REFUSED"], "18446744T")
    stop(subscriber)


@test("after it was stopped it makes up for no tables, whose rates would be of no time")
def stopped(bus):
    process = bus.start("pubsub-top", "--json", "-d", "0.1", "-n", "6")
    process.read_until(b"]}\n")
    process.stop()
    top(bus, "-b", "-d", "0.1", "-n", "5").expect()
    process.signal(signal.SIGCONT)
    took = [line["interval_seconds"] for line in process.result().expect().json()]
    same(len(took), 6)
    holds(all((seconds or 0) > 0.09 for seconds in took), took)


@test("what makes no sense is refused")
def usage(bus):
    for words, said in [
        (["-b", "-o", "size"], "there is no column 'size'"),
        (["-b", "-o", "msg/s"], "is a column of topics; add --topics"),
        (["-b", "--topics", "-o", "dead"], "is a column of channels; leave out --topics"),
        (["-d", "0"], "at least 0.1 seconds"),
        (["-n", "0"], "-n"),
    ]:
        top(bus, *words).expect(2, err=said)


# ---- the screen ----


def on_screen(bus, *words, **options):
    if not has_screen(bus):
        raise Skip("pubsub-top was built without ncurses")
    return Terminal(bus, "pubsub-top", "-d", "0.1", *words, **options)


def names_in(lines):
    """The channels in sight, below the titles."""
    titles = [i for i, line in enumerate(lines) if line.startswith(("CHANNEL", "TOPIC"))]
    if not titles:
        return []
    at = titles[0]
    return [line.split()[0] for line in lines[at + 1 : -1] if line]


@test("the screen shows the table, keys change it, and q ends it")
def screen(bus):
    with durable(bus, "a", "one") as one, durable(bus, "b", "two"):
        one.publish("a", "x")
        terminal = on_screen(bus)
        lines = terminal.shows(r"^a_one +0 +0 +1 ", r"^b_two +0 +0 +0 +- ", r"^h help  q quit")
        holds(lines[0].endswith(str(bus.home)), lines[0])
        same(lines[2], "2 channels by IN/S")
        terminal.press(">>")
        terminal.shows("^2 channels by BACKLOG$")
        terminal.press("r")
        terminal.shows("^2 channels by BACKLOG, reversed$")
        terminal.wait_for(lambda lines: names_in(lines) == ["b_two", "a_one"])
        terminal.press("<<<")
        terminal.shows("by CHANNEL, reversed$")
        terminal.press("h")
        terminal.shows("^h [?] +this help", "^BACKLOG +messages that wait")
        terminal.press("h/")
        terminal.shows("^Filter:$")
        terminal.press("onx\x7fe\r")
        terminal.shows("by CHANNEL, reversed, only one$")
        terminal.wait_for(lambda lines: names_in(lines) == ["a_one"])
        terminal.press("/nobody\x1b")
        terminal.shows("only one$", "^h help")
        terminal.press("/\r")
        terminal.shows("^2 channels by CHANNEL, reversed$")
        terminal.press("d-1\r")
        terminal.shows("'-1' is no number of seconds")
        terminal.press("d1000\r")
        terminal.shows("^h help")
        one.publish("a", "x")
        terminal.press(" ")
        terminal.shows(r"^a_one +\S+ +0 +2 ")
        same(terminal.quit(), 0)


@test("topics are counted from the time on that they are asked for")
def screen_topics(bus):
    terminal = on_screen(bus)
    terminal.shows("^0 channels by IN/S$")
    same(bus.channels(), [], "channels before")
    terminal.press("t")
    terminal.shows("^0 topics by MSG/S; counted by a channel of our own since .* 0 missed$")
    bus.publish("a.b", "hello").expect()
    terminal.shows(r"^a\.b +\S+ +\S+ +1 +5 +" + USER)
    terminal.press("\t")
    terminal.shows("^1 channels by IN/S$", r"^[+] .*pubsub-top")
    terminal.press("t")
    terminal.shows(r"^a\.b ")
    same(terminal.quit(), 0)


@test("more rows than have room are scrolled")
def scrolling(bus):
    subscriber = bus.subscriber(*[f"t{number:02}" for number in range(30)])
    terminal = on_screen(bus, "-o", "channel", rows=15, columns=80)
    terminal.wait_for(lambda lines: names_in(lines) == [f"t{n:02}" for n in range(10)])
    for keys, first in [("\x1bOB", "t01"), ("\x06", "t10"), ("G", "t20"), ("\x06", "t20"),
                        ("\x02", "t11"), ("g", "t00"), ("jj", "t02"), ("\x1bOAk", "t00"),
                        ("k", "t00")]:
        terminal.press(keys)
        terminal.wait_for(lambda lines, first=first: names_in(lines)[:1] == [first])
    same(terminal.quit(), 0)
    stop(subscriber)


@test("small terminals, and ones that change their size, show what has room")
def sizes(bus):
    with durable(bus, "topic.with.a.long.name", "durable") as channel:
        channel.publish("topic.with.a.long.name", "x")
        terminal = on_screen(bus, "-o", "backlog", rows=5, columns=20)
        lines = terminal.shows(r"^CHANNEL +BACKLOG", r"^topic\.w\+ +1$")
        holds(lines[0].startswith("pubsub-top"), lines)
        for rows_now, columns, *texts in [
            (1, 1, r"^[+]$"),
            (2, 5, r"^CHAN[+]$", r"^topi[+]$"),
            (3, 20, r"^CHANNEL +BACKLOG$", r"^topic\.w[+] +1$"),
            (8, 40, r"^CHANNEL +IN/S +OUT/S +BACKLOG", r"^topic\.with"),
            (50, 250, "PUBLISHER"),
        ]:
            terminal.resize(rows_now, columns)
            terminal.shows(*texts)
        terminal.shows("^topic.with.a.long.name_durable ", "PUBLISHER", "^h help")
        same(terminal.quit(), 0)


@test("Ctrl-Z stops it and gives the terminal back; fg goes on")
def suspend(bus):
    if not has_screen(bus):
        raise Skip("pubsub-top was built without ncurses")
    terminal = Terminal(
        bus, "sh", "-c", "set -m; pubsub-top -d 0.1; echo stopped $?; fg; echo ended $?")
    terminal.shows("^0 channels")
    terminal.press("\x1a")
    # What is typed before it has the terminal again is not its.
    terminal.wait_for_text(b"stopped 148", b"h help  q quit")
    terminal.shows("^0 channels")
    terminal.press("q")
    terminal.wait_for_text(b"ended 0")
    same(terminal.close(), 0)


@test("a signal, or a terminal that goes away, ends it, and the terminal is as before")
def screen_ends(bus):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        terminal = on_screen(bus)
        terminal.shows("^0 channels")
        terminal.process.signal(number)
        same(terminal.close(), 128 + number)
    terminal = on_screen(bus)
    terminal.shows("^0 channels")
    terminal.press("\x03")
    same(terminal.close(), 130)
    terminal = on_screen(bus, "--topics")
    terminal.shows("^0 topics")
    terminal.hang_up()
    same(terminal.close(), 128 + signal.SIGHUP)
    same(bus.channels(), [], "channels")
    terminal = on_screen(bus, "-n", "2")
    same(terminal.close(), 0)


@test("terminals that can't be painted on are refused, and batch mode is named")
def no_terminal(bus):
    if not has_screen(bus):
        raise Skip("pubsub-top was built without ncurses")
    top(bus).expect(1, err="use -b")
    for kind in ("dumb", "", "no-such-terminal"):
        terminal = Terminal(bus, "pubsub-top", env={"TERM": kind})
        same(terminal.close(), 1)
        holds(b"use -b" in terminal.process.child.stderr.read(), f"what is said of {kind!r}")


@test("colours are there on a terminal that has them, unless NO_COLOR is set")
def colours(bus):
    with durable(bus) as channel:
        channel.set_aside(channel.publish("jobs.a", "x"))
        for no_color, coloured in (("", True), ("1", False)):
            terminal = on_screen(
                bus, env={"TERM": "xterm-256color", "NO_COLOR": no_color})
            while b"mail" not in terminal.raw:
                terminal.raw += os.read(terminal.master, 65536)
            same(b"\x1b[33m" in terminal.raw, coloured, "whether dead letters are yellow")
            same(terminal.quit(), 0)


if __name__ == "__main__":
    main()
