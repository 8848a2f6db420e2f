#!/usr/bin/env python3
"""./dev stack up|down|status: Kafka and Elasticsearch on this machine, without Docker."""
import argparse
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from local_stack import KAFKA, INDEX, LocalStack  # noqa: E402
from parts import StackError  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def say(text):
    print(text, file=sys.stderr, flush=True)


def addresses(stack):
    for name, value in stack.settings.items():
        print(f"{name}={value}")


def up(options):
    index = options.index or "elasticsearch"
    stack = LocalStack(options.dir, options.kraft, index, options.base_port, options.kafka_only,
                       options.index_only)
    started = time.monotonic()
    stack.up(say)
    say(f"up after {time.monotonic() - started:.0f} s; data and logs are in {stack.folder}")
    addresses(stack)


def down(options):
    stack = LocalStack.recorded(options.dir)
    if not stack:
        say(f"There is no stack in {options.dir}.")
        return
    stack.down(options.wipe, say)


def status(options):
    stack = LocalStack.recorded(options.dir)
    if not stack:
        raise StackError(f"There is no stack in {options.dir}. ./dev stack up starts one.")
    for part in stack.parts:
        state = (f"up, PID {part.pid}" if part.pid and part.is_ready() else
                 f"PID {part.pid} does not answer; its log is {part.log}" if part.pid else "down")
        print(f"{part.name} {part.version} on port {part.port}: {state}")
    addresses(stack)
    if not all(part.pid and part.is_ready() for part in stack.parts):
        sys.exit(1)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start what is not running, wait until it is ready, print "
                                "the addresses (fit for `export $(./dev stack up)`)")
    start.add_argument("--kraft", action="store_true",
                       help=f"Kafka {KAFKA['kraft']} without ZooKeeper; else {KAFKA['zookeeper']} with")
    index = start.add_mutually_exclusive_group()
    for flavour, name in (("opensearch", "OpenSearch"), ("es9", "Elasticsearch"),
                          ("es7", "Elasticsearch")):
        index.add_argument(f"--{flavour}", dest="index", action="store_const", const=flavour,
                           help=f"{name} {INDEX[flavour]}; else Elasticsearch "
                                f"{INDEX['elasticsearch']}")
    half = start.add_mutually_exclusive_group()
    half.add_argument("--kafka-only", action="store_true", help="no Elasticsearch")
    half.add_argument("--index-only", action="store_true", help="no Kafka")
    start.add_argument("--base-port", type=int, metavar="N", help="Kafka on N, ZooKeeper or the "
                       "controller on N+1, Elasticsearch on N+2; 0 picks free ones "
                       "(default: 9092, 2181 or 9093, 9200)")
    stop = commands.add_parser("down", help="stop everything, keep the data")
    stop.add_argument("--wipe", action="store_true", help="forget the data, too")
    state = commands.add_parser("status", help="say what is up; exit 1 when something is not")
    for command in (start, stop, state):
        command.add_argument("--dir", type=pathlib.Path, default=ROOT / ".cache/stack",
                             help="where data, logs and PIDs are (default: .cache/stack)")
    return parser.parse_args()


def main():
    options = arguments()
    # What was started half-way is stopped, also where a shell in the background ignores Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        {"up": up, "down": down, "status": status}[options.command](options)
    except StackError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; what had been started was stopped")


if __name__ == "__main__":
    main()
