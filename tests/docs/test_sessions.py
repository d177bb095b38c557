# SPDX-License-Identifier: MIT
"""What the documents show in a shell happens, with what is built here."""

import signal
import sys

from documents import PLACE, PROTOCOL, README, Home, blocks
from session import Session
from tap import case, files, main, shown


def pages():
    """The documents that show something in a shell."""
    found = [README, *files(".md", under="docs")]
    return [path for path in found if blocks(path, "console")]


def session_case(path):
    @case(f"what {shown(path)} shows in a shell happens as it is shown")
    def session():
        return Session(path).run()

    return session


for page in pages():
    session_case(page)


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
