# SPDX-License-Identifier: MIT
"""docs/recipes: the effect happens once, though workers are killed between it and their word."""

import contextlib
import os
import signal
import sqlite3

from documents import Home, pipe_with_room, wait_for
from tap import SOURCE, built, case, main

MESSAGES = 200
ROWS = 40  # each takes a start of Python
LINE_BYTES = len("1234567890123456\n")


class Queue:
    """A durable channel of orders with messages in it, and its workers."""

    def __init__(self, messages=MESSAGES):
        self.home = Home()
        self.home.run("pubsub-subscribe", "orders.+", "--group", "mailers", "-E")
        self.payloads = [f"order {number}" for number in range(messages)]
        self.home.run("pubsub-publish", "-l", "orders.new", stdin=None,
                      input="\n".join(self.payloads) + "\n")

    def state(self):
        return self.home.durable("mailers")

    def is_empty(self):
        return self.home.is_empty("mailers")

    def kill_between(self, worker, lines, effects):
        """Kills a worker, and what it has started, that has its effect and can't say so."""
        before = effects()
        with pipe_with_room(lines * LINE_BYTES) as full:
            with self.start(worker, full) as process:
                wait_for(lambda: effects() > before + lines, "there were more effects")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def work_off(self, worker):
        with self.start(worker, os.open(os.devnull, os.O_WRONLY)) as process:
            wait_for(self.is_empty, "the channel was empty")
            os.killpg(process.pid, signal.SIGKILL)

    @contextlib.contextmanager
    def start(self, worker, output):
        with self.home.start_group(*worker, output=output) as process:
            yield process

    def problems(self, effects):
        if self.state()["dead_letters"] != 0:
            yield f"{self.state()['dead_letters']} dead letters"
        if self.state()["redelivered"] == 0:
            yield "no message came twice, so nothing was shown"
        for payload in sorted(set(self.payloads) ^ set(effects)):
            yield f"{payload!r}: {effects.count(payload)} times"
        if len(effects) != len(self.payloads):
            yield f"{len(effects)} effects"


@case("exactly_once has each effect once, though it is killed before it acknowledges")
def links():
    queue = Queue()
    results = queue.home.path.parent / "results"
    results.mkdir()
    worker = [built("example-exactly_once"), "orders.+", "mailers", results]

    def effects():
        return len([path for path in results.iterdir() if not path.name.startswith(".")])

    for lines in (0, 1, 20, 7, 50):
        queue.kill_between(worker, lines, effects)
    queue.work_off(worker)
    done = [path.read_text(encoding="utf-8") for path in results.glob("[0-9]*")]
    yield from queue.problems(done)


@case("exactly_once_rows.py has each row once, though it is killed before it acknowledges")
def rows():
    queue = Queue(ROWS)
    path = queue.home.path.parent / "orders.db"
    worker = ["pubsub-subscribe", "--group", "mailers", "orders.+", "-j", "2", "--exec",
              SOURCE / "examples" / "exactly_once_rows.py", path]
    database = sqlite3.connect(path, timeout=10, isolation_level=None)
    database.execute("CREATE TABLE done (id INTEGER PRIMARY KEY)")
    database.execute("CREATE TABLE orders (text TEXT NOT NULL)")

    def effects():
        return database.execute("SELECT count(*) FROM orders").fetchone()[0]

    for lines in (0, 20, 7):
        queue.kill_between(worker, lines, effects)
    queue.work_off(worker)
    yield from queue.problems([text for text, in database.execute("SELECT text FROM orders")])
    database.close()


@case("worker acknowledges what it has done, and gives back what it could not do")
def worker_answers():
    home = Home()
    home.run("pubsub-subscribe", "files", "--group", "counters", "-E")
    path = home.path.parent / "file"
    late = home.path.parent / "late"
    path.write_text("a\nb\n", encoding="utf-8")
    with home.start(built("example-worker"), "files", "counters") as process:
        home.run("pubsub-publish", "files", late)
        home.run("pubsub-publish", "files", path)
        line = process.stdout.readline()
        if line != f"{path}: 2 lines\n":
            yield f"it printed {line!r}"
        late.write_text("c\n", encoding="utf-8")
        line = process.stdout.readline()
        if line != f"{late}: 1 lines\n":
            yield f"it printed {line!r} then"


if __name__ == "__main__":
    main()
