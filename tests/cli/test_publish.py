# SPDX-License-Identifier: MIT
"""pubsub-publish: what it sends, what it says, how it ends."""

import os
import pathlib
import re
import shutil
import signal
import tempfile
import time

from durable import durable
from harness import PlainChannel, Skip, holds, main, same, test


@test("topic and body are operands or options")
def operands(bus):
    for words in ("a x", "-t a -m x", "-t a x", "a -m x", "x -t a", "--topic=a --message=x"):
        bus.received(f"pubsub-publish {words}", "-v").expect(out="a x\n")


@test("a body that begins with a dash follows --")
def dash(bus):
    bus.received("pubsub-publish a -- -5").expect(out="-5\n")
    bus.publish("a", "-5").expect(2, err="unknown option -5; for a BODY that begins with '-'")


@test("nobody subscribes: exit code 0, nothing is kept")
def nobody(bus):
    bus.subscribe("a", "-e").expect()
    bus.publish("-v", "a", "x").expect(out="0/0\n")
    bus.subscribe("a", "-e").expect(out="")


@test("publishing into a missing home reaches nobody and creates nothing")
def missing_home(bus):
    bus.publish("-v", "a", "x").expect(out="0/0\n")
    holds(not bus.home.exists(), "the home was created")


@test("--home wins over PUBSUB_HOME")
def home_option(bus):
    other = bus.directory / "other"
    script = f"pubsub-publish --home {other} a x; pubsub-publish a y"
    got = bus.subscribe("--home", other, "a", "--then", "sh", "-c", script)
    # The command of --then is in the home of its subscriber.
    got.expect(out="x\ny\n")


@test("--repeat sends as often as it says")
def repeat(bus):
    bus.received("pubsub-publish --repeat 3 a x").expect(out="x\nx\nx\n")


@test("--repeat-delay and --rate keep their distance")
def pace(bus):
    for words in (["--repeat-delay", "0.05"], ["--rate", "20/s"], ["--rate", "20"]):
        start = time.monotonic()
        bus.publish("--repeat", "4", *words, "a", "x").expect()
        holds(time.monotonic() - start >= 0.149, f"4 messages went too fast with {words}")


@test("-v prints delivered/matched for each message")
def verbose(bus):
    first = bus.subscriber("a", "-C", "3")
    second = bus.subscriber("+", "-C", "3")
    bus.publish("-v", "a", "x").expect(out="2/2\n")
    bus.publish("-v", "-l", "a", input=b"1\n2\n").expect(out="2/2\n2/2\n")
    for subscriber in (first, second):
        subscriber.result().expect(out="x\n1\n2\n")


@test("--json prints a receipt")
def receipt(bus):
    bus.publish("--json", "a.b", "x").expect(
        out='{"id":null,"topic":"a.b","matched":0,"reached":0,"refused":[],'
        '"dropped":[],"forbidden":[]}\n'
    )
    subscriber = bus.subscriber("a.b", "-1", "--json")
    got = bus.publish("--json", "a.b", "x").expect().json()[0]
    same(list(got), ["id", "topic", "matched", "reached", "refused", "dropped", "forbidden"])
    same(got["id"], subscriber.result().json()[0]["id"], "the ID")
    same((got["topic"], got["matched"], got["reached"], got["refused"]), ("a.b", 1, 1, []))
    same((got["dropped"], got["forbidden"]), ([], []))


@test("a receipt names the channel that refused and why")
def refused_receipt(bus):
    channel = PlainChannel(bus, "a").fill()
    reader = bus.subscriber("a", "-1")
    got = bus.publish("--json", "a", "x").expect(4, err="the channel is full").json()[0]
    same((got["matched"], got["reached"]), (2, 1))
    same(got["refused"], [{"channel": channel.path.name, "error": "FSPS_ERR_FULL"}])
    reader.result().expect(out="x\n")
    channel.remove()


@test("with --sync each message is a file of its own, in a home in memory, too")
def sync_files(bus):
    with durable(bus, "a") as channel:
        bus.publish("--sync", "-v", "-l", "a", input=b"x\n" * 300).expect(out="1/1\n" * 300)
        holds(all(name.isdigit() for name in channel.files()), channel.files()[:3])
        same(len(channel.files()), 300, "the number of files")
        bus.publish("--sync", "-l", "a", input=b"x\n" * 300).expect()
        same(len(channel.files()), 600, "the number of files")


def strace(bus, expression, *words):
    """Runs a publish under strace; what it said, and the names of the system calls."""
    if shutil.which("strace") is None:
        raise Skip("there is no strace")
    log = bus.path("trace")
    command = ["strace", "-f", "-e", expression, "-o", log, "pubsub-publish", *words, "a", "x"]
    got = bus.run(*command)
    if "ptrace" in got.err:
        raise Skip("strace may not trace")
    return got, [line.split()[1].split("(")[0] for line in log.read_text().splitlines()]


def move_to_disk(bus):
    """A home on a disk, for the rest of the test."""
    for base in (os.environ.get("TMPDIR", "/tmp"), "/var/tmp"):
        kind = bus.run("stat", "-f", "-c", "%T", base).out
        if kind not in (b"tmpfs\n", b"ramfs\n") and os.access(base, os.W_OK):
            directory = tempfile.TemporaryDirectory(prefix="fsps-cli-", dir=base)
            bus.home = pathlib.Path(directory.name) / "home"
            bus.env["PUBSUB_HOME"] = str(bus.home)
            return directory
    raise Skip("there is no disk to write to")


@test("--sync writes the file through before it is linked, and then the channel's directory")
def sync_order(bus):
    with move_to_disk(bus), durable(bus, "a"):
        got, calls = strace(bus, "trace=fsync,linkat")
        got.expect()
        holds("fsync" not in calls, "a publish without --sync waits for the disk")
        got, calls = strace(bus, "trace=fsync,linkat", "--sync")
        got.expect()
        first, last = calls.index("linkat"), len(calls) - calls[::-1].index("linkat") - 1
        holds("fsync" in calls[:first] and "fsync" in calls[last:], f"the calls are {calls}")


@test("a disk that fails under --sync is an error: nobody has the message, or one may have it")
def sync_fails(bus):
    with move_to_disk(bus), durable(bus, "a") as channel:
        got, _ = strace(bus, "inject=fsync:error=EIO:when=1", "--sync")
        got.expect(1, err="Input/output error")
        same(channel.files(), [])
        got, _ = strace(bus, "inject=fsync:error=EIO:when=2", "--sync", "--json")
        said = f"channel '{channel.name}' may have the message or not after a power cut"
        got.expect(1, err=said)
        same(got.json()[0]["refused"], [{"channel": channel.name, "error": "FSPS_ERR_IO"}])


@test("refusing channels are named, five at most")
def many_refusals(bus):
    channels = [PlainChannel(bus, "a", f"abcdefghijk{i}").fill() for i in range(7)]
    got = bus.publish("a", "x").expect(4, err="and 2 more channels did not take it")
    same(len(got.err.splitlines()), 6, "lines of diagnostics")
    for channel in channels:
        same(channel.messages(), [], "what is left in a full channel")
        channel.remove()


@test("with many messages the first refusals are told and the rest is summed up")
def many_refused_messages(bus):
    channel = PlainChannel(bus, "a").fill()
    got = bus.publish("-q", "0", "-l", "a", input=b"x\n" * 20)
    got.expect(4, err="20 of 20 messages did not reach every channel")
    holds("did not take line 5:" in got.err, got.err)
    same(len(got.err.splitlines()), 6, "lines of diagnostics")
    channel.remove()


@test("-q 1 waits for room, -W limits the wait")
def waits(bus):
    channel = PlainChannel(bus, "a").fill()
    bus.publish("-q", "1", "-W", "0.1", "a", "x").expect(4, err="the channel is full")
    publisher = bus.start("pubsub-publish", "-q", "1", "-v", "a", "x")
    channel.make_room()
    publisher.result().expect(out="1/1\n")
    same(len(channel.messages()), 1, "messages in the channel")
    channel.remove()


@test("-l waits for room by default, -q 0 does not")
def lines_wait(bus):
    channel = PlainChannel(bus, "a").fill()
    bus.publish("-q", "0", "-l", "a", input=b"x\n").expect(4, err="is full")
    publisher = bus.start("pubsub-publish", "-l", "-v", "a", stdin=-1)
    publisher.child.stdin.write(b"x\n")
    publisher.child.stdin.close()
    publisher.child.stdin = None
    channel.make_room()
    publisher.result().expect(out="1/1\n")
    channel.remove()


@test("--at-least: exit code 3 if fewer have it")
def at_least(bus):
    subscriber = bus.subscriber("a", "-C", "2")
    bus.publish("--at-least", "1", "a", "x").expect()
    bus.publish("--at-least", "2", "a", "y").expect(
        3, err="reached 1 of at least 2 channels of 'a'"
    )
    subscriber.result().expect(out="x\ny\n")
    bus.publish("--at-least", "0", "b", "x").expect()


@test("--wait-subscribers: 124 and nothing sent, or sent once they are there")
def wait_subscribers(bus):
    bus.publish("--wait-subscribers", "1", "-W", "0.1", "a", "x").expect(
        124, err="fewer than 1 subscribers of 'a' within 0.100 s; nothing was sent"
    )
    publisher = bus.start("pubsub-publish", "--wait-subscribers", "2", "-v", "a", "x")
    first = bus.subscriber("a", "-1")
    second = bus.subscriber("=", "-1")
    publisher.result().expect(out="2/2\n")
    first.result().expect(out="x\n")
    second.result().expect(out="x\n")


@test("a stop signal ends a wait for subscribers")
def stop_waiting(bus):
    publisher = bus.start("pubsub-publish", "--wait-subscribers", "1", "a", "x")
    bus.subscribe("b", "-e").expect()
    publisher.signal(signal.SIGTERM)
    publisher.result().expect(143)


@test("a stop signal ends a wait for room")
def stop_full(bus):
    channel = PlainChannel(bus, "a").fill()
    reader = bus.subscriber("a", "-1")
    publisher = bus.start("pubsub-publish", "-q", "1", "a", "x")
    reader.result().expect(out="x\n")
    publisher.signal(signal.SIGINT)
    publisher.result().expect(130)
    channel.remove()
    bus.visit()


@test("a signal that the parent ignores stays ignored")
def ignored_signal(bus):
    subscriber = bus.subscriber("a", "-1")
    publisher = bus.start("sh", "-c", "trap '' INT; exec pubsub-publish -l a", stdin=-1)
    publisher.child.stdin.write(b"x\n")
    publisher.child.stdin.flush()
    # When it sends, it has said by then what it does with signals.
    subscriber.result().expect(out="x\n")
    status = pathlib.Path(f"/proc/{publisher.child.pid}/status").read_text(encoding="ascii")
    ignored = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16)
    holds(ignored & 1 << signal.SIGINT - 1, f"SIGINT is not among the ignored: {ignored:x}")
    publisher.result().expect(0)


@test("a bare start loads libc only")
def loads_libc(bus):
    verbs = ("publish", "subscribe", "ls", "peek", "purge", "rm", "dead")
    for command in (f"pubsub-{verb}" for verb in verbs):
        got = bus.run(command, env={"LD_TRACE_LOADED_OBJECTS": "1"})
        names = [line.split()[0].rsplit("/", 1)[-1] for line in got.lines()]
        if any("san.so" in name for name in names):
            raise Skip("built with a sanitizer")
        bare = ("linux-vdso", "linux-gate", "libc.so", "ld-linux")
        other = [n for n in names if not n.startswith(bare)]
        same(other, [], f"what {command} loads besides libc")


USAGE = [
    ([], "no TOPIC; the first operand names it, or -t"),
    (["a"], "no message; add a BODY, -n for an empty one, -f FILE, -s for standard input"),
    (["a", "x", "y"], "unexpected 'y'; put a BODY of several words in quotes"),
    (["-t", "a", "x", "y"], "unexpected 'y': the topic comes from -t and the body from 'x'"),
    (["a b", "x"], "the topic has the byte ' ' at offset 1"),
    (["a/b", "x"], "the topic has the byte '/' at offset 1"),
    (["\x1b[31m", "x"], "the topic has the byte '\\x1b' at offset 0"),
    (["", "x"], "the topic is empty"),
    (["a", "-m", "x", "-n"], "-m and -n both say what to send; give one of them"),
    (["a", "x", "-l"], "-l and the BODY 'x' both say what to send; give one of them"),
    (["-t", "a", "-t", "b", "x"], "-t is there twice; a message has one topic"),
    (["a", "x", "-H", "k"], "-H wants KEY=TEXT or KEY:=JSON, not 'k'"),
    (["a", "x", "-H", "=v"], "-H wants KEY=TEXT or KEY:=JSON, not '=v'"),
    (["a", "x", "-H", ":=1"], "-H wants KEY=TEXT or KEY:=JSON, not ':=1'"),
    (["a", "x", "-H", "k k=v"], "-H k k=v: byte 2 of a header's key is none of"),
    (["a", "x", "-H", "k:=x"], "-H k:=x: "),
    (["a", "x", "-H", "k:=[1]"], "-H k:=[1]: "),
    (["a", "x", "-H", "k:=1e999"], "-H k:=1e999: "),
    (["a", "x", "--repeat", "0"], "--repeat wants a number of at least 1, not '0'"),
    (["a", "x", "--repeat", "1e9"], "--repeat wants a whole number, not '1e9'"),
    (["a", "x", "--repeat=-1"], "--repeat wants a whole number, not '-1'"),
    (["a", "-l", "--repeat", "2"], "--repeat goes with one message, not with -l"),
    (["a", "x", "--repeat-delay", "1"], "--repeat-delay goes with --repeat"),
    (["a", "x", "--repeat", "2", "--repeat-delay", "-1"], "--repeat-delay wants seconds"),
    (["a", "x", "--rate", "1"], "--rate goes with --repeat or with many messages"),
    (["a", "-l", "--rate", "0"], "--rate wants a number above 0, as 10 or 0.5/s, not '0'"),
    (["a", "-l", "--rate", "1/m"], "--rate wants a number above 0"),
    (
        ["a", "x", "--repeat", "2", "--repeat-delay", "1", "--rate", "1"],
        "--rate and --repeat-delay contradict each other",
    ),
    (["a", "x", "-W", "nan"], "-W wants seconds, as 3 or 0.5, not 'nan'"),
    (["a", "x", "-W", "1"], "-W has nothing to limit; add -q 1 or --wait-subscribers N"),
    (["a", "x", "-q", "2"], "-q wants 0 (a full channel misses it) or 1 (wait for room), not '2'"),
    (["a", "x", "--at-least", "x"], "--at-least wants a whole number, not 'x'"),
    (["a", "x", "--wait-subscribers", "0"], "--wait-subscribers wants a number of at least 1"),
    (["-l", "--topic-sep", ",", "--wait-subscribers", "1"], "--wait-subscribers needs a TOPIC"),
    (["a", "-l", "--topic-sep", ","], "--topic-sep takes the topics from the messages"),
    (["-l", "--topic-sep", "ab"], "--topic-sep wants a single byte"),
    (["x", "--topic-sep", ","], "--topic-sep"),
    (["--topic-sep", ",", "-n"], "--topic-sep goes with -l, -0 or --delimiter"),
    (["-l", "--topic-sep", "\\q"], "--topic-sep knows no such sequence"),
    (["a", "--delimiter", ""], "--delimiter wants at least one byte"),
    (["a", "x", "-v", "--json"], "-v and --json print the same in two ways"),
    (["a", "x", "--home", ""], "--home wants a directory"),
    (["a", "x", "--no-such"], "unknown option --no-such"),
    (["a", "x", "-Z"], "unknown option -Z"),
    (["a", "x", "--re", "3"], "--re may mean --repeat or --repeat-delay"),
    (["a", "-m"], "-m, --message needs BODY"),
    (["a", "--delimiter"], "--delimiter needs S"),
    (["a", "x", "--verbose=3"], "--verbose takes no value"),
]


@test("wrong usage: exit code 2, one line that says what to change, nothing done")
def usage(bus):
    for words, said in USAGE:
        got = bus.publish(*words, input=b"")
        got.expect(2, out="", err=f"pubsub-publish: {said}" if words else said)
        same(len(got.err.splitlines()), 1, f"lines about {words}")
        holds(got.err.endswith("; see pubsub-publish --help\n"), got.err)
    holds(not bus.home.exists(), "the home was created")


@test("receipts that can't be written are an error")
def full_output(bus):
    with open("/dev/full", "wb") as full:
        bus.publish("-v", "a", "x", stdout=full).expect(1, err="No space left on device")
    bus.shell("pubsub-publish -v a x >&-").expect(1, err="Bad file descriptor")


@test("a home that is not safe is refused with its remedy")
def unsafe_home(bus):
    bus.home.mkdir()
    bus.home.chmod(0o777)
    bus.publish("a", "x").expect(5, err=str(bus.home))
    bus.subscribe("a", "-e").expect(5, err=str(bus.home))
    bus.home.chmod(0o700)
    link = bus.directory / "link"
    link.symlink_to(bus.home)
    bus.publish("--home", link, "a", "x").expect(5, err=str(link))


@test("a home that we may not enter is exit code 5")
def other_users_home(bus):
    if os.geteuid() != 0:
        raise Skip("needs root")
    bus.subscribe("a", "-e").expect()
    bus.directory.chmod(0o755)
    try:
        probe = bus.run("pubsub-publish", "--version", user=65534, group=65534, extra_groups=[])
    except PermissionError:
        probe = None
    if probe is None or probe.status != 0:
        raise Skip("the commands lie where another user may not go")
    for command in (
        ["pubsub-publish", "a", "x"],
        ["pubsub-subscribe", "a", "-e"],
        ["pubsub-ls"],
        ["pubsub-peek", "a_b"],
        ["pubsub-purge", "a_b"],
        ["pubsub-rm", "a_b"],
        ["pubsub-dead"],
    ):
        got = bus.run(*command, user=65534, group=65534, extra_groups=[])
        got.expect(5, err=str(bus.home))


if __name__ == "__main__":
    main()
