# SPDX-License-Identifier: MIT
"""What the tests of the documents share: code blocks, and programs in a home of their own."""

import atexit
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

from tap import SOURCE, built, text

README = SOURCE / "README.md"
PROTOCOL = SOURCE / "docs" / "design" / "protocol.md"
FORMAT = SOURCE / "docs" / "man" / "pubsub-format.5.scd"
PATIENCE_S = 30
PIPE_BYTES = 4096


def temporary(base=None):
    """A directory that is removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="fsps-docs.", dir=base))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


# Programs may not run from a place in memory, and a disk is slow for homes and what programs write.
PLACE = temporary()
HOMES = temporary("/dev/shm") if os.access("/dev/shm", os.W_OK | os.X_OK) else PLACE


def blocks(path, language):
    """The code blocks of a Markdown file that are marked with a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)


def section(path, name):
    """The text of a manual page's section."""
    found = re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", text(path), re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def literals(source):
    """The literal blocks in scdoc's source, as they are shown."""
    found = re.findall(r"^```\n(.*?)^```$", source, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", block) for block in found]


def commands():
    """The directory with the built commands."""
    return built("pubsub-publish").parent


def wait_for(condition, what):
    """Waits until condition() is true. Raises if that takes too long."""
    end = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain until {what}")
        pause.wait(0.01)


@contextlib.contextmanager
def pipe_with_room(size):
    """A pipe that takes so many bytes. Whoever writes more has to wait, at a place where a test can
    kill it: behind what it tells of, and before what comes after."""
    reader, writer = os.pipe()
    try:
        if fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES) != PIPE_BYTES:
            raise RuntimeError(f"a pipe is not made of {PIPE_BYTES} bytes here")
        os.write(writer, bytes(PIPE_BYTES - size))
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


class Home:
    """A home, and an environment in which programs use it."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=HOMES)) / "bus"
        self.environment = os.environ | {
            "LC_ALL": "C",
            "PATH": f"{commands()}:{os.environ['PATH']}",
            "PUBSUB_HOME": str(self.path),
        }

    def channels(self):
        return sorted(self.path.glob("*_*_*"))

    def wait_for_channels(self, count):
        wait_for(lambda: len(self.channels()) == count, f"{count} channels were there")

    def durable(self, name):
        """What pubsub-ls tells of a durable channel."""
        lines = self.run("pubsub-ls", "--json", name).splitlines()
        return next(one for one in map(json.loads, lines) if one["kind"] == "durable")

    def is_empty(self, name):
        """Whether nothing is left to do in a durable channel."""
        state = self.durable(name)
        return state["backlog"] == state["claimed"] == state["delayed"] == 0

    def run(self, *command, **options):
        """Runs a program to its end; what it said on both outputs, or an exception."""
        done = subprocess.run(
            [str(word) for word in command], env=self.environment, text=True,
            stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False, **options,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{done.returncode} from {command}: {done.stdout}")
        return done.stdout

    @contextlib.contextmanager
    def start(self, *command, **options):
        """A running program; killed at the end if it still runs."""
        process = subprocess.Popen(
            [str(word) for word in command], env=self.environment, text=True,
            stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, **options,
        )
        guard = threading.Timer(PATIENCE_S, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()

    @contextlib.contextmanager
    def start_group(self, *command, output):
        """The same in a process group of its own, which writes to a descriptor."""
        with self.start("bash", "-c", f'exec "$@" >&{output}', "bash", *command,
                        pass_fds=(output,), start_new_session=True) as process:
            yield process
