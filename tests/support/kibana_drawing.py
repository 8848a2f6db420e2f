"""Draws a dashboard of ours as SVG from the answers to its own queries.

What is drawn is what Kibana would be told, in the places where Kibana would draw it; it is a picture of
the data and the arrangement, not of Kibana.
"""
import datetime
import html

import kibana_queries

COLUMN, ROW, MARGIN = 25, 20, 6  # Pixels of one cell of Kibana's grid.
COLOURS = ("#006bb4", "#d4621b", "#017d73", "#bd271e", "#9170b8", "#a87b00", "#54626f", "#d36086")
SECONDS = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600)


def step(one, start, end, columns=60):
    """The width of a bucket, in seconds: the numbers of the services come every ten."""
    span = (end - start).total_seconds()
    least = 10 if "pipeline.stats" in kibana_queries.query_of(one)["query"] else 1
    return next((each for each in SECONDS if each >= least and each * columns >= span), SECONDS[-1])


def number_text(value):
    if value is None:
        return "–"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def text(x, y, content, size=11, anchor="start", colour="#343741", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}" font-weight="{weight}">{html.escape(str(content))}</text>')


def short(content, width):
    most = max(1, int(width / 6.2))
    content = str(content)
    return content if len(content) <= most else content[:most - 1] + "…"


def table(head, rows, width, height):
    """Cells as text, each column as wide as it needs."""
    rows = rows[:int((height - 14) / 16)]
    needs = [min(40, max(len(str(row[i])) for row in [head, *rows])) + 2 for i in range(len(head))]
    widths = [width * need / sum(needs) for need in needs]
    lefts = [sum(widths[:i]) for i in range(len(head))]
    shapes = [text(left, 12, short(name, wide), weight="bold")
              for left, name, wide in zip(lefts, head, widths)]
    for j, row in enumerate(rows):
        y = 28 + 16 * j
        shapes.append(f'<line x1="0" x2="{width}" y1="{y - 12}" y2="{y - 12}" stroke="#e3e6eb"/>')
        shapes += [text(left, y, short(cell, wide - 8)) for left, cell, wide in zip(lefts, row, widths)]
    return shapes


def shown(value):
    return "–" if value is None else number_text(value) if isinstance(value, (int, float)) else value


def series_of(one, rows):
    """{label: [(seconds, value)]} of an XY chart; sums by the second are made by the width later."""
    order, columns = kibana_queries.layer_of(one)
    metrics = [name for name in order if not columns[name]["isBucketed"]]
    series = {}
    for row in rows:
        for name in metrics:
            label = columns[name]["label"] if "split" not in row else row["split"]
            series.setdefault(label, []).append((row["time"] / 1000, row[name], columns[name]))
    return series


def per_second(points, seconds):
    return [(at, None if value is None else
             value / seconds if column.get("timeScale") == "s" else value)
            for at, value, column in points]


class Axes:
    """A plot's frame: times on x, zero to `highest` on y."""

    def __init__(self, start, end, highest, width, height):
        self.start, self.span = start.timestamp(), (end - start).total_seconds()
        self.highest, self.width, self.height = highest or 1, width, height
        self.left, self.bottom = 48, 18

    def x(self, at):
        return self.left + (at - self.start) / self.span * (self.width - self.left)

    def y(self, value):
        return (self.height - self.bottom) * (1 - value / self.highest)

    def frame(self):
        shapes = []
        for part in (0, 0.5, 1):
            y = self.y(self.highest * part)
            shapes.append(f'<line x1="{self.left}" x2="{self.width}" y1="{y:.1f}" y2="{y:.1f}" '
                          'stroke="#e3e6eb"/>')
            shapes.append(text(self.left - 4, y + 4, number_text(self.highest * part), 10, "end"))
        for part in (0, 0.5, 1):
            at = self.start + self.span * part
            anchor = {0: "start", 1: "end"}.get(part, "middle")
            clock = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%H:%M:%S")
            shapes.append(text(self.x(at), self.height - 4, clock, 10, anchor))
        return shapes


def line_shapes(axes, series):
    for colour, points in zip(COLOURS, series.values()):
        path = " ".join(f"{axes.x(at):.1f},{axes.y(value):.1f}" for at, value in points
                        if value is not None)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield from (f'<circle cx="{axes.x(at):.1f}" cy="{axes.y(value):.1f}" r="1.8" fill="{colour}"/>'
                    for at, value in points if value is not None)


def bar_shapes(axes, series, seconds):
    below = {}
    for colour, points in zip(COLOURS, series.values()):
        for at, value in points:
            if not value:
                continue
            bottom = below.get(at, 0)
            below[at] = bottom + value
            x, y = axes.x(at), axes.y(bottom + value)
            wide = max(1.0, min(axes.width, axes.x(at + seconds)) - x - 1)
            yield (f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
                   f'height="{axes.y(bottom) - y:.1f}" fill="{colour}"/>')


def plot(one, rows, start, end, seconds, width, height):
    series = {label: per_second(points, seconds) for label, points in series_of(one, rows).items()}
    is_bars = "bar" in one["attributes"]["state"]["visualization"]["preferredSeriesType"]
    legend = 14 * -(-len(series) // max(1, int(width / 150)))
    sums, highest = {}, 0
    for points in series.values():
        for at, value in points:
            sums[at] = sums.get(at, 0) + (value or 0)
            highest = max(highest, value or 0)
    axes = Axes(start, end, max(sums.values(), default=0) if is_bars else highest, width,
                height - legend)
    shapes = axes.frame()
    shapes += bar_shapes(axes, series, seconds) if is_bars else line_shapes(axes, series)
    for i, (colour, label) in enumerate(zip(COLOURS, series)):
        each = max(1, int(width / 150))
        x, y = i % each * 150, height - legend + 12 + i // each * 14
        shapes.append(f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{colour}"/>')
        shapes.append(text(x + 13, y, short(label, 140)))
    return shapes


def hit_cell(hit, column):
    value = hit["_source"]
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return "–" if value is None else value


def content(objects, one, answer, start, end, seconds, width, height):
    """A panel's inside, from the answer to its own query."""
    if one["type"] == "search":
        columns = ["Time", *one["attributes"]["columns"]]
        time = kibana_queries.view_of(objects, one)["timeFieldName"]
        rows = [[str(hit_cell(hit, time))[11:23], *(hit_cell(hit, name) for name in columns[1:])]
                for hit in answer["hits"]["hits"]]
        return table(columns, rows, width, height)
    rows = kibana_queries.rows_of(one, answer)
    order, columns = kibana_queries.layer_of(one)
    kind = one["attributes"]["visualizationType"]
    if kind == "lnsMetric":
        return [text(width / 2, height / 2 + 10, number_text(rows[0]["m0"]), 30, "middle", weight="bold")]
    if kind == "lnsDatatable":
        return table([columns[name]["label"] for name in order],
                     [[shown(row[name]) for name in order] for row in rows], width, height)
    return plot(one, rows, start, end, seconds, width, height)


def panel_shapes(objects, place, one, answer, start, end, seconds):
    x, y = place["x"] * COLUMN + MARGIN / 2, place["y"] * ROW + MARGIN / 2
    width, height = place["w"] * COLUMN - MARGIN, place["h"] * ROW - MARGIN
    inside = content(objects, one, answer, start, end, seconds, width - 20, height - 40)
    return [f'<g transform="translate({x},{y})">',
            f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d3dae6"/>',
            text(10, 18, one["attributes"]["title"], 12, weight="bold"),
            '<g transform="translate(10,30)">', *inside, "</g></g>"]


def draw(objects, dashboard, ask, start, end):
    """The dashboard over that time; `ask(indices, body)` gives Elasticsearch's answer."""
    panels = kibana_queries.panels_of(objects, dashboard)
    shapes = []
    for place, one in panels:
        seconds = step(one, start, end)
        body = kibana_queries.body_of(objects, one, start.isoformat(), end.isoformat(), seconds)
        answer = ask(kibana_queries.view_of(objects, one)["title"], body)
        shapes += panel_shapes(objects, place, one, answer, start, end, seconds)
    width = 48 * COLUMN
    height = max(place["y"] + place["h"] for place, _ in panels) * ROW
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 30}" '
        'font-family="sans-serif">',
        f'<rect width="{width}" height="{height + 30}" fill="#f6f8fc"/>',
        text(8, 20, dashboard["attributes"]["title"], 15, weight="bold"),
        '<g transform="translate(0,30)">', *shapes, "</g></svg>"]) + "\n"
