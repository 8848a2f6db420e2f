#!/usr/bin/env python3
"""HTTP -> Kafka: ours beside its peers, in one run on one broker.

    ./dev bench produce [--seconds 5] [--rounds 3] [--connections 1,16,64,256] [--only NAME]

Every contender answers only after the broker's delivery report (acks=all), and at the end the
topic's end offsets are held against the answers. The contenders take turns within each round, and
medians of the rounds are what is kept. PRODUCER_PEER='name=command with {port} and
{brokers}' adds a program of yours that answers POST /produce.
"""
import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from contenders import BIN, OUT, Program, Stack, StackError, go_program, median
from measure import Result

ABOUT = """\
POST /produce with one order, and with batches, to each program in turn on one Kafka broker (KRaft).
All answer only after the broker's delivery report (acks=all). "go" is net/http with franz-go, as
bench/peers/producer has it: it validates less than ours. "By ours" divides by ours."""
LUA = pathlib.Path(__file__).resolve().parent / "load/produce.lua"


def contenders(stack, ports):
    """(name, command, environment, url) of everyone who takes part."""
    found = []
    port = next(ports)
    found.append(("tributary", [BIN / "tributary-producer"],
                  {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "PORT": str(port), "LOG_LEVEL": "warn",
                   "DATA_DIR": str(stack.folder / "data")}, port))
    program = go_program("producer")
    if program:
        port = next(ports)
        found.append(("go", [program, "-listen", f"127.0.0.1:{port}", "-brokers", stack.kafka], {},
                      port))
    if os.environ.get("PRODUCER_PEER"):
        name, _, command = os.environ["PRODUCER_PEER"].partition("=")
        port = next(ports)
        command = command.format(port=port, brokers=stack.kafka)
        found.append((name, shlex.split(command), {}, port))
    return found


def wrk(url, connections, seconds, run, batch, *more):
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", LUA, url, "--",
         run, str(batch), *map(str, more)], capture_output=True, text=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
    if not line:
        raise StackError(f"wrk gave no result: {done.stdout}{done.stderr}")
    return json.loads(line)


def measure(program, url, case, seconds, run):
    before = program.cpu_seconds()
    more = [case["follow_every"]] if "follow_every" in case else []
    result = wrk(url, case["connections"], seconds, run, case["batch"], *more)
    program.check()
    answered = result["requests"] - result["refused"]
    events = answered * case["batch"]
    if not events:
        raise StackError(f"{program.name} accepted nothing at {case}; see {program.log}")
    return {"events_per_second": events / result["seconds"], "p50_ms": result["p50_ms"],
            "p99_ms": result["p99_ms"], "refused": result["refused"], "broken": result["broken"],
            "cpu_s_per_1000": (program.cpu_seconds() - before) / events * 1000, "events": events}


def run_case(running, case, options, accepted, number):
    """Lets everyone take turns; the medians by name."""
    rounds = {name: [] for name, *_ in running}
    for turn in range(options.rounds):
        for name, program, url in running:
            result = measure(program, url, case, options.seconds, f"{name}{number}-{turn}")
            accepted[name] = accepted.get(name, 0) + result["events"]
            rounds[name].append(result)
    return {name: {key: median([one[key] for one in results]) for key in results[0]}
            for name, results in rounds.items()}


def report(case, results):
    what = f"{case['connections']} connections" + (f", batches of {case['batch']}"
                                                   if case["batch"] > 1 else "")
    for name, one in results.items():
        print(f"{what:32} {name:12} {one['events_per_second']:10,.0f} events/s  "
              f"p50 {one['p50_ms']:7.2f}  p99 {one['p99_ms']:8.2f} ms  "
              f"{one['cpu_s_per_1000']:.4f} CPU s per 1,000"
              + (f"  {one['refused']:.0f} refused" if one["refused"] else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench produce", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", default="1,16,64,256")
    parser.add_argument("--batches", default="100,1000", help="batch sizes, at 16 connections")
    parser.add_argument("--partitions", type=int, default=3)
    parser.add_argument("--only", action="append", help="names that take part (default: all)")
    options = parser.parse_args()
    cases = [{"connections": int(c), "batch": 1} for c in options.connections.split(",") if c]
    cases += [{"connections": 16, "batch": int(b)} for b in options.batches.split(",") if b]

    OUT.mkdir(parents=True, exist_ok=True)
    result = Result("produce", "HTTP to Kafka, beside a service in Go", ABOUT)
    with tempfile.TemporaryDirectory(prefix="tributary-bench-") as folder, \
            Stack(folder, kraft=True, kafka_only=True) as stack:
        for topic in ("products", "orders", "suppliers"):
            stack.broker.create_topic(topic, options.partitions)
        run_all(stack, cases, options, result)


def run_all(stack, cases, options, result):
    running, results, accepted = [], [], {}
    try:
        for name, command, environment, port in contenders(stack, stack.more_ports()):
            if options.only and name not in options.only:
                continue
            program = Program(f"produce-{name}", command, environment)
            running.append((name, program, f"http://127.0.0.1:{port}/produce"))
            program.wait_ready(f"http://127.0.0.1:{port}/ready")
        # The broker's JVM is slow at first: nobody's figures shall show that.
        for name, program, url in running:
            accepted[name] = measure(program, url, {"connections": 64, "batch": 1},
                                     options.seconds * 2, f"warm-{name}")["events"]
        for number, case in enumerate(cases):
            medians = run_case(running, case, options, accepted, number)
            report(case, medians)
            results.append({**case, "results": medians})
        memory = {name: program.rss_mb() for name, program, _ in running}
        stored = stack.broker.end_offset("orders")
    finally:
        for _, program, _ in running:
            program.__exit__()
    # wrk leaves without its last answers: what is stored may be more than what it saw, never less.
    if stored < sum(accepted.values()):
        sys.exit(f"{sum(accepted.values())} events were answered as accepted, and the topic holds "
                 f"{stored}: somebody answers too early.")
    print(f"accepted {sum(accepted.values()):,.0f}, stored {stored:,}")
    save(result, results, memory)


def save(result, results, memory):
    for batch in sorted({case["batch"] for case in results}):
        table = result.table("Single events" if batch == 1 else f"Batches of {batch:,}", [
            "connections", "program", "events/s", "p50 ms", "p99 ms", "CPU s per 1,000", "refused",
            "rate by ours", "CPU by ours"])
        for case in (case for case in results if case["batch"] == batch):
            ours = case["results"]["tributary"]
            for name, one in case["results"].items():
                table.add(case["connections"], name, one["events_per_second"], one["p50_ms"],
                          one["p99_ms"], one["cpu_s_per_1000"], int(one["refused"]),
                          one["events_per_second"] / ours["events_per_second"],
                          one["cpu_s_per_1000"] / ours["cpu_s_per_1000"])
    result.table("Most memory under all of this load (MB)", list(memory)).add(*memory.values())
    labels = [f"c={case['connections']}" + (f", {case['batch']} each" if case["batch"] > 1 else "")
              for case in results]
    for title, unit, key in (("Events accepted", "events/s", "events_per_second"),
                             ("What 1,000 events cost", "CPU seconds", "cpu_s_per_1000")):
        plot = result.plot(title, unit, labels)
        for name in memory:
            plot.add(name, [case["results"][name][key] for case in results])
    result.save()


if __name__ == "__main__":
    try:
        main()
    except StackError as error:
        sys.exit(str(error))
