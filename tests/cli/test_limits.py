# SPDX-License-Identifier: MIT
"""Limits of channels, end to end: what becomes of a message that finds the channel full, who is
told, and that nobody else suffers from it. Both ways of messages: one by one in files of their own,
and many at once in segments."""

import signal
import time

from durable import durable
from harness import holds, main, same, test, wait_until
from limited import TOPIC, drain, has_segments, in_order, limited, numbers, state

MANY = 3000


# ---- refuse ----


@test("refuse: the publisher is told which channel is full, until it has room again")
def refuse_files(bus):
    with limited(bus, "--max-messages", "3") as channel:
        for number in range(3):
            bus.publish(TOPIC, str(number)).expect()
        said = f"channel '{channel.name}' did not take the message: the channel is full"
        bus.publish(TOPIC, "3").expect(4, err=said)
        bus.publish("-v", TOPIC, "4").expect(4, out="0/1\n", err="full")
        same((state(bus)["backlog"], state(bus)["refused"]), (3, 2))
        bus.subscribe("jobs.+", "--durable", "mail", "-1").expect(out="0\n")
        bus.publish(TOPIC, "5").expect()
        drain(bus).expect(out="1\n2\n5\n")


@test("refuse: messages in files count as pages")
def refuse_pages(bus):
    with limited(bus, "--max-bytes", "12K"):
        bus.publish(TOPIC, "x" * 5000).expect()
        same(state(bus)["held_bytes"], 8192)
        bus.publish(TOPIC, "y").expect()
        bus.publish(TOPIC, "z").expect(4, err="the channel is full")


@test("refuse: an empty channel takes a message of any size")
def refuse_large(bus):
    with limited(bus, "--max-bytes", "4K"):
        bus.publish(TOPIC, "-s", input=b"x" * 100_000).expect()
        bus.publish(TOPIC, "y").expect(4, err="the channel is full")


@test("refuse: of many messages at once as many get in as may, and each is accounted for")
def refuse_segments(bus):
    with limited(bus, "--max-messages", "2000") as channel:
        got = bus.publish("-q", "0", "-l", TOPIC, input=numbers(1, MANY))
        got.expect(4, err=f"channel '{channel.name}' did not take line")
        holds(has_segments(channel), "they went into files of their own")
        seen = state(bus)
        holds(1500 <= seen["backlog"] <= 2000, f"the backlog is {seen['backlog']}")
        holds(f"{MANY - seen['backlog']} of {MANY} messages did not reach" in got.err, got.err)
        same(seen["refused"], MANY - seen["backlog"], "how many were refused")
        same(len(drain(bus).expect().lines()), seen["backlog"], "how many came")
        bus.publish(TOPIC, "x").expect()


@test("refuse: a limit in bytes holds for many messages at once")
def refuse_segment_bytes(bus):
    with limited(bus, "--max-bytes", "1M") as channel:
        lines = b"".join(b"%04d" % number + b"x" * 1000 + b"\n" for number in range(MANY))
        bus.publish("-q", "0", "-l", TOPIC, input=lines).expect(4, err="the channel is full")
        holds(has_segments(channel), "they went into files of their own")
        seen = state(bus)
        holds(seen["held_bytes"] <= 1 << 20, f"{seen['held_bytes']} bytes are held")
        holds(400 < seen["backlog"] < 1100, f"the backlog is {seen['backlog']}")
        drain(bus, "-C", "1", "-F", "%.4p").expect(out="0000\n")


@test("many messages wait for room if nothing else is said, and all come")
def refuse_waits(bus):
    with limited(bus, "--max-messages", "2000"):
        publisher = bus.start("pubsub-publish", "-l", TOPIC, stdin=-1)
        publisher.child.stdin.write(numbers(1, MANY))
        publisher.child.stdin.close()
        publisher.child.stdin = None
        wait_until(lambda: state(bus)["backlog"] >= 1500, "a channel that is full")
        got = bus.subscribe("jobs.+", "--durable", "mail", "-C", str(MANY)).expect()
        same(in_order(got.lines()), (1, MANY))
        publisher.result().expect()


# ---- block ----


@test("block: a publisher waits that did not choose to, and is told when that was in vain")
def block_in_vain(bus):
    with limited(bus, "--max-messages", "1", "--when-full", "block:0.3") as channel:
        bus.publish(TOPIC, "1").expect()
        start = time.monotonic()
        bus.publish("-q", "0", TOPIC, "2").expect(4, err=f"channel '{channel.name}' did not take")
        holds(time.monotonic() - start >= 0.3, "it did not wait")
        same((state(bus)["when_full"], state(bus)["block_ms"]), ("block", 300))
        drain(bus).expect(out="1\n")


@test("block: a publisher that waits goes on when there is room")
def block_files(bus):
    with limited(bus, "--max-messages", "1", "--when-full", "block:20"):
        bus.publish(TOPIC, "1").expect()
        publisher = bus.start("pubsub-publish", "-q", "0", "-v", TOPIC, "2")
        bus.subscribe("jobs.+", "--durable", "mail", "-C", "2").expect(out="1\n2\n")
        publisher.result().expect(out="1/1\n")


@test("block: many messages at once wait for their reader, and none is lost")
def block_segments(bus):
    with limited(bus, "--max-messages", "2000", "--when-full", "block:20"):
        # A pipe that nobody reads meanwhile would hold the reader back.
        with open(bus.path("out"), "wb") as out:
            words = ["--durable", "mail", "-C", str(4 * MANY)]
            reader = bus.subscriber("jobs.+", *words, stdout=out)
        bus.publish("-q", "0", "-l", TOPIC, input=numbers(1, 4 * MANY)).expect()
        reader.result().expect()
        same(bus.path("out").read_bytes(), numbers(1, 4 * MANY), "what came")


# ---- drop-new ----


@test("drop-new: the message is dropped, which the exit code, -v and --json say")
def drop_new_files(bus):
    with limited(bus, "--max-messages", "2", "--when-full", "drop-new") as channel:
        bus.publish(TOPIC, "1").expect()
        bus.publish(TOPIC, "2").expect()
        said = f"channel '{channel.name}' did not take the message: the channel is full and drops"
        bus.publish(TOPIC, "3").expect(4, out="", err=said)
        bus.publish("-q", "1", "-v", TOPIC, "4").expect(4, out="0/1, 1 dropped\n", err=said)
        got = bus.publish("--json", TOPIC, "5").expect(4, err=said).json()[0]
        same((got["matched"], got["reached"], got["refused"]), (1, 0, []))
        same((got["dropped"], got["forbidden"]), ([channel.name], []))
        same((state(bus)["dropped_new"], state(bus)["refused"]), (3, 0))
        drain(bus).expect(out="1\n2\n")


@test("drop-new: of many messages at once the first ones stay, and how many did not is said")
def drop_new_segments(bus):
    with limited(bus, "--max-messages", "2000", "--when-full", "drop-new") as channel:
        got = bus.publish("-l", TOPIC, input=numbers(1, MANY))
        got.expect(4, err="of 'jobs.a' was dropped")
        holds(has_segments(channel), "they went into files of their own")
        seen = state(bus)
        same(seen["dropped_new"], MANY - seen["backlog"], "how many were dropped")
        said = f"{seen['dropped_new']} of {MANY} messages were dropped by a channel that is full"
        holds(said in got.err, got.err)
        first, last = in_order(drain(bus).expect().lines())
        same((first, last), (1, seen["backlog"]))


@test("drop-new: --json-lines and -0 say it, too")
def drop_new_inputs(bus):
    with limited(bus, "--max-messages", "1", "--when-full", "drop-new"):
        bus.publish(TOPIC, "1").expect()
        got = bus.publish("-0", TOPIC, input=b"2\0" * 3).expect(4, err="message 3 of 'jobs.a'")
        same(len(got.err.splitlines()), 3, "lines of diagnostics")
        line = b'{"payload":"3"}\n'
        bus.publish("--json-lines", TOPIC, input=line * 2).expect(4, err="line 2 of 'jobs.a'")
        drain(bus).expect(out="1\n")


# ---- drop-oldest ----


@test("drop-oldest: the newest stay, and the reader is told of the gap")
def drop_oldest_files(bus):
    with limited(bus, "--max-messages", "3", "--when-full", "drop-oldest") as channel:
        for number in range(10):
            bus.publish("-v", TOPIC, str(number)).expect(out="1/1\n")
        same((state(bus)["dropped_oldest"], state(bus)["backlog"]), (7, 3))
        said = f"'{channel.name}' was full: 7 older messages were dropped before message "
        got = drain(bus, "--json").expect(4, err=said).json()
        same([message["payload"] for message in got], ["7", "8", "9"])
        same([message.get("missed") for message in got], [7, None, None])
        bus.publish(TOPIC, "10").expect()
        drain(bus).expect(out="10\n")


@test("drop-oldest: of many messages at once the last ones stay, and none is unaccounted for")
def drop_oldest_segments(bus):
    total = 4 * MANY
    with limited(bus, "--max-bytes", "1M", "--when-full", "drop-oldest") as channel:
        lines = b"".join(b"%d " % number + b"x" * 500 + b"\n" for number in range(1, total + 1))
        bus.publish("-l", TOPIC, input=lines).expect()
        holds(has_segments(channel), "they went into files of their own")
        dropped = state(bus)["dropped_oldest"]
        holds(0 < dropped < total, f"{dropped} were dropped")
        got = drain(bus, "--json").expect(4, err=f" was full: {dropped} older messages").json()
        first, last = in_order(message["payload"].split()[0] for message in got)
        same((first, last), (dropped + 1, total))
        same([message["missed"] for message in got if "missed" in message], [dropped])


def keeps_newest(bus, messages, count):
    """A subscriber that keeps so many messages and ends after count, of which it has the first."""
    subscriber = bus.subscriber(
        "a", "--max-messages", str(messages), "--when-full", "drop-oldest", "-C", str(count)
    )
    bus.publish("a", "first").expect()
    subscriber.read_until(b"first\n")
    return subscriber


@test("drop-oldest: a live subscriber that was stopped gets what is new, and ends with exit code 4")
def drop_oldest_live(bus):
    subscriber = keeps_newest(bus, 5, 6)
    subscriber.stop()
    for number in range(20):
        bus.publish("a", str(number)).expect()
    subscriber.signal(signal.SIGCONT)
    got = subscriber.result().expect(4, err="15 older messages were dropped before message")
    same(got.out, b"first\n15\n16\n17\n18\n19\n")


@test("the first five gaps are told and the rest is summed up")
def many_gaps(bus):
    subscriber = keeps_newest(bus, 1, 8)
    for number in range(1, 8):
        subscriber.stop()
        for word in ("lost", "lost", number):
            bus.publish("a", str(word)).expect()
        subscriber.signal(signal.SIGCONT)
        if number < 7:
            subscriber.read_until(b"%d\n" % number)
    got = subscriber.result().expect(4, err="not keep up: 14, in 7 gaps")
    same(got.err.count("2 older messages were dropped"), 5, "gaps that are told")


@test("what was claimed is not dropped")
def claimed_stays(bus):
    with limited(bus, "--max-messages", "2", "--when-full", "drop-oldest"):
        bus.publish(TOPIC, "1").expect()
        reader = bus.subscriber(
            "jobs.+", "--durable", "mail", "--ack", "manual", "-F", "%m", stdin=-1
        )
        claimed = reader.read_until(b"\n")
        reader.stop()
        for number in range(2, 7):
            bus.publish(TOPIC, str(number)).expect()
        same((state(bus)["claimed"], state(bus)["backlog"]), (1, 2))
        reader.signal(signal.SIGCONT)
        reader.child.stdin.write(b"ack " + claimed)
        reader.child.stdin.close()
        reader.child.stdin = None
        reader.result().expect(4, err="3 older messages were dropped")
        drain(bus).expect(out="5\n6\n")


# ---- the others ----


@test("a fan-out that reaches some channels and not others says so")
def fan_out(bus):
    with (
        limited(bus, "--max-messages", "1", name="full") as full,
        limited(bus, "--max-messages", "1", "--when-full", "drop-new", name="drops") as drops,
        durable(bus, name="free"),
    ):
        subscriber = bus.subscriber("jobs.=", "-C", "4")
        bus.publish("-v", TOPIC, "1").expect(out="4/4\n")
        got = bus.publish("-v", TOPIC, "2").expect(4, out="2/4, 1 dropped\n", err=full.name)
        holds(drops.name in got.err, got.err)
        got = bus.publish("--json", TOPIC, "3").expect(4, err=full.name).json()[0]
        same((got["matched"], got["reached"]), (4, 2))
        same(got["refused"], [{"channel": full.name, "error": "FSPS_ERR_FULL"}])
        same(got["dropped"], [drops.name])
        bus.publish("-q", "0", "-l", TOPIC, input=b"4\n").expect(4, err=full.name)
        subscriber.result().expect(out="1\n2\n3\n4\n")
        drain(bus, name="free").expect(out="1\n2\n3\n4\n")
        drain(bus, name="full").expect(out="1\n")


def beside_idle(bus, policy, publish):
    """A subscriber beside one that never takes anything: what it got."""
    idle = bus.subscriber("a", "--max-messages", "50", "--when-full", policy)
    idle.stop()
    subscriber = bus.subscriber("a", "-C", "300")
    publish()
    got = in_order(subscriber.result().expect().lines())
    idle.signal(signal.SIGCONT)
    idle.signal(signal.SIGTERM)
    idle.result()
    return got


@test("a reader that never drains holds nobody else back, however the messages come")
def never_drains(bus):
    def one_by_one():
        for number in range(1, 301):
            bus.publish("a", str(number))

    for policy in ("refuse", "drop-new", "drop-oldest"):
        same(beside_idle(bus, policy, one_by_one), (1, 300), f"{policy}, one by one")
        lines = ["-q", "0", "-l", "a"]
        got = beside_idle(bus, policy, lambda: bus.publish(*lines, input=numbers(1, 300)))
        same(got, (1, 300), f"{policy}, at once")


if __name__ == "__main__":
    main()
