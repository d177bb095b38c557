# SPDX-License-Identifier: MIT
"""pubsub-dead: what it shows of dead letters, and what replaying and discarding them does."""

from durable import durable, on_terminal
from harness import holds, main, same, test

HEADING = ["CHANNEL", "ID", "REASON", "ATTEMPTS", "AGE", "TOPIC", "ERROR"]
FIELDS = ["channel", "file", "reason", "attempts", "dead_time", "error"]
MESSAGE_FIELDS = ["id", "topic", "time", "headers", "len", "payload", "uid"]
SPAN = ("ms", "s", "m")


def dead(bus, *words, **options):
    return bus.run("pubsub-dead", *words, **options)


def rows(bus, *words):
    lines = dead(bus, *words).expect().lines()
    same(lines[0].split(), HEADING)
    return [line.split(None, 6) for line in lines[1:]]


def ids(bus, *words):
    return [letter["id"] for letter in dead(bus, "list", *words, "--json").expect().json()]


@test("without dead letters there is a heading and no word")
def none(bus):
    same(rows(bus), [])
    holds(not bus.home.exists(), "the home was created")
    with durable(bus):
        same(rows(bus, "list", "mail"), [])
        dead(bus, "--json").expect(out="")


@test("a row tells which message it was, why and when it was set aside, and what was said")
def table(bus):
    with durable(bus) as channel:
        first = channel.publish("jobs.a", "x")
        second = channel.publish("jobs.bb", "y")
        channel.set_aside(first, error=b"\n exit status 3\nTraceback\n")
        channel.set_aside(second, "rejected", 1)
        got = rows(bus)
        same(got[0][:4], [channel.name, first, "failed", "5"])
        holds(got[0][4].endswith(SPAN), f"the age {got[0][4]}")
        same(got[0][5:], ["jobs.a", "exit status 3"])
        same(got[1][:4], [channel.name, second, "rejected", "1"])
        same(got[1][5:], ["jobs.bb", "-"])
        same(rows(bus, "list")[0][:4], got[0][:4])


@test("columns are aligned, and no line ends with blanks")
def aligned(bus):
    with durable(bus) as channel:
        for topic in ("jobs.a", "jobs.much.longer"):
            channel.set_aside(channel.publish(topic, "x"), error=b"e")
        lines = dead(bus).expect().lines()
        for column in (" REASON", " TOPIC", " ERROR"):
            place = lines[0].index(column)
            holds(all(line[place] == " " != line[place + 1] for line in lines), f"{lines}")
        holds(all(line == line.rstrip() for line in lines), f"{lines}")


@test("on a terminal the error is cut at the edge, and drives nothing anywhere")
def narrow(bus):
    with durable(bus) as channel:
        error = b"\x1b[31m\xff\xc3\xa4" + b"e" * 200
        channel.set_aside(channel.publish("jobs.a", "x"), error=error)
        seen = on_terminal(bus, "pubsub-dead", columns=80).splitlines()
        same([len(line) for line in seen][1], 80, "the width of the line")
        whole = dead(bus).expect().lines()[1]
        holds("?[31m?\u00e4e" in seen[1] and "?[31m?\u00e4e" in whole, seen[1])
        holds(whole.endswith("e" * 200), whole)


@test("a channel is named by its directory or its durable name, or all are listed")
def channels(bus):
    with durable(bus, "a") as a, durable(bus, "b") as b, durable(bus, "c", "other") as c:
        letters = [channel.publish(channel.name[0], "x") for channel in (a, b, c)]
        for channel, letter in zip((a, b, c), letters, strict=True):
            channel.set_aside(letter)
        same(ids(bus), letters)
        same(ids(bus, "mail"), letters[:2])
        same(ids(bus, "b_mail"), letters[1:2])
        for name in ("nobody", "a_nobody"):
            dead(bus, name).expect(1, err=f"channel '{name}'; pubsub-ls shows what there is")


@test("--pattern shows those whose topic matches")
def pattern(bus):
    with durable(bus) as channel:
        first = channel.publish("jobs.a", "x")
        second = channel.publish("jobs.b.c", "y")
        for each in (first, second):
            channel.set_aside(each)
        (channel.path / ".d-corrupt-0-7").write_bytes(b"nonsense")
        same(ids(bus, "--pattern", "jobs.="), [first])
        same(ids(bus, "--pattern", "+"), [first, second])
        same(ids(bus, "mail", "--pattern", "none"), [])


@test("--json has the message's fields and then its own")
def json_lines(bus):
    with durable(bus) as channel:
        message = channel.publish("-H", "k:=3", "jobs.a", "x")
        file = channel.set_aside(message, "expired", 7, b"said\xff")
        (channel.path / ".d-corrupt-0-7").write_bytes(b"nonsense")
        for words in (["--json"], ["show", "--json", "mail", message, "7"]):
            got = dead(bus, *words).expect().json()
            same(list(got[0]), ["id", *FIELDS])
            same(
                [got[0][name] for name in ("id", "file", "reason", "error")],
                ["7", ".d-corrupt-0-7", "corrupt", None],
            )
            same(list(got[1]), MESSAGE_FIELDS + FIELDS)
            same((got[1]["id"], got[1]["headers"], got[1]["payload"]), (message, {"k": 3}, "x"))
            same(
                [got[1][name] for name in FIELDS if name != "dead_time"],
                [channel.name, file, "expired", 7, "said\ufffd"],
            )
            holds(got[1]["dead_time"].startswith("20"), got[1]["dead_time"])


@test("show has everything about it, and the payload")
def show(bus):
    with durable(bus) as channel:
        message = channel.publish("-H", "k=v", "-H", "n:=3", "jobs.a", "hello")
        file = channel.set_aside(message, error=b"exit status 3\nTraceback\n")
        for name in (message, file):
            lines = dead(bus, "show", "mail", name).expect().lines()
            same(
                lines[:4],
                [f"Channel:   {channel.name}", f"File:      {file}", "Reason:    failed",
                 "Attempts:  5"],
            )
            holds(lines[4].startswith("Set aside: 20"), lines[4])
            same(
                lines[5:9],
                ["Error:     exit status 3", "           Traceback", f"ID:        {message}",
                 "Topic:     jobs.a"],
            )
            holds(lines[9].startswith("Published: 20"), lines[9])
            same(
                lines[10:],
                ['Headers:   k: "v"', "           n: 3", "Payload:   5 bytes", "", "hello"],
            )


@test("show escapes control bytes on a terminal, unless --raw")
def show_terminal(bus):
    with durable(bus) as channel:
        message = channel.publish("jobs.a", "\x1b[31m")
        channel.set_aside(message, error=b"\x1b[32m")
        words = ["pubsub-dead", "show", "mail", message]
        seen = on_terminal(bus, *words)
        holds("\x1b" not in seen and "\\x1b[31m\n" in seen and "\\x1b[32m\n" in seen, seen)
        seen = on_terminal(bus, *words, "--raw")
        holds("\x1b[31m\n" in seen and "\x1b[32m\n" in seen, seen)


@test("show of what is no message says how large it is")
def show_no_message(bus):
    with durable(bus) as channel:
        (channel.path / ".d-corrupt-0-7").write_bytes(b"nonsense")
        got = dead(bus, "show", "mail", "7").expect().lines()
        same(got[-2:], ["ID:        7", "Size:      8 bytes that can't be read as a message"])


@test("one that is named and not there is an error, and the others are done")
def missing(bus):
    with durable(bus) as channel:
        message = channel.publish("jobs.a", "hello")
        channel.set_aside(message)
        said = "there is no dead letter '5' in 'mail'; pubsub-dead lists what there is"
        got = dead(bus, "show", "mail", "5", message).expect(1, err=said)
        holds(got.out.endswith(b"\nhello\n"), got.out)
        for verb in ("show", "replay", "discard"):
            dead(bus, verb, "mail", "5").expect(1, out="", err=said)
            dead(bus, verb, "none", "5").expect(1, out="", err="no durable channel 'none'")
            dead(bus, verb, "a_none", "5").expect(1, out="", err="there is no channel 'a_none'")
        dead(bus, "discard", "-v", "mail", "5", message).expect(
            1, out="jobs.+_mail: 1 dead letter discarded\n", err=said
        )
        same(channel.files(), [])


@test("a replayed message comes again, with its ID and headers and no attempts")
def replay(bus):
    with durable(bus) as channel:
        message = channel.publish("-H", "k=v", "jobs.a", "hello")
        channel.set_aside(message, error=b"no")
        dead(bus, "replay", "-v", "mail", message).expect(
            out="jobs.+_mail: 1 dead letter replayed\n"
        )
        same(rows(bus), [])
        got = bus.run("pubsub-peek", "--json", "mail").expect().json()[0]
        same((got["id"], got["attempts"], got["state"]), (message, 0, "waiting"))
        got = bus.subscribe("jobs.+", "--durable", "mail", "-1", "--json").expect().json()[0]
        same((got["id"], got["headers"], got["payload"]), (message, {"k": "v"}, "hello"))
        same(channel.files(), [])


@test("a reader that waits gets what is replayed")
def replay_wakes(bus):
    with durable(bus) as channel:
        message = channel.publish("jobs.a", "hello")
        file = channel.set_aside(message)
        reader = bus.subscriber("jobs.+", "--durable", "mail", "-1")
        dead(bus, "replay", "mail", file).expect(out="")
        reader.result().expect(out="hello\n")


@test("--all and --pattern replay or discard many")
def many(bus):
    with durable(bus) as channel:
        for verb, done in (("replay", "replayed"), ("discard", "discarded")):
            bus.run("pubsub-purge", "mail").expect()
            messages = [channel.publish(f"jobs.{c}", c) for c in "abc"]
            for message in messages:
                channel.set_aside(message)
            dead(bus, verb, "mail", "--pattern", "jobs.b", "-v").expect(
                out=f"{channel.name}: 1 dead letter {done}\n"
            )
            same(ids(bus), [messages[0], messages[2]])
            dead(bus, verb, "mail", "--all", "-v").expect(
                out=f"{channel.name}: 2 dead letters {done}\n"
            )
            same(ids(bus), [])
            same(channel.files(), messages if verb == "replay" else [])
            dead(bus, verb, "mail", "--all", "-v").expect(
                out=f"{channel.name}: 0 dead letters {done}\n"
            )


@test("a name replays the dead letters of all its channels")
def replay_channels(bus):
    with durable(bus, "a") as a, durable(bus, "b") as b:
        a.set_aside(a.publish("a", "x"))
        b.set_aside(b.publish("b", "y"))
        dead(bus, "replay", "mail", "--all", "-v").expect(
            out="a_mail: 1 dead letter replayed\nb_mail: 1 dead letter replayed\n"
        )


@test("IDs are looked for in all channels of a name")
def named_channels(bus):
    with durable(bus, "a") as a, durable(bus, "b") as b:
        first, second = a.publish("a", "x"), b.publish("b", "y")
        a.set_aside(first)
        b.set_aside(second)
        dead(bus, "discard", "mail", first, second, "-v").expect(
            out="a_mail: 1 dead letter discarded\nb_mail: 1 dead letter discarded\n"
        )
        same(a.files() + b.files(), [])


@test("a segment can't be replayed, and is discarded")
def segment(bus):
    with durable(bus) as channel:
        bus.publish("-l", "jobs.a", input=b"x\n" * 3000).expect()
        name = next(n for n in channel.files() if n.startswith(".s-"))
        bus.run("pubsub-peek", "-1", "mail").expect()
        file = channel.rename(name, f".d-segment-0-{name.split('-')[1]}")
        dead(bus, "replay", "mail", "--all").expect(1, err="can't be replayed; discard it")
        same(channel.files().count(file), 1)
        dead(bus, "discard", "mail", file).expect()
        same(channel.files().count(file), 0)


@test("a channel that is called as a verb stands behind one")
def verbs(bus):
    with durable(bus, name="show") as channel:
        message = channel.publish("jobs.a", "x")
        channel.set_aside(message)
        same(ids(bus, "show"), [message])
        dead(bus, "show", "show", message).expect()


USAGE = [
    (["list", "a", "5"], "unexpected '5'; write: pubsub-dead show a 5"),
    (["a", "5"], "unexpected '5'; write: pubsub-dead show a 5"),
    (["--all"], "--all does not go with list"),
    (["-v"], "-v does not go with list"),
    (["--pattern", "a/b"], "the pattern has the byte '/' at offset 1"),
    (["show"], "show wants CHANNEL and ID; pubsub-dead lists what there is"),
    (["show", "a"], "show wants CHANNEL and ID"),
    (["show", "a", "5", "--pattern", "x"], "--pattern does not go with show"),
    (["replay"], "replay wants a CHANNEL"),
    (["discard", "--all"], "discard wants a CHANNEL"),
    (["discard", "a"], "discard wants the ID of a dead letter, --all or --pattern PATTERN"),
    (["discard", "a", "5", "--all"], "IDs, --all and --pattern contradict each other"),
    (["replay", "a", "--all", "--pattern", "x"], "IDs, --all and --pattern contradict each"),
    (["replay", "a", "5", "--json"], "--json does not go with replay"),
    (["--no-such"], "unknown option --no-such"),
]


@test("wrong usage: exit code 2, one line that says what to change, nothing done")
def usage(bus):
    for words, said in USAGE:
        got = dead(bus, *words).expect(2, out="", err=f"pubsub-dead: {said}")
        same(len(got.err.splitlines()), 1, f"lines about {words}")
        holds(got.err.endswith("; see pubsub-dead --help\n"), got.err)
    holds(not bus.home.exists(), "the home was created")


@test("a table that can't be written is an error")
def full_output(bus):
    with durable(bus), open("/dev/full", "wb") as full:
        for words in ([], ["discard", "mail", "--all", "-v"]):
            dead(bus, *words, stdout=full).expect(1, err="No space left on device")


if __name__ == "__main__":
    main()
