# SPDX-License-Identifier: MIT
"""
What a scenario hands to the report: figures, ratios, targets and remarks.

Every figure keeps its value of each round; medians, minima and maxima are taken once, here.
A ratio is taken within each round, so that a machine that slows down slows both of its sides.
"""

import statistics
from dataclasses import dataclass, field


def _brief(value):
    """As many digits as a measurement has."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


@dataclass
class Figure:
    """One quantity of one peer: a value a round."""

    peer: str
    quantity: str
    unit: str
    values: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def as_dict(self):
        return {"peer": self.peer, "quantity": self.quantity, "unit": self.unit,
                "median": _brief(self.median), "min": _brief(min(self.values)),
                "max": _brief(max(self.values)), "values": [_brief(one) for one in self.values]}

    @classmethod
    def from_dict(cls, saved):
        return cls(saved["peer"], saved["quantity"], saved["unit"], saved["values"])


@dataclass
class Target:
    """A goal of the project and what came out; value None: not measured."""

    text: str
    at_least: bool
    goal: float
    value: float | None
    unit: str = ""
    # Of what the project set out to reach, by aim(): beside what, and its least and greatest round.
    against: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self):
        if self.value is None:
            return "not measured"
        met = self.value >= self.goal if self.at_least else self.value <= self.goal
        return "met" if met else "not met"

    def as_dict(self):
        return {"text": self.text, "against": self.against, "goal": self.goal,
                "at_least": self.at_least, "value": self.value, "low": self.low, "high": self.high,
                "unit": self.unit, "verdict": self.verdict}

    @classmethod
    def from_dict(cls, saved):
        return cls(**{name: value for name, value in saved.items() if name != "verdict"})


def aim(text, against, at_least, goal, figure, unit=""):
    """
    One of the figures that the project set out to reach, beside something else; the document opens
    with them. The figure is one of Figures, or a ratio, or None if it was not measured.
    """
    if figure is None:
        return Target(text, at_least, goal, None, unit, against)
    return Target(text, at_least, goal, figure.median, unit, against, min(figure.values),
                  max(figure.values))


class Figures:
    """The figures of one scenario, in the order in which they were first added."""

    def __init__(self, figures=()):
        self._by_name = {(figure.peer, figure.quantity): figure for figure in figures}

    def add(self, peer, quantity, unit, value):
        figure = self._by_name.setdefault((peer, quantity), Figure(peer, quantity, unit))
        figure.values.append(value)

    def __iter__(self):
        return iter(self._by_name.values())

    def get(self, peer, quantity):
        return self._by_name.get((peer, quantity))

    def median(self, peer, quantity):
        figure = self.get(peer, quantity)
        return figure.median if figure else None

    def maximum(self, peer, quantity):
        figure = self.get(peer, quantity)
        return max(figure.values) if figure else None

    def ratio(self, over, under, quantity):
        """The ratio of two peers' figures, a value a round; None if one is missing."""
        upper, lower = self.get(over, quantity), self.get(under, quantity)
        if upper is None or lower is None or len(upper.values) != len(lower.values):
            return None
        values = [a / b for a, b in zip(upper.values, lower.values) if b]
        if not values:
            return None
        return Figure(f"{over} / {under}", quantity, "", values)


@dataclass
class Result:
    """A scenario's outcome."""

    key: str
    title: str
    figures: list
    ratios: list
    targets: list
    remarks: list

    def as_dict(self):
        return {"key": self.key, "title": self.title,
                "figures": [figure.as_dict() for figure in self.figures],
                "ratios": [ratio.as_dict() for ratio in self.ratios],
                "targets": [target.as_dict() for target in self.targets],
                "remarks": self.remarks}

    @classmethod
    def from_dict(cls, saved):
        return cls(saved["key"], saved["title"],
                   [Figure.from_dict(one) for one in saved["figures"]],
                   [Figure.from_dict(one) for one in saved["ratios"]],
                   [Target.from_dict(one) for one in saved["targets"]], saved["remarks"])
