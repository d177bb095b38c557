# SPDX-License-Identifier: MIT
"""A terminal for tests: a pseudo terminal of some size, and what a program shows on it.

What it understands is what ncurses sends to TERM=vt100: cursor movement, erasing, wrapping,
scrolling within margins.
Attributes are passed over.
"""

import fcntl
import os
import pty
import re
import select
import termios
import time

from harness import WAIT_SECONDS, holds

ESCAPE = re.compile(rb"\x1b(?:\[([?0-9;]*)([A-Za-z@])|[()][0-9A-Z]|[=>78DM])", re.S)


class Picture:
    """Characters in rows and columns."""

    def __init__(self, rows, columns):
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.margins = (0, rows - 1)
        self.y = self.x = 0

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def erase(self, first, last):
        """From one cell on to before another, counted through all rows."""
        for place in range(first, last):
            self.cells[place // self.columns][place % self.columns] = " "

    def move(self, y, x):
        self.y = min(max(y, 0), self.rows - 1)
        self.x = min(max(x, 0), self.columns - 1)

    def index(self, by):
        """One line down (1) or up (-1); at a margin what is between them moves instead."""
        top, bottom = self.margins
        if self.y != (bottom if by > 0 else top):
            self.move(self.y + by, min(self.x, self.columns - 1))
            return
        del self.cells[top if by > 0 else bottom]
        self.cells.insert(bottom if by > 0 else top, [" "] * self.columns)

    def put(self, character):
        # The cursor stays in the last column until something follows.
        if self.x == self.columns:
            self.move(self.y + 1, 0)
        self.cells[self.y][self.x] = character
        self.x += 1

    def control(self, byte):
        at = min(self.x, self.columns - 1)
        if byte == 0x0D:
            self.x = 0
        elif byte == 0x0A:
            self.index(1)
        elif byte == 0x08:
            self.move(self.y, at - 1)
        elif byte == 0x09:
            self.move(self.y, at - at % 8 + 8)

    def sequence(self, parameters, letter):
        numbers = [int(n) if n.isdigit() else 0 for n in parameters.decode().split(";")]
        count = max(numbers[0], 1)
        here = self.y * self.columns + min(self.x, self.columns - 1)
        row = self.y * self.columns
        if letter in b"Hf":
            self.move(count - 1, (numbers + [1])[1] - 1)
        elif letter in b"ABCD":
            down, right = {b"A": (-1, 0), b"B": (1, 0), b"C": (0, 1), b"D": (0, -1)}[letter]
            self.move(self.y + down * count, self.x + right * count)
        elif letter == b"r":
            last = (numbers + [0])[1] or self.rows
            self.margins = (count - 1, min(last, self.rows) - 1)
            self.move(0, 0)
        elif letter == b"J":
            self.erase(*[(here, self.rows * self.columns), (0, here + 1),
                         (0, self.rows * self.columns)][numbers[0]])
        elif letter == b"K":
            self.erase(*[(here, row + self.columns), (row, here + 1),
                         (row, row + self.columns)][numbers[0]])
        else:
            holds(letter in b"mhlc", f"the terminal does not know {parameters}{letter}")

    def feed(self, data):
        """Takes bytes; returns those of an escape sequence that is not whole yet."""
        at = 0
        while at < len(data):
            found = ESCAPE.match(data, at)
            if found:
                if found[2]:
                    self.sequence(found[1], found[2])
                elif found[0] in (b"\x1bM", b"\x1bD"):
                    self.index(-1 if found[0] == b"\x1bM" else 1)
                at = found.end()
            elif data[at] == 0x1B:
                return data[at:]
            else:
                if data[at] < 0x20:
                    self.control(data[at])
                else:
                    self.put(chr(data[at]))
                at += 1
        return b""


class Terminal:
    """A program on a terminal of its own, which is its controlling one."""

    def __init__(self, bus, *words, rows=24, columns=100, env=None):
        self.master, self.slave = pty.openpty()
        self.picture = Picture(rows, columns)
        self.raw = self.rest = b""
        termios.tcsetwinsize(self.slave, (rows, columns))
        self.process = bus.start(
            *words, stdin=self.slave, stdout=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0),
            env={"TERM": "vt100", **(env or {})},
        )

    def read(self):
        readable, _, _ = select.select([self.master], [], [], WAIT_SECONDS)
        holds(readable, "the screen stays\n" + "\n".join(self.picture.lines()))
        piece = os.read(self.master, 65536)
        self.raw += piece
        self.rest = self.picture.feed(self.rest + piece)

    def wait_for(self, condition):
        """Reads until the picture's lines are as they should be; returns them."""
        end = time.monotonic() + WAIT_SECONDS
        while not condition(self.picture.lines()):
            holds(time.monotonic() < end, "the screen is\n" + "\n".join(self.picture.lines()))
            self.read()
        return self.picture.lines()

    def shows(self, *patterns):
        """Waits until each of the patterns is found in some line."""
        return self.wait_for(
            lambda lines: all(any(re.search(p, line) for line in lines) for p in patterns)
        )

    def wait_for_text(self, *texts):
        """Reads until these were written, in that order, whether they are still to be seen or
        not."""
        wanted = re.compile(b".*".join(map(re.escape, texts)), re.S)
        self.wait_for(lambda lines: wanted.search(self.raw))

    def press(self, keys):
        os.write(self.master, keys.encode())

    def resize(self, rows, columns):
        self.picture.resize(rows, columns)
        termios.tcsetwinsize(self.slave, (rows, columns))

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def close(self):
        """Waits for the program's end; its exit code."""
        if self.slave >= 0:
            os.close(self.slave)
        try:
            while self.master >= 0 and os.read(self.master, 65536):
                pass
        except OSError:
            pass
        status = self.process.child.wait(WAIT_SECONDS)
        if self.master >= 0:
            os.close(self.master)
        return 128 - status if status < 0 else status

    def quit(self):
        self.press("q")
        return self.close()
