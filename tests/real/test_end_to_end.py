"""Events and files over a real Kafka and a real Elasticsearch: the services and the console as
processes of their own on ZooKeeper, `tributary up` on KRaft."""
import json
import uuid

import pytest

from real_system import PATIENCE, RealSystem
from system import System, request, wait_for


@pytest.fixture(scope="module")
def services(zookeeper_stack, tmp_path_factory):
    with RealSystem(tmp_path_factory.mktemp("services"), zookeeper_stack) as system:
        yield system


@pytest.fixture(scope="module")
def one_machine(kraft_stack, tmp_path_factory):
    system = System(tmp_path_factory.mktemp("up"), **kraft_stack.settings)
    made = system.cli("topics", "create")
    assert made.returncode == 0, made.stderr
    with system:
        yield system


@pytest.fixture(params=["services", "one_machine"])
def system(request):
    return request.getfixturevalue(request.param)


def documents(system, count, **query):
    """The events of a search, once there are `count`."""
    wait_for(lambda: system.events(**query).get("total", 0) >= count,
             f"{count} documents for {query}", PATIENCE)
    found = system.events(**query)
    assert found["total"] == count, found
    return found["events"]


def settled(system):
    ledger = system.settled_ledger(PATIENCE)
    assert ledger["balanced"], ledger
    return ledger["totals"]


def unique(word):
    return f"{word}{uuid.uuid4().hex[:12]}"


def test_a_posted_event_gets_a_receipt_and_becomes_a_document(system):
    answer = system.post({"type": "order", "data": {"id": 10248, "total": 440, "note": "realonce"}})
    assert answer.status == 200, answer
    receipt = answer.json
    assert receipt["type"] == "order" and receipt["topic"] == "orders"
    [document] = documents(system, 1, type="order", q="10248 realonce")
    assert document["id"] == receipt["id"]
    assert document["data"] == {"id": 10248, "total": 440, "note": "realonce"}
    assert document["subject"] == "10248" and document["source"] == "/api"
    assert document["kafka"] == {k: receipt[k] for k in ("topic", "partition", "offset")}
    assert document["@timestamp"] == document["time"]


def test_the_document_tells_when_it_passed_each_stage(system):
    event_id = system.post({"type": "supplier", "data": {"id": "S-1"}}).json["id"]
    [document] = documents(system, 1, id=event_id)
    pipeline = document["pipeline"]
    assert pipeline["received_at"] <= pipeline["indexed_at"], pipeline
    assert pipeline["latency_ms"] >= 0 and pipeline["published_at"] and pipeline["digest"], pipeline
    metrics = request("GET", consumer_of(system) + "/metrics").body.decode()
    assert "tributary_event_indexed_latency_seconds_bucket" in metrics


def consumer_of(system):
    return system.consumers[0].url if isinstance(system, RealSystem) else system.consumer


def test_one_idempotency_key_three_times_leaves_one_document_and_two_duplicates(system):
    before, key = settled(system), unique("key")
    for _ in range(3):
        answer = system.post({"type": "order", "data": {"id": 10249}}, {"Idempotency-Key": key})
        assert answer.status == 200, answer
    after = settled(system)
    assert after["indexed"] - before["indexed"] == 1
    assert after["duplicates"] - before["duplicates"] == 2
    documents(system, 1, id=key)


def test_a_key_with_other_content_is_one_document_and_one_dead_letter(system):
    before, key = settled(system), unique("reused")
    for n in (1, 2):
        answer = system.post({"type": "order", "data": {"id": 1, "n": n}}, {"Idempotency-Key": key})
        assert answer.status == 200, answer
    after = settled(system)
    assert after["indexed"] - before["indexed"] == 1
    assert after["dead_lettered"] - before["dead_lettered"] == 1
    [letter] = documents(system, 1, type="dead-letter", id=key)
    assert letter["reason"] == "id_reused"


def test_a_batch_with_a_bad_item_is_answered_item_by_item(system):
    answer = system.post([{"type": "order", "data": {"id": 2}}, {"type": "nothing", "data": {"id": 3}}])
    assert answer.status == 207, answer
    good, bad = answer.json["results"]
    assert good["topic"] == "orders" and bad["status"] == 422


def test_the_way_of_an_event_is_told(system):
    event_id = system.post({"type": "product", "data": {"id": "P-1"}}).json["id"]
    documents(system, 1, id=event_id)
    traced = system.cli("trace", event_id, "--url", system.url, "--json")
    assert traced.returncode == 0, traced.stderr
    [match] = json.loads(traced.stdout)["matches"]
    assert [s["stage"] for s in match["stages"]] == ["received", "published", "indexed"]


def test_a_trace_id_is_found_in_the_record_its_header_and_the_document(services):
    trace = uuid.uuid4().hex
    parent = f"00-{trace}-00f067aa0ba902b7-01"
    answer = services.post({"type": "order", "data": {"id": "traced"}}, {"traceparent": parent})
    assert answer.status == 200, answer
    receipt = answer.json
    [document] = documents(services, 1, id=receipt["id"])
    assert document["traceparent"] == parent
    [record] = [r for r in services.records("orders")
                if (r["partition"], r["offset"]) == (receipt["partition"], receipt["offset"])]
    headers = dict(zip(record["headers"][::2], record["headers"][1::2]))
    assert headers["traceparent"] == parent
    assert json.loads(record["payload"])["traceparent"] == parent


def test_a_file_becomes_documents_and_rejects(one_machine):
    before = settled(one_machine)
    items = [json.dumps({"id": f"f{i}", "total": i}) for i in range(1000)]
    items[17] = "17"
    content = "[" + ",".join(items) + "]"
    assert one_machine.put("real/orders.json", content).status in (200, 201)
    report = one_machine.report("real/orders.json", PATIENCE)
    assert (report["read"], report["accepted"], report["rejected"]) == (1000, 999, 1), report
    assert settled(one_machine)["indexed"] - before["indexed"] == 999
    [document] = documents(one_machine, 1, type="order", q="f471")
    assert document["source"] == "s3://bucket/real/orders.json"
