# SPDX-License-Identifier: MIT
"""What interactive shells offer when Tab is pressed.

bash and zsh run on a terminal of the test's own and are asked as a user would ask them: a line is
typed, and Tab. A key that prints the line as it is then marks the end of the answer, so nothing
here waits for time to pass. fish answers by itself (complete -C).
"""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios

from harness import BINDIR, WAIT_SECONDS, Skip, holds, same

SCRIPTS = BINDIR.parent / "completions"
LOADER = "/usr/share/bash-completion/bash_completion"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|[\x07\x0f]")
ROWS, COLUMNS = 500, 250

BASH_START = r"""
bind 'set bell-style none'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set show-all-if-ambiguous on'
bind 'set completion-display-width 0'
bind 'set enable-bracketed-paste off'
bind -x '"\C-xl": printf "\n<<%s>>\n" "$READLINE_LINE"'
PS1=
"""

ZSH_START = r"""
PS1= LISTMAX=0
autoload -Uz compinit
compinit -D -u
setopt no_list_ambiguous no_beep no_always_last_prompt
zstyle ':completion:*' list-separator '--'
show-line() { print; print -r "<<$BUFFER>>" }
zle -N show-line
bindkey '^Xl' show-line
bindkey '^U' kill-whole-line
"""


def need(shell):
    if shutil.which(shell) is None:
        raise Skip(f"there is no {shell}")


def environment(bus):
    """Its own HOME, in which ~ is looked for and nothing of the user's stands."""
    return {**bus.env, "TERM": "dumb", "INPUTRC": os.devnull, "HOME": str(bus.directory)}


def last_word(line):
    return re.split(r"(?<!\\)[ ']", line.rstrip(" '"))[-1].removeprefix("=").replace("\\", "")


def value_of(word):
    """The argument in --option=argument."""
    return word.partition("=")[2] if re.match(r"--[\w-]+=.", word) else word


class Terminal:
    """A shell that runs beside the test, in the test's directory."""

    def __init__(self, bus, words, start):
        need(words[0])
        self.fd, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.child = subprocess.Popen(
            words, env=environment(bus), cwd=bus.directory, start_new_session=True,
            stdin=terminal, stdout=terminal, stderr=terminal,
        )
        os.close(terminal)
        self.type(f"{start}\necho re''ady\n")
        self.read_until("ready\r\n")

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, end):
        """What the terminal shows before a match of a pattern, and the match."""
        shown = ""
        while not (found := re.search(end, shown)):
            readable, _, _ = select.select([self.fd], [], [], WAIT_SECONDS)
            holds(readable, f"the terminal shows {shown!r}, and no {end!r}")
            shown += os.read(self.fd, 65536).decode()
        return ESCAPES.sub("", shown[: found.start()]), found

    def offers(self, line):
        """The words that are offered; where it is but one, the shell has put it into the line."""
        self.type("\x15\x18l")
        self.read_until("<<>>\r\n")
        self.type(line + "\t\x18l")
        shown, found = self.read_until(r"<<([^>]*)>>\r\n")
        after = found[1]
        rows = [row.strip() for row in re.split(r"[\r\n]+", shown)[1:]]
        rows = [row for row in rows if row and row not in (line.strip(), after.strip())]
        if rows:
            words = [word for row in rows for word in row.partition(" -- ")[0].split()]
            return {word for word in words if not re.fullmatch(r"-\w", word)}
        return {value_of(last_word(after))} if after.strip() != line.strip() else set()

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.fd)


def bash(bus):
    """bash without bash-completion."""
    start = f"{BASH_START}source {SCRIPTS / 'pubsub.bash'}"
    return Terminal(bus, ["bash", "--noprofile", "--norc", "-i"], start)


def bash_with_loader(bus):
    """bash with bash-completion, which finds the script by the command's name."""
    if not os.path.exists(LOADER):
        raise Skip("there is no bash-completion")
    place = bus.directory / "bash" / "completions"
    place.mkdir(parents=True)
    for command in BINDIR.glob("pubsub*"):
        shutil.copy(SCRIPTS / "pubsub.bash", place / command.name)
    start = f"{BASH_START}BASH_COMPLETION_USER_DIR={place.parent}; source {LOADER}"
    return Terminal(bus, ["bash", "--noprofile", "--norc", "-i"], start)


def zsh(bus):
    return Terminal(bus, ["zsh", "-f", "-i"], f"fpath=({SCRIPTS} $fpath){ZSH_START}")


class Fish:
    """fish, one process for each question and all that are asked together."""

    def __init__(self, bus, script):
        need("fish")
        self.bus = bus
        self.place = bus.directory / "fish"
        self.place.mkdir()
        for command in BINDIR.glob("pubsub*"):
            shutil.copy(script, self.place / f"{command.name}.fish")

    def all_offers(self, lines):
        """What is offered for each of some lines."""
        path = f"set -g fish_complete_path {self.place} $fish_complete_path\n"
        path += f"cd {self.place.parent}\n"
        asked = "".join(f'complete -C "{line}"\necho ==\n' for line in lines)
        got = self.bus.run("fish", "--no-config", "-c", path + asked, env=environment(self.bus))
        answers = got.expect().out.decode().split("==\n")[:-1]
        same(len(answers), len(lines), "answers")
        return [
            {value_of(row.partition("\t")[0]) for row in answer.splitlines()}
            for answer in answers
        ]
