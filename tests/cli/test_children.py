# SPDX-License-Identifier: MIT
"""pubsub-subscribe --then and --exec: what is started, what it is given, and what comes of it."""

import os
import signal

from harness import holds, main, same, test


@test("--then: its command runs once we are subscribed, and its exit code is ours")
def then_status(bus):
    for script, status in (("true", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)):
        bus.subscribe("a", "--then", "sh", "-c", script).expect(status)
    bus.subscribe("a", "-1", "--then", "sh", "-c", "pubsub-publish a x; exit 3").expect(
        3, out="x\n"
    )


@test("--then: the rest of the line is the command's")
def then_rest(bus):
    bus.subscribe("a", "--then", "echo", "-v", "--json", "--", "-C").expect(out="-v --json -- -C\n")
    bus.subscribe("a", "--then=echo", "x").expect(out="x\n")


@test("--then: with an end of its own the subscription goes on after the command")
def then_goes_on(bus):
    subscriber = bus.start(
        "pubsub-subscribe", "a", "-C", "2", "--then", "pubsub-publish", "a", "one"
    )
    subscriber.read_until(b"one\n")
    bus.publish("a", "two").expect()
    subscriber.result().expect(out="one\ntwo\n")


@test("--then: a stop signal is passed on, a timeout ends the command")
def then_stopped(bus):
    script = "trap 'echo got TERM; exit 9' TERM; echo started; while :; do read x; done"
    reader, writer = os.pipe()
    subscriber = bus.start("pubsub-subscribe", "a", "--then", "sh", "-c", script, stdin=reader)
    subscriber.read_until(b"started\n")
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143, out="started\ngot TERM\n")
    subscriber = bus.start("pubsub-subscribe", "a", "-W", "0.1", "--then", "cat", stdin=reader)
    subscriber.result().expect(124)
    os.close(reader)
    os.close(writer)


@test("what can't be run is 126 or 127, before anything is subscribed")
def cannot_run(bus):
    for option in ("--then", "--exec"):
        for program, status in (
            ("no-such-program", 127),
            ("/no/such", 127),
            ("/etc/passwd", 126),
            ("/", 126),
            ("", 127),
        ):
            bus.subscribe("a", option, program).expect(status, err=f"cannot run '{program}': ")
    holds(not bus.home.exists(), "the home was created")


@test("--exec: payload on standard input, the rest in the environment")
def exec_environment(bus):
    script = (
        'echo "$PUBSUB_TOPIC|$PUBSUB_ID|$PUBSUB_TIME|$PUBSUB_HEADER_k_x|$PUBSUB_HEADER_n|$(cat)"'
    )
    runner = bus.start("pubsub-subscribe", "a.b", "-1", "--exec", "sh", "-c", script)
    words = ["--wait-subscribers", "1", "--json", "-H", "k.x=v w", "-H", "n:=2.0"]
    receipt = bus.publish(*words, "a.b", "body").expect().json()[0]
    topic, number, told, header, double, body = runner.result().expect().lines()[0].split("|")
    same((topic, number, header, double, body), ("a.b", receipt["id"], "v w", "2.0", "body"))
    holds(told.endswith("Z") and len(told) == 27, told)


@test("--exec: no shell comes between")
def no_shell(bus):
    runner = bus.start("pubsub-subscribe", "a", "-1", "--exec", "echo", "$HOME; *", "`id`")
    bus.publish("--wait-subscribers", "1", "a", "x").expect()
    runner.result().expect(out="$HOME; * `id`\n")
    bus.path("script", b"echo from a shell\n").chmod(0o755)
    runner = bus.start("pubsub-subscribe", "a", "-1", "--exec", bus.path("script"))
    bus.publish("--wait-subscribers", "1", "a", "x").expect()
    runner.result().expect(126, out="", err="Exec format error")


@test("--exec with --ack none: what fails is told, counted, exit code 1, and not tried again")
def exec_failures(bus):
    words = ["--ack", "none", "--exec", "sh", "-c", 'read x; eval "$x"']
    runner = bus.start("pubsub-subscribe", "a", "-C", "3", *words)
    bus.publish(
        "--wait-subscribers", "1", "-l", "a", input=b"exit 0\nexit 5\nkill -9 $$\n"
    ).expect()
    got = runner.result().expect(1, err="2 of 3 runs of 'sh' failed")
    holds("'sh' exited with 5 on message" in got.err, got.err)
    holds("'sh' was killed by signal 9 (Killed) on message" in got.err, got.err)


@test("--exec: a command that does not read its input neither blocks nor kills")
def exec_ignores_input(bus):
    large = bus.path("large", bytes(5000000))
    runner = bus.start("pubsub-subscribe", "a", "-C", "2", "--exec", "true")
    bus.publish("--wait-subscribers", "1", "--repeat", "2", "a", "-f", large).expect()
    runner.result().expect()


@test("--exec: large and empty payloads arrive whole")
def exec_payloads(bus):
    large = bus.path("large", os.urandom(3000000))
    runner = bus.start("pubsub-subscribe", "a", "-C", "2", "--exec", "cat")
    bus.publish("--wait-subscribers", "1", "a", "-n").expect()
    bus.publish("a", "-f", large).expect()
    runner.result().expect(out=large.read_bytes())


@test("--exec: -j runs that many at once, and no more")
def exec_jobs(bus):
    for name in ("one", "two"):
        os.mkfifo(bus.path(name))
    # Each of the two waits for the other; alone neither would end.
    script = (
        'if [ "$PUBSUB_TOPIC" = a ]; then read x < one; echo > two; '
        "else echo > one; read x < two; fi; echo done"
    )
    runner = bus.start(
        "pubsub-subscribe",
        "=",
        "-C",
        "2",
        "-j",
        "2",
        "--exec",
        "sh",
        "-c",
        script,
        cwd=bus.directory,
    )
    bus.publish("--wait-subscribers", "1", "a", "x").expect()
    bus.publish("b", "x").expect()
    runner.result().expect(out="done\ndone\n")
    script = "mkdir lock && ls > /dev/null && rmdir lock"
    runner = bus.start(
        "pubsub-subscribe", "a", "-C", "9", "--exec", "sh", "-c", script, cwd=bus.directory
    )
    bus.publish("--wait-subscribers", "1", "--repeat", "9", "a", "x").expect()
    runner.result().expect()


@test("--exec: a stop signal lets the running command end")
def exec_stopped(bus):
    os.mkfifo(bus.path("go"))
    runner = bus.start(
        "pubsub-subscribe", "a", "--exec", "sh", "-c", "echo started; cat go", cwd=bus.directory
    )
    bus.publish("--wait-subscribers", "1", "--repeat", "3", "a", "x").expect()
    runner.read_until(b"started\n")
    runner.signal(signal.SIGTERM)
    with open(bus.path("go"), "w", encoding="ascii") as go:
        go.write("ended\n")
    runner.result().expect(143, out="started\nended\n")


@test("--exec: what can't stand in an environment is left out and said once")
def exec_left_out(bus):
    runner = bus.start(
        "pubsub-subscribe",
        "a",
        "-C",
        "2",
        "--exec",
        "sh",
        "-c",
        'echo "[$PUBSUB_HEADER_n][$PUBSUB_HEADER_a_b]"',
    )
    for _ in range(2):
        bus.publish(
            "--wait-subscribers",
            "1",
            "-H",
            'n:="x\\u0000y"',
            "-H",
            "a.b=1",
            "-H",
            "a-b=2",
            "a",
            "x",
        ).expect()
    got = runner.result().expect(
        out="[][1]\n[][1]\n", err="header 'n' is left out of the environment"
    )
    same(len(got.err.splitlines()), 1, "lines of diagnostics")


@test("a command does not inherit what belongs to another message or to us")
def clean_environment(bus):
    outer = {"PUBSUB_TOPIC": "old", "PUBSUB_HEADER_x": "old", "NOTIFY_SOCKET": "/no/such"}
    script = 'echo "[$PUBSUB_TOPIC][$PUBSUB_HEADER_x][$NOTIFY_SOCKET]"'
    bus.subscribe("a", "--then", "sh", "-c", script, env=outer).expect(
        out="[][][]\n", err="cannot notify NOTIFY_SOCKET '/no/such'"
    )


@test("a command inherits no descriptor of ours")
def descriptors(bus):
    # Three standard ones, and the one with which ls reads the directory.
    for option in (["--then"], ["-1", "--exec"]):
        runner = bus.start("pubsub-subscribe", "a", "b", *option, "ls", "/proc/self/fd")
        if "--exec" in option:
            bus.publish("--wait-subscribers", "1", "a", "x").expect()
        same(len(runner.result().expect().lines()), 4, f"open descriptors with {option}")


@test("--home reaches the command")
def home_for_commands(bus):
    other = bus.directory / "other"
    bus.subscribe("--home", other, "a", "--then", "pubsub-publish", "a", "x").expect(out="x\n")


if __name__ == "__main__":
    main()
