# SPDX-License-Identifier: MIT
"""
The report: plain text, Markdown or JSON of the same results. A table has a row for each peer and
a column for each quantity; a cell is the median, with minimum and maximum where they differ.
"""

import json

from .figures import Result


def number(value):
    """A number as people read it."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cell(figure):
    if figure is None:
        return "-"
    low, middle, high = (number(value) for value in
                         (min(figure.values), figure.median, max(figure.values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _unique(items):
    return list(dict.fromkeys(items))


def pivot(figures):
    """Header and rows."""
    by_name = {(figure.peer, figure.quantity): figure for figure in figures}
    units = {}
    for figure in figures:
        units.setdefault(figure.quantity, []).append(figure.unit)
    header = [""]
    for quantity, seen in units.items():
        unit = seen[0] if len(set(seen)) == 1 else ""
        header.append(f"{quantity}, {unit}" if unit else quantity)
    rows = [[peer] + [cell(by_name.get((peer, quantity))) for quantity in units]
            for peer in _unique(figure.peer for figure in figures)]
    return header, rows


def table(header, rows, markdown):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    edge, gap = ("| ", " | ") if markdown else ("", "  ")
    close = " |" if markdown else ""

    def line(cells):
        text = gap.join(one.ljust(width) for one, width in zip(cells, widths))
        return edge + (text + close if markdown else text.rstrip())

    rule = "|" + "|".join("---" for _ in widths) + "|" if markdown else "  ".join(
        "-" * width for width in widths)
    return [line(header), rule, *map(line, rows), ""]


def _scenario(result, markdown):
    lines = [("## " if markdown else "") + result.title, ""]
    if result.figures:
        lines += table(*pivot(result.figures), markdown)
    if result.ratios:
        rows = [[ratio.peer, ratio.quantity, cell(ratio)] for ratio in result.ratios]
        lines += table(["ratio within a round", "of", "median"], rows, markdown)
    lines += [("- " if markdown else "* ") + remark for remark in result.remarks]
    return lines + [""] if result.remarks else lines


def goal(target):
    unit = f" {target.unit}" if target.unit else ""
    return f"{'at least' if target.at_least else 'at most'} {number(target.goal)}{unit}"


def _targets(results, markdown):
    rows = []
    for target in (target for result in results for target in result.targets):
        unit = f" {target.unit}" if target.unit else ""
        value = "-" if target.value is None else number(target.value) + unit
        beside = f" / {target.against}" if target.against else ""
        rows.append([target.text + beside, goal(target), value, target.verdict])
    lines = [("## " if markdown else "") + "Targets", ""]
    return lines + table(["figure", "goal", "measured", ""], rows, markdown)


def render(facts, results, markdown):
    """The whole report as text."""
    lines = (["# Benchmark", ""] if markdown else [])
    lines += [("- " if markdown else "") + f"{name.replace('_', ' ')}: {value}"
              for name, value in facts.items()] + [""]
    for result in results:
        lines += _scenario(result, markdown)
    lines += ["Medians of the rounds, with minimum and maximum. Other machines have other figures;",
              "only ratios of one run compare.", ""]
    return "\n".join(lines + _targets(results, markdown))


def _lines(saved):
    """A list with a line for each of its members; anything else in one."""
    if not isinstance(saved, list) or not saved:
        return json.dumps(saved)
    return "[\n" + ",\n".join(json.dumps(one) for one in saved) + "]"


def as_json(facts, results):
    """A line for each figure, so that the files of two runs can be compared."""
    scenarios = ["{" + ",\n".join(f"{json.dumps(key)}: {_lines(value)}"
                                  for key, value in result.as_dict().items()) + "}"
                 for result in results]
    return (f'{{"facts": {json.dumps(facts, indent=1)},\n"scenarios": [\n'
            + ",\n".join(scenarios) + "]}\n")


def from_json(text):
    """Facts and results, as they were given to as_json()."""
    whole = json.loads(text)
    return whole["facts"], [Result.from_dict(one) for one in whole["scenarios"]]
