# SPDX-License-Identifier: MIT
"""
docs/performance.md: the template bench/report/performance.md.in with the figures of one run in it.

What stands between {{ and }} is replaced: a name, a colon and arguments with | between them. Prose
never has a figure of its own, so that it can't be of another run. What was not measured says so in
the text; what no template may ask for is an Unresolved.

    {{machine}} {{goals}} {{bounds}} {{summary}} {{lost}} {{remarks}}
    {{table: SCENARIO | QUANTITY | ...}}                  all quantities if none is named
    {{ratios: SCENARIO | QUANTITY | ...}}
    {{figure: SCENARIO | PEER | QUANTITY}}                the median, without unit
    {{ratio: SCENARIO | OVER | UNDER | QUANTITY}}         within each round
    {{times: SCENARIO | OVER | UNDER | QUANTITY}}         of two medians, also of other quantities:
                                                          the last may be QUANTITY / QUANTITY
    {{plot: NAME | what it shows}}
"""

import pathlib
import re

from . import tables
from .figures import Figures
from .report import number

TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "report" / "performance.md.in"
NAME, PLOTS, SAVED = "performance.md", "figures", "performance.json"
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
MISSING = "(not measured)"


class Unresolved(Exception):
    """A placeholder that means nothing."""


class Document:
    """One run's results, and what was asked of them and is not there."""

    def __init__(self, facts, results):
        self.facts, self.results = facts, results
        self.absent = []
        self._scenarios = {result.key: result for result in results}
        self._figures = {result.key: Figures(result.figures) for result in results}

    def figures(self, key):
        return self._figures.get(key, Figures())

    def render(self, template):
        return PLACEHOLDER.sub(self._fill, template)

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

    def _put_figure(self, key, peer, quantity):
        value = self.figures(key).median(peer, quantity)
        return self._lack(key, peer, quantity) if value is None else number(value)

    def _put_ratio(self, key, over, under, quantity):
        ratio = self.figures(key).ratio(over, under, quantity)
        if ratio is None:
            return self._lack(key, f"{over} / {under}", quantity)
        return number(ratio.median)

    def _put_times(self, key, over, under, quantity):
        upper, _, lower = quantity.partition(" / ")
        values = (self.figures(key).median(over, upper),
                  self.figures(key).median(under, lower or upper))
        if None in values or not values[1]:
            return self._lack(key, f"{over} / {under}", quantity)
        return number(values[0] / values[1])

    def _put_plot(self, name, text):
        return f"![{text}]({PLOTS}/{name}.svg)"


def render(facts, results):
    """The document as text, and what its template asked for and nobody measured."""
    document = Document(facts, results)
    return document.render(TEMPLATE.read_text(encoding="utf-8")), document.absent
