# SPDX-License-Identifier: MIT
"""pubsub-subscribe --exec: the exit status settles the message, and what fails is tried again."""

import os
import signal

from durable import durable
from harness import holds, main, same, test, wait_until

SHELL = ["--exec", "sh", "-c"]
# The payload is the script.
EVAL = [*SHELL, 'read x; eval "$x"']
QUICK = ["--retry-delay", "0", "--attempts"]


def claims(channel):
    return [name for name in channel.files() if name.startswith(".k-")]


def deadline(channel):
    """When the only claim of a channel ends; a claim that is being renamed is waited for."""
    wait_until(lambda: len(claims(channel)) == 1, "a claim")
    return int(claims(channel)[0].split("-")[2])


def note(channel):
    """The error text beside the only dead letter of a channel."""
    names = [name for name in channel.files() if name.startswith(".e-")]
    same(len(names), 1, "notes")
    return (channel.path / names[0]).read_bytes()


def fifo(bus, name):
    """A command that reads from it waits until something is written into it, or it is closed."""
    os.mkfifo(bus.path(name))
    return os.open(bus.path(name), os.O_RDWR)


@test("exit status 0 acknowledges, anything else is tried again, with its number")
def tried_again(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "-n")
        script = 'echo "try $PUBSUB_ATTEMPT"; [ $PUBSUB_ATTEMPT = 3 ]'
        got = bus.subscribe("a", "--durable", "x", "-1", *QUICK, "9", *SHELL, script)
        got.expect(out="try 1\ntry 2\ntry 3\n", err="'sh' exited with 1 on message")
        same(len(got.err.splitlines()), 2, "lines of diagnostics")
        same(channel.files(), [], "what is left")


@test("after the last attempt it is a dead letter with status and last words; the rest goes on")
def dead_letter(bus):
    with durable(bus, "a", "x") as channel:
        for script, text in (
            ("echo why >&2; exit 7", b"exit status 7\nwhy\n"),
            ("printf 'a\\\\0b' >&2; kill -9 $$", b"signal 9\na?b"),
            ("exit 1", b"exit status 1"),
        ):
            message_id = channel.publish("a", script)
            bus.publish("a", "echo good").expect()
            got = bus.subscribe("a", "--durable", "x", "-C", "2", *QUICK, "2", *EVAL)
            got.expect(1, out="good\n", err=f"message {message_id} failed 2 times: dead letter")
            holds("messages that became dead letters: 1; see pubsub-dead" in got.err, got.err)
            same(note(channel), text, "the note")
            bus.run("pubsub-rm", "--force", channel.name).expect()
            bus.subscribe("a", "--durable", "x", "-E").expect()


@test("all that a command says on standard error is ours, and its end is kept")
def long_words(bus):
    with durable(bus, "a", "x") as channel:
        words = b"".join(b"line %d\n" % i for i in range(20000))
        path = bus.path("words", words)
        channel.publish("a", f"cat {path} >&2; exit 3")
        got = bus.subscribe("a", "--durable", "x", "-1", "--attempts", "1", *EVAL)
        holds(got.err.startswith(words.decode()), "standard error differs")
        same(note(channel), b"exit status 3\n" + words[-2048:], "the note")


@test("on a live channel what fails is tried again too, and a dead letter is told")
def live(bus):
    words = ["-C", "2", *QUICK, "2"]
    runner = bus.start("pubsub-subscribe", "a", *words, *EVAL)
    bus.publish("--wait-subscribers", "1", "-l", "a", input=b"exit 5\necho good\n").expect()
    got = runner.result().expect(1, out="good\n", err="failed 2 times: dead letter of 'a'")
    same(got.err.count("exited with 5"), 2, "attempts")
    holds("gone with this channel, where --durable keeps such" in got.err, got.err)


@test("--drain waits for the retries of what it handed out")
def drain(bus):
    for option in ("--durable", "--group"):
        with durable(bus, "a", "x") as channel:
            bus.publish("-l", "a", input=b"1\n2\n3\n").expect()
            script = 'read x; echo "$x $PUBSUB_ATTEMPT"; [ $PUBSUB_ATTEMPT = 2 ]'
            words = ["-e", "--retry-delay", "0.3", "-j", "3"]
            got = bus.subscribe("a", option, "x", *words, *SHELL, script)
            got.expect(err="exited with 1")
            same(sorted(got.lines()), sorted(f"{i} {j}" for i in (1, 2, 3) for j in (1, 2)))
            same([n for n in channel.files() if n[:3] != ".s-"], [], "what is left")


@test("--drain that has to wait for longer than -W is exit code 124")
def drain_limited(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "-n")
        words = ["-e", "-W", "0.3", "--retry-delay", "500", "--exec", "false"]
        got = bus.subscribe("a", "--durable", "x", *words)
        got.expect(124, err="messages that failed and are not settled yet: 1")


@test("--drain does not wait for what somebody took away")
def drain_taken_away(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "x")
        words = ["-e", "--retry-delay", "500"]
        runner = bus.start("pubsub-subscribe", "a", "--group", "x", *words, "--exec", "false")
        wait_until(lambda: channel.files()[:1] and channel.files()[0][:3] == ".r-", "a failure")
        bus.run("pubsub-purge", channel.name).expect(out=None, err=None)
        runner.result().expect(0, err="'false' exited with 1")


@test("what failed and was not settled at the end is exit code 1")
def unsettled(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "exit 1")
        channel.publish("a", "exit 0")
        words = ["-1", "--retry-delay", "500"]
        got = bus.subscribe("a", "--durable", "x", *words, *EVAL)
        got.expect(1, err="messages that failed and are not settled yet: 1; they come again")
        same([name[:3] for name in channel.files()], [".r-"], "what is left")


@test("-j N: no more than N messages are claimed, over all patterns")
def claimed(bus):
    with durable(bus, "a", "x") as first, durable(bus, "b", "x") as second:
        go = fifo(bus, "go")
        for channel, topic in ((first, "a"), (second, "b")):
            for _ in range(3):
                channel.publish(topic, "-n")
        for option in ("--durable", "--group"):
            words = [option, "x", "-j", "2", *SHELL, "echo started; read x < go"]
            runner = bus.subscriber("a", "b", *words, cwd=bus.directory)
            runner.read_until(b"started\nstarted\n")
            same(len(claims(first) + claims(second)), 2, "claims")
            same(len(first.files() + second.files()), 6, "messages")
            runner.signal(signal.SIGKILL)
            os.write(go, b"\n\n")
            runner.result().expect(137)
        os.close(go)
    bus.visit()


@test("while a command runs its message's deadline is moved on")
def extended(bus):
    with durable(bus, "a", "x") as channel:
        go = fifo(bus, "go")
        channel.publish("a", "-n")
        script = 'echo "try $PUBSUB_ATTEMPT"; read x < go'
        words = ["--deadline", "0.5", "-1", *SHELL, script]
        runner = bus.start("pubsub-subscribe", "a", "--durable", "x", *words, cwd=bus.directory)
        runner.read_until(b"try 1\n")
        first = deadline(channel)
        wait_until(lambda: deadline(channel) > first + 1000, "two extensions")
        os.write(go, b"\n")
        runner.result().expect(out="try 1\n")
        same(channel.files(), [], "what is left")
        os.close(go)


def late_worker(bus, channel):
    """A worker, stopped, whose message another one has done meanwhile."""
    channel.publish("a", "-n")
    words = ["--group", "x", "--deadline", "0.2", "-1"]
    script = 'echo "try $PUBSUB_ATTEMPT"; read x < go'
    runner = bus.start("pubsub-subscribe", "a", *words, *SHELL, script, cwd=bus.directory)
    runner.read_until(b"try 1\n")
    runner.stop()
    bus.subscribe("a", *words, *SHELL, 'echo "try $PUBSUB_ATTEMPT"').expect(out="try 2\n")
    return runner


@test("a worker that slept past its deadline is too late, which it tells once")
def too_late(bus):
    with durable(bus, "a", "x") as channel:
        go = fifo(bus, "go")
        for ended_first in (True, False):
            runner = late_worker(bus, channel)
            if ended_first:
                os.write(go, b"\n")
            runner.signal(signal.SIGCONT)
            said = runner.child.stderr.readline().decode()
            holds("was settled too late and comes again" in said, said)
            if not ended_first:
                os.write(go, b"\n")
            bus.publish("a", "-n").expect()
            os.write(go, b"\n")
            runner.result().expect(0, out="try 1\ntry 1\n")
            same(channel.files(), [], "what is left")
        os.close(go)


@test("a killed worker's message goes to another, as a further attempt")
def killed(bus):
    with durable(bus, "a", "x") as channel:
        go = fifo(bus, "go")
        channel.publish("a", "-n")
        script = 'echo "try $PUBSUB_ATTEMPT"; read x < go'
        words = ["--group", "x", "-1", *SHELL, script]
        runner = bus.start("pubsub-subscribe", "a", *words, cwd=bus.directory)
        runner.read_until(b"try 1\n")
        other = bus.start("pubsub-subscribe", "a", *words, cwd=bus.directory)
        runner.signal(signal.SIGKILL)
        other.read_until(b"try 2\n")
        os.write(go, b"\n\n")
        other.result().expect(out="try 2\n")
        runner.result().expect(137)
        same(channel.files(), [], "what is left")
        os.close(go)
    bus.visit()


@test("a stop signal lets the running command end, settles its message and takes no other")
def stopped(bus):
    with durable(bus, "a", "x") as channel:
        for status in (0, 1):
            go = fifo(bus, f"go{status}")
            first = channel.publish("a", "-n")
            second = channel.publish("a", "-n")
            script = f"echo started; read x < go{status}; exit {status}"
            words = ["--retry-delay", "500", *SHELL, script]
            runner = bus.subscriber("a", "--durable", "x", *words, cwd=bus.directory)
            runner.read_until(b"started\n")
            runner.signal(signal.SIGTERM)
            os.write(go, b"\n")
            runner.result().expect(143, err=None if status == 0 else "not settled yet: 1")
            left = channel.files()
            holds(second in left, left)
            same(len(left), 1 + status, f"messages that are left of {left}")
            same([n[-len(first) :] for n in left if n != second], [first] * status)
            (channel.path / second).unlink()
            os.close(go)


@test("a command that can't be run at all costs no message an attempt")
def cannot_run(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "-n")
        bus.path("script", b"no program\n").chmod(0o755)
        got = bus.subscribe("a", "--durable", "x", "--exec", bus.path("script"))
        got.expect(126, err="Exec format error")
        bus.subscribe("a", "--durable", "x", "-1", *SHELL, "echo $PUBSUB_ATTEMPT").expect(out="1\n")
        same(channel.files(), [], "what is left")


@test("--ack none: a command's failure loses its message, and there is no attempt to tell")
def at_most_once(bus):
    with durable(bus, "a", "x") as channel:
        channel.publish("a", "-n")
        script = 'echo "[$PUBSUB_ATTEMPT]"; exit 4'
        words = ["--durable", "x", "-1", "--ack", "none", *SHELL, script]
        bus.subscribe("a", *words).expect(1, out="[]\n", err="1 of 1 runs of 'sh' failed")
        same(channel.files(), [], "what is left")


if __name__ == "__main__":
    main()
