# SPDX-License-Identifier: MIT
"""What the tests of the commands share: a bus of its own for each test, programs that are started
and looked after, and TAP.

A test is a function with the decorator @test("a sentence") that takes a Bus. It fails by raising,
mostly through same() and holds(); Skip skips it. After each test everything it started has to be
gone, and nothing may be left in the home: no channel, nothing being built or removed, no staging
file. Nothing waits for time to pass: tests wait for a descriptor, a process or a file.
"""

import errno
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BINDIR = pathlib.Path(os.environ["PUBSUB_BINDIR"])
# All that are built; beside them lie directories of the build's own.
COMMANDS = sorted(
    path.name for path in BINDIR.glob("pubsub*") if path.is_file() and os.access(path, os.X_OK)
)
TEST_SECONDS = 30
WAIT_SECONDS = 10

# Whoever runs us may ignore them (nohup, a shell's background, some CI), which the programs that we
# start would inherit.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

_tests = []


class Skip(Exception):
    """Raised with the reason why a test can't be run here."""


class Failure(Exception):
    pass


def test(sentence):
    def register(function):
        _tests.append((sentence, function))
        return function

    return register


def holds(condition, what):
    if not condition:
        raise Failure(what)


def same(actual, expected, what="value"):
    if actual != expected:
        raise Failure(f"{what} is\n{actual!r}, not\n{expected!r}")


class Result:
    """How a program ended. A death by signal n is 128 + n, as a shell has it."""

    def __init__(self, status, out, err):
        self.status = status if status >= 0 else 128 - status
        self.out = out
        self.err = err.decode("utf-8", "replace")

    def expect(self, status=0, out=None, err=None):
        """Checks exit code, output and diagnostics; err None: there are none."""
        shown = f"(standard error: {self.err!r}, output: {self.out[:200]!r})"
        holds(self.status == status, f"exit code is {self.status}, not {status} {shown}")
        if out is not None:
            same(self.out, out if isinstance(out, bytes) else out.encode(), "output")
        if err is None:
            same(self.err, "", "standard error")
        else:
            holds(err in self.err, f"standard error is {self.err!r}, without {err!r}")
        return self

    def lines(self):
        return self.out.decode().splitlines()

    def json(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Process:
    """A program that runs beside the test, its output in a pipe."""

    def __init__(self, words, env, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        self.child = subprocess.Popen(
            list(map(str, words)), env=env, stderr=subprocess.PIPE, **options
        )
        self.seen = b""

    def signal(self, number):
        self.child.send_signal(number)

    def stop(self):
        """Stops it, until SIGCONT; it does nothing any more when this returns."""
        self.signal(signal.SIGSTOP)
        _, status = os.waitpid(self.child.pid, os.WUNTRACED)
        holds(os.WIFSTOPPED(status), f"not stopped but ended: {status}")

    def read_until(self, wanted):
        """Reads output until it ends with these bytes."""
        fd = self.child.stdout.fileno()
        while not self.seen.endswith(wanted):
            readable, _, _ = select.select([fd], [], [], WAIT_SECONDS)
            holds(readable, f"only {self.seen!r} came, not {wanted!r}")
            piece = os.read(fd, 65536)
            holds(piece, f"the output ended at {self.seen!r}, before {wanted!r}")
            self.seen += piece
        return self.seen

    def result(self):
        """Waits for the end."""
        out, err = self.child.communicate(timeout=WAIT_SECONDS)
        return Result(self.child.returncode, self.seen + (out or b""), err)

    def clean_up(self):
        """Whether it was still running."""
        left = self.child.poll() is None
        if left:
            self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()
        return left


class Bus:
    """A home of the test's own, and the commands on it."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.home = self.directory / "home"
        self.processes = []
        self.env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("PUBSUB_") and key != "NOTIFY_SOCKET"
        }
        self.env.update(
            PUBSUB_HOME=str(self.home),
            PATH=f"{BINDIR}:{os.environ['PATH']}",
            TZ="UTC0",
            LC_ALL="C",
        )

    def path(self, name, content=None):
        """A file of the test."""
        path = self.directory / name
        if content is not None:
            path.write_bytes(content)
        return path

    def start(self, *words, env=None, **options):
        """Starts a program beside the test."""
        process = Process(words, {**self.env, **(env or {})}, **options)
        self.processes.append(process)
        return process

    def run(self, *words, input=None, **options):
        """Runs a program to its end."""
        if input is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*words, **options)
        try:
            out, err = process.child.communicate(input, timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired as timeout:
            raise Failure(f"{' '.join(map(str, words))} did not end") from timeout
        return Result(process.child.returncode, out or b"", err)

    def publish(self, *words, **options):
        return self.run("pubsub-publish", *words, **options)

    def subscribe(self, *words, **options):
        return self.run("pubsub-subscribe", *words, **options)

    def ls(self, *words, **options):
        return self.run("pubsub-ls", *words, **options)

    def shell(self, script, **options):
        return self.run("sh", "-c", script, **options)

    def subscriber(self, *words, **options):
        """A subscriber that is there when this returns."""
        return self.ready("pubsub-subscribe", *words, **options)

    def ready(self, command, *words, **options):
        """Starts a command with --ready-fd, which is ready when this returns."""
        reader, writer = os.pipe()
        try:
            process = self.start(
                command, f"--ready-fd={writer}", *words, pass_fds=[writer], **options
            )
            os.close(writer)
            writer = -1
            said = os.read(reader, 1)
            if said != b"\n":
                raise Failure(f"{command} did not get ready: {process.result().err!r}")
            same(os.read(reader, 1), b"", "what follows the newline of --ready-fd")
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)
        return process

    def received(self, publish, *words, pattern="+"):
        """What a subscriber prints while a shell command publishes."""
        return self.subscribe(pattern, *words, "--then", "sh", "-c", publish)

    def visit(self):
        """Lets somebody come by who clears what the dead left; a home is swept once a second."""
        self.subscribe("nobody.sends.this", "-W", "1.2").expect(124)

    def channels(self):
        if not self.home.exists():
            return []
        return sorted(name for name in os.listdir(self.home) if "_" in name)

    def left_over(self):
        if not self.home.exists():
            return
        for name in sorted(os.listdir(self.home)):
            if name not in (".fsps", "tmp"):
                yield f"{name} is left in the home"
        for name in os.listdir(self.home / "tmp") if (self.home / "tmp").exists() else []:
            yield f"tmp/{name} is left in the home"

    def close(self):
        """Ends what runs; yields what should not be there."""
        for process in self.processes:
            if process.clean_up():
                yield f"{process.child.args} was left running"
        yield from self.left_over()


class PlainChannel:
    """A channel as formix-pubsub makes them, whose bell a test can fill. Its owner is the test."""

    RECORDS = 8192

    def __init__(self, bus, pattern, random="abcdefghijkl"):
        bus.home.mkdir(mode=0o700, exist_ok=True)
        (bus.home / "tmp").mkdir(exist_ok=True)
        self.path = bus.home / f"{pattern}_{random}_{os.getpid()}"
        self.path.mkdir()
        os.mkfifo(self.path / "queue", 0o600)
        self.fd = os.open(self.path / "queue", os.O_RDWR | os.O_NONBLOCK)

    def fill(self):
        try:
            while True:
                os.write(self.fd, bytes(8) * 512)
        except BlockingIOError:
            return self

    def make_room(self):
        """A pipe has room again once a page of it was read."""
        os.read(self.fd, 4096)

    def messages(self):
        return sorted(name for name in os.listdir(self.path) if name != "queue")

    def remove(self):
        os.close(self.fd)
        shutil.rmtree(self.path)


def wait_for_exit(pid):
    """Waits until a process that is not our child is gone."""
    try:
        fd = os.pidfd_open(pid)
    except OSError as error:
        holds(error.errno == errno.ESRCH, f"pidfd_open: {error}")
        return
    try:
        readable, _, _ = select.select([fd], [], [], WAIT_SECONDS)
        holds(readable, f"process {pid} is still there")
    finally:
        os.close(fd)


def wait_until(condition, what):
    """Waits until something holds of files, which tell nobody when they change."""
    end = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        holds(time.monotonic() < end, f"waited in vain for {what}")
        pause.wait(0.005)


def base_directory():
    for base in ("/dev/shm", os.environ.get("TMPDIR", "/tmp")):
        if os.access(base, os.W_OK | os.X_OK):
            return base
    return None


def on_alarm(number, frame):
    raise Failure(f"not done within {TEST_SECONDS} s")


def problems_of(function):
    problems = []
    with tempfile.TemporaryDirectory(prefix="fsps-cli-", dir=base_directory()) as directory:
        bus = Bus(directory)
        signal.alarm(TEST_SECONDS)
        try:
            function(bus)
        except Skip:
            problems.extend(bus.close())
            raise
        except Failure as failure:
            problems.append(str(failure))
        except Exception:
            problems.append(traceback.format_exc())
        finally:
            signal.alarm(0)
        problems.extend(bus.close())
    return problems


def main():
    """Runs the tests of the module, or those whose sentence contains an argument."""
    signal.signal(signal.SIGALRM, on_alarm)
    chosen = [t for t in _tests if all(word in t[0] for word in sys.argv[1:])]
    print(f"1..{len(chosen)}")
    for number, (sentence, function) in enumerate(chosen, 1):
        try:
            problems = problems_of(function)
        except Skip as reason:
            print(f"ok {number} - {sentence} # SKIP {reason}", flush=True)
            continue
        print(f"{'not ok' if problems else 'ok'} {number} - {sentence}", flush=True)
        for problem in problems:
            for line in problem.splitlines():
                print(f"# {line}")
