# SPDX-License-Identifier: MIT
"""What the interop tests share: a home of each case's own, processes of both sides in it that are
told what to do, and TAP.

A case is a function with the decorator @case("a sentence") that takes a Home. It fails by raising,
mostly through same() and holds(); Skip skips it. Afterwards every process that it started must end
well, unless the case killed it. Nothing waits for time to pass: what must come is waited for with a
deadline.
"""

import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

OUR_PROGRAMS = pathlib.Path(os.environ["FSPS_INTEROP_BIN"])
THEIR_SIDE = pathlib.Path(__file__).with_name("their_side.py")
PATIENCE_SECONDS = 60

_cases = []


class Failure(Exception):
    pass


class Skip(Exception):
    """Raised with the reason why a case can't be run here."""


def case(sentence):
    def register(function):
        _cases.append((sentence, function))
        return function

    return register


def holds(condition, what):
    if not condition:
        raise Failure(what)


def same(actual, expected, what="value"):
    if actual != expected:
        raise Failure(f"{what} is {actual!r:.300}, not {expected!r:.300}")


class Side:
    """A process that answers requests, JSON by the line."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.unread = b""

    def say(self, **request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        """The next line of the process, or None if it ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pieces = [self.unread]
        while b"\n" not in pieces[-1]:
            left = deadline - time.monotonic()
            holds(left > 0, f"{self.process.args} does not answer")
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            pieces.append(os.read(self.process.stdout.fileno(), 1 << 20))
            if not pieces[-1]:
                return None
        line, _, self.unread = b"".join(pieces).partition(b"\n")
        return json.loads(line)

    def ask(self, **request):
        self.say(**request)
        answer = self.hear()
        holds(answer is not None, f"{self.process.args} ended at {request!r:.200}")
        return answer

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.release()

    def end(self):
        """Lets it close what it has open, and waits."""
        if self.process.stdin.closed:
            return
        self.release()
        same(self.process.wait(PATIENCE_SECONDS), 0, f"exit code of {self.process.args}")

    def release(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()


class Subscriber(Side):
    """Ours: interop_subscribe."""

    def __init__(self, command):
        super().__init__(command)
        greeting = self.hear()
        holds(greeting is not None, "interop_subscribe has no channel")
        self.channel = greeting["channel"]

    def take(self, count=1, wait_ms=PATIENCE_SECONDS * 1000, **more):
        return self.ask(take=count, wait_ms=wait_ms, **more)

    def messages(self, count=1):
        """Exactly so many, waited for."""
        got = self.take(count)["messages"]
        same(len(got), count, "number of messages")
        return got

    def payloads(self, count=1):
        return [bytes.fromhex(message["payload"]) for message in self.messages(count)]

    def nothing_waits(self):
        same(self.take(1, 0)["messages"], [], "what waits")


class Theirs(Side):
    """A process of formix-pubsub's: their_side.py."""

    def __init__(self, home, *before):
        super().__init__(
            [*before, sys.executable, "-B", THEIR_SIDE],
            os.environ | {"PUBSUB_HOME": str(home), "PYTHONWARNINGS": "error"},
        )
        self.do("hello")

    def do(self, what, **arguments):
        return self.ask(do=what, **arguments)

    def publish(self, topic, payload=b"x", headers=None):
        answer = self.do("publish", topic=topic, payload=payload.hex(), headers=headers)
        holds("raised" not in answer, f"its publish raised {answer.get('raised')}")
        return answer["result"]

    def fetch(self, number=0, count=1):
        return self.do("fetch", number=number, count=count)["messages"]


class Home:
    """A home and the processes in it."""

    def __init__(self):
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="fsps-interop-", dir=place))
        self.path = self.base / "home"
        self.sides = []

    def add(self, side):
        self.sides.append(side)
        return side

    def publisher(self):
        return self.add(Side([OUR_PROGRAMS / "interop_publish", self.path]))

    def subscriber(self, pattern, *durable, before=()):
        """durable: of a durable channel its name, and "shared" for one of a group. before: words of
        a command that is to run it."""
        program = OUR_PROGRAMS / "interop_subscribe"
        return self.add(Subscriber([*before, program, self.path, pattern, *durable]))

    def theirs(self, *before):
        """before: words of a command that is to run it."""
        return self.add(Theirs(self.path, *before))

    def names(self, directory="."):
        return sorted(os.listdir(self.path / directory))

    def message_files(self, channel):
        return [name for name in self.names(channel) if name.isdigit()]

    def locks(self):
        """Our members' lock files, of the living and of the dead."""
        return [name for name in self.names(".fsps") if name.startswith("w-")]

    def make_old(self, name):
        """As if nothing had changed there since 1970."""
        os.utime(self.path / name, (1, 1))

    def end(self):
        for side in self.sides:
            side.end()

    def remove(self):
        for side in self.sides:
            if side.process.poll() is None:
                side.kill()
        shutil.rmtree(self.base, ignore_errors=True)


def publish(publisher, topic, payload=b"x", headers=None):
    """Through one of our publishers: the whole answer."""
    request = {"topic": topic, "payload": payload.hex()}
    if headers is not None:
        request["headers"] = json.dumps(headers)
    return publisher.ask(**request)


def eventually(condition, what):
    """Waits for what our side does by itself, once a second. The condition takes time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        holds(time.monotonic() < deadline, f"{what} does not happen")


def run_case(function):
    """What went wrong, line by line."""
    home = Home()
    try:
        function(home)
        home.end()
        return []
    except Skip:
        raise
    except Exception:
        return traceback.format_exc().splitlines()
    finally:
        home.remove()


def report(number, title, function):
    """Runs a case and prints its result. Answers whether it passed or was skipped."""
    try:
        problems = run_case(function)
    except Skip as reason:
        print(f"ok {number} - {title} # SKIP {reason}", flush=True)
        return True
    print(f"{'not ok' if problems else 'ok'} {number} - {title}")
    for problem in problems:
        print(f"# {problem}")
    sys.stdout.flush()
    return not problems


def main():
    print(f"1..{len(_cases)}", flush=True)
    passed = [
        report(number, f"{function.__name__}: {sentence}", function)
        for number, (sentence, function) in enumerate(_cases, 1)
    ]
    sys.exit(0 if all(passed) else 1)
