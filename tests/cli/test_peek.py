# SPDX-License-Identifier: MIT
"""pubsub-peek: what it shows, and that it takes nothing."""

import signal

from durable import durable, member_of, on_terminal
from harness import holds, main, same, test

FIELDS = [
    "id",
    "topic",
    "time",
    "headers",
    "len",
    "payload",
    "uid",
    "state",
    "attempts",
    "due",
    "channel",
    "file",
]


def peek(bus, *words, **options):
    return bus.run("pubsub-peek", *words, **options)


@test("payloads are shown in their order, and nothing is taken")
def takes_nothing(bus):
    with durable(bus) as channel:
        ids = [channel.publish("jobs.mail", body) for body in ("one", "two", "three")]
        for _ in range(2):
            peek(bus, "mail").expect(out="one\ntwo\nthree\n")
        same(channel.files(), ids)


@test("messages that lie together in a file are shown one by one")
def segments(bus):
    lines = b"".join(b"%d\n" % i for i in range(3000))
    with durable(bus):
        bus.publish("-l", "jobs.mail", input=lines).expect()
        peek(bus, "mail").expect(out=lines)
        peek(bus, "mail", "-C", "2").expect(out="0\n1\n")
        got = peek(bus, "mail", "--json").expect().json()
        same({message["state"] for message in got}, {"waiting"})
        same(len({message["id"] for message in got}), 3000, "the number of IDs")


@test("-v has state, attempts, due time, topic and payload")
def verbose(bus):
    with durable(bus) as channel:
        worker = bus.subscriber("nothing")
        channel.publish("jobs.a", "one")
        channel.claim(channel.publish("jobs.b", "two"), member_of(bus), 3)
        channel.delay(channel.publish("jobs.c", "three"), 12)
        lines = peek(bus, "-v", "mail").expect().lines()
        same(lines[0], "waiting  0 -        jobs.a one")
        same([line.split() for line in lines[1:]][0][:3], ["claimed", "3", "in"])
        same([line.split() for line in lines[1:]][1][:3], ["delayed", "12", "in"])
        for line, topic in zip(lines, ("jobs.a", "jobs.b", "jobs.c"), strict=True):
            same(line.index(topic), 20, f"the column of the topic in {line!r}")
        for line in lines[1:]:
            due = line.split()[3]
            holds(due.endswith("s") and 15 < int(due[:-1]) < 30, f"due in {due}")
        worker.signal(signal.SIGTERM)
        worker.result().expect(143)


@test("--json has the message's fields and then its own")
def json_lines(bus):
    with durable(bus) as channel:
        worker = bus.subscriber("nothing")
        first = channel.publish("-H", "k=v", "jobs.a", "one")
        second = channel.publish("jobs.b", "two")
        file = channel.claim(second, member_of(bus))
        got = peek(bus, "--json", "mail").expect().json()
        same([list(message) for message in got], [FIELDS, FIELDS])
        same((got[0]["id"], got[0]["headers"], got[0]["payload"]), (first, {"k": "v"}, "one"))
        same([got[0][f] for f in FIELDS[7:]], ["waiting", 0, None, channel.name, first])
        same((got[1]["id"], got[1]["state"], got[1]["attempts"]), (second, "claimed", 1))
        same(got[1]["file"], file)
        holds(got[1]["due"].startswith("20") and got[1]["due"].endswith("Z"), got[1]["due"])
        worker.signal(signal.SIGTERM)
        worker.result().expect(143)


@test("-C, -1 and -F are those of pubsub-subscribe")
def formats(bus):
    with durable(bus) as channel:
        channel.publish("-H", "unit=C", "jobs.a", "one")
        channel.publish("jobs.b", "two")
        peek(bus, "mail", "-C", "1").expect(out="one\n")
        peek(bus, "mail", "-1").expect(out="one\n")
        peek(bus, "mail", "-C", "9").expect(out="one\ntwo\n")
        peek(bus, "mail", "-F", "%t:%p %H{unit}").expect(out="jobs.a:one C\njobs.b:two \n")


@test("a name stands for all durable channels of that name, a directory for one")
def names(bus):
    with durable(bus, "a") as first, durable(bus, "b"), durable(bus, "b", "other"):
        bus.publish("a", "one").expect()
        bus.publish("b", "two").expect()
        peek(bus, "mail").expect(out="one\ntwo\n")
        peek(bus, "mail", "-C", "1").expect(out="one\n")
        peek(bus, first.name).expect(out="one\n")
        peek(bus, "b_other").expect(out="two\n")


@test("a live channel is looked into by its directory")
def live(bus):
    subscriber = bus.subscriber("a", "-1")
    subscriber.stop()
    bus.publish("a", "x").expect()
    peek(bus, bus.channels()[0]).expect(out="x\n")
    subscriber.signal(signal.SIGCONT)
    subscriber.result().expect(out="x\n")


@test("an empty channel is no error, one that does not exist is")
def missing(bus):
    peek(bus, "mail").expect(1, out="", err="there is no durable channel 'mail'; pubsub-ls shows")
    peek(bus, "a_mail").expect(1, out="", err="there is no channel 'a_mail'; pubsub-ls shows")
    holds(not bus.home.exists(), "the home was created")
    with durable(bus):
        peek(bus, "mail").expect(out="")
        for words in ([], ["-v"], ["--json"]):
            peek(bus, "a_mail", *words).expect(1, out="", err="no channel 'a_mail'")
        peek(bus, "jobs.+").expect(1, out="", err="there is no durable channel 'jobs.+'")
        peek(bus, "../home_x").expect(1, out="", err="")


@test("dead letters are not shown")
def dead_letters(bus):
    with durable(bus) as channel:
        channel.set_aside(channel.publish("jobs.a", "one"))
        channel.publish("jobs.a", "two")
        peek(bus, "mail").expect(out="two\n")


@test("what is no message is said, or shown without what a message has")
def no_message(bus):
    with durable(bus) as channel:
        channel.publish("jobs.a", "one")
        (channel.path / "4").write_bytes(b"nonsense")
        peek(bus, "mail").expect(0, out="one\n", err="'4' in 'jobs.+_mail' is no message")
        lines = peek(bus, "-v", "mail").expect().lines()
        same(lines[0], "waiting  0 -        - no message: 4")
        got = peek(bus, "--json", "mail").expect().json()
        same((got[0]["id"], got[0]["file"], got[0]["state"]), (None, "4", "waiting"))
        same(list(got[0]), ["id", *FIELDS[7:]])


@test("control bytes are escaped on a terminal, unless --raw")
def terminal(bus):
    content = bus.path("content", b"a\x1b[31mb\xc2\x9bc\t9")
    with durable(bus) as channel:
        channel.publish("jobs.a", "-f", content)
        same(on_terminal(bus, "pubsub-peek", "mail"), "a\\x1b[31mb\\xc2\\x9bc\t9\n")
        same(on_terminal(bus, "pubsub-peek", "mail", "--raw"), "a\x1b[31mb\x9bc\t9\n")
        peek(bus, "mail").expect(out=content.read_bytes() + b"\n")


@test("a reader who went away ends it quietly, an output that is full is an error")
def output(bus):
    with durable(bus) as channel:
        for _ in range(3):
            channel.publish("jobs.a", "-f", bus.path("content", b"x" * 100000))
        with open("/dev/full", "wb") as full:
            peek(bus, "mail", stdout=full).expect(1, err="No space left on device")
        bus.shell("{ pubsub-peek mail; echo $? >&2; } | head -c 1").expect(0, out="x", err="141")


USAGE = [
    ([], "no CHANNEL; pubsub-ls shows what there is"),
    (["a", "b"], "unexpected 'b'; one CHANNEL at a time"),
    (["a", "-v", "--json"], "-v and --json contradict each other; give one of them"),
    (["a", "-C", "0"], "-C wants a number of at least 1, not '0'"),
    (["a", "-F", "%q"], "-F: unknown or incomplete sequence '%q'"),
    (["a", "--no-such"], "unknown option --no-such"),
]


@test("wrong usage: exit code 2, one line that says what to change")
def usage(bus):
    for words, said in USAGE:
        got = peek(bus, *words).expect(2, out="", err=f"pubsub-peek: {said}")
        same(len(got.err.splitlines()), 1, f"lines about {words}")
        holds(got.err.endswith("; see pubsub-peek --help\n"), got.err)


if __name__ == "__main__":
    main()
