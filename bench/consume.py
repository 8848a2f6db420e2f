#!/usr/bin/env python3
"""Kafka -> Elasticsearch: ours beside its peers and beside prebuilt bulk bodies, in one run.

    ./dev bench consume [--events 300000] [--rounds 3] [--warm 60] [--only NAME]

One topic is filled once; every mover reads all of it as a new group into an index made anew with the
same mapping. `direct` posts ready-made _bulk bodies of the very documents: what Elasticsearch can take.
They take turns within each round, and medians of the rounds are what is kept. CONSUMER_PEER='name=command
with {brokers}, {elasticsearch} and {group}' adds a program of yours.
"""
import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import shlex
import sys
import tempfile
import time
import urllib.parse

from contenders import (BIN, OUT, Program, Stack, StackError, cpu_seconds, go_program, median,
                        request)
from measure import Result

ABOUT = """\
One topic of orders, filled once, is moved by each program in turn as a new group into an index made
anew with the same mapping. "direct" posts ready-made _bulk bodies of the very documents that tributary
wrote, 5,000 in each, over four connections: what Elasticsearch takes from somebody who does nothing
else. "go" is franz-go and go-elasticsearch's bulk indexer (bench/peers/mover). All share the machine's
cores with both servers."""
INDEX = "orders-index"
BULK = 5000


def order(number):
    return {"id": number, "customer_id": f"customer-{number % 5000}",
            "product_id": f"product-{number % 997}", "quantity": number % 9 + 1,
            "total": number % 1000 + 0.5, "currency": "EUR", "status": "open", "priority": "normal",
            "date": "2026-11-25T10:00:00Z", "comment": "leave it at the back door"}


def plain_event(number):
    return {"type": "order", "id": f"e{number}", "data": order(number)}


def fill(stack, events, ports, producer, make_event=plain_event):
    """Writes the events to the topic through a Producer."""
    port = next(ports)
    program = Program("consume-fill", *producer_command(stack, port, producer))
    with program:
        program.wait_ready(f"http://127.0.0.1:{port}/ready")
        for first in range(0, events, 1000):
            lines = "\n".join(json.dumps(make_event(n))
                              for n in range(first, min(first + 1000, events)))
            answer = request("POST", f"http://127.0.0.1:{port}/produce", lines,
                             {"Content-Type": "application/x-ndjson"})
            if answer.status != 200:
                raise StackError(f"The topic could not be filled: {answer}")
    stored = stack.broker.end_offset("orders")
    if stored != events:
        raise StackError(f"The topic holds {stored} records where {events} were written.")


def producer_command(stack, port, producer):
    if producer == "go":
        return [go_program("producer"), "-listen", f"127.0.0.1:{port}", "-brokers", stack.kafka], {}
    return [BIN / "tributary-producer"], {
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "PORT": str(port), "LOG_LEVEL": "warn",
        "DATA_DIR": str(stack.folder / "data")}


def movers(stack, ports):
    """(name, group -> (command, environment)) of everyone who takes part."""
    def ours(group):
        return [BIN / "tributary-consumer"], {
            **stack.settings, "KAFKA_GROUP_ID": group, "PORT": str(next(ports)), "LOG_LEVEL": "warn",
            "DATA_DIR": str(stack.folder / "data")}
    found = {"tributary": ours}
    program = go_program("mover")
    if program:
        found["go"] = lambda group: ([program, "-brokers", stack.kafka, "-elasticsearch",
                                      stack.elasticsearch, "-group", group], {})
    if os.environ.get("CONSUMER_PEER"):
        name, _, command = os.environ["CONSUMER_PEER"].partition("=")
        found[name] = lambda group: (shlex.split(command.format(
            brokers=stack.kafka, elasticsearch=stack.elasticsearch, group=group)), {})
    return found


def stored_bodies(url):
    """Ready-made _bulk bodies of what a mover wrote, byte for byte the same values in the order in
    which the index has them: for `direct`."""
    bodies = []
    json_type = {"Content-Type": "application/json"}
    page = request("POST", f"{url}/{INDEX}/_search?scroll=1m", {"size": BULK, "sort": ["_doc"]},
                   json_type)
    while page.status == 200 and page.json["hits"]["hits"]:
        lines = []
        for hit in page.json["hits"]["hits"]:
            lines.append(json.dumps({"create": {"_index": INDEX, "_id": hit["_id"]}}))
            lines.append(json.dumps(hit["_source"], separators=(",", ":")))
        bodies.append(("\n".join(lines) + "\n").encode())
        page = request("POST", f"{url}/_search/scroll",
                       {"scroll": "1m", "scroll_id": page.json["_scroll_id"]}, json_type)
    if page.status != 200:
        raise StackError(f"The documents could not be read back: {page}")
    return bodies


def post_all(url, bodies, in_flight=4):
    """Posts prebuilt bodies over as many connections as may be in flight."""
    def post(share):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=120)
        for body in share:
            connection.request("POST", "/_bulk?filter_path=errors", body,
                               {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse().read()
            if answer != b'{"errors":false}':
                raise StackError(f"A prebuilt bulk was refused: {answer[:300]!r}")
        connection.close()
    with concurrent.futures.ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(post, [bodies[n::in_flight] for n in range(in_flight)]))


class Indexing:
    """The index under test: made anew with the mapping that our consumer installs, and counted."""

    def __init__(self, stack):
        self.url, self.pid = stack.elasticsearch, stack.index.pid
        self.mapping = None

    def reset(self):
        """Makes the index anew, as the first mover had it; until that has run, leaves it to it."""
        if self.mapping is None:
            answer = request("GET", f"{self.url}/{INDEX}/_mapping")
            if answer.status != 200:
                return
            self.mapping = answer.json[INDEX]["mappings"]
        request("DELETE", f"{self.url}/{INDEX}")
        body = {"settings": {"number_of_shards": 1, "number_of_replicas": 0,
                             "refresh_interval": "1s"}, "mappings": self.mapping}
        answer = request("PUT", f"{self.url}/{INDEX}", body, {"Content-Type": "application/json"})
        if answer.status != 200:
            raise StackError(f"The index could not be made: {answer}")

    def written(self):
        stats = request("GET", f"{self.url}/{INDEX}/_stats/indexing")
        if stats.status != 200:
            return 0  # It is not there yet.
        return stats.json["_all"]["primaries"].get("indexing", {}).get("index_total", 0)

    def count(self):
        request("POST", f"{self.url}/{INDEX}/_refresh")
        return request("GET", f"{self.url}/{INDEX}/_count").json["count"]


def run_direct(indexing, bodies, events):
    indexing.reset()
    server = cpu_seconds(indexing.pid)
    started = time.monotonic()
    post_all(indexing.url, bodies)
    seconds = time.monotonic() - started
    check_count(indexing, "direct", events)
    return {"documents_per_second": events / seconds, "cpu_s_per_1000": 0.0, "rss_mb": 0.0,
            "server_cpu_s_per_1000": (cpu_seconds(indexing.pid) - server) / events * 1000}


def run_mover(indexing, name, command, environment, events, check=lambda program: None,
              around=lambda program: contextlib.nullcontext()):
    """From the first document that is seen to the last one: joining a group is not what is measured.
    `check` looks at the program once it has ended, `around` is entered while it runs."""
    indexing.reset()
    server = cpu_seconds(indexing.pid)
    with Program(f"consume-{name}", command, environment) as program, around(program):
        first = await_documents(indexing, program, 1)
        started = time.monotonic()
        await_documents(indexing, program, events)
        seconds = time.monotonic() - started
        if first >= events:
            raise StackError(f"{events} events are gone at the first look: give more --events.")
        check_count(indexing, name, events)
        cost = {"documents_per_second": (events - first) / seconds,
                "cpu_s_per_1000": program.cpu_seconds() / events * 1000, "rss_mb": program.rss_mb(),
                "server_cpu_s_per_1000": (cpu_seconds(indexing.pid) - server) / events * 1000}
    check(program)
    return cost


def await_documents(indexing, program, count, deadline=900):
    """How many there are once there are so many. Asks rarely: asking costs the server, too."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        program.check()
        written = indexing.written()
        if written >= count:
            return written
        time.sleep(0.1)
    raise StackError(f"{program.name} had not written {count} documents after {deadline} s; see "
                     f"{program.log}")


def check_count(indexing, name, events):
    count = indexing.count()
    if count != events:
        raise StackError(f"{name} left {count} documents where {events} were to be.")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench consume", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=60, help="seconds of bulks before any figure")
    parser.add_argument("--fill-with", choices=("tributary", "go"), default="tributary",
                        help="whose Producer fills the topic")
    parser.add_argument("--only", action="append", help="names that take part (default: all)")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    result = Result("consume", "Kafka to Elasticsearch", ABOUT)
    with tempfile.TemporaryDirectory(prefix="tributary-bench-") as folder, \
            Stack(folder, kraft=True) as stack:
        for topic in ("products", "orders", "suppliers"):
            for name in (topic, f"{topic}.dlq"):
                stack.broker.create_topic(name, 3)
        run_all(stack, options, result)


def run_all(stack, options, result):
    ports = stack.more_ports()
    fill(stack, options.events, ports, options.fill_with)
    indexing = Indexing(stack)
    found = movers(stack, ports)
    chosen = {name: make for name, make in found.items()
              if not options.only or name in options.only}
    # One unmeasured turn of ours gives mapping and documents; then the JVM is warmed with them.
    run_mover(indexing, "tributary", *found["tributary"]("tributary-warm"), options.events)
    bodies = stored_bodies(indexing.url)
    end = time.monotonic() + options.warm
    while time.monotonic() < end:
        run_direct(indexing, bodies, options.events)
    rounds = {name: [] for name in ("direct", *chosen)}
    for turn in range(options.rounds):
        rounds["direct"].append(run_direct(indexing, bodies, options.events))
        for name, make in chosen.items():
            rounds[name].append(run_mover(indexing, name, *make(f"{name}-{turn}"), options.events))
    medians = {name: {key: median([one[key] for one in results]) for key in results[0]}
               for name, results in rounds.items()}
    table = result.table("Kafka to Elasticsearch", [
        "program", "documents/s", "of direct", "CPU s per 1,000", "Elasticsearch's CPU s per 1,000",
        "most memory MB"])
    direct = medians["direct"]["documents_per_second"]
    for name, one in medians.items():
        rate = one["documents_per_second"]
        table.add(name, rate, rate / direct, one["cpu_s_per_1000"], one["server_cpu_s_per_1000"],
                  one["rss_mb"])
    plot = result.plot("Documents written", "documents/s", list(medians))
    plot.add("rate", [one["documents_per_second"] for one in medians.values()])
    result.save()


if __name__ == "__main__":
    try:
        main()
    except StackError as error:
        sys.exit(str(error))
