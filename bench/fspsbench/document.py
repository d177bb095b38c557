# SPDX-License-Identifier: MIT
"""
docs/performance.md: the template bench/report/performance.md.in with the figures of one run in it.

What stands between {{ and }} is replaced: a name, a colon and arguments with | between them. Prose
never has a figure of its own, so that it can't be of another run. What was not measured says so in
the text; what no template may ask for is an Unresolved.

    {{machine}} {{goals}} {{shortfalls}} {{bounds}} {{summary}} {{lost}} {{remarks}}
    {{table: SCENARIO | QUANTITY | ...}}            all quantities if none is named
    {{across: SCENARIO | QUANTITY}}                 of "PEER, WHAT", a column for each WHAT
    {{ratios: SCENARIO | QUANTITY | ...}}
    {{beside: QUANTITY | SCENARIO | ...}}           ratios of several scenarios in one table
    {{figure: SCENARIO | PEER | QUANTITY}}          the median; also {{millions: ...}}, {{us: ...}}
                                                    of ns, {{ms: ...}} of us, and {{period: ...}}
                                                    of a rate, in ns
    {{ratio: SCENARIO | OVER | UNDER | QUANTITY}}   within each round
    {{plot: NAME | what it shows}}
    {{reason: GOAL}} ... {{end}}                    only if that goal is not met: why
"""

import pathlib
import re
import textwrap

from . import tables
from .figures import Figures
from .report import number

TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "report" / "performance.md.in"
NAME, PLOTS, SAVED = "performance.md", "figures", "performance.json"
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
REASON = re.compile(r"\{\{reason:(.*?)\}\}\n(.*?)\{\{end\}\}\n", re.DOTALL)
# Lines of Markdown that begin with one of these stay as they are.
NO_PROSE = ("|", "-", "#", "!")
COLUMNS = 100
MISSING = "(not measured)"


class Unresolved(Exception):
    """A placeholder that means nothing."""


def _wrapped(block):
    """A paragraph whose lines are as long as they should be, whatever was put into it."""
    if any(line.startswith(NO_PROSE) for line in block.splitlines()):
        return block
    return textwrap.fill(" ".join(block.split()), COLUMNS, break_long_words=False,
                         break_on_hyphens=False)


class Document:
    """One run's results, and what was asked of them and is not there."""

    def __init__(self, facts, results):
        self.facts, self.results = facts, results
        self.absent = []
        # Goals that are not met, and those of them whose reason the template has.
        self.short = tables.short(results)
        self._explained = set()
        self._scenarios = {result.key: result for result in results}
        self._figures = {result.key: Figures(result.figures) for result in results}

    def figures(self, key):
        return self._figures.get(key, Figures())

    @property
    def unexplained(self):
        return [target.text for target in self.short if target.text not in self._explained]

    def render(self, template):
        text = PLACEHOLDER.sub(self._fill, REASON.sub(self._give_reason, template))
        return "\n\n".join(map(_wrapped, re.split(r"\n{2,}", text.strip("\n")))) + "\n"

    def _give_reason(self, found):
        goal = " ".join(found[1].split())
        if goal not in (target.text for result in self.results for target in result.targets):
            self._lack("goal", goal)
        if goal not in (target.text for target in self.short):
            return ""
        self._explained.add(goal)
        return f"*{goal}:* {found[2]}"

    def _fill(self, found):
        name, _, rest = found[1].partition(":")
        arguments = [" ".join(one.split()) for one in rest.split("|")] if rest.strip() else []
        action = getattr(self, f"_put_{name.strip()}", None)
        if action is None:
            raise Unresolved(f"there is no placeholder {found[0]}")
        try:
            return action(*arguments)
        except TypeError as problem:
            raise Unresolved(f"{found[0]}: {problem}") from None

    def _lack(self, *what):
        self.absent.append(", ".join(what))
        return MISSING

    def _put_machine(self):
        return tables.machine(self.facts)

    def _put_goals(self):
        return tables.goals(self.results)

    def _put_shortfalls(self):
        return tables.shortfalls(self.short)

    def _put_bounds(self):
        return tables.bounds(self.results)

    def _put_summary(self):
        return tables.summary(self.figures)

    def _put_lost(self):
        return tables.lost(self.results)

    def _put_remarks(self):
        return tables.remarks(self.results)

    def _put_table(self, key, *quantities):
        found = [figure for figure in self.figures(key)
                 if not quantities or figure.quantity in quantities]
        return tables.of_figures(found) if found else self._lack("table", key)

    def _put_ratios(self, key, *quantities):
        result = self._scenarios.get(key)
        found = [ratio for ratio in result.ratios if not quantities or ratio.quantity in quantities
                 ] if result else []
        return tables.of_ratios(found) if found else self._lack("ratios", key)

    def _put_beside(self, quantity, *keys):
        found = [result for result in self.results if result.key in keys and result.ratios]
        return tables.beside(found, quantity) if found else self._lack("ratios", *keys)

    def _put_across(self, key, quantity):
        found = [figure for figure in self.figures(key) if figure.quantity == quantity]
        return tables.across(found) if found else self._lack("table", key)

    def _median(self, arguments, change=lambda value: value):
        value = self.figures(arguments[0]).median(*arguments[1:])
        return self._lack(*arguments) if value is None else number(change(value))

    def _put_figure(self, *arguments):
        return self._median(arguments)

    def _put_millions(self, *arguments):
        return self._median(arguments, lambda value: value / 1e6)

    def _put_us(self, *arguments):
        return self._median(arguments, lambda value: value / 1e3)

    def _put_ms(self, *arguments):
        return self._median(arguments, lambda value: value / 1e3)

    def _put_period(self, *arguments):
        return self._median(arguments, lambda value: 1e9 / value)

    def _put_ratio(self, key, over, under, quantity):
        ratio = self.figures(key).ratio(over, under, quantity)
        if ratio is None:
            return self._lack(key, f"{over} / {under}", quantity)
        return number(ratio.median)

    def _put_plot(self, name, text):
        return f"![{text}]({PLOTS}/{name}.svg)"


def render(facts, results):
    """The document as text, and its lacks, in words."""
    document = Document(facts, results)
    text = document.render(TEMPLATE.read_text(encoding="utf-8"))
    return text, ([f"not measured: {what}" for what in document.absent]
                  + [f"no reason given why it is not met: {goal}" for goal in document.unexplained])
