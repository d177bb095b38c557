# SPDX-License-Identifier: MIT
"""docs/coming-from-formix-pubsub.md: its programs and lines reach each other, its names exist."""

import os
import pathlib
import re
import subprocess
import sys

import pubsub

from peers import PATIENCE_SECONDS, case, eventually, holds, main, same

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "coming-from-formix-pubsub.md"
PYTHON = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def start(home, *command):
    """Starts a command in the home; its output is read as it comes."""
    path = f"{os.environ['FSPS_TOOLS']}:{os.environ['PATH']}"
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PUBSUB_HOME": str(home.path), "PATH": path},
    )


def theirs(home, name):
    """One of the page's programs for formix-pubsub, started."""
    programs = dict(PYTHON.findall(PAGE.read_text("utf-8")))
    return start(home, sys.executable, "-Bc", programs[name])


def ours(home, number):
    """One of the page's lines for a shell, started."""
    return start(home, "sh", "-euc", SHELL.findall(PAGE.read_text("utf-8"))[number])


def said(process):
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    same(process.returncode, 0, f"exit code of {process.args[-1]!r}")
    return output


@case("the page's subscriber of formix-pubsub gets what the page's line publishes")
def their_subscriber(home):
    subscriber = theirs(home, "their_subscriber.py")
    same(subscriber.stdout.readline(), "ready\n")
    same(said(ours(home, 0)), "1/1\n")
    same(said(subscriber), "greetings.a good morning {'from': 'C'}\n")


@case("the page's line gets what the page's publisher of formix-pubsub publishes")
def their_publisher(home):
    subscriber = ours(home, 1)
    eventually(lambda: home.path.exists() and any(home.path.glob("greetings.*/queue")), "a channel")
    same(said(theirs(home, "their_publisher.py")), "1\n")
    same(said(subscriber), "greetings.python good evening\n")


@case("what the page names of formix-pubsub is there")
def names(_home):
    table = PAGE.read_text("utf-8").split("## Side by side")[1].split("\n## ")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    found = set(re.findall(r"(?<![\w.])(publish|subscribe|fetch|Channel\.\w+)\(", " ".join(rows)))
    holds(len(found) >= 5, f"only {found}")
    for name in sorted(found):
        owner, _, attribute = name.rpartition(".")
        holds(hasattr(getattr(pubsub, owner) if owner else pubsub, attribute), name)


if __name__ == "__main__":
    main()
