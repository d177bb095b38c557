# SPDX-License-Identifier: MIT
"""pubsub-match: what it answers, of the command line and of standard input, and what it refuses."""

import signal

from harness import holds, main, same, test


def match(bus, *words, **options):
    return bus.run("pubsub-match", *words, **options)


@test("the exit code says whether all match, or any, and nothing is printed")
def answers(bus):
    for status, words in (
        (0, ["a.=", "a.b"]),
        (0, ["a.=", "a.b", "a.c"]),
        (1, ["a.=", "a.b.c"]),
        (1, ["a.=", "a.b", "x"]),
        (0, ["-a", "a.=", "x", "a.b"]),
        (1, ["-a", "a.=", "x", "y"]),
        (0, ["tes=.x", "test.x"]),
        (0, ["+", "a.b.c"]),
        (1, ["a", "A"]),
        (0, ["--", "-=", "-x"]),
    ):
        match(bus, *words).expect(status, out="")
    holds(not bus.home.exists(), "a home was made")


@test("-p prints those that match, -v says of each, --json does so for programs")
def prints(bus):
    topics = ["a.b", "a.b.c", "x"]
    match(bus, "-p", "a.=", *topics).expect(0, out="a.b\n")
    match(bus, "-p", "a.=", "x").expect(1, out="")
    match(bus, "-v", "a.=", *topics).expect(
        1,
        out="a.b matches a.=\n"
        "a.b.c does not match a.=, as '=' is one word, without dots; '+' would\n"
        "x does not match a.=\n",
    )
    rows = match(bus, "--json", "a.=", *topics).expect(1).json()
    same(rows, [{"topic": t, "pattern": "a.=", "matches": t == "a.b"} for t in topics])


@test("'-' is a topic from each line of standard input, among others")
def from_input(bus):
    match(bus, "-p", "a.=", "a.first", "-", "a.last", input=b"a.b\nx\na.c").expect(
        out="a.first\na.b\na.c\na.last\n"
    )
    match(bus, "a.=", "-", input=b"").expect(1, out="")
    match(bus, "a.=", "-", input=b"a.b\nx\n").expect(1)


@test("what is said of a line shows before the next one is waited for")
def at_once(bus):
    process = bus.start("pubsub-match", "-p", "a.=", "-", stdin=-1)
    for line in (b"a.b\n", b"a.c\n"):
        process.child.stdin.write(line)
        process.child.stdin.flush()
        process.read_until(line)
    process.signal(signal.SIGTERM)
    process.result().expect(143, out="a.b\na.c\n")


@test("a pattern or topic that is none is a usage error that points at the byte")
def refused(bus):
    for words, sentence, shown, column in (
        (["a.#", "a"], "the pattern has the byte '#' at offset 2", "a.#", 2),
        (["a", "a b"], "the topic has the byte ' ' at offset 1", "a b", 1),
        (["a", "b", "c.=", "-"], "the topic has the wildcard '=' at offset 2", "c.=", 2),
        (["a", "x\x1by"], "at offset 1", "x?y", 1),
    ):
        lines = match(bus, *words).expect(2, out="", err=sentence).err.splitlines()
        same(lines[1:3], [f"pubsub-match: {shown}", f"pubsub-match: {' ' * column}^"])
    holds("'+', words" in match(bus, "a.*", "a").expect(2, err="'*'").err, "the wildcards")
    for words, word in (
        (["", "a"], "the pattern is empty"),
        (["a", ""], "the topic is empty"),
        (["a" * 201, "a"], "longer than 200 bytes"),
        (["a"], "no TOPIC given"),
        ([], "no PATTERN given"),
        (["a", "-", "-"], "read once"),
        (["-p", "-v", "a", "b"], "give one of them"),
        (["--home", "x", "a", "b"], "unknown option"),
    ):
        same(match(bus, *words).expect(2, out="", err=word).err.count("\n"), 1)


@test("lines that are no topics are told by their number, and keep the others from nothing")
def wrong_lines(bus):
    long = b"a." + b"b" * 2000
    got = match(bus, "-p", "a.+", "-", input=b"a.b\na b\n\n" + long + b"\nx\0y\na.c\r\na.d\n")
    got.expect(2, out="a.b\na.d\n", err="line 2: the topic has the byte ' ' at offset 1")
    for number, word in ((3, "is empty"), (4, "bytes"), (5, "a NUL"), (6, "'\\x0d'")):
        line = next((row for row in got.err.splitlines() if f"line {number}" in row), "")
        holds(word in line, got.err)
    got = match(bus, "a", "-", input=b"a" * 100000).expect(2, err="longer than any topic")


@test("input or output that fails is an error")
def failing(bus):
    with open("/dev/full", "wb") as full:
        match(bus, "-v", "a", "a", stdout=full).expect(1, err="No space left on device")
    bus.shell("pubsub-match a - <&-").expect(1, err="cannot read standard input")


if __name__ == "__main__":
    main()
