# SPDX-License-Identifier: MIT
"""examples/rpc_server.c and rpc_client.c: who asks gets the answers, and who is gone harms nobody.
That formix-pubsub's clients and servers work with them is shown in tests/interop."""

import contextlib
import signal

from documents import Home, wait_for
from tap import built, case, main

TOPIC = "rpc.math.multiply"
QUESTION = ["pubsub-publish", TOPIC]


@contextlib.contextmanager
def server(home):
    with home.start(built("example-rpc_server")) as process:
        home.wait_for_channels(1)
        yield process


def ask(home, timeout_ms, *questions):
    """Exit status and lines, in any order, of a client."""
    with home.start(built("example-rpc_client"), timeout_ms, *questions) as process:
        lines = process.communicate()[0].splitlines()
        return process.returncode, sorted(lines)


def end(process):
    """Ends a server; all that it has said and not yet read, and its exit status."""
    process.terminate()
    return process.communicate()[0].splitlines(), process.returncode


@case("a client gets the answers to all that it asked at once")
def many_at_once():
    home = Home()
    questions = [f"{number},2" for number in range(50)]
    with server(home) as process:
        status, lines = ask(home, 20000, *questions)
        if status != 0 or lines != sorted(f"{n},2 = {n * 2}" for n in range(50)):
            yield f"{status}: {lines}"
        lines, status = end(process)
        if status != 0 or len(lines) != 50:
            yield f"the server ended with {status}, having said {lines}"
    if home.channels():
        yield f"there is left {home.channels()}"


@case("servers of a group share the questions, and find those that came before them")
def group():
    home = Home()
    home.run("pubsub-subscribe", TOPIC, "--group", "math", "-E")
    servers = [built("example-rpc_server"), "math"]
    questions = [f"{number},2" for number in range(30)]
    with home.start(built("example-rpc_client"), "20000", *questions) as client:
        wait_for(lambda: home.durable("math")["backlog"] == len(questions), "all were asked")
        with home.start(*servers) as one, home.start(*servers) as other:
            said = client.communicate()[0].splitlines()
            if sorted(said) != sorted(f"{n},2 = {n * 2}" for n in range(30)):
                yield f"the client got {said}"
            lines = end(one)[0] + end(other)[0]
    if len(lines) != len(questions):
        yield f"{len(lines)} answers"


@case("answers are told apart by their question, in whatever order they come")
def other_order():
    home = Home()
    answers = "".join(
        f'{{"topic":"%s","payload":"{text}","headers":{{"correlation-id":"{key}"}}}}\n'
        for text, key in (("wrong", "7"), ("wrong", "x"), ("second", "1"), ("wrong", "1"),
                          ("first", "0"))
    )
    show = ["pubsub-subscribe", "-C", "2", "-F", "%H{response-topic}", TOPIC]
    with home.start(*show) as served:
        home.wait_for_channels(1)
        with home.start(built("example-rpc_client"), "20000", "1,1", "2,2") as client:
            topic = served.stdout.readline().strip()
            home.run("pubsub-publish", "--json-lines", stdin=None,
                     input=answers.replace("%s", topic))
            said = client.communicate()[0]
            if client.returncode != 0 or said != "2,2 = second\n1,1 = first\n":
                yield f"{client.returncode}: {said!r}"


@case("a question that nobody is there to answer fails at once, an unanswered one in time")
def no_answer():
    home = Home()
    status, lines = ask(home, 1000000, "6,7")
    if status != 1 or lines != ["rpc_client: nobody is there to answer 6,7"]:
        yield f"without a server: {status}: {lines}"
    with server(home) as process:
        process.send_signal(signal.SIGSTOP)
        status, lines = ask(home, 50, "6,7")
        if status != 1 or lines != ["rpc_client: no answer to 6,7 within 50 ms"]:
            yield f"with a server that stands still: {status}: {lines}"


@case("the server tells a client what is wrong with its question, and goes on")
def errors():
    home = Home()
    with server(home) as process:
        status, lines = ask(home, 20000, "6,7", "six,7", "1e300,1e300", "1,2,3")
        expected = ["6,7 = 42", *(f"rpc_client: {wrong}: not two numbers"
                                  for wrong in ("1,2,3", "1e300,1e300", "six,7"))]
        if status != 1 or lines != expected:
            yield f"{status}: {lines}"
        if process.poll() is not None:
            yield f"the server ended with {process.returncode}"


@case("an answer to a client that was killed harms nobody")
def dead_client():
    home = Home()
    with server(home) as process, home.start("pubsub-subscribe", "-1", TOPIC) as witness:
        home.wait_for_channels(2)
        process.send_signal(signal.SIGSTOP)
        with home.start(built("example-rpc_client"), "1000000", "1,1") as client:
            if witness.stdout.readline() != "1,1\n":
                yield "it asked something else"
            client.kill()
            client.wait()
        process.send_signal(signal.SIGCONT)
        # Whoever comes next clears away what it left: it may be there, or not.
        if not process.stdout.readline().startswith("[0] 1,1: 1"):
            yield "the server did not answer"
        status, lines = ask(home, 20000, "6,7")
        if status != 0 or lines != ["6,7 = 42"]:
            yield f"the next one got {status}: {lines}"


@case("an answer that nobody waits for is told of")
def nobody_waits():
    home = Home()
    with server(home) as process:
        home.run(*QUESTION, "1,1", "-H", "response-topic=rpc.response.1", "-H", "correlation-id=a")
        line = process.stdout.readline()
        if line != "[a] 1,1: 1, but nobody waits for it\n":
            yield f"the server said {line!r}"


@case("a question has its answer sent below rpc.response. only, and needs a place for it")
def wrong_places():
    home = Home()
    wrong = [["-H", "response-topic=jobs.mail", "-H", "correlation-id=1"],
             ["-H", "response-topic=rpc.response.1"], ["-H", "correlation-id=1"], []]
    with server(home) as process, home.start("pubsub-subscribe", "jobs.+") as other:
        home.wait_for_channels(2)
        for headers in wrong:
            home.run(*QUESTION, "1,1", *headers)
            line = process.stdout.readline()
            if line != "rpc_server: a question without a place for its answer\n":
                yield f"the server said {line!r} to {headers}"
        said, _ = end(other)
        if said:
            yield f"it published {said}"


if __name__ == "__main__":
    main()
