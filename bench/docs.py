#!/usr/bin/env python3
"""Writes docs/benchmarks.md and its plots from the results of the benchmarks.

    bench/docs.py            take build/bench/*.json over into docs/benchmarks, write the page anew
    bench/docs.py --check    exit with 1 where the page is not what the committed results make

No figure stands in the page that is not in a result, and no result is written by hand.
"""
import argparse
import html
import json
import pathlib
import shutil
import sys

from measure import RESULTS, ROOT

PAGE = ROOT / "docs/benchmarks.md"
KEPT = ROOT / "docs/benchmarks"
ORDER = ("embedded", "produce", "consume")  # First on the page; others follow by name.
COLOURS = ("#2f6f9f", "#e08a3c", "#5b9a5b", "#a05195", "#8a8a8a", "#c34a4a")
BAR, GAP, LEFT, WIDTH, RIGHT = 15, 14, 150, 430, 90

INTRODUCTION = """\
# Benchmarks

Written by `./dev bench docs` from the results in [benchmarks](benchmarks); nothing here is written
by hand. `./dev bench NAME` measures again. Load generator, services and stores share the cores of
one machine, so these are figures of whole systems, and wall clock on a shared machine is noisy:
differences under 30 % mean nothing. CPU seconds per 1,000 events are steadier.
"""


def number(value):
    """Three significant digits, thousands separated."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.2g}"


def table_text(table):
    lines = [f"### {table['title']}", ""]
    lines += [f"| {' | '.join(table['columns'])} |", "|" + "---|" * len(table["columns"])]
    lines += [f"| {' | '.join(number(cell) for cell in row)} |" for row in table["rows"]]
    if table["note"]:
        lines += ["", table["note"]]
    return "\n".join(lines) + "\n"


def plot_svg(plot):
    """Horizontal bars, grouped by label."""
    series = list(plot["series"].items())
    top = max([value for _, values in series for value in values] + [1e-9])
    rows, y = [], 30 + 18 * len(series)
    for index, (name, _) in enumerate(series):
        rows.append(f'<rect x="{LEFT}" y="{26 + 18 * index}" width="12" height="12" '
                    f'fill="{COLOURS[index % len(COLOURS)]}"/>'
                    f'<text x="{LEFT + 18}" y="{36 + 18 * index}">{html.escape(name)}</text>')
    for at, label in enumerate(plot["labels"]):
        middle = y + BAR * len(series) / 2 + 5
        rows.append(f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">'
                    f'{html.escape(str(label))}</text>')
        for index, (_, values) in enumerate(series):
            length = max(1, round(WIDTH * values[at] / top))
            rows.append(f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR - 2}" '
                        f'fill="{COLOURS[index % len(COLOURS)]}"/><text x="{LEFT + length + 5}" '
                        f'y="{y + 11}" class="value">{number(values[at])}</text>')
            y += BAR
        y += GAP
    title = html.escape(f"{plot['title']} ({plot['unit']})")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{y}" '
            f'role="img" aria-label="{title}" font-family="sans-serif" font-size="12">'
            f'<style>.value{{font-size:10px}}</style><rect width="100%" height="100%" fill="white"/>'
            f'<text x="8" y="16" font-weight="bold">{title}</text>\n' + "\n".join(rows) + "\n</svg>\n")


def load_text(result):
    """What else the machine did; where it was busy, the reader must know."""
    load, cores = result.get("load_before", 0), result["machine"]["cores"]
    if load <= cores / 2:
        return ""
    return (f"**The machine was busy with other work (load average {load} on {cores} cores before "
            "the start): rates and latencies are far from what it can do, CPU seconds are near.** ")


def section(result):
    """One benchmark's part of the page, and its plots by file name."""
    machine = result["machine"]
    plots = {f"{result['name']}-{i}.svg": plot_svg(plot)
             for i, plot in enumerate(result["plots"], 1)}
    parts = [f"\n## {result['title']}\n", result["about"] + "\n",
             f"Measured on {result['measured_on']} at commit {result['commit']}: {machine['cores']} "
             f"cores of {machine['cpu']}, {machine['memory_gb']} GB, {machine['system']}, Linux "
             f"{machine['kernel']}, {machine['compiler']}. {load_text(result)}Again: `./dev bench "
             f"{result['name']}`.\n"]
    parts += [f"![{plot['title']}](benchmarks/{name})\n"
              for name, plot in zip(plots, result["plots"])]
    parts += [table_text(table) for table in result["tables"]]
    return "\n".join(part for part in parts if part), plots


def files():
    """What the page and its plots hold, by path, made of the results in docs/benchmarks."""
    results = [json.loads(path.read_text()) for path in sorted(KEPT.glob("*.json"))]
    results.sort(key=lambda r: (ORDER.index(r["name"]) if r["name"] in ORDER else len(ORDER),
                                r["name"]))
    text, made = INTRODUCTION, {}
    for result in results:
        part, plots = section(result)
        text += part
        made.update({KEPT / name: svg for name, svg in plots.items()})
    return {PAGE: text, **made}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    if parser.parse_args().check:
        stale = [path for path, text in files().items()
                 if not path.exists() or path.read_text() != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the results make; run ./dev bench docs.",
                  file=sys.stderr)
        sys.exit(1 if stale else 0)
    KEPT.mkdir(parents=True, exist_ok=True)
    for path in RESULTS.glob("*.json"):
        shutil.copy(path, KEPT)
    for path, text in files().items():
        path.write_text(text)
        print(f"{pathlib.Path(path).relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main()
