# SPDX-License-Identifier: MIT
"""The programs in examples/ do what their comments say."""

import signal
import subprocess

from documents import Home
from tap import BUILD, SOURCE, Skip, built, case, files, main, shown, text

# Built only where their library is.
OPTIONAL = ["uv_loop"]


def example(name):
    return built(f"example-{name}")


def is_built(name):
    return any(BUILD.rglob(f"example-{name}"))


@case("every example is built")
def all_built():
    programs = [path for path in files(".c", under="examples") if "int main(" in text(path)]
    for path in programs:
        words = path.relative_to(SOURCE / "examples").with_suffix("").parts
        name = "-".join(words)
        if not is_built(name) and name not in OPTIONAL:
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
    lines = "".join(f"{number}\n" for number in range(3))
    with home.start("pubsub-subscribe", "--max-messages", "1", "a") as full:
        home.wait_for_channels(1)
        full.send_signal(signal.SIGSTOP)
        with home.start("pubsub-subscribe", "-C", "3", "a") as process:
            home.wait_for_channels(2)
            with home.start(example("batch"), "a", stdin=subprocess.PIPE) as publisher:
                complaints = publisher.communicate(lines)[0].splitlines()
                if publisher.returncode != 1:
                    yield f"it ended with {publisher.returncode}"
            received = process.communicate()[0]
    if received != lines:
        yield f"the subscriber has {received!r}"
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


def read_until(process, wanted):
    """The lines up to one that is wanted."""
    lines = []
    while not lines or wanted not in lines[-1]:
        lines.append(process.stdout.readline())
        if not lines[-1]:
            raise RuntimeError(f"it ended after {lines}")
    return lines


@case("epoll_loop prints what comes for each pattern, counts it, and ends at SIGTERM")
def epoll_loop():
    home = Home()
    with home.start(example("epoll_loop"), "10", "a.=", "b.+") as process:
        home.wait_for_channels(2)
        home.run("pubsub-publish", "a.x", "one")
        home.run("pubsub-publish", "-l", "b.x.y", input="1\n2\n", stdin=None)
        read_until(process, "b.x.y: 2")
        if read_until(process, "so far")[-1] != "so far a.==1 b.+=2\n":
            yield "it counted something else"
        process.terminate()
        if process.wait() != 0:
            yield f"it ended with {process.returncode}"
    if home.channels():
        yield f"it left {home.channels()}"


@case("epoll_loop prints what waits when it is asked to end")
def epoll_loop_finishes():
    home = Home()
    with home.start(example("epoll_loop"), "1000000", "a.=") as process:
        home.wait_for_channels(1)
        process.send_signal(signal.SIGSTOP)
        home.run("pubsub-publish", "-l", "a.x", stdin=None,
                 input="".join(f"{number}\n" for number in range(250)))
        process.terminate()
        process.send_signal(signal.SIGCONT)
        lines = process.communicate()[0].splitlines()
        if lines != [f"a.x: {number}" for number in range(250)]:
            yield f"it printed {len(lines)} lines"


@case("uv_loop publishes, prints what comes, and ends at SIGTERM and at SIGINT")
def uv_loop():
    if not is_built("uv_loop"):
        raise Skip("there was no libuv when this was built")
    for number in (signal.SIGTERM, signal.SIGINT):
        home = Home()
        with home.start(example("uv_loop"), "5", "a.b", "a.=") as process:
            lines = read_until(process, "a.b: 3")
            if lines != ["a.b: 1\n", "a.b: 2\n", "a.b: 3\n"]:
                yield f"it printed {lines}"
            process.send_signal(number)
            process.stdout.read()
            if process.wait() != 0:
                yield f"it ended with {process.returncode}"
        if home.channels():
            yield f"it left {home.channels()}"


if __name__ == "__main__":
    main()
