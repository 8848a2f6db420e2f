"""Every fault of docs/reliability.md during load: nothing accepted is lost, nothing is there twice,
nothing is out of order, and no process ends by itself.

The short form has a few faults of each kind, `--long` the full number. `tests/real/page.py` takes
the results over into the page.
"""
import contextlib
import json
import os
import pathlib
import random
import time

import pytest

from kafka_proxy import KafkaProxy
from real_system import RealSystem
from scripted_proxy import ScriptedProxy
from stream import Stream, is_rejected, one_percent_rejected, owner, reused_ids
from system import wait_for
from verdict import check

# Events at full speed; TRIBUTARY_TEST_EVENTS says otherwise.
SHORT, LONG = 30_000, 300_000
RESULTS = pathlib.Path(__file__).resolve().parents[2] / "build/results/reliability"


@pytest.fixture(scope="module")
def system(zookeeper_stack, tmp_path_factory):
    with RealSystem(tmp_path_factory.mktemp("faults"), zookeeper_stack) as running:
        yield running


def budget(is_long):
    return int(os.environ.get("TRIBUTARY_TEST_EVENTS", LONG if is_long else SHORT))


@pytest.fixture
def case(system, is_long):
    """Runs one fault under load and keeps what came out."""
    @contextlib.contextmanager
    def run(name, fault, expected=None, **load):
        system.mend()
        begun = time.monotonic()
        with Stream(system, **({"budget": budget(is_long)} | load)) as stream:
            stream.wait_for_progress(1_000)
            yield stream
            system.wait_ready()
            stream.wait_for_progress(100)
        verdict = check(system, stream, **(expected or {}))
        print(f"{name}, {fault}: {verdict}, {time.monotonic() - begun:.0f} s")
        keep(name, fault, is_long, stream, verdict)
    return run


def keep(name, fault, is_long, stream, verdict, **more):
    RESULTS.mkdir(parents=True, exist_ok=True)
    row = {"case": name, "fault": fault, "form": "long" if is_long else "short",
           "seconds": round(stream.seconds), "accepted": verdict.accepted,
           "busy_per_second": round(stream.busy_per_second), "per_second": round(verdict.rate), "documents": verdict.documents,
           "letters": verdict.letters, "lost": len(verdict.lost), "twice": len(verdict.twice),
           "disordered": None if stream.copies > 1 else len(verdict.disordered),
           "balanced": verdict.is_balanced,
           "answers": {str(status): count for status, count in sorted(verdict.answers.items())},
           **more}
    (RESULTS / f"{name.replace(' ', '-')}.json").write_text(json.dumps(row, indent=1) + "\n")


def lasting(seconds):
    """How long a fault lasts is what is tested; nothing is waited for here."""
    time.sleep(seconds)


def between(chance, stream, times):
    """Some accepted events between two of so many faults, never the same number: together about
    half of the load."""
    mean = int(stream.budget / times / 2)
    stream.wait_for_progress(chance.randrange(mean // 2, mean * 3 // 2))


def test_the_producer_is_killed(system, case, is_long):
    chance, times = random.Random(1), 10 if is_long else 2
    with case("producer killed", f"kill -9, {times} times") as stream:
        for _ in range(times):
            between(chance, stream, times)
            system.producer_program.kill()
            system.producer_program.start()


def test_the_consumer_is_killed(system, case, is_long):
    chance, times = random.Random(2), 10 if is_long else 2
    with case("consumer killed", f"kill -9, {times} times") as stream:
        for _ in range(times):
            between(chance, stream, times)
            system.consumers[0].kill()
            system.consumers[0].start()


def test_the_broker_is_killed(system, case, is_long):
    chance, times = random.Random(3), 5 if is_long else 1
    with case("broker killed", f"kill -9 and restart, {times} times") as stream:
        for _ in range(times):
            between(chance, stream, times)
            system.stack.broker.kill()
            system.stack.broker.start()


def test_the_broker_stands_still(system, case, is_long):
    seconds = 60 if is_long else 20  # Longer than a record's delivery timeout.
    with case("broker paused", f"SIGSTOP for {seconds} s"):
        system.stack.broker.pause()
        try:
            lasting(seconds)
        finally:
            system.stack.broker.resume()


def test_the_broker_stores_nothing(system, case, is_long):
    """A full disk: the broker is there and answers every record with an error of its storage."""
    seconds = 60 if is_long else 20
    producer, address = system.producer_program, system.stack.kafka
    system.mend()
    with KafkaProxy(system.stack.broker.port) as proxy:
        producer.stop()
        producer.start(KAFKA_BOOTSTRAP_SERVERS=proxy.address)
        try:
            with case("broker refuses to store", f"storage errors for {seconds} s") as stream:
                stream.wait_for_progress(stream.budget // 10)
                before = stream.statuses.get(503, 0)
                proxy.refuses = True
                lasting(seconds)
                proxy.refuses = False
                stream.wait_for_progress(stream.budget // 10)
                assert proxy.refused > 0
                assert stream.statuses.get(503, 0) > before, stream.statuses
        finally:
            producer.stop()
            producer.start(KAFKA_BOOTSTRAP_SERVERS=address)


def test_elasticsearch_is_killed(system, case, is_long):
    chance, times = random.Random(4), 3 if is_long else 1
    with case("Elasticsearch killed", f"kill -9 and restart, {times} times") as stream:
        for _ in range(times):
            between(chance, stream, times)
            system.stack.index.kill()
            system.stack.index.start()


def test_elasticsearch_is_down(system, case, is_long):
    seconds = 300 if is_long else 15
    # Full speed for as long as it lasts: all of it has to wait in Kafka.
    load = {"budget": 6_000 * seconds} if is_long else {}
    with case("Elasticsearch down", f"for {seconds} s", **load):
        system.stack.index.kill()
        try:
            lasting(seconds)
            system.check_alive()
        finally:
            system.stack.index.start()


def test_broker_zookeeper_and_elasticsearch_are_killed_together(system, case, is_long):
    """The node that has all of them. The consumer loses its partitions while its index is away."""
    chance, times = random.Random(5), 20 if is_long else 2
    stack = system.stack
    with case("broker, ZooKeeper and Elasticsearch killed together", f"{times} times") as stream:
        for _ in range(times):
            between(chance, stream, times)
            for part in chance.sample(stack.parts, len(stack.parts)):
                part.kill()
            system.consumers[0].wait_unready()
            # As long as the group keeps a member that it does not hear.
            lasting(chance.choice([1, 12]))
            index_first = chance.choice([True, False])
            if index_first:
                stack.index.start()
            stack.zookeeper.start()
            stack.broker.start()
            if not index_first:
                stack.index.start()
            system.consumers[0].wait_ready(120)
            stream.wait_for_progress(100)


@contextlib.contextmanager
def behind_a_proxy(system):
    """The consumer reaches the index through a proxy."""
    consumer = system.consumers[0]
    with ScriptedProxy(system.stack.elasticsearch) as proxy:
        consumer.stop()
        consumer.start(ELASTICSEARCH_URL=proxy.url)
        try:
            yield proxy
        finally:
            consumer.stop()
            consumer.start(ELASTICSEARCH_URL=system.stack.elasticsearch)


def test_elasticsearch_answers_429(system, case, is_long):
    seconds, chance = 60 if is_long else 15, random.Random(5)

    def storm(method, path):
        refused = {"error": {"type": "es_rejected_execution_exception", "reason": "too much"},
                   "status": 429}
        return (429, {"Retry-After": "1"}, refused) if "_bulk" in path and chance.random() < 0.8 else None
    with behind_a_proxy(system) as proxy:
        with case("429 storm", f"four of five bulks refused for {seconds} s"):
            proxy.script = storm
            lasting(seconds)
            wait_for(lambda: proxy.answered > 0, "a refusal")
            proxy.script = lambda *_: None


def test_one_percent_is_rejected_for_good(system, case, is_long):
    with case("permanently rejected", "1 % of the events",
              expected={"may_be_letter": is_rejected}, write=one_percent_rejected) as stream:
        stream.wait_for_progress(100_000 if is_long else 1_000)


def test_the_group_grows_and_shrinks(system, case):
    chance = random.Random(6)

    def assignments():
        """How often each consumer that there is now was given a partition."""
        return {c.name: c.log_text().count("A partition is ours.") for c in system.consumers}
    with case("consumers 1, 3, 1", "two join, two leave") as stream:
        for change in (system.add_consumer, system.add_consumer, system.remove_consumer,
                       system.remove_consumer):
            between(chance, stream, 4)
            before = assignments()
            change()
            name = system.consumers[-1].name  # The one that joined, or one that stays.
            wait_for(lambda: assignments()[name] > before.get(name, 0), f"a partition for {name}", 300)


def test_clients_repeat_and_reorder(system, case, is_long):
    with case("repeated and reordered", "each batch three times, shuffled", copies=3) as stream:
        stream.wait_for_progress(100_000 if is_long else 1_000)


def test_ids_are_used_again_for_other_content(system, case, is_long):
    with case("ids reused", "1 of 40 events bears a used id", expected={"reused": owner},
              write=reused_ids) as stream:
        stream.wait_for_progress(100_000 if is_long else 1_000)
