# SPDX-License-Identifier: MIT
"""What the documents show in a shell happens, with what is built here."""

import re
import signal
import subprocess
import sys

from documents import PLACE, PROTOCOL, README, Home, blocks
from tap import case, main

END = "-- end of the command --"
SHELL_TELLS = re.compile(r"^bash: line \d+: +\d+ (Terminated|Killed)")


def steps(session):
    """Pairs of a command and the lines that it is shown to cause."""
    for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, *lines = step.splitlines()
        yield command, lines


def pattern_of(line):
    """What a shown line stands for: numbers, the user and the width of columns vary."""
    words = []
    for word in line.split():
        if re.fullmatch(r"\d+ms", word):
            words.append(r"\d+m?s")
        elif re.fullmatch(r"\d{5,}", word):
            words.append(r"\d+")
        elif word == "root":
            words.append(r"\S+")
        else:
            words.append(re.escape(word))
    return re.compile(" +".join(words))


def differences(lines, expected):
    """Lines of two processes may come in either order."""
    left = list(lines)
    for line in expected:
        found = next((said for said in left if pattern_of(line).fullmatch(said)), None)
        if found is None:
            yield f"not printed: {line}"
        else:
            left.remove(found)
    yield from (f"printed as well: {line}" for line in left)


def read_answer(shell, count):
    """Reads until the command has ended and count lines have come, from whomever."""
    lines, ended = [], False
    while not ended or len(lines) < count:
        line = shell.stdout.readline()
        if not line:
            raise RuntimeError(f"the shell ended after {lines}")
        if line.rstrip("\n") == END:
            ended = True
        elif not SHELL_TELLS.match(line):
            lines.append(line.rstrip("\n"))
    return lines


def run_session(home, session):
    session = session.replace("/dev/shm/pubsub", str(home.path))
    with home.start("bash", stdin=subprocess.PIPE) as shell:
        for command, expected in steps(session):
            shell.stdin.write(f"{command}\necho '{END}'\n")
            shell.stdin.flush()
            yield from differences(read_answer(shell, len(expected)), expected)
            if command.endswith("&"):
                home.wait_for_channels(1)
            elif command == "kill $!":
                home.wait_for_channels(0)


@case("the README's session happens as it is shown")
def readme():
    sessions = blocks(README, "console")
    if not sessions:
        yield "there is none"
    home = Home()
    for session in sessions:
        yield from run_session(home, session)


def programs():
    """The Python programs of protocol.md: the publisher and the subscriber."""
    for name, code in zip(("publisher", "subscriber"), blocks(PROTOCOL, "python"), strict=True):
        path = PLACE / f"{name}.py"
        path.write_text(code, encoding="utf-8")
        yield path


@case("protocol.md's publisher of a few lines reaches pubsub-subscribe")
def by_hand_publisher():
    publisher, _ = programs()
    home = Home()
    with home.start("pubsub-subscribe", "-v", "-C", "2", "a.+") as process:
        home.wait_for_channels(1)
        for topic in ("a.b", "b.a", "a.b.c"):
            said = home.run(sys.executable, publisher, topic, "hello")
            if said:
                yield f"the publisher said {said!r}"
        said = process.communicate()[0]
        if said != "a.b hello\na.b.c hello\n":
            yield f"the subscriber said {said!r}"


@case("protocol.md's publisher finds another ID where one is taken")
def by_hand_taken():
    publisher, _ = programs()
    home = Home()
    # One clock for both: the second message finds the first one's name.
    stopped = "import runpy, sys, time; time.time_ns = lambda: 1795188226178418000; "
    run = stopped + f"runpy.run_path({str(publisher)!r})"
    with home.start("pubsub-subscribe", "-C", "2", "a") as process:
        home.wait_for_channels(1)
        process.send_signal(signal.SIGSTOP)
        for text in ("one", "two"):
            home.run(sys.executable, "-c", run, "a", text)
        process.send_signal(signal.SIGCONT)
        said = process.communicate()[0]
        if said != "one\ntwo\n":
            yield f"the subscriber said {said!r}"


@case("protocol.md's subscriber of a few lines gets what pubsub-publish sends")
def by_hand_subscriber():
    _, subscriber = programs()
    home = Home()
    home.path.mkdir(mode=0o700)
    with home.start(sys.executable, subscriber, "a.=", "2") as process:
        if process.stdout.readline() != "ready\n":
            yield "it did not get ready"
        said = home.run("pubsub-publish", "-v", "-l", "a.b", input="one\ntwo\n", stdin=None)
        if said != "1/1\n1/1\n":
            yield f"the publisher said {said!r}"
        said = process.communicate()[0]
        if said != "a.b one\na.b two\n":
            yield f"the subscriber said {said!r}"
    if home.channels():
        yield f"it left {home.channels()}"


@case("protocol.md's way to look at a home works")
def by_hand_look():
    home = Home()
    with home.start("pubsub-subscribe", "a.="):
        home.wait_for_channels(1)
        for code in blocks(PROTOCOL, "sh"):
            said = home.run("bash", "-euc", code)
            for expected in ("a.=_", "queue", "pubsub-subscribe"):
                if expected not in said:
                    yield f"{expected} is not in {said!r}"


if __name__ == "__main__":
    main()
