# SPDX-License-Identifier: MIT
"""What the tests of docs/cookbook.md share: a recipe's blocks, and a kitchen in which they run.

The blocks run as they stand there, but for names of places and hosts that the machine decides on. A
recipe's test is a function with the decorator @recipe("its heading").
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess

from documents import PLACE, Home, wait_for
from tap import SOURCE, Skip, case, text

COOKBOOK = SOURCE / "docs" / "cookbook.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

PATIENCE_S = 30


def on_alarm(_number, _frame):
    raise RuntimeError(f"not done within {PATIENCE_S} s")


signal.signal(signal.SIGALRM, on_alarm)


def recipes():
    """Heading -> text of each recipe."""
    parts = re.split(r"^###? (.*)\n", text(COOKBOOK), flags=re.MULTILINE)[1:]
    return {title: body for title, body in zip(parts[::2], parts[1::2]) if BLOCK.search(body)}


def recipe(title, *programs):
    """The test of the recipe with that heading: problems with what it does in a kitchen. programs:
    what it needs that not every machine has."""

    def register(function):
        def cook():
            for program in programs:
                if shutil.which(program) is None:
                    raise Skip(f"there is no {program}")
            signal.alarm(PATIENCE_S)
            try:
                with contextlib.closing(Kitchen(title)) as kitchen:
                    yield from function(kitchen)
            finally:
                signal.alarm(0)

        return case(f"{title}: {function.__doc__}" if function.__doc__ else title)(cook)

    return register


class Kitchen:
    """A directory with a home beside it, and what a recipe starts there."""

    _count = 0

    def __init__(self, title):
        Kitchen._count += 1
        self.home = Home()
        self.text = recipes()[title]
        self.blocks = [found["code"] for found in BLOCK.finditer(self.text)]
        self.place = PLACE / f"kitchen-{Kitchen._count}"
        self.place.mkdir()
        self.home.environment["PATH"] = f"{self.place}/bin:{self.home.environment['PATH']}"
        (self.place / "bin").mkdir()
        self.groups = []

    def program(self, name, code):
        """Puts a script where the recipe looks for it."""
        path = self.place / name
        path.write_text(code, encoding="utf-8")
        path.chmod(0o755)

    def start(self, *command, **options):
        """A command in a process group of its own, which close() ends."""
        process = subprocess.Popen(
            [str(word) for word in command], env=self.home.environment | options.pop("env", {}),
            cwd=self.place, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, **options,
        )
        self.groups.append(process)
        return process

    def cook(self, replaced=(), block=0, subscribers=None):
        """Starts a block of the recipe, some of its words replaced, and waits for subscribers."""
        code = self.blocks[block]
        for old, new in dict(replaced).items():
            if old not in code:
                raise RuntimeError(f"there is no {old!r} in the recipe")
            code = code.replace(old, new)
        process = self.start("bash", "-c", code)
        if subscribers is not None:
            self.home.wait_for_channels(subscribers)
        return process

    def publish(self, *words):
        self.home.run("pubsub-publish", "--at-least", "1", *words)

    def wait_for_file(self, name, wanted):
        """Waits until a file has a text in it."""
        path = self.place / name
        wait_for(lambda: path.exists() and wanted in text(path), f"{name} has {wanted!r}")

    def close(self):
        for process in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


def ended(process):
    """What a process says until it ends, and its exit status."""
    said, _ = process.communicate()
    return said, process.returncode


def expect(process, *lines):
    """Problems if a process does not say these lines, or does not end well."""
    said, status = ended(process)
    if said.splitlines() != list(lines) or status != 0:
        yield f"{status}: {said!r}"


def reads(process, *lines):
    """Problems if these are not the next lines of a process that goes on."""
    for line in lines:
        said = process.stdout.readline().rstrip("\n")
        if said != line:
            yield f"{said!r}, not {line!r}"
            return
