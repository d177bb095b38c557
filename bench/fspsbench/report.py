# SPDX-License-Identifier: MIT
"""
The report: plain text, Markdown or JSON of the same results. A table has a row for each peer and
a column for each quantity; a cell is the median, with minimum and maximum where they differ.
"""

import json


def number(value):
    """A number as people read it."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _cell(figure):
    if figure is None:
        return "-"
    low, middle, high = (number(value) for value in
                         (min(figure.values), figure.median, max(figure.values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _unique(items):
    return list(dict.fromkeys(items))


def _pivot(figures):
    """Header and rows."""
    by_name = {(figure.peer, figure.quantity): figure for figure in figures}
    units = {}
    for figure in figures:
        units.setdefault(figure.quantity, []).append(figure.unit)
    header = [""]
    for quantity, seen in units.items():
        unit = seen[0] if len(set(seen)) == 1 else ""
        header.append(f"{quantity}, {unit}" if unit else quantity)
    rows = [[peer] + [_cell(by_name.get((peer, quantity))) for quantity in units]
            for peer in _unique(figure.peer for figure in figures)]
    return header, rows


def _table(header, rows, markdown):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    edge, gap = ("| ", " | ") if markdown else ("", "  ")
    close = " |" if markdown else ""

    def line(cells):
        text = gap.join(cell.ljust(width) for cell, width in zip(cells, widths))
        return edge + (text + close if markdown else text.rstrip())

    rule = "|" + "|".join("---" for _ in widths) + "|" if markdown else "  ".join(
        "-" * width for width in widths)
    return [line(header), rule, *map(line, rows), ""]


def _scenario(result, markdown):
    lines = [("## " if markdown else "") + result.title, ""]
    if result.figures:
        lines += _table(*_pivot(result.figures), markdown)
    if result.ratios:
        rows = [[ratio.peer, ratio.quantity, _cell(ratio)] for ratio in result.ratios]
        lines += _table(["ratio within a round", "of", "median"], rows, markdown)
    lines += [("- " if markdown else "* ") + remark for remark in result.remarks]
    return lines + [""] if result.remarks else lines


def _targets(results, markdown):
    rows = []
    for target in (target for result in results for target in result.targets):
        goal = f"{'at least' if target.at_least else 'at most'} {number(target.goal)}"
        unit = f" {target.unit}" if target.unit else ""
        value = "-" if target.value is None else number(target.value) + unit
        rows.append([target.text, goal + unit, value, target.verdict])
    lines = [("## " if markdown else "") + "Targets", ""]
    return lines + _table(["figure", "goal", "measured", ""], rows, markdown)


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


def as_json(facts, results):
    whole = {"facts": facts, "scenarios": [result.as_dict() for result in results]}
    return json.dumps(whole, indent=1) + "\n"
