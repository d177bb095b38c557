# SPDX-License-Identifier: MIT
"""What the trackers of comparable tools are full of, one test each."""

import base64
import os
import signal

from harness import PlainChannel, holds, main, same, test, wait_for_exit


@test("-l does not cut lines at 1,023 bytes")
def long_lines(bus):
    sizes = [1022, 1023, 1024, 4096, 65535, 65536, 65537, 262144, 1000000]
    lines = b"".join(b"x" * size + b"\n" for size in sizes)
    path = bus.path("lines", lines)
    got = bus.received(f"pubsub-publish -l a < {path}", pattern="a")
    got.expect(out=lines)


@test("-l does not lose the last line")
def last_line(bus):
    bus.received("printf 'one\\ntwo' | pubsub-publish -l a").expect(out="one\ntwo\n")


@test("-l sends empty lines as empty messages")
def empty_lines(bus):
    got = bus.received("printf '\\n\\none\\n\\n' | pubsub-publish -l a", "--json")
    same([message["payload"] for message in got.expect().json()], ["", "", "one", ""])


@test("-l with an empty standard input publishes nothing and ends")
def empty_input(bus):
    bus.received("pubsub-publish -l a < /dev/null; echo $?").expect(out="0\n")


BYTES = [
    b"",
    b"plain",
    b"\x00",
    b"a\x00b",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b'"\\/\b\f\n\r\t',
    b"\x1b[31m\x7f",
    "\u00e9\u20ac\U0001f600\u2028\u0085".encode(),
    bytes(range(256)),
]


def is_utf8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@test("--json parses whatever the bytes: bad UTF-8, NUL, controls")
def json_parses(bus):
    for number, content in enumerate(BYTES):
        bus.path(f"{number:02}", content)
    got = bus.received(f"for f in {bus.directory}/??; do pubsub-publish -f $f a; done", "--json")
    for message, content in zip(got.expect().json(), BYTES, strict=True):
        same(message["len"], len(content))
        if "payload" in message:
            same(message["payload"].encode(), content)
        else:
            same(base64.b64decode(message["payload_base64"]), content)
            holds(not is_utf8(content), f"{content!r} is UTF-8 but has no payload")


@test("--json never contains NaN or infinities, since no header can")
def json_numbers(bus):
    for text in ("NaN", "nan", "Infinity", "-Infinity", "1e999"):
        bus.publish("-H", f"k:={text}", "a", "x").expect(2, err="-H k:=")
    got = bus.received("pubsub-publish -H k:=1e300 -H n:=-0.5 a x", "--json")
    same(got.expect().json()[0]["headers"], {"k": 1e300, "n": -0.5})


@test("the exit status is not 0 after a loss")
def loss(bus):
    channel = PlainChannel(bus, "a").fill()
    bus.publish("a", "x").expect(4, err=f"channel '{channel.path.name}' did not take the message")
    channel.remove()


@test("-C counts beside every other option")
def count(bus):
    send = "for i in 1 2 3 4 5; do pubsub-publish a $i; done"
    for words in (
        ["-W", "9"],
        ["--idle", "9"],
        ["-v"],
        ["--json"],
        ["--drain"],
        ["b"],
        ["-F", "%p"],
    ):
        got = bus.received(send, "-C", "2", *words, pattern="a")
        same(len(got.expect().lines()), 2, f"the number of lines with {words}")
    got = bus.start("pubsub-subscribe", "a", "-C", "2", "--exec", "cat")
    bus.publish("--wait-subscribers", "1", "--repeat", "5", "a", "x").expect()
    got.result().expect(out="xx")


@test("output in a pipe is not held back")
def unbuffered(bus):
    subscriber = bus.subscriber("a")
    for word in ("one", "two"):
        bus.publish("a", word).expect()
        subscriber.read_until(f"{word}\n".encode())
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143)


@test("| head -1 ends, though no second message comes")
def head(bus):
    script = "pubsub-subscribe a --ready-fd 3 3> ready | head -1"
    os.mkfifo(bus.path("ready"))
    pipe = bus.start("sh", "-c", script, cwd=bus.directory)
    with open(bus.path("ready"), "rb") as ready:
        same(ready.read(), b"\n", "readiness")
    bus.publish("a", "only").expect()
    pipe.result().expect(0, out="only\n")


@test("a reader that goes away is noticed while no message comes")
def reader_leaves(bus):
    reader, writer = os.pipe()
    subscriber = bus.subscriber("a", stdout=writer)
    os.close(writer)
    os.close(reader)
    subscriber.result().expect(128 + signal.SIGPIPE)


@test("no command eats the standard input of a loop")
def loop_input(bus):
    numbers = bus.path("numbers", b"1\n2\n3\n")
    for command in (
        "pubsub-publish a $x",
        "pubsub-publish -n a",
        "pubsub-ls",
        "pubsub-subscribe b -e",
        "pubsub-publish -f /dev/null a",
    ):
        script = f"while read x; do {command} > /dev/null; echo $x; done < {numbers}"
        bus.subscribe("c", "-e").expect()
        bus.shell(script).expect(out="1\n2\n3\n")


@test("--drain ends under load")
def drain_under_load(bus):
    # The load begins before the drain does, and goes on until the subscriber is gone.
    script = (
        "pubsub-publish --repeat 99999999 a load > /dev/null 2>&1 & echo $! > pid;"
        "pubsub-publish a mine"
    )
    got = bus.subscribe("a", "-e", "--then", "sh", "-c", script, cwd=bus.directory)
    load = int(bus.path("pid").read_text())
    os.kill(load, signal.SIGTERM)
    wait_for_exit(load)
    got.expect()
    holds("mine" in got.lines(), "what waited at the start of the drain was not shown")


if __name__ == "__main__":
    main()
