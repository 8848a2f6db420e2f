#!/usr/bin/env python3
"""Takes the results of the fault suite over into docs/reliability.md.

    ./dev test real           # or: ./dev test --long real
    tests/real/page.py
"""
import json
import pathlib
import platform

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build/results/reliability"
PAGE = ROOT / "docs/reliability.md"
PICTURE = ROOT / "docs/images/kafka-down-memory.svg"
BEGIN, END = "<!-- table: tests/real/page.py -->\n", "<!-- end of the table -->\n"
HEAD = ("| fault | what was done | events accepted | per second | over the whole case | documents | dead letters | lost | twice |"
        " out of order | ledger | answers by status |\n" + "|---" * 12 + "|\n")


def answers(row):
    return ", ".join(f"{count:,} × {'no answer' if status == '0' else status}"
                     for status, count in row["answers"].items())


def line(row):
    order = "–" if row["disordered"] is None else row["disordered"]
    return (f"| {row['case']} | {row['fault']} | {row['accepted']:,} | "
            f"{row['busy_per_second']:,} | {row['per_second']:,} | "
            f"{row['documents']:,} | {row['letters']:,} | {row['lost']} | {row['twice']} | {order} | "
            f"{'balanced' if row['balanced'] else 'NOT balanced'} | {answers(row)} |\n")


def cpu_name():
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.split(":", 1)[1].strip()
    return platform.machine()


def memory_svg(samples):
    """The Producer's memory, a sample a second."""
    width, height, left, bottom = 720, 240, 48, 32
    top = max(40, -(-max(samples) // 10) * 10)
    x = lambda second: left + second * (width - left - 12) / max(1, len(samples) - 1)
    y = lambda mb: height - bottom - mb * (height - bottom - 24) / top
    line = " ".join(f"{x(second):.1f},{y(mb):.1f}" for second, mb in enumerate(samples))
    marks = "".join(f'<line x1="{left}" x2="{width - 12}" y1="{y(mb):.1f}" y2="{y(mb):.1f}" stroke="#8884"/>'
                    f'<text x="{left - 6}" y="{y(mb) + 4:.1f}" text-anchor="end">{mb:.0f}</text>'
                    for mb in (0, top / 4, top / 2, 3 * top / 4, top))
    times = "".join(f'<text x="{x(second):.1f}" y="{height - 10}" text-anchor="middle">{second // 60} min</text>'
                    for second in range(0, len(samples), 120))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="sans-serif" font-size="12" fill="#777"><title>The Producer\'s resident memory '
            f'in MB while Kafka is away</title><text x="{left}" y="14">MB resident</text>{marks}{times}'
            f'<polyline points="{line}" fill="none" stroke="#2a78d6" stroke-width="2"/></svg>\n')


def main():
    rows = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    if not rows:
        raise SystemExit("There are no results; run ./dev test real first.")
    forms = sorted({row["form"] for row in rows})
    machine = f"Machine: {cpu_name()}, {len(list(pathlib.Path('/sys/devices/system/cpu').glob('cpu[0-9]*')))} cores.\n"
    table = HEAD + "".join(map(line, rows)) + f"\nForm: {' and '.join(forms)}. {machine}"
    for samples in (row["memory_mb"] for row in rows if "memory_mb" in row):
        PICTURE.write_text(memory_svg(samples))
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + table + END + after)
    print(f"{PAGE.relative_to(ROOT)}: {len(rows)} cases")


if __name__ == "__main__":
    main()
