#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Draws the plots of docs/performance.md from the figures of a run. Needs matplotlib; run.py has it.

plots.py FIGURES.json DIRECTORY

Same figures, same bytes: no date, no random name. Text stays text, so that the files are small; the
ground is light whatever the page around it is. A plot of what was not measured says that.
"""

import pathlib
import sys

import matplotlib

matplotlib.use("svg")
# Only once the back end is chosen.
import matplotlib.pyplot as plt  # noqa: E402

from fspsbench.figures import Figures  # noqa: E402
from fspsbench.report import from_json  # noqa: E402

GROUND, INK, GRID = "#fbfbf8", "#24292f", "#d8d8d2"
OURS, YARDSTICK, OTHER = "#1464c8", "#6e7781", "#d9822b"
# What is not a program that people use but a limit to measure by.
YARDSTICKS = {"bare", "fifo", "lane", "ring", "/bin/true"}
# Where bars would be lines that cross each other.
PALETTE = ["#d9822b", "#a3489b", "#2e8b57", "#b8860b", "#c23b3b", "#5f8f8f", "#8a5a2b"]
BAR_INCHES = 0.24
SIZES = {"100 B": 100, "1 KiB": 2**10, "4 KiB": 2**12, "64 KiB": 2**16, "1 MiB": 2**20}
LINE_STYLES = ["-", "--", "-.", ":"]


def _settle():
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "libfsps", "font.family": "sans-serif",
        "font.size": 9, "figure.facecolor": GROUND, "axes.facecolor": GROUND,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": GRID, "xtick.color": INK,
        "ytick.color": INK, "grid.color": GRID, "axes.grid": True, "axes.axisbelow": True,
        "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False,
        "legend.frameon": False})


def _colour(peer):
    if peer.startswith(("fsps", "pubsub")):
        return OURS
    return YARDSTICK if peer in YARDSTICKS else OTHER


def _short(value, _=None):
    """A number as it fits beside a bar or a tick."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


class Run:
    """The figures of a run, and the place of their plots."""

    def __init__(self, saved, directory):
        _, results = from_json(pathlib.Path(saved).read_text(encoding="utf-8"))
        self._figures = {result.key: Figures(result.figures) for result in results}
        self._directory = pathlib.Path(directory)

    def medians(self, key, quantity, of="{}"):
        """By peer, where of says how a peer is called in that scenario."""
        before, after = of.split("{}")
        return {figure.peer.removesuffix(after).removeprefix(before): figure.median
                for figure in self._figures.get(key, ())
                if figure.quantity == quantity and figure.peer.endswith(after)
                and figure.peer.startswith(before)}

    def save(self, figure, name):
        figure.savefig(self._directory / f"{name}.svg", metadata={"Date": None, "Creator": None},
                       bbox_inches="tight")
        plt.close(figure)


def _log(axis):
    """A logarithmic axis with numbers as people write them."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_formatter(_short)
    axis.set_minor_formatter("")


def _say_missing(axes):
    axes.set_axis_off()
    axes.text(0.5, 0.5, "not measured", ha="center", transform=axes.transAxes)


def _bars(axes, names, values, label):
    """A bar for each name, the first on top."""
    places = range(len(names))
    shown = [values.get(name) for name in names]
    axes.barh(places, [value or 0 for value in shown], color=[_colour(name) for name in names],
              height=0.7)
    for place, value in zip(places, shown):
        if value:
            axes.text(value, place, f" {_short(value)}", va="center", fontsize=8)
    axes.set_yticks(places, names)
    axes.margins(x=0.12)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(label)


def throughput(run):
    columns = {"1 -> 1": run.medians("one", "delivered"),
               "1 -> 4, each": run.medians("four", "delivered")}
    names = sorted(columns["1 -> 1"], key=lambda name: -columns["1 -> 1"][name])
    figure, panels = plt.subplots(1, 2, sharey=True, figsize=(9, 1 + BAR_INCHES * len(names)))
    for axes, (title, values) in zip(panels, columns.items()):
        if not values:
            _say_missing(axes)
            continue
        _bars(axes, names, values, "messages of 100 B a second")
        # Peers differ by factors of 1,000.
        _log(axes.xaxis)
        axes.set_title(title)
    run.save(figure, "throughput")


def _by_size(run):
    """For each peer bytes a second by size, the fastest with the largest first."""
    rates = {label: run.medians("sizes", "delivered", f"{{}}, {label}") for label in SIZES}
    lines = {}
    for label, size in SIZES.items():
        for name, rate in rates[label].items():
            lines.setdefault(name, []).append((size, rate * size))
    return dict(sorted(lines.items(), key=lambda one: -one[1][-1][1]))


def payload(run):
    figure, axes = plt.subplots(figsize=(9, 4))
    lines = _by_size(run)
    for index, (name, points) in enumerate(lines.items()):
        colour = _colour(name)
        axes.plot(*zip(*points), LINE_STYLES[index % len(LINE_STYLES)], marker="o", markersize=3,
                  color=PALETTE[index % len(PALETTE)] if colour == OTHER else colour,
                  linewidth=2.5 if colour == OURS else 1.2, label=name)
    if lines:
        _log(axes.xaxis)
        _log(axes.yaxis)
        axes.set_xticks(list(SIZES.values()), list(SIZES))
        axes.minorticks_off()
        axes.set_xlabel("payload")
        axes.set_ylabel("bytes a second, copied in and out")
        axes.legend(fontsize=8, bbox_to_anchor=(1.01, 1), loc="upper left")
    else:
        _say_missing(axes)
    run.save(figure, "payload")


def latency(run):
    placements = ["one core", "two cores"]
    found = {place: {name: run.medians("trip", name, f"{{}}, {place}") for name in ("p50", "p99")}
             for place in placements}
    names = sorted(found["one core"]["p50"], key=found["one core"]["p50"].get)
    names += [name for name in found["two cores"]["p50"] if name not in names]
    figure, panels = plt.subplots(1, 2, sharey=True, figsize=(9, 1 + BAR_INCHES * len(names)))
    for axes, place in zip(panels, placements):
        if not found[place]["p50"]:
            _say_missing(axes)
            continue
        _ranges(axes, names, found[place]["p50"], found[place]["p99"])
        axes.set_title(place)
    run.save(figure, "latency")


def _ranges(axes, names, low, high):
    """A line from the median to the 99th percentile of each, in microseconds."""
    for row, name in enumerate(names):
        if name not in low or name not in high:
            continue
        ends = low[name] / 1e3, high[name] / 1e3
        axes.plot(ends, (row, row), color=_colour(name), linewidth=2)
        axes.plot(ends[0], row, "o", ends[1], row, "|", color=_colour(name))
        axes.text(ends[1], row, f"  {_short(ends[0])} .. {_short(ends[1])}", va="center",
                  fontsize=8)
    axes.set_yticks(range(len(names)), names)
    _log(axes.xaxis)
    axes.margins(x=0.25)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("round trip, us: median (dot) to 99th percentile")


def _sweep(run, name, key, of, quantities, labels):
    """What something costs with more and more of something else."""
    figure, axes = plt.subplots(figsize=(9, 3.2))
    points = []
    for index, quantity in enumerate(quantities):
        found = {int(count.replace(",", "")): value
                 for count, value in run.medians(key, quantity, of).items()}
        points = sorted(found.items())
        if points:
            axes.plot(*zip(*points), LINE_STYLES[index], marker="o", color=OURS, label=quantity)
    if axes.lines:
        _log(axes.xaxis)
        axes.set_xticks([count for count, _ in points])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.legend(fontsize=8, bbox_to_anchor=(1.01, 1), loc="upper left")
    else:
        _say_missing(axes)
    run.save(figure, name)


def fanout(run):
    _sweep(run, "fanout", "fanout", "{} channels",
           ["publishing alone", "reading alone", "both at once"], ["channels", "ns a delivery"])


def topics(run):
    _sweep(run, "topics", "topics", "{} topics",
           ["publishing alone", "reading alone", "both at once"], ["topics", "ns a message"])


def memory(run):
    sides = [run.medians("one", f"{side} RSS") for side in ("publisher", "receiver", "server")]
    names = sorted(sides[0], key=lambda name: sum(side.get(name, 0) for side in sides))
    figure, axes = plt.subplots(figsize=(9, 1 + BAR_INCHES * len(names)))
    left = [0.0] * len(names)
    for side, label, alpha in zip(sides, ("publisher", "subscriber", "server"), (1, 0.65, 0.35)):
        widths = [side.get(name, 0) / 1024 for name in names]
        axes.barh(names, widths, left=left, color=[_colour(name) for name in names], alpha=alpha,
                  height=0.7, label=label)
        left = [a + b for a, b in zip(left, widths)]
    if names:
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("peak resident memory, MiB: publisher, subscriber (paler), server (palest)")
    else:
        _say_missing(axes)
    run.save(figure, "memory")


def oneshot(run):
    values = {name: value / 1e3 for name, value in run.medians("oneshot", "wall time").items()}
    figure, axes = plt.subplots(figsize=(9, 0.8 + BAR_INCHES * len(values)))
    if values:
        _bars(axes, sorted(values, key=values.get), values,
              "one publish from the shell, milliseconds")
    else:
        _say_missing(axes)
    run.save(figure, "oneshot")


PLOTS = [throughput, payload, latency, fanout, topics, memory, oneshot]


def main(argv):
    if len(argv) != 2:
        print("usage: plots.py FIGURES.json DIRECTORY", file=sys.stderr)
        return 2
    _settle()
    run = Run(*argv)
    for plot in PLOTS:
        plot(run)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
