# SPDX-License-Identifier: MIT
"""pubsub-doctor: what it finds in channels, of their readers, and of what the dead left."""

import os
import resource
import shutil
import signal
import time

from doctor import FINDING_FIELDS, ids, provokes, report, snapshot
from durable import durable, member_of
from harness import PlainChannel, holds, main, same, test

ALICE = 54321


def init(bus, *words):
    bus.run("pubsub-init", *words).expect()


def make_old(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


@test("what the dead left is told, and what nobody can judge")
def dead(bus):
    subscriber = bus.subscriber("a.b")
    member = member_of(bus)
    (channel,) = bus.channels()
    (bus.home / "tmp").mkdir(exist_ok=True)
    (bus.home / "tmp" / f".i-{member}-7").write_bytes(b"x" * 5000)
    same([i for i in ids(report(bus, "channels"))], [])
    subscriber.signal(signal.SIGKILL)
    subscriber.result().expect(137)
    formix = PlainChannel(bus, "a.b")
    elsewhere = formix.path.with_name(f"a.b_abcdefghijkl_{subscriber.child.pid}")
    formix.path.rename(elsewhere)
    make_old(elsewhere, 60)
    before = snapshot(bus)
    got = report(bus)
    provokes(got, "dead-channels", "warning", channel, "pubsub-gc")
    provokes(got, "leftovers", "warning", "of which 1 are more than a lock file", "pubsub-gc")
    provokes(got, "unjudged", "note", elsewhere.name)
    same(snapshot(bus), before, "the home")
    os.close(formix.fd)
    shutil.rmtree(elsewhere)
    bus.run("pubsub-gc", "-q").expect()
    same(report(bus, "channels")["findings"], [], "after what mends it")


@test("channels of formix-pubsub, what it takes for some, and other users' are noted")
def others(bus):
    init(bus)
    (bus.home / "a_b_c").mkdir()
    (bus.home / "no_channel").mkdir()
    provokes(report(bus), "strange-names", "note", f"a_b_c in {bus.home} is no channel", "mv ")
    channel = PlainChannel(bus, "a.b")
    provokes(report(bus), "strange-names", "warning", "a_b_c")
    same(list(report(bus)["findings"][0]), FINDING_FIELDS)
    (bus.home / "a_b_c").rmdir()
    holds("strange-names" not in ids(report(bus)), "a channel's name is strange")
    (bus.home / "no_channel").rmdir()
    provokes(report(bus), "formix", "note", channel.path.name)
    if os.geteuid() == 0:
        os.chown(channel.path, ALICE, ALICE)
        provokes(report(bus), "channels-closed", "note", channel.path.name, f"sudo -u {ALICE}")
    channel.remove()


@test("a durable channel that was forgotten, and its dead letters, are told")
def forgotten(bus):
    with durable(bus) as channel:
        first = channel.publish("jobs.a", "x")
        same(ids(report(bus, "channels")), [])
        make_old(channel.path / first, 7200)
        got = report(bus)
        said = "where 1 message waits, the oldest for 2h, without a limit"
        provokes(got, "backlog-unread", "warning", said, "pubsub-rm mail")
        channel.set_aside(first)
        bus.publish("-l", "jobs.b", input=b"x\n" * 1000).expect()
        got = report(bus)
        provokes(got, "backlog-unread", "warning", "where 1000 messages wait", "--durable mail")
        provokes(got, "dead-letters", "warning", "1 message was", "pubsub-dead replay mail --all")


@test("a channel that fills, is full, and missed something is told, by what becomes of messages")
def full(bus):
    with durable(bus) as channel:
        limits = ["--durable", "mail", "-E", "--max-messages", "5"]
        bus.subscribe("jobs.+", *limits).expect()
        for _ in range(4):
            channel.publish("jobs.a", "x")
        got = report(bus, "readers")
        provokes(got, "channel-filling", "warning", "jobs.+_mail (80 %)", "--max-messages")
        channel.publish("jobs.a", "x")
        bus.publish("jobs.a", "x").expect(4, err="full")
        got = report(bus, "readers")
        provokes(got, "channel-full", "problem", "publishers are refused", "pubsub-purge mail")
        provokes(got, "messages-missed", "note", "1 message was refused", "pubsub-ls -l")
        got = report(bus, "--home", bus.home, "--home-owner", ALICE, "readers")
        command = f"pubsub-purge --home {bus.home} --home-owner {ALICE} mail"
        provokes(got, "channel-full", "problem", command=command)
        bus.subscribe("jobs.+", *limits, "--when-full", "drop-oldest").expect()
        got = report(bus, "readers")
        provokes(got, "channel-full", "warning", "the oldest are dropped")


@test("a reader that is stopped, behind, or out of descriptors is told")
def readers(bus):
    subscriber = bus.subscriber("a.b")
    subscriber.stop()
    message = bus.publish("--json", "a.b", "x").expect().json()[0]["id"]
    make_old(bus.home / bus.channels()[0] / message, 120)
    pid = subscriber.child.pid
    got = report(bus)
    said = f"process {pid} (pubsub-subscrib"
    provokes(got, "reader-stopped", "warning", said, f"kill -CONT {pid}")
    holds("reader-behind" not in ids(got), ids(got))
    subscriber.signal(signal.SIGCONT)
    subscriber.read_until(b"x\n")
    # What it prints fills the pipe that nobody reads, and so the next one waits.
    for _ in range(2):
        bus.publish("-s", "a.b", input=b"x" * 300_000, env={"FSPS_LANE": "plain"}).expect()
    (channel,) = bus.channels()
    for name in [n for n in os.listdir(bus.home / channel) if n.isdecimal()]:
        make_old(bus.home / channel / name, 120)
    opened = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened, opened))
    got = report(bus)
    provokes(got, "reader-behind", "warning", "1 message wait, the oldest for 2m", "ps -o")
    said = f"process {pid} has open 100 %"
    provokes(got, "open-files-used", "warning", said, f"prlimit --pid {pid}")
    subscriber.signal(signal.SIGTERM)
    out, _ = subscriber.child.communicate(timeout=10)
    holds(len(out) >= 300_000, "what was read before the end")


if __name__ == "__main__":
    main()
