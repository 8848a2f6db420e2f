"""The whole system on one machine, over the real binaries."""
import base64
import gzip
import json
import os
import pathlib
import signal
import subprocess

import pytest

from system import BIN, System, name_of, processes_below, request, wait_for


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with System(tmp_path_factory.mktemp("up")) as running:
        yield running


def documents(system, count, **query):
    """The events of a search, once there are `count`."""
    wait_for(lambda: system.events(**query)["total"] >= count, f"{count} documents for {query}")
    found = system.events(**query)
    assert found["total"] == count, found
    return found["events"]


def test_a_posted_event_gets_a_receipt_and_becomes_a_document(system):
    answer = system.post({"type": "order", "data": {"id": 10248, "total": 440, "note": "once"}})
    assert answer.status == 200, answer
    receipt = answer.json
    assert receipt["type"] == "order" and receipt["topic"] == "orders"
    assert receipt["partition"] == 0 and receipt["offset"] >= 0
    [document] = documents(system, 1, type="order", q="10248 once")
    assert document["id"] == receipt["id"]
    assert document["data"] == {"id": 10248, "total": 440, "note": "once"}
    assert document["subject"] == "10248" and document["source"] == "/api"
    assert document["kafka"] == {k: receipt[k] for k in ("topic", "partition", "offset")}
    assert document["@timestamp"] == document["time"]
    assert document["pipeline"]["latency_ms"] >= 0


def test_one_idempotency_key_three_times_leaves_one_document_and_two_duplicates(system):
    before = system.settled_ledger()["totals"]
    event = {"type": "order", "data": {"id": 10249, "total": 441}}
    for _ in range(3):
        assert system.post(event, {"Idempotency-Key": "a1"}).status == 200
    after = system.settled_ledger()
    assert after["balanced"], after
    assert after["totals"]["indexed"] - before["indexed"] == 1
    assert after["totals"]["duplicates"] - before["duplicates"] == 2
    documents(system, 1, id="a1")


def test_without_a_key_three_posts_are_three_documents_of_one_subject(system):
    for _ in range(3):
        assert system.post({"type": "order", "data": {"id": 10250}}).status == 200
    found = documents(system, 3, type="order", q="10250")
    assert {d["subject"] for d in found} == {"10250"}


def test_a_key_with_other_content_is_one_document_and_one_dead_letter(system):
    assert system.post({"type": "order", "data": {"id": 1, "n": 1}},
                       {"Idempotency-Key": "reused"}).status == 200
    assert system.post({"type": "order", "data": {"id": 1, "n": 2}},
                       {"Idempotency-Key": "reused"}).status == 200
    ledger = system.settled_ledger()
    assert ledger["balanced"] and ledger["totals"]["dead_lettered"] == 1, ledger
    [letter] = documents(system, 1, type="dead-letter")
    assert letter["reason"] == "id_reused"
    states = [m["state"] for m in request("GET", system.url + "/api/events/reused").json["matches"]]
    assert sorted(states) == ["dead-lettered", "indexed"]


def test_a_batch_with_a_bad_item_is_answered_item_by_item(system):
    answer = system.post([{"type": "order", "data": {"id": 2}}, {"type": "nothing", "data": {"id": 3}}])
    assert answer.status == 207, answer
    good, bad = answer.json["results"]
    assert good["topic"] == "orders" and bad["status"] == 422


def test_trace_tells_the_way_of_an_event(system):
    event_id = system.post({"type": "product", "data": {"id": "P-1"}}).json["id"]
    wait_for(lambda: system.events(id=event_id)["total"] == 1, "the document")
    traced = system.cli("trace", event_id, "--url", system.url, "--json")
    assert traced.returncode == 0, traced.stderr
    [match] = json.loads(traced.stdout)["matches"]
    assert [s["stage"] for s in match["stages"]] == ["received", "published", "indexed"]
    unknown = system.cli("trace", "no-such-id", "--url", system.url)
    assert unknown.returncode == 1 and "no-such-id" in unknown.stderr


def broken_items(count, breaks):
    items = [json.dumps({"id": f"o{i}", "total": i}) for i in range(count)]
    for index, text in breaks.items():
        items[index] = text
    return items


BREAKS = {3: '{"id": tru}', 100: "{}", 250: '"text"', 251: "17", 500: '{"id":"x","id":"y"}',
          700: '{"id":"\\ud800"}', 999: '{"type":"supplier","id":"s"}'}


def test_seven_broken_items_of_an_array_cost_seven_items(system):
    content = "[\n" + ",\n".join(broken_items(1000, BREAKS)) + "\n]"
    assert system.put("in/broken-orders.json", content).status in (200, 201)
    report = system.report("in/broken-orders.json")
    assert (report["read"], report["accepted"], report["rejected"]) == (1000, 993, 7), report
    rejects = [json.loads(line)
               for part in sorted((system.data / "bucket/rejected/in/broken-orders.json").rglob("*.ndjson"))
               for line in part.read_text().splitlines()]
    assert sorted(r["index"] for r in rejects) == sorted(BREAKS)
    assert all(r.get("reason") or r.get("detail") or r.get("problem") for r in rejects), rejects[0]
    assert system.settled_ledger()["balanced"]


def test_ndjson_damage_costs_its_line(system):
    lines = broken_items(1000, {5: "{", 6: "}{", 7: "", 900: "[1,2"})
    assert system.put("in/lines-orders.ndjson", "\n".join(lines) + "\n").status in (200, 201)
    report = system.report("in/lines-orders.ndjson")
    assert report["rejected"] == 3 and report["accepted"] == 996, report


@pytest.mark.parametrize("key, content, accepted, rejected", [
    ("empty-orders.json", b"", 0, None),
    ("list-orders.json", b"[]", 0, 0),
    ("zero-orders.json.gz", b"", 0, None),
    ("packed-orders.json.gz", gzip.compress(b'[{"id":"gz1"},{"id":"gz2"}]'), 2, 0),
    ("cut-orders.json", b'[{"id":"c1"},{"id":"c2"},{"id":"c3', 2, 1),
    ("unbalanced-orders.json", b'[{"id":"u1"},{"id":"u2"}},{"id":"u3"}]', 1, 1),
    ("orders_products.json", b'[{"id":"x"}]', 0, None),
    ("notes.txt", b"hello", 0, None),
])
def test_odd_files_have_clear_outcomes(system, key, content, accepted, rejected):
    assert system.put(f"odd/{key}", content).status in (200, 201)
    report = system.report(f"odd/{key}")
    assert report.get("accepted", 0) == accepted, report
    if rejected is not None:
        assert report["rejected"] == rejected, report
    if rejected is None:
        assert any(isinstance(v, str) and len(v) > 20 for v in report.values()), report


def test_a_file_dropped_into_the_folder_is_imported(system):
    folder = system.data / "bucket/dropped"
    folder.mkdir(parents=True)
    (folder / "suppliers.json").write_text('[{"id":"S-drop","name":"Dropped"}]')
    assert system.report("dropped/suppliers.json")["accepted"] == 1
    [document] = documents(system, 1, type="supplier", q="Dropped")
    assert document["source"] == "s3://bucket/dropped/suppliers.json"


def test_the_command_line_sends_searches_and_balances(system):
    sent = system.cli("send", "--url", system.url, "--type", "product", '{"id":"CLI","name":"Sieve"}')
    assert sent.returncode == 0 and "accepted" in sent.stdout, sent
    wait_for(lambda: "Sieve" in system.cli("search", "--url", system.url, "Sieve").stdout, "the hit")
    ledger = system.cli("ledger", "--url", system.url)
    assert "balanced: yes" in ledger.stdout and ledger.returncode == 0, ledger
    refused = system.cli("send", "--url", system.url, "--type", "nothing", "{}")
    assert refused.returncode == 1 and "nothing" in refused.stderr, refused
    away = system.cli("search", "--url", "http://127.0.0.1:1")
    assert away.returncode == 69 and "tributary up" in away.stderr, away


def test_what_is_no_search_is_a_sentence(system):
    for query, words in [("type=x", "product, order, supplier"), ("size=many", "whole number"),
                         ("after=today", "RFC 3339"), ("colour=red", "no parameter")]:
        answer = request("GET", f"{system.url}/api/events?{query}")
        assert answer.status == 400 and words in answer.json["detail"], answer


def body_of(row):
    if "repeat" in row:
        repeat = row["repeat"]
        return repeat["prefix"] + repeat["text"] * repeat["times"] + repeat["suffix"]
    if "body_base64" in row:
        return base64.b64decode(row["body_base64"])
    return row.get("body")


def headers_of(row):
    """`[name, value]`, or `[name, value, times]` for a long one."""
    return [(name, value * (times[0] if times else 1)) for name, value, *times in row["headers"]]


def test_the_bad_request_table_against_the_real_producer(system):
    rows = json.loads((pathlib.Path(__file__).parents[1] / "data/bad_requests.json").read_text())
    assert len(rows) >= 60
    for row in rows:
        answer = request(row["method"], system.producer + row["path"], body_of(row),
                         headers_of(row))
        assert answer.status == row["expect_status"], (row["name"], answer)
        for words in row["expect_words"]:
            assert words in answer.body.decode() + str(answer.headers), (row["name"], words, answer)


def test_ctrl_c_stops_everything_and_a_restart_goes_on(tmp_path):
    system = System(tmp_path)
    system.start()
    first = system.post({"type": "order", "data": {"id": "before"}}).json["id"]
    below = processes_below(system.process.pid)
    assert len(below) >= 4, [name_of(p) for p in below]
    assert system.stop(signal.SIGINT) == 0
    assert not [p for p in below if name_of(p).startswith(str(BIN))]
    with system:
        wait_for(lambda: system.events(id=first)["total"] == 1, "the document of the first run")
        assert system.post({"type": "order", "data": {"id": "after"}}).status == 200
        assert system.settled_ledger()["balanced"]


@pytest.mark.parametrize("settings, words", [
    ({"PORT": "x"}, "PORT"), ({"PRODUCER_COLOUR": "red"}, "no such setting"),
    ({"ENTITY_CATALOG": "/no/such.yaml"}, "/no/such.yaml"),
    ({"KAFKA_ACKS": "1"}, "not yours to set")])
def test_a_wrong_setting_ends_the_start_with_a_sentence(tmp_path, settings, words):
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "d"), **settings}
    for program in ("tributary-producer", "tributary-consumer"):
        done = subprocess.run([BIN / program], env=environment, capture_output=True, text=True, timeout=10)
        assert done.returncode == 78 and words in done.stderr, done


def test_up_refuses_a_bucket_of_results_of_its_own(tmp_path):
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "d"), "RESULTS_BUCKET": "r"}
    done = subprocess.run([BIN / "tributary", "up"], env=environment, capture_output=True, text=True, timeout=10)
    assert done.returncode == 78 and "RESULTS_BUCKET" in done.stderr, done
