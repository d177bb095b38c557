# SPDX-License-Identifier: MIT
"""
What a peer's file says of itself in its opening comment, a line each:

    runs: one four         the scenarios that it has a part in (these two if it does not say)
    messages: 30           how many times the usual number of messages it sends
    requires: NAME ...     what it needs beside the compiler or the interpreter
"""

from dataclasses import dataclass
from fractions import Fraction

OPENING_LINES = 40


@dataclass
class Declared:
    runs: list
    messages: Fraction
    requires: list


def _words(source):
    """The words behind each key."""
    found = {"runs": ["one", "four"], "messages": ["1"], "requires": []}
    for line in source.read_text(encoding="utf-8").splitlines()[:OPENING_LINES]:
        key, colon, rest = line.lstrip("#* ").partition(":")
        if colon and key in found:
            found[key] = rest.split()
    return found


def read(source):
    words = _words(source)
    return Declared(words["runs"], Fraction(words["messages"][0]), words["requires"])
