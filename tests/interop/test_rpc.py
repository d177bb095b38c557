# SPDX-License-Identifier: MIT
"""Questions and answers between formix-pubsub and examples/rpc_server.c and rpc_client.c, by the
headers of its recipe: response-topic and correlation-id."""

import contextlib
import os
import pathlib
import subprocess

from peers import PATIENCE_SECONDS, case, eventually, holds, main, same

EXAMPLES = pathlib.Path(os.environ["FSPS_EXAMPLES"])
TOPIC = "rpc.math.multiply"


@contextlib.contextmanager
def ours(home, name, *arguments):
    """A running example; killed at the end if it still runs."""
    process = subprocess.Popen(
        [EXAMPLES / f"example-{name}", *arguments], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PUBSUB_HOME": str(home.path)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process):
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return said, process.returncode


@case("a client of its gets its answers from our server")
def our_server(home):
    theirs = home.theirs()
    created = theirs.do("subscribe", pattern="rpc.response.7")
    with ours(home, "rpc_server") as server:
        eventually(lambda: theirs.do("matching", topic=TOPIC)["channels"], "our server's start")
        for key, question in (("a-1", b"6,7"), ("b-2", b"0.5,3")):
            headers = {"response-topic": "rpc.response.7", "correlation-id": key}
            same(theirs.publish(TOPIC, question, headers), 1, "channels that it reached")
        for _ in range(2):
            holds(server.stdout.readline(), "our server ended")
        got = theirs.fetch(created["number"], 2)
        answers = {m["headers"]["correlation-id"]: float(bytes.fromhex(m["payload"])) for m in got}
        same(answers, {"a-1": 42.0, "b-2": 1.5}, "answers")
        server.terminate()
        same(ended(server)[1], 0, "exit status of our server")


@case("our client gets its answer from a server of its")
def their_server(home):
    theirs = home.theirs()
    created = theirs.do("subscribe", pattern=TOPIC)
    with ours(home, "rpc_client", str(PATIENCE_SECONDS * 1000), "6,7") as client:
        questions = []
        eventually(lambda: questions.extend(theirs.fetch(created["number"])) or questions,
                   "our client's question")
        (question,) = questions
        same(bytes.fromhex(question["payload"]), b"6,7", "question")
        headers = question["headers"]
        same(headers["response-topic"], f"rpc.response.{client.pid}", "where to answer")
        reached = theirs.publish(headers["response-topic"], str(6.0 * 7.0).encode(),
                                 {"correlation-id": headers["correlation-id"]})
        same(reached, 1, "channels that the answer reached")
        same(ended(client), ("6,7 = 42.0\n", 0), "our client")


if __name__ == "__main__":
    main()
