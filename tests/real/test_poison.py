"""Bytes that never went through the Producer, put straight on a topic: each is dead-lettered with the
reason or indexed rightly, its neighbours are indexed, and no foreign index comes to be."""
import json
import uuid

import pytest

from real_system import LETTERS, PATIENCE, RealSystem
from system import wait_for

RUN = uuid.uuid4().hex[:8]
INDEX = "orders-index"
LARGE = 5_000_000


@pytest.fixture(scope="module")
def system(zookeeper_stack, tmp_path_factory):
    zookeeper_stack.broker.configure_topic("orders", "max.message.bytes", 8_000_000)
    with RealSystem(tmp_path_factory.mktemp("poison"), zookeeper_stack) as running:
        yield running


def event(name, data=None, **members):
    return {"specversion": "1.0", "id": f"{RUN}-{name}", "source": "/api", "type": "order",
            "subject": name, "time": "2026-11-23T06:00:00Z", "datacontenttype": "application/json",
            "data": {"id": name} if data is None else data, **members}


def line(name, data=None):
    return json.dumps(event(name, data), separators=(",", ":"))


# Name, value, and the reason of the letter; None: it is an event, and becomes a document.
POISON = [
    ("no-json", "neither JSON nor an event", "undecodable"),
    ("no-event", '{"hello":"world"}', "undecodable"),
    ("a-list", "[" + line("a-list") + "]", "undecodable"),
    ("injected", line("injected") + '\n{"index":{"_index":"foreign"}}\n{"a":1}', "undecodable"),
    ("injected-inside", '{"a":1}\n{"index":{"_index":"foreign"}}\n' + line("injected-inside"),
     "undecodable"),
    ("half-a-word", '{"a":tru}', "undecodable"),
    ("half-a-word-inside", line("half-a-word-inside").replace('{"id":"half-a-word-inside"}', '{"a":tru}'),
     "undecodable"),
    ("trailing-garbage", line("trailing-garbage") + "}xyz", "undecodable"),
    ("no-text", b'{"id":"\xff\xfe"}', "undecodable"),
    ("large-garbage", "x" * LARGE, "undecodable"),
    ("large", line("large", {"id": "large", "note": "y" * LARGE}), None),
    ("object-for-a-value", line("object-for-a-value", {"id": "o", "total": {"is": "none"}}),
     "mapping_conflict"),
]


def document(system, name):
    answer = system.ask_index("GET", f"/{INDEX}/_doc/{RUN}-{name}")
    return answer.json["_source"] if answer.status == 200 else None


def letters(system, name):
    answer = system.ask_index("POST", f"/{LETTERS}/_search?ignore_unavailable=true", {
        "query": {"term": {"key": f"{RUN}-{name}"}}, "_source": {"excludes": ["value", "text"]}})
    return [hit["_source"] for hit in answer.json["hits"]["hits"]]


def put(system, name, value):
    system.put_record("orders", value, key=f"{RUN}-{name}")


def test_poison_costs_itself_only(system):
    before = system.index_names()
    for name, value, _ in POISON:
        put(system, name, value)
        put(system, f"after-{name}", line(f"after-{name}"))
    ledger = system.settled_ledger(PATIENCE)
    assert ledger["balanced"], ledger
    for name, _, reason in POISON:
        assert document(system, f"after-{name}"), f"the neighbour of {name} is missing"
        found = wait_for(lambda n=name: letters(system, n) or document(system, n), name, PATIENCE)
        if reason is None:
            assert not letters(system, name) and document(system, name)["id"] == f"{RUN}-{name}"
        else:
            assert document(system, name) is None, f"{name} became a document"
            assert [letter["reason"] for letter in found] == [reason], (name, found)
            assert found[0]["detail"] and found[0]["origin"]["topic"] == "orders", found
    assert system.index_names() == before | {LETTERS}


def test_a_pretty_printed_event_is_dead_lettered_or_one_right_document(system):
    put(system, "pretty", json.dumps(event("pretty"), indent=2))
    assert system.settled_ledger(PATIENCE)["balanced"]
    found = wait_for(lambda: letters(system, "pretty") or document(system, "pretty"), "an end")
    is_letter = isinstance(found, list)
    print("dead-lettered" if is_letter else "indexed")
    assert found[0]["reason"] == "undecodable" if is_letter else found["data"] == {"id": "pretty"}


def test_a_letter_too_large_for_its_topic_keeps_size_hash_and_origin(system):
    wait_for(lambda: letters(system, "large-garbage"), "the letter", PATIENCE)
    [letter] = [r for r in system.records("orders.dlq") if r["key"] == f"{RUN}-large-garbage"]
    value = json.loads(letter["payload"])
    assert value["replaced"] is True and value["bytes"] == LARGE and len(value["sha256"]) == 64
    assert value["origin"]["topic"] == "orders"


def due_is(system, **mapping):
    """An operator's own field in the index."""
    answer = system.ask_index("PUT", f"/{INDEX}/_mapping", {"properties": {"data": {"properties": {
        "due": {"type": "date", **mapping}}}}})
    assert answer.status == 200, answer


def redrive(system):
    done = system.cli("dlq", "redrive", "--key", f"{RUN}-fixable", "--url", system.url, "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_a_redrive_after_a_fix_indexes_and_a_second_one_changes_nothing(system):
    due_is(system, ignore_malformed=False)
    put(system, "fixable", line("fixable", {"id": "fixable", "due": "soon"}))
    [letter] = wait_for(lambda: letters(system, "fixable"), "the letter", PATIENCE)
    assert letter["reason"] == "mapping_conflict", letter
    due_is(system, ignore_malformed=True)
    assert redrive(system)["done"] == 1
    found = wait_for(lambda: document(system, "fixable"), "the document", PATIENCE)
    assert found["data"] == {"id": "fixable", "due": "soon"}
    before = system.settled_ledger(PATIENCE)
    assert redrive(system)["done"] == 0
    after = system.settled_ledger(PATIENCE)
    assert before["balanced"] and after["totals"] == before["totals"], (before, after)
    assert document(system, "fixable") == found
