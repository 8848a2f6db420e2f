"""Prometheus' text format, the table of docs/metrics.md, and expressions over them."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("Producer", "Consumer")
# Names that Prometheus itself adds.
OF_PROMETHEUS = {"up": {"job", "instance"}}


def parse(text):
    """`/metrics` as {name: (type, label names, [labels of each series])}; a histogram is one metric."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    found = {name: (kind, set(), []) for name, kind in types.items()}
    for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? \S+$", text, re.M):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        name = base if types.get(base) == "histogram" else name
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        pairs.pop("le", None)
        found[name][1].update(pairs)
        found[name][2].append(pairs)
    return found


def documented(service):
    """What docs/metrics.md says of a service: {name: (type, label names)} and {name: unit}."""
    page = (ROOT / "docs/metrics.md").read_text()
    names, units = {}, {}
    for section in ("Both", service):
        text = page.split(f"\n## {section}\n")[1].split("\n## ")[0]
        for row in re.findall(r"^\| `.*\|$", text, re.M):
            name, kind, unit, labels, _ = [cell.strip() for cell in row.strip("|").split("|")]
            names[name.strip("`")] = kind, set(re.findall(r"`(\w+)`", labels))
            units[name.strip("`")] = unit
    return names, units


def selectors(expression):
    """Every metric that an expression names, with its matchers as (label, value), one per alternative."""
    for name, matchers in re.findall(r"\b(tributary_\w+|up)\b(?:\{([^}]*)\})?", expression):
        yield (re.sub(r"_(bucket|sum|count)$", "", name) if name not in OF_PROMETHEUS else name,
               [(label, value) for label, values in re.findall(r'(\w+)\s*!?[=~]+\s*"([^"]*)"', matchers)
                for value in re.split(r"\|(?![^(]*\))", values)])


def groupings(expression):
    """The labels in `by (…)`, `without (…)` and their kin."""
    lists = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", expression)
    return {label for one in lists for label in re.findall(r"\w+", one)}
