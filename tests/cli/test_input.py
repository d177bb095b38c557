# SPDX-License-Identifier: MIT
"""pubsub-publish: where messages come from, and what is wrong with what can't be sent."""

import os
import signal
import time

from harness import holds, main, same, test

MESSAGE_BYTES_MAX = 16 * 1024 * 1024


@test("files and standard input are sent as they are")
def files(bus):
    content = bytes(range(256)) + b"\n\n"
    path = bus.path("file", content)
    for words in (f"-f {path} a", f"-f - a < {path}", f"-s a < {path}"):
        bus.received(f"pubsub-publish {words}", "-N").expect(out=content)
    bus.received("pubsub-publish -n a; pubsub-publish -s a < /dev/null", "-v").expect(
        out="a \na \n"
    )


@test("standard input is not read unless asked for")
def leaves_stdin(bus):
    bus.subscribe("b", "-e").expect()
    for words in (["a", "x"], ["-n", "a"], ["-f", "/dev/null", "a"], ["--help"], ["--version"]):
        reader, writer = os.pipe()
        os.write(writer, b"mine")
        bus.publish(*words, stdin=reader).expect()
        os.close(writer)
        same(os.read(reader, 10), b"mine", f"standard input after {words}")
        os.close(reader)


@test("-0 and --delimiter cut where they say")
def delimiters(bus):
    for words, text in (
        ("-0", "one\\0two\\n\\0"),
        ("--delimiter -- ", "one--two\\n"),
        ("--delimiter '\\r\\n'", "one\\r\\ntwo\\n"),
        ("--delimiter '\\x41'", "oneAtwo\\nA"),
    ):
        got = bus.received(f"printf '{text}' | pubsub-publish {words} a", "--json")
        same([m["payload"] for m in got.expect().json()], ["one", "two\n"], words)


@test("--topic-sep takes the topic from each message")
def topic_separator(bus):
    bus.received("printf 'a 1\\nb.c  2\\nc \\n' | pubsub-publish -l --topic-sep ' '", "-v").expect(
        out="a 1\nb.c  2\nc \n"
    )
    bus.received("printf 'a\\t1\\0b\\t2\\0' | pubsub-publish -0 --topic-sep '\\t'", "-v").expect(
        out="a 1\nb 2\n"
    )


@test("a bad line ends the run, is named, and what stood before it is sent")
def bad_lines(bus):
    for text, words, said in (
        ("a 1\\nb", "-l --topic-sep ' '", "line 2: no --topic-sep between topic and body"),
        ("a 1\\nb/c 2", "-l --topic-sep ' '", "line 2: the topic has the byte '/'"),
        ("a 1\\0 2", "-0 --topic-sep ' '", "message 2: the topic is empty"),
    ):
        got = bus.received(f"printf '{text}' | pubsub-publish {words}", "-v")
        got.expect(1, out="a 1\n", err=said)


@test("a line over the limit is an error that names it")
def too_long(bus):
    with open(bus.path("lines"), "wb") as lines:
        lines.write(b"short\n")
        lines.truncate(MESSAGE_BYTES_MAX + 10)
    got = bus.received(f"pubsub-publish -l a < {bus.path('lines')}")
    got.expect(1, out="short\n", err="line 2: longer than 16777216 bytes; split it up")


@test("a message of just the limit passes, one byte more does not")
def largest(bus):
    path = bus.path("large")
    overhead = 4 + 1 + 8 + 8 + 4 + 1 + 4 + 2 + 4
    os.truncate(bus.path("large", b""), MESSAGE_BYTES_MAX - overhead)
    bus.received(f"pubsub-publish a -f {path}", "-F", "%l").expect(
        out=f"{MESSAGE_BYTES_MAX - overhead}\n"
    )
    os.truncate(path, MESSAGE_BYTES_MAX - overhead + 1)
    bus.publish("a", "-f", path).expect(1, err="16777217 bytes, more than the limit")
    os.truncate(path, MESSAGE_BYTES_MAX + 1)
    bus.publish("a", "-f", path).expect(1, err="larger than a message may be, 16777216 bytes")


@test("headers keep their types")
def headers(bus):
    words = "-H s=x -H e= -H i:=-3 -H f:=2.0 -H b:=true -H n:=null -H 'q:=\"a=b\"' -H x=a:=b"
    got = bus.received(f"pubsub-publish {words} a x", "--json").expect()
    holds(
        b'"headers":{"s":"x","e":"","i":-3,"f":2.0,"b":true,"n":null,"q":"a=b","x":"a:=b"}'
        in got.out,
        f"{got.out!r}",
    )


@test("--rate paces the lines of standard input")
def line_pace(bus):
    start = time.monotonic()
    bus.publish("-l", "--rate", "20", "a", input=b"1\n2\n3\n").expect()
    holds(time.monotonic() - start >= 0.099, "3 lines went too fast")


@test("receipts come while the input goes on")
def receipts_flow(bus):
    publisher = bus.start("pubsub-publish", "-l", "-v", "a", stdin=-1)
    for _ in range(2):
        publisher.child.stdin.write(b"x\n")
        publisher.child.stdin.flush()
        publisher.read_until(b"0/0\n")
        publisher.seen = b""
    publisher.result().expect()


@test("a stop signal ends a wait for input")
def stop_reading(bus):
    subscriber = bus.subscriber("a", "-1")
    publisher = bus.start("pubsub-publish", "-l", "a", stdin=-1)
    publisher.child.stdin.write(b"x\n")
    publisher.child.stdin.flush()
    subscriber.result().expect(out="x\n")
    publisher.signal(signal.SIGINT)
    publisher.result().expect(130)


@test("--json-lines sends what --json printed")
def round_trip(bus):
    send = (
        "pubsub-publish -H s=x -H i:=3 -H f:=2.0 -H n:=null -H b:=true a.b 'text\n\"q\"';"
        "printf 'z\\377\\000' | pubsub-publish -s c; pubsub-publish -n d"
    )
    tape = bus.path("tape")
    tape.write_bytes(bus.received(send, "--json").expect().out)
    got = bus.received(f"pubsub-publish --json-lines < {tape}", "--json").expect().out
    strip = [b'"topic"' + line.split(b'"topic"')[1] for line in got.splitlines()]
    kept = [b'"topic"' + line.split(b'"topic"')[1] for line in tape.read_bytes().splitlines()]
    without_time = [line.split(b'"time"')[0] + line.split(b'"headers"')[1] for line in strip]
    same(without_time, [k.split(b'"time"')[0] + k.split(b'"headers"')[1] for k in kept])


@test("--json-lines: -H goes on top, a TOPIC replaces the lines' own, empty lines are skipped")
def json_lines_options(bus):
    line = '{"topic":"a","headers":{"k":1,"l":2},"payload":"x"}'
    path = bus.path("lines", f"\n{line}\n\n{line}".encode())
    got = bus.received(f"pubsub-publish --json-lines -H k=y b < {path}", "-F", "%t %p %P")
    got.expect(out="b x k:y l:2\n" * 2)


@test("--json-lines: a bad line ends the run and is named")
def bad_json(bus):
    good = '{"topic":"a","payload":"x"}'
    for line, said in (
        ("nope", "expected near 'nope'"),
        ("[1]", "the line is no JSON object"),
        (good + "x", "end of file expected"),
        ('{"payload":"x"}', '"topic" is missing'),
        ('{"topic":1,"payload":"x"}', '"topic" is no string'),
        ('{"topic":"a b","payload":"x"}', "the topic has the byte ' '"),
        ('{"topic":"a\\u0000","payload":"x"}', '"topic" contains a NUL byte'),
        ('{"topic":"a"}', 'neither "payload" nor "payload_base64" is there'),
        ('{"topic":"a","payload":1}', "the payload is no string"),
        ('{"topic":"a","payload":"x","payload_base64":"eA=="}', "are both there"),
        ('{"topic":"a","payload_base64":"e"}', '"payload_base64" is no base64'),
        ('{"topic":"a","headers":[],"payload":"x"}', '"headers" is no object'),
        ('{"topic":"a","headers":{"k":[1]},"payload":"x"}', "line 3: "),
        ('{"topic":"a","payload":"x","payload":"y"}', "duplicate object key"),
    ):
        path = bus.path("lines", f"{good}\n\n{line}\n{good}\n".encode())
        got = bus.received(f"pubsub-publish --json-lines < {path}")
        got.expect(1, out="x\n", err=said)
        holds(got.err.startswith("pubsub-publish: line 3: "), got.err)


@test("--json-lines without jansson names the package")
def without_jansson(bus):
    (bus.directory / "lib").mkdir()
    (bus.directory / "lib" / "libjansson.so.4").write_bytes(b"")
    bus.publish(
        "--json-lines", input=b"", env={"LD_LIBRARY_PATH": str(bus.directory / "lib")}
    ).expect(1, err="install libjansson4")


@test("what can't be read is named")
def unreadable(bus):
    bus.publish("a", "-f", "/no/such").expect(1, err="cannot open '/no/such': No such file")
    bus.publish("a", "-f", "/").expect(1, err="cannot read /: Is a directory")
    for words in (["-s"], ["-l"], ["--json-lines"]):
        bus.run("sh", "-c", 'exec pubsub-publish "$@" <&-', "sh", *words, "a").expect(
            1, err="cannot read standard input: Bad file descriptor"
        )


if __name__ == "__main__":
    main()
