"""Kafka is away: refusals in time, no memory, back at once; and what nobody can know is said so."""
import threading
import time
import uuid

import pytest

from real_system import PATIENCE, RealSystem
from stream import Stream
from system import request, wait_for
from test_faults import budget, keep, lasting
from verdict import check


@pytest.fixture(scope="module")
def system(zookeeper_stack, tmp_path_factory):
    with RealSystem(tmp_path_factory.mktemp("outage"), zookeeper_stack) as running:
        yield running


def produce(system, event, timeout=60):
    return request("POST", system.producer + "/produce", event, {"Content-Type": "application/json"},
                   timeout=timeout)


def memory_over(program, seconds):
    """Resident megabytes, sampled once a second."""
    samples, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        samples.append(round(program.rss_mb(), 1))
        lasting(1)
    return samples


def test_while_kafka_is_down_clients_are_refused_in_time_and_memory_is_flat(system, is_long):
    seconds, broker = 600 if is_long else 30, system.stack.broker
    with Stream(system, threads=16, budget=budget(is_long)) as stream:
        stream.wait_for_progress(1_000)
        broker.kill()
        answered_before = sum(stream.statuses.values())
        samples = memory_over(system.producer_program, seconds)
        assert stream.statuses.get(503, 0) > 0, stream.statuses
        assert sum(stream.statuses.values()) > answered_before
        answer = wait_for(lambda: refused(system), "a refusal", PATIENCE)
        assert int(answer.headers["Retry-After"]) >= 1 and answer.json["status"] == 503, answer
        assert system.producer_program.readiness().status == 503
        broker.start()
        answers_again = time.monotonic()
        stream.wait_for_progress(1)
        recovery = time.monotonic() - answers_again
        stream.wait_for_progress(100)
    verdict = check(system, stream)
    slowest, fate = stream.slowest_answer, stream.statuses.get(504, 0)
    print(f"down {seconds} s: {verdict}; recovered {recovery:.1f} s after the broker answered; "
          f"slowest answer {slowest:.1f} s, {fate} unknown fates; RSS {min(samples)} to "
          f"{max(samples)} MB: {samples[::max(1, len(samples) // 20)]}")
    keep("Kafka down", f"{seconds} s; back {recovery:.1f} s after the broker answered; Producer's RSS "
         f"{min(samples):.0f} to {max(samples):.0f} MB; slowest answer {slowest:.1f} s",
         is_long, stream, verdict, memory_mb=samples)
    assert stream.retry_after_missing == 0
    # What is waiting for its report when the broker goes is all that memory may hold.
    early, late = max(samples[:len(samples) // 2]), max(samples[len(samples) // 2:])
    assert late <= early + 8 and max(samples) < 100, samples
    assert 0 not in stream.statuses, "an answer did not come within its deadline"
    assert recovery < 5, recovery


def refused(system):
    answer = produce(system, {"type": "order", "data": {"id": "refused"}})
    return answer if answer.status == 503 else None


def test_an_unknown_fate_is_said_so_and_a_retry_with_its_id_leaves_one_document(system):
    event_id = f"fate-{uuid.uuid4()}"
    event = {"type": "order", "id": event_id, "data": {"id": "fate"}}
    assert produce(system, {"type": "order", "data": {"id": "before"}}).status == 200
    answers = []
    system.stack.broker.pause()
    try:
        sending = threading.Thread(target=lambda: answers.append(produce(system, event)))
        sending.start()
        sending.join(PATIENCE)
    finally:
        system.stack.broker.resume()
    [answer] = answers
    assert answer.status == 504 and answer.json["fate"] == "unknown", answer
    assert answer.json["id"] == event_id and answer.json["retry_safe"] is True, answer
    again = wait_for(lambda: accepted(produce(system, event)), "the retry's receipt", PATIENCE)
    assert again["id"] == event_id
    ledger = system.settled_ledger(PATIENCE)
    assert ledger["balanced"], ledger
    found = wait_for(lambda: system.events(id=event_id).get("events"), "the document", PATIENCE)
    assert len(found) == 1, found


def accepted(answer):
    return answer.json if answer.status == 200 else None
