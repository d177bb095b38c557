# SPDX-License-Identifier: MIT
"""What a mutant is: see mutants.py, which runs them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """What breaks, where, how, and the program and case that notice it."""

    says: str
    file: str
    changes: tuple
    program: str
    case: str
    lane: str = "both"
