# SPDX-License-Identifier: MIT
"""
What a peer's file says of itself in its opening comment, a line each:

    runs: one four         the scenarios that it has a part in (these two if it does not say)
    messages: 30           how many times the usual number of messages it sends
    gigabytes: 3           how many gigabytes of large payloads take it about a second
    largest: 8192          the largest payload that it can send, in bytes
    requires: NAME ...     what it needs beside the compiler or the interpreter
    server: NAME           the server that it needs, a file in servers/

and, in the same way, what a server's file says of it, see servers.py.
"""

from dataclasses import dataclass
from fractions import Fraction

OPENING_LINES = 40


@dataclass
class Declared:
    runs: list
    messages: Fraction
    gigabytes: Fraction
    largest: float
    requires: list
    server: str


DEFAULTS = {"runs": ["one", "four"], "messages": ["1"], "gigabytes": ["1"], "largest": ["inf"],
            "requires": [], "server": [""], "run": [], "ready": []}


def words(source):
    """The words behind each key."""
    found = dict(DEFAULTS)
    for line in source.read_text(encoding="utf-8").splitlines()[:OPENING_LINES]:
        key, colon, rest = line.lstrip("#* ").partition(":")
        if colon and key in found:
            found[key] = rest.split()
    return found


def read(source):
    found = words(source)
    return Declared(found["runs"], Fraction(found["messages"][0]), Fraction(found["gigabytes"][0]),
                    float(found["largest"][0]), found["requires"], found["server"][0])
