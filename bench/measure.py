"""What every benchmark measures in the same way: CPU seconds, memory, percentiles, and a result file.

    with Meter({"producer": [pid], "consumer": [pid]}) as meter:
        …the load…
    meter.cpu_seconds()          # {"producer": 1.25, "consumer": 0.75}

    result = Result("embedded", "The embedded system")
    table = result.table("Single events", ["connections", "events/s"])
    table.add(1, 4100)
    result.save()                # build/bench/embedded.json, which docs.py turns into a page
"""
import datetime
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build/bench"
TICKS = os.sysconf("SC_CLK_TCK")
CPU_TIME = 2  # Of the clock of another process, what the scheduler counted (CPUCLOCK_SCHED).


def percentile(values, percent):
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def cpu_seconds(pid):
    """User and system time of a process with its threads, and of its children that have ended. Its own
    to the nanosecond, by its CPU clock: the ticks of /proc are two percent of half a second."""
    try:
        own = time.clock_gettime(~pid << 3 | CPU_TIME)
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return own + sum(map(int, fields[13:15])) / TICKS


def memory_mb(pid, name="VmRSS"):
    """`VmRSS` is what is resident now, `VmHWM` the most that ever was; in units of 10^6 bytes."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


class Meter:
    """CPU seconds by component, between entering and leaving. `components` maps a name to PIDs, or
    to a function that gives them, where processes come and go meanwhile: those that end between two
    calls of `sample` are counted as far as the last of these calls saw them."""

    def __init__(self, components):
        self.components = {name: pids if callable(pids) else lambda pids=pids: pids
                           for name, pids in components.items()}
        self.first, self.last = {}, {}

    def __enter__(self):
        self.sample()
        self.first = {key: seconds for key, seconds in self.last.items()}
        self.begun = time.monotonic()
        return self

    def __exit__(self, *_):
        self.sample()
        self.elapsed = time.monotonic() - self.begun

    def sample(self):
        for name, pids in self.components.items():
            for pid in pids():
                seconds = cpu_seconds(pid)
                if seconds is not None:
                    self.last[name, pid] = seconds

    def cpu_seconds(self):
        used = dict.fromkeys(self.components, 0.0)
        for (name, pid), seconds in self.last.items():
            used[name] += seconds - self.first.get((name, pid), 0.0)
        return used

    def per_thousand(self, events):
        """CPU seconds per 1,000 events, by component."""
        return {name: seconds * 1000 / events for name, seconds in self.cpu_seconds().items()}

    def memory_mb(self, name, kind="VmRSS"):
        return sum(memory_mb(pid, kind) for pid in self.components[name]())


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    except OSError:
        return ""


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    system = re.search(r'PRETTY_NAME="(.+)"', pathlib.Path("/etc/os-release").read_text())
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "memory_gb": round(int(memory[1]) * 1024 / 1e9), "kernel": platform.release().split("-")[0],
            "system": system[1] if system else platform.system(),
            "compiler": output_of("g++", "--version").split("\n")[0]}


class Table:
    def __init__(self, title, columns, note=""):
        self.title, self.columns, self.note, self.rows = title, columns, note, []

    def add(self, *cells):
        """One row; numbers stay numbers, docs.py writes them readably."""
        assert len(cells) == len(self.columns), (self.title, cells)
        self.rows.append(list(cells))
        print("  " + ", ".join(f"{c} {v:.4g}" if isinstance(v, float) else f"{c} {v}"
                               for c, v in zip(self.columns, cells)), flush=True)


class Plot:
    """Bars: for each of `labels` one bar of every series, all in one unit."""

    def __init__(self, title, unit, labels):
        self.title, self.unit, self.labels, self.series = title, unit, labels, {}

    def add(self, name, values):
        assert len(values) == len(self.labels), (self.title, name)
        self.series[name] = list(values)


class Result:
    """One benchmark's figures with what they were measured on. `about` says in a few sentences what
    was done; a page must not hold a figure that is not in here."""

    def __init__(self, name, title, about=""):
        self.name, self.title, self.about = name, title, about
        self.tables, self.plots = [], []
        self.load_before = os.getloadavg()[0]

    def table(self, title, columns, note=""):
        print(title, flush=True)
        self.tables.append(Table(title, columns, note))
        return self.tables[-1]

    def plot(self, title, unit, labels):
        self.plots.append(Plot(title, unit, labels))
        return self.plots[-1]

    def save(self):
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        now = datetime.datetime.now(datetime.timezone.utc)
        path.write_text(json.dumps({
            "name": self.name, "title": self.title, "about": self.about,
            "measured_on": now.date().isoformat(),
            "commit": output_of("git", "rev-parse", "--short", "HEAD"), "machine": machine(),
            "load_before": round(self.load_before, 1),
            "tables": [vars(table) for table in self.tables],
            "plots": [vars(plot) for plot in self.plots]}, indent=1) + "\n")
        print(f"{path} is written; ./dev bench docs brings it into docs/benchmarks.md", flush=True)
