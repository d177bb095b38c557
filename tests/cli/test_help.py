# SPDX-License-Identifier: MIT
"""Every option stands in --help and in the manual page."""

import contextlib
import os
import pathlib
import pty
import re

from harness import COMMANDS, holds, main, same, test

SOURCE = pathlib.Path(os.environ["FSPS_SOURCE_ROOT"])


def options(bus, command):
    """Name -> short name, argument, what completes it, help."""
    lines = bus.run(command, "--list-options").expect().lines()
    fields = [line.split("\t") for line in lines]
    holds(all(len(f) == 5 and all(f) for f in fields), f"{command}: rows of five fields")
    same(fields[0][0], "operand", "the first row")
    return {f[0]: f[1:] for f in fields if f[0] != "operand"}


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


@test("--help is built alike everywhere: usage, summary, examples, options, exit codes, the page")
def structure(bus):
    for command in COMMANDS:
        parts = bus.run(command, "--help").out.decode().rstrip("\n").split("\n\n")
        starts = ["Usage: ", r"[A-Z].*\.$", "Examples:\n"]
        groups = [part for part in parts[3:] if re.match(r".*:\n +-", part)]
        same(parts[3 : 3 + len(groups)], groups, f"{command}: the groups of options")
        same(groups[-1].split(":")[0], "Common", f"{command}: the last group")
        for part, start in zip(parts[:3], starts):
            holds(re.match(start, part, re.DOTALL), f"{command}: {part!r}, not {start!r}")
        holds("\nExit codes: 0 " in f"\n{parts[-1]}", f"{command}: no exit codes in the end")
        holds(parts[-1].endswith(f"More: man {command}"), f"{command}: {parts[-1]!r}")


@test("--help is the same on a terminal, of whatever width and with whatever colours")
def terminal(bus):
    for command in COMMANDS:
        expected = bus.run(command, "--help").out
        reader, writer = pty.openpty()
        env = {"TERM": "xterm-256color", "COLUMNS": "40", "CLICOLOR_FORCE": "1"}
        process = bus.start(command, "--help", stdout=writer, env=env)
        os.close(writer)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(reader, 65536):
                shown += piece
        os.close(reader)
        process.result().expect()
        same(shown.replace(b"\r\n", b"\n"), expected, command)


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


def section(page, name):
    return re.search(rf"^# {name}\n(.*?)^# ", page, re.M | re.DOTALL)[1]


@test("the manual page has the exit codes that --help has, and says which variables count")
def exit_codes(bus):
    for command in COMMANDS:
        page = (SOURCE / "docs" / "man" / f"{command}.1.scd").read_text(encoding="utf-8")
        told = bus.run(command, "--help").out.decode().rpartition("Exit codes:")[2]
        codes = set(re.findall(r"(?:^|, | or )(\d+)\b", " ".join(told.split())))
        listed = section(page, "EXIT STATUS")
        described = set(re.findall(r"\*(\d+)\*", listed))
        same(codes, described, f"{command}: exit codes in --help, and in the page")
        if "--home" in options(bus, command):
            for name in ("PUBSUB_HOME", "PUBSUB_HOME_OWNER"):
                holds(f"*{name}*" in section(page, "ENVIRONMENT"), f"{command}: {name}")


if __name__ == "__main__":
    main()
