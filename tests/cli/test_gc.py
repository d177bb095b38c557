# SPDX-License-Identifier: MIT
"""pubsub-gc: what it removes, what it leaves alone, and what it says of both."""

import os
import re
import signal
import sys

from durable import durable, on_terminal
from harness import PlainChannel, holds, main, same, test

LONG_AGO = (1, 1)


def gc(bus, *words, **options):
    return bus.run("pubsub-gc", *words, **options)


def kill(process):
    process.signal(signal.SIGKILL)
    process.result().expect(137)


def die(bus, pattern="a.b"):
    """Leaves the channel of a subscriber that was killed; its name."""
    process = bus.subscriber(pattern)
    name = next(n for n in bus.channels() if n.endswith(f"_{process.child.pid}"))
    kill(process)
    return name


def dead_pid(bus):
    process = bus.start("true")
    process.result().expect()
    return process.child.pid


def snapshot(bus):
    """All names of the home, and what stat says of them but for when they were read."""
    found = {}
    for directory, names, files in os.walk(bus.home):
        for name in [".", *names, *files]:
            status = os.lstat(os.path.join(directory, name))
            found[directory, name] = (
                status.st_ino,
                status.st_mode,
                status.st_nlink,
                status.st_size,
                status.st_mtime_ns,
                status.st_ctime_ns,
            )
    return found


@test("a dry run tells of what a run removes, changes nothing, and a second run finds nothing")
def removes(bus):
    name = die(bus)
    before = snapshot(bus)
    foretold = gc(bus, "-n").expect().lines()
    same(snapshot(bus), before, "the home after a dry run")
    told = gc(bus).expect().lines()
    same(len(told), 3)
    holds(re.fullmatch(rf"removed live channel {re.escape(name)} \(\S+\): its process died "
                       r"\(pubsub-subscribe, process \d+\)", told[0]), told[0])
    holds(told[1].startswith("removed lock file .fsps/w-"), told[1])
    holds(told[2].startswith("cleared away 1 live channel, 1 lock file; gave back "), told[2])
    words = {"removed": "would remove", "cleared": "would clear", "gave": "would give"}
    same(foretold, [re.sub("|".join(words), lambda m: words[m[0]], line) for line in told])
    same(os.listdir(bus.home / ".fsps"), ["seq"])
    gc(bus).expect(out="")
    gc(bus, "-v").expect(out="nothing to remove\n")


@test("what lives, durable channels, what waits in them, and what is nobody's are left")
def spares(bus):
    with durable(bus) as channel:
        message = channel.publish("jobs.a", "one")
        reader = bus.subscriber("jobs.+", "-1")
        (bus.home / "notes").mkdir()
        before = snapshot(bus)
        gc(bus).expect(out="")
        same(snapshot(bus), before)
        same(channel.files(), [message])
        (bus.home / "notes").rmdir()
        bus.publish("jobs.a", "two").expect()
        reader.result().expect(out="two\n")


@test("what a dead worker had claimed is given back")
def claims(bus):
    with durable(bus) as channel:
        message = channel.publish("jobs.a", "one")
        worker = bus.subscriber("jobs.+", "--durable", "mail", "--ack", "manual", stdin=-1)
        worker.read_until(b"one\n")
        kill(worker)
        claim = next(name for name in channel.files() if name.startswith(".k-"))
        lines = gc(bus).expect().lines()
        holds(any(line.startswith(f"gave back claim {channel.name}/{claim}: its process died")
                  for line in lines), lines)
        holds(any(line.startswith(f"removed inbox {channel.name}.in_") for line in lines), lines)
        holds(channel.files()[0].startswith(".r-"), channel.files())
        bus.subscribe("jobs.+", "--durable", "mail", "-1").expect(out="one\n")
        holds(message not in channel.files(), "the message is done")


@test("--json has every thing and the sum, and each line parses")
def json_lines(bus):
    name = die(bus)
    *things, last = gc(bus, "-n", "--json").expect().json()
    same([thing["kind"] for thing in things], ["channel", "lock"])
    channel = things[0]
    same(sorted(channel), ["bytes", "changed", "command", "error", "kind", "name", "outcome",
                           "pid", "reason", "uid", "user"])
    same([channel[key] for key in ("name", "outcome", "reason", "uid", "pid", "command", "error")],
         [name, "would-remove", "owner-died", os.geteuid(), int(name.split("_")[2]),
          "pubsub-subscribe", None])
    same(sorted(last), ["summary"])
    same(last["summary"]["dry_run"], True)
    same([last["summary"][key] for key in ("channel", "lock", "claim")], [1, 1, 0])
    same(last["summary"]["bytes"], sum(thing["bytes"] for thing in things))
    *things, last = gc(bus, "--json").expect().json()
    same({thing["outcome"] for thing in things}, {"removed"})
    same(last["summary"]["dry_run"], False)


@test("what can't be judged is counted, named with -v, and stays")
def left_alone(bus):
    pid = dead_pid(bus)
    taken = PlainChannel(bus, "a")
    new = PlainChannel(bus, "b")
    os.close(taken.fd)
    os.close(new.fd)
    os.utime(taken.path, LONG_AGO)
    renamed = new.path.rename(new.path.with_name(f"b_abcdefghijkl_{pid}"))
    before = snapshot(bus)
    gc(bus).expect(out="")
    got = on_terminal(bus, "pubsub-gc").splitlines()
    same(got[0], "nothing to remove")
    same(sorted(line.split(": ")[0] for line in got[1:]), ["left 1 alone"] * 2)
    holds(any("too new" in line for line in got), got)
    same(sum("(-v names them)" in line for line in got), 1)
    got = gc(bus, "-v").expect().lines()
    holds(any(line.startswith(f"left alone live channel {taken.path.name}: nobody reads it, but "
                              "there is a process of that ID") for line in got), got)
    holds(any(line.startswith(f"left alone live channel {renamed.name}: looks dead")
              for line in got), got)
    same(snapshot(bus), before)
    os.utime(renamed, LONG_AGO)
    got = gc(bus).expect().lines()
    same(got[0], f"removed live channel {renamed.name}: there is no such process, and nobody "
                 f"reads it (process {pid})")
    taken.fd = os.open(os.devnull, os.O_RDONLY)
    taken.remove()


@test("what is dead and can't be removed is said, and is exit code 1")
def not_removed(bus):
    inner = bus.home / ".x-DeadMember00-1" / "inner" / "most"
    bus.home.mkdir(mode=0o700)
    inner.mkdir(parents=True)
    got = gc(bus).expect(1, err="there is something in it that can't be removed")
    same(got.out, b"")
    same(gc(bus, "--json").expect(1, err="not all gone").json()[0]["outcome"], "not-removed")
    inner.rmdir()
    gc(bus, "-q").expect(out="")
    holds(not inner.parent.parent.exists(), "it is gone")


@test("-q prints nothing; a home that is missing is told to who looks on, and none is made")
def quiet(bus):
    gc(bus).expect(out="")
    got = gc(bus, "-v").expect(out="nothing to remove\n", err="there is no '")
    same(got.err.count("\n"), 1)
    gc(bus, "-q").expect(out="")
    holds(not bus.home.exists(), "a home was made")
    die(bus)
    gc(bus, "-q").expect(out="")
    same(bus.channels(), [])


@test("--watch goes on, prints what it removes as it comes, and ends with a signal")
def watch(bus):
    for words, first in ((["-i", "0.1"], b"removed live"), (["-i", "0.1", "--json"], b'{"kind"')):
        process = bus.start("pubsub-gc", "--watch", *words)
        for _ in range(2):
            name = die(bus)
            process.seen = b""
            # Those who come by at the same time may be faster, but not with what is theirs alone.
            (bus.home / ".x-DeadMember00-1").mkdir()
            process.read_until(b"\n")
            holds(process.seen.startswith(first[:7]), process.seen)
            holds(name, "a channel")
        process.signal(signal.SIGTERM)
        got = process.result().expect(143)
        holds(b"nothing" not in got.out and b"summary" not in got.out, got.out)
        gc(bus, "-q").expect()


@test("options that contradict each other, and operands, are usage errors")
def usage(bus):
    for words, word in (
        (["-n", "--watch"], "--dry-run and --watch contradict"),
        (["-q", "-v"], "-q and -v contradict"),
        (["-q", "--json"], "-q and --json contradict"),
        (["-v", "--json"], "leave out -v"),
        (["-i", "5"], "-i is for --watch"),
        (["--watch", "-i", "0"], "at least 0.1"),
        (["--watch", "-i", "soon"], "soon"),
        (["mail"], "'mail' is no option"),
    ):
        gc(bus, *words).expect(2, out="", err=word)
    holds(not bus.home.exists(), "a home was made")


@test("a home of a later format is not swept, and a dry run says so, too")
def later_format(bus):
    subscriber = bus.subscriber("a.b")
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143)
    with open(bus.home / ".fsps" / "seq", "r+b") as file:
        file.seek(4)
        file.write((99).to_bytes(4, sys.byteorder))
    for words in ([], ["-n"]):
        bus.run("pubsub-gc", *words).expect(5, out="", err="format is version 99")


@test("an unsafe home is not swept, and a full output is an error")
def refused(bus):
    bus.home.mkdir()
    os.chmod(bus.home, 0o777)
    gc(bus).expect(5, err="may be written by others")
    gc(bus, "--watch").expect(5, out="", err="may be written by others")
    os.chmod(bus.home, 0o700)
    with open("/dev/full", "wb") as full:
        gc(bus, "-v", stdout=full).expect(1, err="No space left on device")


if __name__ == "__main__":
    main()
