# SPDX-License-Identifier: MIT
"""Runs what a document shows in a shell, and tells how it differs from what is shown.

A session is all blocks of a page that are marked as console, in one shell and in a home of its own.
A line that begins with "$ " is a command, "> " goes on with it, and all others are what must come
out until the next command. Blocks of C whose first line is a comment with nothing but a file's name
lie as such files in the shell's directory, and so do scripts ("# NAME" below their "#!").

What is shown stands for what may differ from run to run: see pattern_of(). A command that ends
in "&" is waited for until there is one more reader, "kill" until there is one fewer.
"""

import json
import pathlib
import re
import subprocess
import tempfile

from documents import PLACE, Home, blocks, wait_for
from tap import SOURCE, built

END = "-- end of the command --"
SHELL_TELLS = re.compile(r"^bash: line \d+: +\d+ (Terminated|Killed)")
C_NAME = re.compile(r"/\* (\w+\.c)")
SCRIPT_NAME = re.compile(r"#!.*\n# ([\w-]+)$", re.MULTILINE)
# What varies within a word, as it is shown and as it may be.
VARIES = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), r"[\d:.TZ-]+"),
    (re.compile(r"uid\W+\d+"), r"uid\W+\d+"),
    (re.compile(r"_[A-Za-z0-9]{12}_\d+"), r"_[A-Za-z0-9]{12}_\d+"),
    (re.compile(r"\d{5,}"), r"\d+"),
]


def steps(session):
    """Pairs of a command and the lines that it is shown to cause."""
    for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        lines = step.splitlines()
        command = [lines.pop(0)]
        while lines and lines[0].startswith("> "):
            command.append(lines.pop(0)[2:])
        yield "\n".join(command), lines


def word_pattern(word):
    for varies, pattern in VARIES:
        found = varies.search(word)
        if found:
            before, after = word[:found.start()], word[found.end():]
            return word_pattern(before) + pattern + word_pattern(after)
    return re.escape(word)


def pattern_of(line):
    """What a shown line stands for: numbers, times, the user and the width of columns vary."""
    words = []
    for word in line.split():
        if re.fullmatch(r"\d+m?s", word):
            words.append(r"\d+m?s")
        elif word == "root":
            words.append(r"\S+")
        else:
            words.append(word_pattern(word))
    return re.compile(r"\s*" + r"\s+".join(words))


def differences(lines, expected):
    """Lines of two processes may come in either order."""
    left = list(lines)
    for line in expected:
        found = next((said for said in left if pattern_of(line).fullmatch(said)), None)
        if found is None:
            yield f"not printed: {line}"
        else:
            left.remove(found)
    yield from (f"printed as well: {line}" for line in left)


def read_answer(shell, count):
    """Reads until the command has ended and count lines have come, from whomever."""
    lines, ended = [], False
    while not ended or len(lines) < count:
        line = shell.stdout.readline()
        if not line:
            raise RuntimeError(f"the shell ended after {lines}")
        if line.endswith(f"{END}\n"):
            ended = True
            line = line.removesuffix(f"{END}\n")
        if line and not SHELL_TELLS.match(line):
            lines.append(line.rstrip("\n"))
    return lines


def more(readers, others):
    """Whether some channel has more readers than among the others."""
    return any(count > others.get(name, 0) for name, count in readers.items())


class Session:
    """A shell in a home of its own, with the files of a page beside it."""

    def __init__(self, page):
        self.page = page
        self.home = Home()
        self.place = pathlib.Path(tempfile.mkdtemp(dir=PLACE))
        self.write_files()
        self.find_the_library()

    def write_files(self):
        for language, pattern in (("c", C_NAME), ("sh", SCRIPT_NAME)):
            for code in blocks(self.page, language):
                found = pattern.match(code)
                if found:
                    path = self.place / found[1]
                    path.write_text(code, encoding="utf-8")
                    path.chmod(0o755)

    def find_the_library(self):
        """As if it were installed: for pkg-config, and for the programs that it helps to build."""
        library = built("libfsps.so").parent
        (self.home.path.parent / "libfsps.pc").write_text(
            "Name: libfsps\nDescription: as it is built\nVersion: 0\n"
            f"Cflags: -I{SOURCE}/include\nLibs: -L{library} -lfsps\n", encoding="utf-8")
        self.home.environment |= {
            "LD_LIBRARY_PATH": str(library),
            "PKG_CONFIG_PATH": str(self.home.path.parent),
        }

    def readers(self):
        """How many read from each channel."""
        said = self.home.run("pubsub-ls", "--json").splitlines()
        listed = [json.loads(line) for line in said if line.startswith("{")]
        return {one["name"]: one["readers"] or 0 for one in listed if one["kind"] != "inbox"}

    def settle(self, command, before):
        """Waits for what a command began to do and does not wait for itself. Meanwhile what was
        begun before may end."""
        if command.endswith("&"):
            wait_for(lambda: more(self.readers(), before), f"{command!r} had subscribed")
        elif command.startswith("kill ") and "-STOP" not in command and "-CONT" not in command:
            wait_for(lambda: more(before, self.readers()), f"{command!r} had ended a subscriber")

    def step(self, shell, command, expected):
        """Runs a command; how what comes out differs from what is expected."""
        begins = command.endswith("&") or command.startswith("kill ")
        before = self.readers() if begins else {}
        shell.stdin.write(f"{command}\necho '{END}'\n")
        shell.stdin.flush()
        for problem in differences(read_answer(shell, len(expected)), expected):
            yield f"{command.splitlines()[0]}: {problem}"
        self.settle(command, before)

    def run(self):
        """Runs the whole; what went otherwise than it is shown."""
        with self.home.start("bash", stdin=subprocess.PIPE, cwd=self.place) as shell:
            for code in blocks(self.page, "console"):
                code = code.replace("/dev/shm/pubsub", str(self.home.path))
                for command, expected in steps(code):
                    yield from self.step(shell, command, expected)
        wait_for(lambda: not more(self.readers(), {}), "its subscribers had ended")
