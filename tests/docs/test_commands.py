# SPDX-License-Identifier: MIT
"""The examples of the commands' manual pages and of their --help run as they are shown.

Each runs in a home in which something is going on. One that goes on for ever is ended once it has
got what was published for it, as its user would with Ctrl-C. What is no command of ours, and what
would take long or needs hardware, is replaced by a stand-in.
"""

import concurrent.futures
import contextlib
import grp
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from documents import PLACE, Home, commands, literals, section, wait_for
from tap import SOURCE, case, files, main, shown, text

OVERVIEW = SOURCE / "docs" / "man" / "pubsub.7.scd"
# An end by SIGTERM is what a test does to what goes on for ever; other failures end the example.
PRELUDE = "set -o pipefail\ntrap : TERM\ntrap 's=$?; [ $s = 143 ] || exit $s' ERR\n"
ENDS = (0, 128 + signal.SIGTERM)
# For how long what has got all it can get may take to end by itself.
GRACE_S = 0.3
# After how long something that neither subscribes nor prints is taken for one that goes on.
QUIET_S = 1
HEAD = re.compile(r"[A-Z][A-Z0-9/.-]*")
DEAD_ID = "1795188226178418"
TOPICS = ["sensors.kitchen", "jobs.done", "jobs.mail", "log.syslog", "pictures.new", "alarms",
          "answers", "questions", "cameras.door", "hosts.seen"]
STAND_INS = {
    "tail": "printf 'one\\ntwo\\n'",
    "convert": "cat >/dev/null; echo converted",
    "send-mail": "cat >/dev/null; echo sent",
    "notify-send": "cat >/dev/null; echo shown",
    "logger": "true",
    "mail": "cat >/dev/null",
    "sudo": "exec \"$@\"",
    "taskset": "shift 2; exec \"$@\"",
    # There is a dead letter to be found.
    "pubsub-doctor": f"{commands()}/pubsub-doctor \"$@\" || [ $? = 1 ]",
    # Its screen needs a terminal.
    "pubsub-top": f"exec {commands()}/pubsub-top -b \"$@\"",
    "pubsub-bench": f"exec {commands()}/pubsub-bench \"$@\" --warm-up 0.01 --rounds 1 -D 0.02",
}


# A filter of its own is better than none where there is no jq.
WITHOUT_JQ = {"jq": "sed -u 's/.*/sensors.kitchen/'"}
# Where exit code 1 is an answer.
ASKED = "pubsub-match"


def stand_ins():
    """A directory with them, for PATH."""
    place = PLACE / "stand-ins"
    place.mkdir()
    for name, code in (STAND_INS | ({} if shutil.which("jq") else WITHOUT_JQ)).items():
        path = place / name
        path.write_text(f"#!/bin/sh\n{code}\n", encoding="utf-8")
        path.chmod(0o755)
    return place


class World(Home):
    """A home with a durable channel called mail, in which messages wait and one is dead, and with
    somebody who listens to all; and a directory with files, in which examples run."""

    stand_ins = stand_ins()

    def __init__(self):
        super().__init__()
        self.place = pathlib.Path(tempfile.mkdtemp(dir=PLACE))
        (self.place / "photo.jpg").write_bytes(b"\xff\xd8")
        (self.place / "hosts.txt").write_text("anna\nben\n", encoding="utf-8")
        self.environment["PATH"] = f"{self.stand_ins}:{self.environment['PATH']}"
        for name in ("mail", "print"):
            self.run("pubsub-subscribe", "jobs.+", "--durable", name, "-E")
        self.run("pubsub-publish", "jobs.mail", "to nobody")
        self.run("bash", "-c", "pubsub-subscribe jobs.+ --durable mail -1 --attempts 1 "
                 "--exec false 2>/dev/null || true")
        self.feed()
        self.dead = json.loads(self.run("pubsub-dead", "--json").splitlines()[0])["id"]

    def names(self):
        return {path.name for path in self.path.iterdir()}

    def feed(self):
        lines = "".join(f"{topic} to {topic}\n" for topic in TOPICS)
        self.run("pubsub-publish", "-l", "--topic-sep", " ", input=lines, stdin=None)

    def is_idle(self):
        lives = map(json.loads, self.run("pubsub-ls", "--json").splitlines())
        return all(one["backlog"] == 0 for one in lives if one["kind"] == "live")


class Example:
    """One that runs."""

    def __init__(self, world, code):
        self.world, self.before, self.fed = world, world.names(), False
        self.output, self.begun = tempfile.TemporaryFile(), time.monotonic()
        self.process = subprocess.Popen(
            ["bash", "-c", PRELUDE + code], cwd=world.place, env=world.environment,
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def has_done_its_work(self):
        """Whether it ended, or got what it can get, or gets nothing and has said what it has to."""
        if self.process.poll() is not None:
            return True
        if self.fed:
            return self.world.is_idle()
        if self.world.names() > self.before:
            self.world.feed()
            self.fed = True
            return False
        quiet = time.monotonic() - self.begun > QUIET_S
        return quiet or os.fstat(self.output.fileno()).st_size > 0

    def result(self):
        """The exit code, and what it printed."""
        try:
            while self.process.poll() is None:
                wait_for(self.has_done_its_work, "the example had done its work")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(GRACE_S)
                self.signal(signal.SIGTERM)
        finally:
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.output.seek(0)
        return self.process.returncode, self.output.read().decode("utf-8", "replace")


def runnable(code, world):
    """The commands of a block, without what they print, on what there is here."""
    lines = code.splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith(("$ ", "> "))]
    code = "\n".join(lines).replace(DEAD_ID, world.dead)
    code = code.replace("/srv/bus", str(world.place / "bus"))
    code = code.replace("/var/tmp/bench", str(world.place / "bench"))
    return code.replace(" lab", f" {grp.getgrgid(os.getgid()).gr_name}")


def heads(text):
    """The lines that are the head of a table, as words."""
    lines = [line.split() for line in text.splitlines()]
    return [line for line in lines if len(line) > 3 and all(map(HEAD.fullmatch, line))]


def is_part(words, of):
    """Whether words stand in another list in that order: a column may have nothing to say."""
    rest = iter(of)
    return all(word in rest for word in words)


def verdict(where, code, status, said):
    """What is wrong with a run, or None."""
    if status not in ENDS and not (status == 1 and ASKED in code):
        return f"{where}: {status} from {code!r}: {said!r}"
    for head in heads(code):
        if not any(is_part(line, of=head) for line in heads(said)):
            return f"{where}: {head} is not the head of {said!r}"
    return None


def problem(where, code):
    """Runs an example; what is wrong with it, or None."""
    world = World()
    with world.start("bash", "-c", "exec pubsub-subscribe + sensors.+ >/dev/null") as crowd:
        wait_for(lambda: len(world.channels()) == 2, "the crowd was there")
        status, said = Example(world, runnable(code, world)).result()
        crowd.kill()
    return verdict(where, code, status, said)


def problems(examples):
    """Runs pairs of a place and an example, a few at a time: they wait more than they work."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        yield from filter(None, pool.map(problem, *zip(*examples, strict=True)))


@case("the examples of the commands' manual pages run, and print the tables that are shown")
def pages():
    return problems(
        [
            (shown(page), code)
            for page in files(".1.scd", under="docs/man")
            for code in literals(section(page, "EXAMPLES"))
        ]
        + [("pubsub.7.scd", code) for code in literals(text(OVERVIEW)) if code.startswith("$ ")]
    )


@case("the examples of --help run")
def helps():
    examples = []
    for command in sorted(commands().glob("pubsub*")):
        if not command.is_file() or not os.access(command, os.X_OK):
            continue
        said = Home().run(command, "--help").split("Examples:\n")[1].split("\n\n")[0]
        # Behind two blanks stands what it does.
        lines = [re.split(r"\s{2,}", line.strip())[0] for line in said.splitlines()]
        examples += [(command.name, line) for line in lines]
    return problems(examples)


if __name__ == "__main__":
    main()
