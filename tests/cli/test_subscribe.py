# SPDX-License-Identifier: MIT
"""pubsub-subscribe: what it prints, what it runs, and how it ends."""

import json
import os
import pty
import signal
import socket
import stat
import time

from harness import Skip, holds, main, same, test

SEND_TWO = "pubsub-publish -H k=v a.b one; pubsub-publish c two"


@test("payload and newline by default, other ends with -N and -0")
def ends(bus):
    for words, out in (
        ([], "one\ntwo\n"),
        (["-N"], "onetwo"),
        (["-0"], "one\0two\0"),
        (["-v"], "a.b one\nc two\n"),
        (["-v", "-0"], "a.b one\0c two\0"),
    ):
        bus.received(SEND_TWO, *words).expect(out=out)


@test("--json is version 1: these fields in this order")
def json_line(bus):
    got = bus.received(SEND_TWO, "--json").expect()
    first = json.loads(got.lines()[0])
    same(list(first), ["id", "topic", "time", "headers", "len", "payload", "uid"])
    same(first["uid"], os.geteuid(), "who sent it")
    same(
        (first["topic"], first["headers"], first["len"], first["payload"]),
        ("a.b", {"k": "v"}, 3, "one"),
    )
    holds(isinstance(first["id"], str) and first["id"].isdigit(), f"id {first['id']!r}")
    told = time.strptime(first["time"][:19], "%Y-%m-%dT%H:%M:%S")
    holds(first["time"][19] == "." and first["time"][26:] == "Z", first["time"])
    holds(abs(time.time() - (time.mktime(told) - time.timezone)) < 90000, first["time"])
    same(got.lines()[0].count(" "), 0, "blanks in the line")


@test("--pretty is JSON on several lines, with and without --json")
def pretty(bus):
    for words in (["--pretty"], ["--json", "--pretty"], ["-F", "%j", "--pretty"]):
        got = bus.received("pubsub-publish -H k:=1 a x", *words).expect()
        holds('\n  "headers": {\n    "k": 1\n  },\n' in got.out.decode(), got.out)
        same(json.loads(got.out)["payload"], "x")


@test("-F shows what the format says, and a newline")
def formats(bus):
    bus.received(SEND_TWO, "-F", "[%-4t|%4p] %x %l %H{k}").expect(
        out="[a.b | one] 6f6e65 3 v\n[c   | two] 74776f 3 \n"
    )
    bus.received(SEND_TWO, "-N", "-F", "%t\\0%p\\n").expect(out="a.b\0one\nc\0two\n")


@test("%J leaves out what is not JSON, says so and exits with 1")
def raw_json(bus):
    send = "pubsub-publish a '{\"x\": 1.50}'; pubsub-publish b nope; pubsub-publish a '[ ]'"
    got = bus.received(send, "-F", "%J").expect(
        1, err="on 'b' is left out: its payload is not JSON"
    )
    same([message["payload"] for message in got.json()], [{"x": 1.5}, []])


@test("several patterns show each message once, in order")
def once(bus):
    send = (
        "for i in 1 2 3; do pubsub-publish a.b $i; pubsub-publish a.c $i; pubsub-publish b $i; done"
    )
    for words in (["a.=", "+"], ["a.b", "a.=", "b", "+"], ["-t", "+", "-t", "a.b"], ["+", "+"]):
        got = bus.subscribe(*words, "-v", "--then", "sh", "-c", send)
        got.expect(out="".join(f"a.b {i}\na.c {i}\nb {i}\n" for i in (1, 2, 3)))


@test("the order of a publisher holds across patterns")
def order(bus):
    lines = bus.path(
        "lines", b"".join(b"%s %d\n" % (b"abc"[i % 3 : i % 3 + 1], i) for i in range(3000))
    )
    script = f"pubsub-publish -l --topic-sep ' ' < {lines}"
    got = bus.subscribe("a", "b", "c", "--then", "sh", "-c", script)
    same(got.expect().lines(), [str(i) for i in range(3000)])


@test("-C, -1 and --drain end at their message")
def counts(bus):
    send = ["--then", "sh", "-c", "pubsub-publish a x; pubsub-publish a y"]
    for words, out in (
        (["-C", "2", *send], "x\ny\n"),
        (["-1", *send], "x\n"),
        (["-e"], ""),
        (["-e", *send], "x\ny\n"),
        (["-e", "-C", "3", *send], "x\ny\n"),
    ):
        bus.subscribe("a", *words).expect(out=out)


@test("-W and --idle: 124 if nothing or not enough came, else 0")
def limits(bus):
    for limit in ("-W", "--idle"):
        bus.subscribe("a", limit, "0").expect(124)
        bus.subscribe("a", limit, "0.01").expect(124)
        # The message comes within the time, since the time begins when the subscription stands.
        for words, status in (([], 0), (["-C", "2"], 124), (["-C", "1"], 0)):
            subscriber = bus.subscriber("a", limit, "1", *words)
            bus.publish("a", "x").expect()
            subscriber.result().expect(status, out="x\n")


@test("--ready-fd: a newline and its end, once we are subscribed")
def ready(bus):
    subscriber = bus.subscriber("a", "-1")
    bus.publish("-v", "a", "x").expect(out="1/1\n")
    subscriber.result().expect(out="x\n")


def notified(bus, address, name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(5)
        bus.subscribe("a", "-e", env={"NOTIFY_SOCKET": name}).expect()
        return listener.recv(100)


@test("READY=1 goes to NOTIFY_SOCKET, a path or an abstract name")
def sd_notify(bus):
    path = str(bus.directory / "notify")
    same(notified(bus, path, path), b"READY=1")
    name = f"fsps-test-{os.getpid()}"
    same(notified(bus, "\0" + name, "@" + name), b"READY=1")


@test("INT, TERM and HUP remove the channel and show as that signal")
def signals(bus):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        subscriber = bus.subscriber("a")
        same(len(bus.channels()), 1, "channels")
        subscriber.signal(number)
        subscriber.result().expect(128 + number)
        same(bus.channels(), [], "channels that are left")


@test("a stop signal ends a write that nobody reads")
def stop_writing(bus):
    reader, writer = os.pipe()
    subscriber = bus.subscriber("a", stdout=writer)
    os.close(writer)
    bus.publish("a", "-f", bus.path("large", bytes(1000000))).expect()
    # Some of it is in the pipe, which holds far less.
    holds(os.read(reader, 1000), "nothing was written")
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143)
    os.close(reader)


@test("a full disk under standard output is an error that counts the messages")
def full_disk(bus):
    with open("/dev/full", "wb") as full:
        got = bus.subscribe("a", "--then", "pubsub-publish", "a", "x", stdout=full)
    got.expect(
        1,
        err="cannot write to standard output: No space left on device; of 1 messages "
        "received, at least 0 are written",
    )


@test("closed standard descriptors are not taken by anything else")
def closed(bus):
    script = "pubsub-subscribe a --then pubsub-publish a x <&- >&- 2>&-; echo $?"
    bus.shell(script).expect(out="1\n")
    script = "pubsub-subscribe a --then pubsub-publish a x <&- 2>&-; echo $?"
    bus.shell(script).expect(out="x\n0\n")


def on_terminal(bus, *words):
    """What a terminal gets from a subscriber to a message with control bytes."""
    master, slave = pty.openpty()
    content = bus.path("content", b"a\x1b[31mb\xc2\x9bc\rd\t9")
    subscriber = bus.start(
        "pubsub-subscribe",
        "a",
        *words,
        "--then",
        "pubsub-publish",
        "a",
        "-f",
        content,
        stdout=slave,
    )
    subscriber.result().expect()
    os.close(slave)
    seen = os.read(master, 1000)
    os.close(master)
    return seen


@test("control bytes are escaped on a terminal, unless --raw")
def terminal(bus):
    same(on_terminal(bus), b"a\\x1b[31mb\\xc2\\x9bc\\x0dd\t9\r\n")
    same(on_terminal(bus, "-F", "\\e[1m%p"), b"\x1b[1ma\\x1b[31mb\\xc2\\x9bc\\x0dd\t9\r\n")
    same(on_terminal(bus, "--raw"), b"a\x1b[31mb\xc2\x9bc\rd\t9\r\n")


@test("control bytes are not escaped in a pipe")
def pipe(bus):
    bus.received(r"printf 'a\033[31m\r' | pubsub-publish -s a").expect(out=b"a\x1b[31m\r\n")


@test("subscribing creates the home for its owner alone")
def creates_home(bus):
    bus.subscribe("a", "-e").expect()
    same(stat.S_IMODE(bus.home.stat().st_mode), 0o700, "the home's mode")


@test("the channel is removed by somebody else: an error that says so")
def channel_removed(bus):
    subscriber = bus.subscriber("a")
    for path in (bus.home / bus.channels()[0]).iterdir():
        path.unlink()
    (bus.home / bus.channels()[0]).rmdir()
    subscriber.result().expect(1, err="subscribe again")


@test("--debug tells what the library does")
def debug(bus):
    bus.subscribe("--debug", "a", "-e").expect(0, err="pubsub-subscribe: debug: ")


@test("an idle subscriber is small")
def small(bus):
    subscriber = bus.subscriber("a", "-1")
    maps = open(f"/proc/{subscriber.child.pid}/maps", encoding="ascii").read()
    text = open(f"/proc/{subscriber.child.pid}/status", encoding="ascii").read()
    kib = int(text.split("VmRSS:")[1].split()[0])
    bus.publish("a", "x").expect()
    subscriber.result().expect()
    if "san.so" in maps:
        raise Skip("built with a sanitizer")
    holds(kib <= 2560, f"{kib} KiB")


USAGE = [
    ([], "no PATTERN; say what to subscribe to, '+' is everything"),
    (["a/#"], "the pattern has the byte '/' at offset 1"),
    ([""], "the pattern is empty"),
    (["a" * 201], "200"),
    (["a", "-C", "0"], "-C wants a number of at least 1, not '0'"),
    (["a", "-C", "1e3"], "-C wants a whole number, not '1e3'"),
    (["a", "-W", "-1"], "-W wants seconds, as 3 or 0.5, not '-1'"),
    (["a", "--idle", "inf"], "--idle wants seconds"),
    (["a", "--spin", "x"], "--spin wants a whole number, not 'x'"),
    (["a", "--spin", "-1"], "--spin wants a whole number, not '-1'"),
    (["a", "--spin", "1000001"], "--spin wants at most 1000000 microseconds, not '1000001'"),
    (["a", "-v", "--json"], "-v and --json contradict each other; give one of them"),
    (["a", "--json", "-F", "%p"], "--json and -F contradict each other"),
    (["a", "-N", "-0"], "-N and -0 contradict each other"),
    (["a", "-v", "--pretty"], "--pretty goes with --json, or with %j or %J in -F"),
    (["a", "-F", "%p", "--pretty"], "--pretty goes with --json"),
    (["a", "-F", "%q"], "-F: unknown or incomplete sequence '%q'"),
    (["a", "-F", "@"], "-F: '@' wants a letter of strftime(3)"),
    (["a", "-F", "\\q"], "-F: unknown sequence '\\q'"),
    (["a", "-F", "%H"], "-F: %H wants a header's name in braces"),
    (["a", "-v", "--exec", "true"], "-v and --exec contradict each other"),
    (["a", "-0", "--exec", "true"], "--exec prints nothing: leave out -N, -0, --pretty and --raw"),
    (["a", "-j", "2"], "-j goes with --exec"),
    (["a", "-j", "0", "--exec", "true"], "-j wants a number of at least 1"),
    (["a", "--ready-fd", "77"], "--ready-fd 77 is not open"),
    (["a", "--ready-fd", "x"], "--ready-fd wants a whole number"),
    (["a", "--exec"], "--exec needs CMD"),
    (["a", "--then"], "--then needs CMD"),
    (["a", "--home", ""], "--home wants a directory"),
    (["a", "--nope"], "unknown option --nope"),
]


@test("wrong usage: exit code 2, one line that says what to change, nothing done")
def usage(bus):
    for words, said in USAGE:
        got = bus.subscribe(*words)
        got.expect(2, out="", err=said)
        same(len(got.err.splitlines()), 1, f"lines about {words}")
        holds(got.err.endswith("; see pubsub-subscribe --help\n"), got.err)
    holds(not bus.home.exists(), "the home was created")


if __name__ == "__main__":
    main()
