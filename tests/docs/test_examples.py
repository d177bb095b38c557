# SPDX-License-Identifier: MIT
"""The programs in examples/ do what their comments say."""

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
