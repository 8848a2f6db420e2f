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


def main():
    rows = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    if not rows:
        raise SystemExit("There are no results; run ./dev test real first.")
    forms = sorted({row["form"] for row in rows})
    machine = f"Machine: {cpu_name()}, {len(list(pathlib.Path('/sys/devices/system/cpu').glob('cpu[0-9]*')))} cores.\n"
    table = HEAD + "".join(map(line, rows)) + f"\nForm: {' and '.join(forms)}. {machine}"
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + table + END + after)
    print(f"{PAGE.relative_to(ROOT)}: {len(rows)} cases")


if __name__ == "__main__":
    main()
