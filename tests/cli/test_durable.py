# SPDX-License-Identifier: MIT
"""pubsub-subscribe on durable channels: what is kept, who gets it, and when it is gone."""

import os
import signal

from durable import durable
from harness import holds, main, same, test, wait_until


def kill(process):
    """Ends a subscriber in the way that it can't prepare for."""
    process.signal(signal.SIGKILL)
    process.result().expect(137, err="")


def is_empty(bus, channel):
    """Nothing waits in a channel. A segment that a publisher may go on with may still be there."""
    rows = [row for row in bus.ls("--json").expect().json() if row["name"] == channel.name]
    same([rows[0][key] for key in ("backlog", "claimed", "delayed")], [0, 0, 0], "what is left")


def blocked_writer(bus, *words):
    """A subscriber that waits, in the middle of a large message, for who reads its output."""
    reader, writer = os.pipe()
    subscriber = bus.subscriber(*words, stdout=writer)
    os.close(writer)
    bus.publish("a", "-f", bus.path("large", b"x" * 300000)).expect()
    holds(os.read(reader, 1000), "nothing was written")
    return subscriber, reader


@test("-E creates the durable channel of each pattern, and does so again")
def create_only(bus):
    with durable(bus, "a.+", "x") as first, durable(bus, "b", "x") as second:
        for option in ("--durable", "--group"):
            bus.subscribe("a.+", "b", option, "x", "-E").expect(out="")
        same(bus.channels(), sorted([first.name, second.name]), "channels")


@test("what is published while nobody reads is shown later, in order and once")
def later(bus):
    with durable(bus, "a.+", "x") as channel:
        lines = b"".join(b"%d\n" % i for i in range(2000))
        bus.publish("-l", "a.b", input=lines).expect()
        for option in ("--durable", "--group"):
            channel.publish("a.c", "again")
            lines += b"again\n"
            got = bus.subscribe("a.+", option, "x", "-e").expect().out
            same(sorted(got.splitlines()), sorted(lines.splitlines()), option)
            is_empty(bus, channel)
            # Between publishers there is no order, nor between the workers of a group.
            in_order = [line for line in got.splitlines() if line != b"again"]
            same(in_order, lines.splitlines()[:-1], "the order")
            lines = b""


@test("the channel stays when its reader ends, and -C leaves what is behind its message")
def stays(bus):
    with durable(bus, "a", "x") as channel:
        bus.publish("-l", "a", input=b"1\n2\n3\n4\n").expect()
        bus.subscribe("a", "--durable", "x", "-C", "2").expect(out="1\n2\n")
        bus.subscribe("a", "--durable", "x", "-1").expect(out="3\n")
        subscriber = bus.subscriber("a", "--durable", "x")
        subscriber.read_until(b"4\n")
        subscriber.signal(signal.SIGTERM)
        subscriber.result().expect(143)
        same((bus.channels(), channel.files()), ([channel.name], []))


@test("a second reader is told who reads and what to do instead")
def busy(bus):
    with durable(bus, "a", "x"):
        for first, second, told in (
            ("--durable", "--durable", "reads channel a_x already; use --group x"),
            ("--durable", "--group", "reads channel a_x alone, with --durable; end it"),
            ("--group", "--durable", "reads channel a_x already, as one of a group; use --group x"),
        ):
            subscriber = bus.subscriber("a", first, "x")
            got = bus.subscribe("a", second, "x", "-e")
            got.expect(1, out="", err=f"process {subscriber.child.pid} {told}")
            same(len(got.err.splitlines()), 1, "lines about it")
            subscriber.signal(signal.SIGTERM)
            subscriber.result().expect(143)


@test("several patterns: each message once, and none is left in another channel")
def once(bus):
    with durable(bus, "+", "x") as wide, durable(bus, "a.b", "x") as narrow:
        # The narrow pattern's channel is made anew, when the other has a message already.
        bus.run("pubsub-rm", "--force", narrow.name).expect()
        bus.publish("a.b", "1").expect()
        bus.subscribe("a.b", "+", "--durable", "x", "-E").expect()
        bus.publish("a.b", "2").expect()
        bus.publish("c", "3").expect()
        for option in ("--durable", "--group"):
            got = bus.subscribe("a.b", "+", option, "x", "-e").expect()
            expected = ["1", "2", "3"] if option == "--durable" else []
            same(sorted(got.lines()), expected, f"what is shown with {option}")
        same((wide.files(), narrow.files()), ([], []), "what is left")


@test("a message stays claimed until the kernel has its output")
def unwritten(bus):
    for option in ("--durable", "--group"):
        with durable(bus, "a", "x") as channel:
            subscriber, reader = blocked_writer(bus, "a", option, "x")
            kill(subscriber)
            os.close(reader)
            got = bus.subscribe("a", option, "x", "-C", "1", "--json").expect().json()
            same(got[0]["len"], 300000, "the message's length")
            same(channel.files(), [], "what is left")
    bus.visit()


@test("a message in our buffer is not acknowledged before that is written")
def buffered(bus):
    with durable(bus, "a", "x") as channel:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        while True:
            try:
                os.write(writer, b"x" * 4096)
            except BlockingIOError:
                break
        os.set_blocking(writer, True)
        subscriber = bus.subscriber("a", "--durable", "x", stdout=writer)
        os.close(writer)
        got = bus.publish("--sync", "--json", "a", "one").expect().json()[0]
        wait_until(lambda: got["id"] not in channel.files(), "the claim")
        kill(subscriber)
        os.close(reader)
        bus.subscribe("a", "--durable", "x", "-e").expect(out="one\n")
    bus.visit()


@test("what was written is acknowledged, so that a kill does not bring it again")
def written(bus):
    with durable(bus, "a", "x") as channel:
        subscriber = bus.subscriber("a", "--durable", "x")
        bus.publish("--sync", "a", "one").expect()
        subscriber.read_until(b"one\n")
        wait_until(lambda: channel.files() == [], "the acknowledgement")
        kill(subscriber)
        bus.subscribe("a", "--durable", "x", "-e").expect(out="")
    bus.visit()


@test("--ack none: what was taken is gone, also from a group")
def at_most_once(bus):
    for option in ("--durable", "--group"):
        with durable(bus, "a", "x") as channel:
            subscriber, reader = blocked_writer(bus, "a", option, "x", "--ack", "none")
            kill(subscriber)
            os.close(reader)
            bus.subscribe("a", option, "x", "-e").expect(out="")
            same(channel.files(), [], "what is left")
    bus.visit()


@test("a worker's death gives its messages to the others")
def death(bus):
    with durable(bus, "a", "x") as channel:
        subscriber, reader = blocked_writer(bus, "a", "--group", "x")
        other = bus.subscriber("a", "--group", "x", "-1", "-F", "%l")
        kill(subscriber)
        os.close(reader)
        other.result().expect(out="300000\n")
        same(channel.files(), [], "what is left")
    bus.visit()


@test("a group shares messages: each is shown by one of them")
def shared(bus):
    with durable(bus, "a", "x") as channel:
        workers = [bus.subscriber("a", "--group", "x", "--idle", "1") for _ in range(3)]
        lines = b"".join(b"%d\n" % i for i in range(900))
        bus.publish("-l", "a", input=lines).expect()
        got = [worker.result() for worker in workers]
        same(
            sorted(line for result in got for line in result.lines()),
            sorted(lines.decode().split()),
            "what all of them have shown",
        )
        same([result.err for result in got], ["", "", ""], "diagnostics")
        same(channel.files(), [], "what is left")


@test("%J: what can't be shown is a dead letter of a durable channel")
def not_shown(bus):
    with durable(bus, "a", "x") as channel:
        message_id = channel.publish("a", "nope")
        channel.publish("a", "[1]")
        got = bus.subscribe("a", "--durable", "x", "-e", "-F", "%J")
        got.expect(1, err=f"message {message_id} was rejected: dead letter of 'a'; see pubsub-dead")
        same([message["payload"] for message in got.json()], [[1]])
        names = channel.files()
        same([name[:11] for name in names], [".d-rejected", ".e-rejected"], "the dead letter")


@test("-e shows what a dead reader had claimed, too")
def drain_claimed(bus):
    with durable(bus, "a", "x") as channel:
        message_id = channel.publish("a", "one")
        reader, writer = os.pipe()
        words = ["--durable", "x", "--ack", "manual"]
        subscriber = bus.subscriber("a", *words, stdin=reader)
        subscriber.read_until(b"one\n")
        same(len(channel.files()), 1, "files")
        holds(channel.files()[0].endswith(f"-1-{message_id}"), channel.files())
        kill(subscriber)
        bus.subscribe("a", "--durable", "x", "-e").expect(out="one\n")
        same(channel.files(), [], "what is left")
        os.close(reader)
        os.close(writer)
    bus.visit()


@test("--ack auto on a live channel, and --then with a durable one, do what they say")
def combinations(bus):
    bus.received("pubsub-publish a one", "--ack", "auto").expect(out="one\n")
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "zero")
        then = ["--then", "pubsub-publish", "a", "one"]
        bus.subscribe("a", "--durable", "x", *then).expect(out="zero\none\n")
        same(channel.files(), [], "what is left")


@test("more messages than may be unsettled, of no size at all, are all acknowledged")
def many_empty(bus):
    with durable(bus, "a", "x") as channel:
        bus.publish("-l", "a", input=b"\n" * 5000).expect()
        bus.subscribe("a", "--durable", "x", "-N", "-e").expect(out="")
        is_empty(bus, channel)
        bus.publish("--repeat", "1500", "--sync", "a", "-n").expect()
        bus.subscribe("a", "--group", "x", "-N", "-C", "1500").expect(out="")
        is_empty(bus, channel)


USAGE = [
    (["--durable", "x", "--group", "y"], "--durable and --group contradict each other"),
    (["--durable", ""], "--durable wants a name of 1 to 63 of A-Z a-z 0-9 -, not ''"),
    (["--group", "a_b"], "--group wants a name of 1 to 63 of A-Z a-z 0-9 -, not 'a_b'"),
    (["--durable", "x" * 64], "--durable wants a name of 1 to 63"),
    (["-E"], "-E creates durable channels; give --durable NAME or --group NAME"),
    (["-E", "--durable", "x", "-1"], "-E only creates channels and reads nothing"),
    (["-E", "--durable", "x", "--attempts", "2"], "-E only creates channels and reads nothing"),
    (["--ack", "never"], "--ack wants auto, exec, none or manual, not 'never'"),
    (["--ack", "exec"], "--ack exec goes with --exec"),
    (["--ack", "auto", "--exec", "true"], "with --exec the command's exit status acknowledges"),
    (["--ack", "manual", "--then", "true"], "--ack manual reads standard input"),
    (["--attempts", "2"], "--attempts and --deadline are for messages that are acknowledged"),
    (["--durable", "x", "--ack", "none", "--deadline", "2"], "--attempts and --deadline are for"),
    (["--durable", "x", "--attempts", "0"], "--attempts wants a number of at least 1, not '0'"),
    (["--durable", "x", "--deadline", "0"], "--deadline wants more than 0 and up to 604800"),
    (["--durable", "x", "--deadline", "604801"], "--deadline wants more than 0 and up to 604800"),
    (["--durable", "x", "--retry-delay", "1"], "--retry-delay goes with --exec or --ack manual"),
    (["--retry-delay", "x", "--exec", "true"], "--retry-delay wants seconds, as 3 or 0.5"),
]


@test("wrong usage: exit code 2, one line that says what to change, nothing done")
def usage(bus):
    for words, said in USAGE:
        got = bus.subscribe("a", *words)
        got.expect(2, out="", err=said)
        same(len(got.err.splitlines()), 1, f"lines about {words}")
    holds(not bus.home.exists(), "the home was created")


if __name__ == "__main__":
    main()
