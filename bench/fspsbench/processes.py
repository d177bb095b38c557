# SPDX-License-Identifier: MIT
"""
The processes that the benchmark starts, and its place in memory; both end with the benchmark.

A process that fails or takes too long is an error that names its command and shows what it said
last. Nothing here knows what the processes measure.
"""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Failed(Exception):
    """A process did not do what it should; the text says which and what it said."""


class LeftOut(Failed):
    """A program can't do here what it was asked for, and ended with status NOT_HERE."""


# That of a test that is skipped, as automake has it.
NOT_HERE = 77


class Process:
    """A child whose stdout is read here (or goes to a file) and whose stderr is kept."""

    def __init__(self, place, argv, environment=None, stdin=subprocess.DEVNULL, stdout=None):
        self.argv = [str(part) for part in argv]
        self._said = tempfile.TemporaryFile(dir=place.directory)
        self._child = subprocess.Popen(
            self.argv, stdin=stdin, stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=self._said, env={**os.environ, **(environment or {})})
        self._pending = b""

    @property
    def pid(self):
        return self._child.pid

    @property
    def running(self):
        return self._child.poll() is None

    def complaint(self, what):
        self._said.seek(0)
        said = self._said.read()[-600:].decode(errors="replace").strip()
        # Where somebody has the tree tells nobody anything.
        words = " ".join([pathlib.Path(self.argv[0]).name, *self.argv[1:]])
        return Failed(f"{words}: {what}" + (f": {said}" if said else ""))

    def _ended(self, status):
        if status == NOT_HERE:
            self._said.seek(0)
            return LeftOut(self._said.read()[-600:].decode(errors="replace").strip())
        return self.complaint(f"ended with status {status}")

    def line(self, timeout_s):
        """The next line of stdout."""
        deadline_s = time.monotonic() + timeout_s
        while b"\n" not in self._pending:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not select.select([self._child.stdout], [], [], left_s)[0]:
                raise self.complaint(f"silent for {timeout_s:.0f} s")
            chunk = os.read(self._child.stdout.fileno(), 65536)
            if not chunk:
                raise self._ended(self._child.wait())
            self._pending += chunk
        text, _, self._pending = self._pending.partition(b"\n")
        return text.decode()

    def wait(self, timeout_s):
        """Waits for the end, which must be exit status 0."""
        try:
            status = self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise self.complaint(f"not done after {timeout_s:.0f} s") from None
        if status != 0:
            raise self.complaint(f"status {status}")

    def signal(self, number):
        if self.running:
            self._child.send_signal(number)

    def end(self):
        """Ends the process: politely if it heeds that, and waits for it."""
        if self.running:
            self._child.send_signal(signal.SIGCONT)
            self._child.terminate()
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        self._said.close()


class Place:
    """A directory of this run alone, with a fresh home for whoever asks, and the processes."""

    def __init__(self, parent):
        self.directory = pathlib.Path(parent) / f"fsps-bench-{os.getpid()}"
        self._homes = 0

    def __enter__(self):
        self.directory.mkdir(mode=0o700)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextlib.contextmanager
    def home(self):
        """The path of a home that does not exist yet; removed with all that was made in it."""
        self._homes += 1
        path = self.directory / f"home-{self._homes}"
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def started(self, argv, home=None, environment=None, **options):
        environment = {**(environment or {}), **({"PUBSUB_HOME": str(home)} if home else {})}
        process = Process(self, argv, environment, **options)
        try:
            yield process
        finally:
            process.end()


def status_of(pid):
    """The numbers of /proc/PID/status by their names; empty once the process is gone."""
    numbers = {}
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return numbers
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        word = rest.split()[:1]
        if word and word[0].isdigit():
            numbers[name] = int(word[0])
    return numbers


def wait_until(condition, what, timeout_s=30.0):
    """Waits until condition() is true. For what has no descriptor to wait on."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise Failed(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(0.005)
