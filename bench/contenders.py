"""Ours and the peers: how each program is built and started, and what it cost while it ran."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN_DIR", ROOT / "build/release/bin"))
OUT = ROOT / "build/bench"

sys.path.insert(0, str(ROOT / "tests/support"))
from stack import Stack, StackError  # noqa: E402, F401
from system import request, wait_for  # noqa: E402, F401

from measure import cpu_seconds  # noqa: E402, F401


def go_program(name):
    """Builds one of the Go peers; None, with a word, where no recent Go is."""
    if not shutil.which("go"):
        print(f"skipped: the Go {name}, since there is no go on the PATH (1.24 or newer)")
        return None
    program = OUT / "bin" / f"go-{name}"
    done = subprocess.run(["go", "build", "-o", program, "."], cwd=ROOT / "bench/peers" / name,
                          capture_output=True, text=True)
    if done.returncode != 0:
        print(f"skipped: the Go {name} could not be built:\n{done.stderr[-1500:]}")
        return None
    return program


class Program:
    """A program under test, while it runs. Its output is kept in build/bench/<name>.log."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.log = OUT / f"{name}.log"
        # Our programs refuse settings that they do not know.
        inherited = {key: value for key, value in os.environ.items() if not key.endswith("_PEER")}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**inherited, **(environment or {})}, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def check(self):
        if self.process.poll() is not None:
            raise StackError(f"{self.name} ended by itself ({self.process.returncode}); its last "
                             f"lines:\n{self.log.read_text(errors='replace')[-1500:]}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def rss_mb(self):
        """The most memory that it has had."""
        self.check()
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def wait_ready(self, url):
        def ready():
            self.check()
            try:
                return request("GET", url, timeout=2).status == 200
            except OSError:
                return False
        wait_for(ready, f"{self.name}'s readiness", 120)


def median(values):
    values = sorted(values)
    return values[len(values) // 2]
