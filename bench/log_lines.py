#!/usr/bin/env python3
"""What log lines cost: each service with them and without, in turns.

    ./dev bench log_lines [--rounds 20] [--seconds 1] [--moves 6] [--events 150000] [--every 100]

Every event has a traceparent of its own; one in a hundred is marked as sampled. The programs get the
same load and differ in LOG_LEVEL only: at warn they are silent, at info each writes a line for every
sampled event, which is counted. In every round both take a turn, the other one first each time. What
is kept is the mean of what the two turns of a round differ by, without the fifth of the rounds at either
end, and the range that holds the true one with 95 % (Yuen's, from the rounds' own spread). The limit is
held where all of that range lies below it, and not held where all of it lies above. It ends with 1 where
the limit is not held. Five minutes or so.

Where there is `perf` (Debian's linux-perf), stacks of the logging program are sampled as well, and those
counted that lie in the writing of a line: that tells one percent where two turns differ by twenty. So it
decides where the machine is too busy for the rounds to: enough samples, and 97.5 % sure to be below.
"""
import argparse
import contextlib
import math
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import typing

import consume
import produce
from contenders import BIN, OUT, Program, Stack, StackError, median
from measure import Result

LIMIT = 3.0  # Percent of CPU seconds per 1,000 events.
HELD = f"less than {LIMIT:g} %"
LEVELS = {"silent": "warn", "logging": "info"}
CASES = ({"connections": 64, "batch": 1}, {"connections": 16, "batch": 100})
ROUNDS_OF_A_PROCESS = 4
SAMPLED_TURNS = 6
# Student's t for 95 %, by degrees of freedom from 1 on.
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12,
           2.11, 2.10, 2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04)
# What is on the stack while a line is made and written.
IN_LINES = ("Log::write", "log_outcome", "Consumer::follow")
ABOUT = """\
Each service at LOG_LEVEL=warn ("silent") and at info ("logging"), where it writes one line for every
followed event. Nothing else differs, and they take turns. "Costs more" is the mean of what the two turns
of a round differ by, without the fifth of the rounds at either end, and beside it the range that holds the
true one with 95 %: what the machine's other work adds to a few rounds is left out, and what it adds to all
makes the range wide. The limit is 3 % of these CPU seconds; the wall clock of a shared machine decides
nothing. "In lines" is steadier: of the logging program's processor time, as perf sampled
its stacks, what went into its lines, and of how many samples; what lines push out of the caches is not in
it. It decides, "by samples", where the range holds 3 %. They go to a file. Kafka (KRaft) and Elasticsearch
share the machine's cores with services and load."""


def in_turns(rounds, turn):
    """What `turn(name, number)` measured for both, by round."""
    found = []
    for number in range(rounds):
        names = list(LEVELS) if number % 2 == 0 else list(LEVELS)[::-1]
        found.append({name: turn(name, number) for name in names})
        print("  " + ", ".join(f"{name} {found[-1][name]['cpu']:.5f} CPU s per 1,000 at "
                               f"{found[-1][name]['rate']:,.0f}/s" for name in LEVELS), flush=True)
    return found


def differences(rounds, key):
    """By how many percent it is more with lines: least, mean and most."""
    return trimmed([(one["logging"][key] / one["silent"][key] - 1) * 100 for one in rounds])


def trimmed(values):
    """The mean without the fifth at either end, between the bounds of its range of 95 %."""
    values = sorted(values)
    cut = len(values) // 5
    kept = values[cut:len(values) - cut]
    mean = statistics.fmean(kept)
    if len(kept) < 2:
        return -math.inf, mean, math.inf
    pulled = [min(max(value, kept[0]), kept[-1]) for value in values]
    error = statistics.stdev(pulled) * math.sqrt(len(values) - 1) / math.sqrt(len(kept) * (len(kept) - 1))
    reach = STUDENT[min(len(kept) - 1, len(STUDENT)) - 1] * error
    return mean - reach, mean, mean + reach


def verdict(low, high, share):
    """Whether lines cost less than the limit, as far as the rounds can say, and else the samples."""
    if high < LIMIT:
        return "yes"
    if low >= LIMIT:
        return "no"
    # None of them in a line: these programs wrote lines, so perf does not know their functions' names.
    return "yes, by samples" if share and share.lines and share.at_most() < LIMIT else "undecided"


class Share(typing.NamedTuple):
    """How many stacks of a program were sampled, and in how many of them it wrote a line."""
    lines: int
    stacks: int

    def at_most(self):
        """In percent, with 97.5 % (Wilson's bound, with which a few samples say little)."""
        if not self.stacks:
            return math.inf
        part, z = self.lines / self.stacks, 1.96
        middle, reach = part + z * z / (2 * self.stacks), z * math.sqrt(
            part * (1 - part) / self.stacks + z * z / (4 * self.stacks ** 2))
        return 100 * (middle + reach) / (1 + z * z / self.stacks)

    def __str__(self):
        return f"{self.lines / max(1, self.stacks):.2%} of {self.stacks:,}"


class Sampled:
    """Samples the stacks of a program whose threads all run, until it is left: then `share` is there."""

    def __init__(self, program, folder):
        self.program, self.file, self.share = program, folder / "perf.data", None

    def __enter__(self):
        self.perf = shutil.which("perf") and subprocess.Popen(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "--call-graph", "dwarf,16384",
             "-p", str(self.program.process.pid), "-o", self.file],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, kind, *_):
        if not self.perf:
            return
        self.perf.send_signal(signal.SIGINT)
        self.perf.wait(60)
        if kind is None:
            said = subprocess.run(["perf", "script", "-i", self.file, "-F", "ip,sym", "--no-inline"],
                                  capture_output=True, text=True, timeout=300).stdout
            stacks = [stack for stack in said.split("\n\n") if stack.strip()]
            lines = sum(any(name in stack for name in IN_LINES) for stack in stacks)
            self.share = Share(lines, len(stacks))


def add_row(table, what, rounds, share):
    def middle(name, key):
        return median([one[name][key] for one in rounds])

    def said(key):
        low, half, high = differences(rounds, key)
        return f"{half:+.1f} % ({low:+.1f} to {high:+.1f})"
    low, _, high = differences(rounds, "cpu")
    table.add(what, len(rounds), middle("silent", "cpu"), middle("logging", "cpu"), said("cpu"),
              verdict(low, high, share), "no perf here" if share is None else str(share),
              middle("silent", "rate"), middle("logging", "rate"), said("rate"))


def judge(table):
    """Says of each service whether the limit is held; the exit code is 1 where one is over it."""
    cost, held, sampled = map(table.columns.index, ("costs more", HELD, "in lines"))
    for row in table.rows:
        print({"yes": f"{row[0]}: log lines cost less than {LIMIT:g} %: {row[cost]}.",
               "no": f"{row[0]}: log lines cost {LIMIT:g} % or more: {row[cost]}.",
               "yes, by samples": f"{row[0]}: log lines cost less than {LIMIT:g} %: {row[sampled]} samples of "
                                  "its stacks.",
               "undecided": f"{row[0]}: not decided, {row[cost]} holds {LIMIT:g} %; run it again with more "
                            "--rounds and --moves, or on an idle machine."}[row[held]])
    return int(any(row[held] == "no" for row in table.rows))


def check_lines(name, program, events, every):
    """Who writes less than it should is cheap, and who writes at warn is not silent."""
    with open(program.log, "rb") as log:
        lines = sum(b'"trace":{"id":' in line for line in log)
    wanted = events / every if name == "logging" else 0
    # Requests that the load cut off at its end are followed, too, and not counted as answered.
    if not wanted * 0.99 <= lines <= wanted * 1.1:
        raise StackError(f"{program.name} wrote {lines:,} lines of {events:,.0f} events, where "
                         f"{wanted:,.0f} were to be.")


def measure_producer(stack, ports, options, table):
    """Both are started anew every few rounds: two processes of one program differ by some percent for
    as long as they live, by how their memory came to lie."""
    for case in CASES:
        what = "Producer, " + ("single events" if case["batch"] == 1 else f"batches of {case['batch']}")
        print(what, flush=True)
        rounds, share = measure_producers(stack, ports, options, case, is_sampled=True)
        while len(rounds) < options.rounds:
            rounds += measure_producers(stack, ports, options, case, is_sampled=False)[0]
        add_row(table, what, rounds, share)


def measure_producers(stack, ports, options, case, is_sampled):
    """Some rounds; and, when asked for, the share of the lines."""
    share = None
    events = dict.fromkeys(LEVELS, 0)
    with contextlib.ExitStack() as stopped:
        running = {}
        for name, level in LEVELS.items():
            port = next(ports)
            running[name] = stopped.enter_context(Program(
                f"log-lines-producer-{name}", [BIN / "tributary-producer"],
                {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "PORT": str(port), "LOG_LEVEL": level,
                 "LOG_FORMAT": "json", "DATA_DIR": str(stack.folder / name)})), port

        def turn(name, number):
            program, port = running[name]
            one = produce.measure(program, f"http://127.0.0.1:{port}/produce",
                                  {**case, "follow_every": options.every}, options.seconds,
                                  f"{name}-{port}-{number}")
            events[name] += one["events"]
            return {"cpu": one["cpu_s_per_1000"], "rate": one["events_per_second"]}
        for name, (program, port) in running.items():
            program.wait_ready(f"http://127.0.0.1:{port}/ready")
            turn(name, "first")  # Connections, the heap, and the broker's JVM.
        measured = in_turns(ROUNDS_OF_A_PROCESS, turn)
        if is_sampled:
            with Sampled(running["logging"][0], stack.folder) as sampled:
                for number in range(SAMPLED_TURNS):
                    turn("logging", f"sampled-{number}")
            share = sampled.share
    for name, (program, _) in running.items():
        check_lines(name, program, events[name], options.every)
    return measured, share


def measure_consumer(stack, ports, options, table):
    def event(number):
        sampled = number % options.every == 0
        return {"specversion": "1.0", "source": "/bench", **consume.plain_event(number),
                "traceparent": f"00-{number + 1:032x}-00000000000000ff-0{int(sampled)}"}
    consume.fill(stack, options.events, ports, "tributary", event)
    indexing = consume.Indexing(stack)

    def turn(name, number, around=lambda program, port: contextlib.nullcontext()):
        port = next(ports)
        one = consume.run_mover(indexing, f"log-lines-{name}", [BIN / "tributary-consumer"], {
            **stack.settings, "KAFKA_GROUP_ID": f"{name}-{number}", "PORT": str(port),
            "LOG_LEVEL": LEVELS[name], "LOG_FORMAT": "json", "DATA_DIR": str(stack.folder / "data")},
            options.events, lambda program: check_lines(name, program, options.events, options.every),
            lambda program: around(program, port))
        return {"cpu": one["cpu_s_per_1000"], "rate": one["documents_per_second"]}
    print("Consumer", flush=True)
    for number in range(2):  # Elasticsearch's JVM is slow at first; the first makes its mapping, too.
        turn("silent", f"warm-{number}")
    rounds = in_turns(options.moves, turn)
    sampled = []

    def sample(program, port):
        program.wait_ready(f"http://127.0.0.1:{port}/health")
        sampled.append(Sampled(program, stack.folder))
        return sampled[-1]
    turn("logging", "sampled", sample)
    add_row(table, "Consumer", rounds, sampled[0].share)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench log_lines", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="of the Producer")
    parser.add_argument("--seconds", type=int, default=1, help="of each turn of the Producer")
    parser.add_argument("--moves", type=int, default=6, help="rounds of the Consumer")
    parser.add_argument("--events", type=int, default=150_000, help="what it moves in a turn")
    parser.add_argument("--every", type=int, default=100, help="one event in so many is followed")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    result = Result("log_lines", "What log lines cost", ABOUT)
    table = result.table(f"One event in {options.every} is followed", [
        "service", "rounds", "silent: CPU s per 1,000", "logging: CPU s per 1,000", "costs more",
        HELD, "in lines", "silent: events/s", "logging: events/s", "is faster"])
    # Each service has a stack of its own, so that neither has the other's records to carry.
    for measure, choices in ((measure_producer, {"kafka_only": True}), (measure_consumer, {})):
        with tempfile.TemporaryDirectory(prefix="tributary-bench-") as folder, \
                Stack(folder, kraft=True, **choices) as stack:
            for topic in ("products", "orders", "suppliers"):
                for name in (topic, f"{topic}.dlq"):
                    stack.broker.create_topic(name, 3)
            measure(stack, stack.more_ports(), options, table)
    result.save()
    return judge(table)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(str(error))
