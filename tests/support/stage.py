#!/usr/bin/env python3
"""Real servers with our services and console on them, for tests that are not written in Python.

    stage.py FOLDER

Prints {"url", "producer", "elasticsearch"} once all of it is ready. Then each line on the standard input
is done and answered with a line: `kill index`, `start index`, the same of `broker`. Its end ends everything.
"""
import json
import pathlib
import sys

from real_system import RealSystem
from stack import Stack

ACTS = ("kill", "start", "stop", "pause", "resume")


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    with Stack(folder / "stack", kraft=True) as stack, RealSystem(folder, stack) as system:
        say({"url": system.url, "producer": system.producer, "elasticsearch": stack.elasticsearch})
        parts = {"index": stack.index, "broker": stack.broker}
        for line in sys.stdin:
            act, part = line.split()
            if act not in ACTS:
                raise SystemExit(f"A server can be told to {', '.join(ACTS)}; not to {act}.")
            getattr(parts[part], act)()
            say({"done": line.strip()})


if __name__ == "__main__":
    main()
