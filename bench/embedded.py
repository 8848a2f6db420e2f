#!/usr/bin/env python3
"""Measures the embedded system (`tributary up`): events over HTTP one by one, in batches and through
the gateway, a file through the bucket, and memory.

    bench/embedded.py [--seconds N]

Of every load all events are followed into the index, so CPU seconds are those of the whole way, and
the ledger must balance at the end.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from measure import RESULTS, ROOT, Meter, Result, memory_mb

sys.path.insert(0, str(ROOT / "tests/support"))
from system import System, wait_for  # noqa: E402

LUA = pathlib.Path(__file__).parent / "events.lua"
ITEMS = 200_000
ABOUT = """\
One machine, embedded log and index (SQLite, every answer after its sync). Orders of 286 bytes are
sent by wrk; an event counts when its receipt has come, and CPU seconds include its way into the
index, which goes on after the load and is waited for (the column "indexed/s" divides by both)."""


class Bench:
    def __init__(self, system, seconds):
        self.system, self.seconds = system, seconds
        self.components = {
            "producer": lambda: system.pids("tributary-producer"),
            "consumer": lambda: system.pids("tributary-consumer"),
            "gateway": lambda: [system.process.pid],
            "lambda_api": lambda: system.pids("lambda_api/bootstrap"),
            "lambda_s3": lambda: system.pids("lambda_s3/bootstrap")}

    def indexed(self):
        return self.system.ledger()["totals"]["indexed"]

    def load(self, url, connections, batch=1):
        """One load; `(what wrk measured, indexed events a second, meter)`."""
        before = self.system.settled_ledger(600)["totals"]["indexed"]
        command = ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d",
                   f"{self.seconds}s", "--timeout", "30s", "-s", LUA, url]
        with Meter(self.components) as meter:
            done = subprocess.run(command, capture_output=True, text=True, check=True,
                                  env={**os.environ, "BATCH": str(batch)})
            seen = json.loads(done.stdout.strip().splitlines()[-1])
            assert seen["refused"] == 0 and seen["failed"] == 0, done.stdout
            after = self.system.settled_ledger(600)["totals"]["indexed"]
        # Requests that wrk cut off at its end have become documents as well.
        assert after - before >= seen["requests"] * batch, (before, after, seen)
        return seen, (after - before) / meter.elapsed, meter, after - before

    def row(self, table, url, connections, batch=1, parts=("producer", "consumer")):
        seen, indexed, meter, events = self.load(url, connections, batch)
        rate = seen["requests"] * batch / seen["seconds"]
        cpu = meter.per_thousand(events)
        table.add(connections, rate, seen["p50"], seen["p99"], indexed, *[cpu[p] for p in parts])
        return rate, cpu

    def file(self, table):
        """A file of ITEMS orders, written into the bucket folder."""
        before = self.indexed()
        key = "bench-orders.json"
        note = "x" * 140
        content = "[" + ",".join('{"id":%d,"customer_id":%d,"total":%d.5,"note":"%s"}' %
                                 (n, n % 997, n % 5000, note) for n in range(ITEMS)) + "]"
        staged = self.system.folder / key
        staged.write_text(content)
        with Meter(self.components) as meter:
            begun = time.monotonic()
            shutil.move(staged, self.system.data / "bucket" / key)
            report = wait_for(lambda: meter.sample() or self.report(key), "the report", 600)
            reported = time.monotonic() - begun
            assert report["accepted"] == ITEMS, report
            wait_for(lambda: self.indexed() - before == ITEMS, "the last document", 600)
            indexed = time.monotonic() - begun
        cpu = meter.per_thousand(ITEMS)
        table.add(ITEMS, len(content) / 1e6, ITEMS / reported, ITEMS / indexed, cpu["lambda_s3"],
                  cpu["producer"], cpu["consumer"], meter.memory_mb("lambda_s3", "VmHWM"))
        return cpu

    def report(self, key):
        path = next((self.system.data / "bucket/reports" / key).glob("*.json"), None)
        return json.loads(path.read_text()) if path else None

    def memory(self, kind):
        return [sum(memory_mb(pid, kind) for pid in pids()) for pids in self.components.values()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=8, help="how long each load lasts")
    options = parser.parse_args()
    result = Result("embedded", "The embedded system", ABOUT)
    folder = RESULTS / "embedded-data"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with System(folder) as system:
        bench = Bench(system, options.seconds)
        produce, gateway = system.producer + "/produce", system.url + "/events"
        untouched = bench.memory("VmRSS")
        bench.load(gateway, 1)  # Warms up, and starts the first instance of lambda_api.
        idle = bench.memory("VmRSS")
        columns = ["connections", "events/s", "p50 ms", "p99 ms", "indexed/s"]
        cpu = ["producer CPU s per 1,000", "consumer CPU s per 1,000"]

        table = result.table("Single events to the Producer", columns + cpu)
        singles = [bench.row(table, produce, c) for c in (1, 16, 64, 256)]
        table = result.table("Single events through gateway and lambda_api", columns + [
            "gateway CPU s per 1,000", "lambda_api CPU s per 1,000", *cpu])
        behind_gateway = [bench.row(table, gateway, c, parts=(
            "gateway", "lambda_api", "producer", "consumer")) for c in (1, 16, 64)]
        plot = result.plot("Single events accepted", "events/s", ["c=1", "c=16", "c=64"])
        plot.add("to the Producer", [rate for rate, _ in singles[:3]])
        plot.add("through the gateway", [rate for rate, _ in behind_gateway])

        costs = {"single, c=64": singles[2][1], "gateway, c=64": behind_gateway[2][1]}
        for batch in (100, 1000):
            table = result.table(f"Batches of {batch:,} to the Producer", columns + cpu)
            for connections in (1, 16):
                _, costs[f"batches of {batch:,}"] = bench.row(table, produce, connections, batch)

        table = result.table("A file in the bucket folder", [
            "items", "MB", "accepted/s", "indexed/s", "lambda_s3 CPU s per 1,000",
            "producer CPU s per 1,000", "consumer CPU s per 1,000", "lambda_s3 peak MB"])
        costs["a file"] = bench.file(table)
        plot = result.plot("What 1,000 events cost", "CPU seconds", list(costs))
        for component in bench.components:
            plot.add(component, [cost[component] for cost in costs.values()])

        ledger = system.settled_ledger(600)
        assert ledger["balanced"], ledger
        table = result.table("Memory (resident, MB)", ["", *bench.components, "all"])
        for name, values in (("idle, never used", untouched), ("idle, after one load", idle),
                             ("peak", bench.memory("VmHWM"))):
            table.add(name, *values, sum(values))
    shutil.rmtree(folder)
    result.save()


if __name__ == "__main__":
    main()
