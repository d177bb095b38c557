# SPDX-License-Identifier: MIT
"""The tables of docs/performance.md, as Markdown."""

import re

from .figures import Figure
from .report import cell, goal, number, pivot, table

# The columns of the summary: heading, scenario, what the peer is called there, quantity, and what
# its value is divided by.
SUMMARY = [
    ("1 -> 1, 100 B, msg/s", "one", "{}", "delivered", 1),
    ("each of 4, msg/s", "four", "{}", "delivered", 1),
    ("4 KiB, msg/s", "sizes", "{}, 4 KiB", "delivered", 1),
    ("1 MiB, msg/s", "sizes", "{}, 1 MiB", "delivered", 1),
    ("round trip, us, p50: one core", "trip", "{}, one core", "p50", 1e3),
    ("two cores", "trip", "{}, two cores", "p50", 1e3),
    ("peak RSS, MiB: publisher", "one", "{}", "publisher RSS", 1024),
    ("subscriber", "one", "{}", "receiver RSS", 1024),
    ("server", "one", "{}", "server RSS", 1024),
]
# The directories of an absolute path: where somebody has the tree tells nobody anything.
DIRECTORIES = re.compile(r"(?<![\w.])/(?:[^\s/:,;]+/)+(?=[^\s/])")
LOSSES = ("lost", "missing", "out of order", "wrong or out of order", "corrupt")


def _markdown(header, rows):
    return "\n".join(table(header, rows, markdown=True)).rstrip()


def of_figures(figures):
    return _markdown(*pivot(figures))


def of_ratios(ratios):
    rows = [[ratio.peer, ratio.quantity, cell(ratio)] for ratio in ratios]
    return _markdown(["ratio within a round", "of", "median (min to max)"], rows)


def beside(results, quantity):
    """Ratios of several scenarios, a column for each of these."""
    return of_figures([Figure(ratio.peer, result.title, "", ratio.values) for result in results
                       for ratio in result.ratios if ratio.quantity == quantity])


def across(figures):
    """Medians of figures of "PEER, WHAT": a row for each PEER, a column for each WHAT."""
    values, columns = {}, {}
    for figure in figures:
        name, _, what = figure.peer.rpartition(", ")
        columns[f"{what}, {figure.unit}"] = None
        values.setdefault(name, {})[f"{what}, {figure.unit}"] = number(figure.median)
    rows = [[name] + [row.get(column, "-") for column in columns] for name, row in values.items()]
    return _markdown(["", *columns], rows)


def machine(facts):
    """A paragraph."""
    build = re.sub("buildtype=([^,]*).*", r"\1", facts["build"])
    return (f"{facts['processor']}, {facts['cores']} cores, {facts['kernel']}, "
            f"{facts['architecture']}, {facts['libc']}; {build} build; homes in {facts['home']}; "
            f"load at start {facts['load_at_start']}; {facts['rounds']} rounds; "
            f"`{facts['command']}`.")


def _targets(results, aims):
    return [target for result in results for target in result.targets
            if bool(target.against) == aims]


def _measured(target):
    if target.value is None:
        return "-"
    unit = f" {target.unit}" if target.unit else ""
    low, middle, high = (number(one) for one in (
        target.value if target.low is None else target.low, target.value,
        target.value if target.high is None else target.high))
    return middle + unit + ("" if low == high else f" ({low} to {high})")


def _verdict(target):
    return target.verdict if target.verdict == "met" else f"**{target.verdict}**"


def goals(results):
    """What the project set out to reach."""
    rows = [[target.text, target.against, goal(target), _measured(target), _verdict(target)]
            for target in _targets(results, aims=True)]
    return _markdown(["figure", "against", "goal", "measured: median (min to max)", ""], rows)


def short(results):
    """The goals that are not met."""
    return [target for target in _targets(results, aims=True) if target.verdict == "not met"]


def shortfalls(targets):
    if not targets:
        return "Of the goals above: nothing."
    return "\n".join(f"- {target.text} / {target.against}: {_measured(target)} instead of "
                     f"{goal(target)}." for target in targets)


def bounds(results):
    """What must not become worse."""
    rows = [[target.text, goal(target), _measured(target), _verdict(target)]
            for target in _targets(results, aims=False)]
    return _markdown(["figure", "goal", "measured", ""], rows)


def summary(figures_of):
    """Every peer, the fastest first. figures_of gives a scenario's figures by its key."""
    delivered = [figure for figure in figures_of("one") if figure.quantity == "delivered"]
    others = [figure.peer.rpartition(",")[0] for figure in figures_of("trip")
              if figure.quantity == "p50"]
    names = [figure.peer for figure in sorted(delivered, key=lambda one: -one.median)]
    rows = []
    for name in dict.fromkeys(names + others):
        values = [(figures_of(key).median(called.format(name), quantity), scale)
                  for _, key, called, quantity, scale in SUMMARY]
        rows.append([name] + ["-" if value is None else number(value / scale)
                              for value, scale in values])
    return _markdown(["", *(column[0] for column in SUMMARY)], rows)


def lost(results):
    """Who lost, broke or mixed up messages, and how many at most in a run."""
    rows = [[result.title, figure.peer, figure.quantity, number(max(figure.values)),
             number(figure.median)]
            for result in results for figure in result.figures
            if figure.quantity in LOSSES and max(figure.values) > 0]
    if not rows:
        return "Nothing was lost, by anybody."
    return _markdown(["scenario", "peer", "", "worst round", "median"], rows)


def remarks(results):
    """What was left out, and what broke."""
    seen = {}
    for result in results:
        for remark in result.remarks:
            seen.setdefault(DIRECTORIES.sub("", remark), []).append(result.key)
    if not seen:
        return "Nothing was left out."
    return "\n".join(f"- {remark} ({', '.join(keys)})" for remark, keys in seen.items())
