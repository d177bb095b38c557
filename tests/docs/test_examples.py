# SPDX-License-Identifier: MIT
"""The programs in examples/ do what their comments say."""

import os
import subprocess

from documents import Home
from tap import built, case, files, main, shown


def example(name):
    return built(f"example-{name}")


@case("every example is built")
def all_built():
    for path in files(".c", under="examples"):
        if not example(path.stem).exists():
            yield shown(path)


@case("batch publishes the lines of its input in their order")
def batch():
    home = Home()
    lines = "".join(f"line {number}\n" for number in range(200)) + "no newline"
    with home.start("pubsub-subscribe", "-C", "201", "a.b") as process:
        home.wait_for_channels(1)
        said = home.run(example("batch"), "a.b", input=lines, stdin=None)
        if said:
            yield f"it said {said!r}"
        received = process.communicate()[0]
    if received != lines + "\n":
        yield f"the subscriber said {received!r}"


@case("batch goes on behind a line that a channel refuses, and fails")
def batch_refused():
    home = Home()
    lines = "".join(f"{number}\n" for number in range(8192 + 2))
    home.path.mkdir(mode=0o700)
    # A plain channel that nobody reads holds 8,192 messages.
    channel = home.path / f"a_AAAAAAAAAAAA_{os.getpid()}"
    channel.mkdir(mode=0o700)
    os.mkfifo(channel / "queue", 0o600)
    bell = os.open(channel / "queue", os.O_RDWR | os.O_NONBLOCK)
    with home.start("pubsub-subscribe", "-C", str(8192 + 2), "a") as process:
        home.wait_for_channels(2)
        with home.start(example("batch"), "a", stdin=subprocess.PIPE) as publisher:
            complaints = publisher.communicate(lines)[0].splitlines()
            if publisher.returncode != 1:
                yield f"it ended with {publisher.returncode}"
        received = process.communicate()[0]
    os.close(bell)
    if received != lines:
        yield f"the subscriber has {received.count(chr(10))} lines"
    if len(complaints) != 2 or "1 of 2 channels refused" not in complaints[0]:
        yield f"it said {complaints}"


@case("durable collects, tries again, sets aside, and removes its channel, on both lanes")
def durable():
    expected = [
        "3 orders wait",
        "margherita is ready, at attempt 1",
        "funghi: the oven failed, once more in a second",
        "funghi is ready, at attempt 2",
        "an order was rejected at attempt 1",
    ]
    for lane in ("plain", "fast"):
        home = Home()
        home.environment["FSPS_LANE"] = lane
        said = home.run(example("durable"))
        if said.splitlines() != expected:
            yield f"{lane}: it said {said!r}"
        if list(home.path.glob("orders.*")):
            yield f"{lane}: it left {list(home.path.glob('orders.*'))}"


@case("in_place keeps the brightest frame, and reads frames in place")
def in_place():
    said = Home().run(example("in_place"))
    if said != "the brightest pixel is 120\nsome frames were read in place\n":
        yield f"it said {said!r}"


@case("headers sends every type of header to itself")
def headers():
    said = Home().run(example("headers"))
    expected = [
        "1 of 1 subscribers have it",
        "sensors.kitchen: 21.5",
        '  unit is "C"',
        "  floor is the integer 2",
        "  accuracy is the number 0.1",
        "  calibrated is true",
        "  owner is null",
    ]
    if said.splitlines() != expected:
        yield f"it said {said!r}"


@case("poll_loop prints the lines that it publishes, and ends with its input")
def poll_loop_input():
    home = Home()
    loop = [example("poll_loop"), "talk.me", "talk.="]
    with home.start(*loop, stdin=subprocess.PIPE) as process:
        process.stdin.write("one\ntwo\n")
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(2)]
        if lines != ["talk.me: one\n", "talk.me: two\n"]:
            yield f"it printed {lines}"
        process.stdin.close()
        if process.wait() != 0:
            yield f"it ended with {process.returncode}"
        process.stdin = None
    if home.channels():
        yield f"it left {home.channels()}"


@case("poll_loop ends at SIGTERM and takes its channel with it")
def poll_loop_signal():
    home = Home()
    loop = [example("poll_loop"), "talk.me", "talk.="]
    with home.start(*loop, stdin=subprocess.PIPE) as process:
        home.wait_for_channels(1)
        process.terminate()
        if process.wait() != 0:
            yield f"it ended with {process.returncode}"
    if home.channels():
        yield f"it left {home.channels()}"


if __name__ == "__main__":
    main()
