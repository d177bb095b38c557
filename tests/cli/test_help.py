# SPDX-License-Identifier: MIT
"""Every option stands in --help, in the manual page and in the shells' completion."""

import os
import pathlib
import re
import shutil

from harness import Skip, holds, main, same, test

SOURCE = pathlib.Path(os.environ["FSPS_SOURCE_ROOT"])
COMMANDS = [
    "pubsub-publish",
    "pubsub-subscribe",
    "pubsub-ls",
    "pubsub-peek",
    "pubsub-purge",
    "pubsub-rm",
    "pubsub-dead",
    "pubsub-init",
    "pubsub-bench",
    "pubsub-tail",
]
MODES = ["throughput", "latency", "fanout", "sizes", "channels", "all"]
BASH = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$(($# - 2))
_pubsub
printf '%s\\n' "${COMPREPLY[@]}"
"""


def options(bus, command):
    """Name -> short name, argument, what completes it, help."""
    lines = bus.run(command, "--list-options").expect().lines()
    fields = [line.split("\t") for line in lines]
    holds(all(len(f) == 5 and all(f) for f in fields), f"{command}: rows of five fields")
    same(fields[0][0], "operand", "the first row")
    return {f[0]: f[1:] for f in fields[1:]}


@test("--help shows every option, within 80 columns, on standard output")
def help_text(bus):
    for command in COMMANDS:
        got = bus.run(command, "--help").expect()
        same(bus.run(command, "-h").out, got.out, "what -h prints")
        for line in got.lines():
            holds(len(line) <= 80, f"{command}: {line!r} has {len(line)} columns")
        holds(got.lines()[0].startswith(f"Usage: {command} "), got.lines()[0])
        for name, (short, argument, _, text) in options(bus, command).items():
            both = name if short == "-" else f"{short}, {name}"
            words = both if argument == "-" else f"{both} {argument}"
            holds(re.search(rf"^ +{re.escape(words)}(  |$)", got.out.decode(), re.M), words)
            holds(text.split()[0] in got.out.decode(), f"the help of {name}")


@test("--help shows examples first, and they are not usage errors")
def examples(bus):
    for command in COMMANDS:
        text = bus.run(command, "--help").out.decode()
        holds(text.index("Examples:") < text.index("  -"), f"{command}: examples come first")
        for line in text.split("Examples:\n")[1].split("\n\n")[0].splitlines():
            holds(command in line, f"{line!r} does not show {command}")


@test("a help that can't be written is an error")
def full_output(bus):
    for command in COMMANDS:
        with open("/dev/full", "wb") as full:
            bus.run(command, "--help", stdout=full).expect(1, err="No space left on device")


@test("--version tells name and version")
def version(bus):
    for command in COMMANDS:
        got = bus.run(command, "--version").expect()
        holds(re.fullmatch(rf"{command} \d+\.\d+\.\d+\n", got.out.decode()), got.out)


@test("--help and --version touch no home")
def no_home(bus):
    for command in COMMANDS:
        for option in ("--help", "--version", "--list-options"):
            bus.run(command, option).expect()
    holds(not bus.home.exists(), "a home was created")


@test("the manual page has every option with its short name, and no other")
def manual(bus):
    for command in COMMANDS:
        page = (SOURCE / "docs" / "man" / f"{command}.1.scd").read_text(encoding="utf-8")
        heads = re.findall(r"^(\*-.*)$", page, re.M)
        described = {}
        for head in heads:
            names = re.findall(r"\*(--?[\w-]+)\*", head)
            described[names[-1]] = names[0] if len(names) > 1 else "-"
        expected = {name: row[0] for name, row in options(bus, command).items()}
        same(described, expected, f"the options in {command}.1.scd")


def complete_bash(bus, *words):
    script = SOURCE / "completions" / "pubsub.bash"
    return bus.run("bash", "-c", BASH, "bash", script, *words).expect().lines()


@test("bash completes every option, files, commands, and the topics and channels of now")
def bash(bus):
    if shutil.which("bash") is None:
        raise Skip("there is no bash")
    for command in COMMANDS:
        same(set(complete_bash(bus, command, "--")), set(options(bus, command)), command)
    subscriber = bus.subscriber("a.b", "c.+", "-1")
    same(complete_bash(bus, "pubsub-subscribe", ""), ["a.b", "c.+"])
    same(complete_bash(bus, "pubsub-publish", "-t", ""), ["a.b"])
    same(complete_bash(bus, "pubsub-ls", "c"), ["c.+"])
    same(complete_bash(bus, "pubsub-peek", ""), bus.channels())
    same(complete_bash(bus, "pubsub-bench", ""), MODES)
    same(complete_bash(bus, "pubsub-bench", "-q", "s"), ["sizes"])
    path = bus.path("photo.jpg", b"")
    same(complete_bash(bus, "pubsub-publish", "-f", str(path)[:-4]), [str(path)])
    holds("sh" in complete_bash(bus, "pubsub-subscribe", "a", "--exec", "sh"), "commands")
    bus.publish("a.b", "x").expect()
    subscriber.result().expect()


@test("fish completes every option and the topics or channels of now")
def fish(bus):
    if shutil.which("fish") is None:
        raise Skip("there is no fish")
    subscriber = bus.subscriber("a.b", "c.+", "-1")
    for command in COMMANDS:
        script = bus.path(f"{command}.fish")
        shutil.copy(SOURCE / "completions" / "pubsub.fish", script)
        lines = (
            bus.run("fish", "--no-config", "-c", f"source {script}; complete -C '{command} --'")
            .expect()
            .lines()
        )
        same({line.split("\t")[0] for line in lines}, set(options(bus, command)), command)
        lines = (
            bus.run("fish", "--no-config", "-c", f"source {script}; complete -C '{command} '")
            .expect()
            .lines()
        )
        found = ["a.b"] if command == "pubsub-publish" else ["a.b", "c.+"]
        if command in COMMANDS[3:]:
            own = {"pubsub-init": [], "pubsub-bench": sorted(MODES)}
            own["pubsub-tail"] = ["a.b", "c.+"]
            found = own.get(command, bus.channels())
        same([line for line in lines if line], found, command)
    bus.publish("a.b", "x").expect()
    subscriber.result().expect()


@test("zsh reads its completion without complaint, and it asks the command")
def zsh(bus):
    if shutil.which("zsh") is None:
        raise Skip("there is no zsh")
    script = SOURCE / "completions" / "_pubsub"
    for command in COMMANDS:
        # _arguments is replaced by what shows the specifications that it is called with.
        code = (
            f"_arguments() {{ print -rl -- $@ }}; words=({command}); service={command}; . {script}"
        )
        specifications = bus.run("zsh", "-f", "-c", code).expect().lines()
        if command == "pubsub-bench":
            holds(f"*:MODE:({' '.join(MODES)})" in specifications, specifications)
        for name, (short, argument, _, _) in options(bus, command).items():
            for spelling in [name] if short == "-" else [name, short]:
                mark = "[" if argument == "-" else "=[" if spelling == name else "+["
                holds(any(s.startswith(f"*{spelling}{mark}") for s in specifications), spelling)


if __name__ == "__main__":
    main()
