"""The whole system on one machine, over the real binaries."""
import base64
import gzip
import json
import os
import pathlib
import select
import signal
import subprocess
import threading
import time

import pytest

from system import (BIN, System, free_port_triple, name_of, processes_below, request, wait_for)


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


# Seven ways to break an item that leave its array balanced: where, what, and words of the reason.
BREAKS = {
    "no JSON": (3, '{"id": tru}', "cannot be read as JSON"),
    "no fields": (100, "{}", "must be an object with at least one member"),
    "a string": (250, '"text"', "this is a string"),
    "a number": (251, "17", "this is a number"),
    "a key twice": (500, '{"id":"x","id":"y"}', "twice"),
    "half a surrogate": (700, '{"id":"\\ud800"}', "surrogate"),
    "another type": (999, '{"type":"supplier","id":"s"}', "contradicts the name of the file"),
}
# Damage of a line may be of any kind.
BROKEN_LINES = {**BREAKS,
                "an open brace": (5, '{"id":"x"', "cannot be read as JSON"),
                "a brace too many": (6, '{"id":"x"}}', "cannot be read as JSON"),
                "no list": (0, "[broken", "cannot be read as JSON"),
                "an open object": (1, '{"id":"z0"', "cannot be read as JSON"),
                "a list": (2, '["a","b"]', "this is a"),
                "an open string": (7, '{"id":"x}', "cannot be read as JSON"),
                "an open bracket": (900, "[1,2", "cannot be read as JSON")}


def broken_items(count, breaks):
    items = [json.dumps({"id": f"o{i}", "total": i}) for i in range(count)]
    for index, text, _ in breaks.values():
        items[index] = text
    return items


def rejects_of(system, key):
    """The rejects of a file, by item index."""
    parts = sorted((system.data / "bucket/rejected" / key).rglob("*.ndjson"))
    lines = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert len({line["index"] for line in lines}) == len(lines), "an item was rejected twice"
    return {line["index"]: line for line in lines}


@pytest.mark.parametrize("key, opening, separator, closing, breaks", [
    ("in/broken-orders.json", "[\n", ",\n", "\n]", BREAKS),
    ("in/broken-orders.ndjson", "", "\n", "\n", BROKEN_LINES),
], ids=["array", "ndjson"])
def test_broken_items_cost_themselves_only(system, key, opening, separator, closing, breaks):
    before = system.settled_ledger()["totals"]
    content = opening + separator.join(broken_items(1000, breaks)) + closing
    assert system.put(key, content).status in (200, 201)
    report = system.report(key)
    assert report["status"] == "complete"
    assert (report["read"], report["accepted"], report["rejected"]) == \
        (1000, 1000 - len(breaks), len(breaks)), report
    rejects = rejects_of(system, key)
    assert sorted(rejects) == sorted(index for index, _, _ in breaks.values())
    for name, (index, text, words) in breaks.items():
        assert rejects[index]["item"] == text, name
        assert words in json.dumps(rejects[index]), (name, rejects[index])
    after = system.settled_ledger()
    assert after["balanced"]
    assert after["totals"]["indexed"] - before["indexed"] == 1000 - len(breaks)


# Key, content, how it ended, accepted, rejected, the byte where it broke, and words of the report.
ODD_FILES = [
    ("empty-orders.json", b"", "complete", 0, 0, None, "no items"),
    ("white-orders.json", b" \n ", "complete", 0, 0, None, "no items"),
    ("list-orders.json", b"[]", "complete", 0, 0, None, "no items"),
    ("zero-orders.json.gz", b"", "complete", 0, 0, None, "no items"),
    ("packed-orders.json.gz", gzip.compress(b'[{"id":"gz1"},{"id":"gz2"}]'), "complete", 2, 0, None,
     ""),
    ("cut-orders.json", b'[{"id":"c1"},{"id":"c2"},{"id":"c3', "broken", 2, 1, 34, "cut off"),
    ("unclosed-orders.json", b'[{"id":"n1"},{"id":"n2"}', "broken", 2, 1, 24,
     "before its array is closed"),
    ("surplus-orders.json", b'[{"id":"u1"},{"id":"u2"}},{"id":"u3"}]', "broken", 2, 1, 24,
     "closes nothing"),
    ("crossed-orders.json", b'[{"id":"x1"},{"id":["x2"},{"id":"x3"}]', "broken", 1, 1, 24,
     "closes nothing"),
    ("two-orders.json", b'[{"id":"t1"}][{"id":"t2"}]', "broken", 1, 1, 13, "ended before the file"),
    ("cut-orders.json.gz", gzip.compress(b'{"id":"g1"}\n{"id":"g2"}\n')[:-12], "broken", None, None,
     None, "gzip"),
    ("orders_products.json", b'[{"id":"x"}]', "refused", 0, 0, None, "order"),
    ("notes.txt", b"hello", "refused", 0, 0, None, "type"),
]


@pytest.mark.parametrize("key, content, status, accepted, rejected, byte, words", ODD_FILES,
                         ids=[row[0] for row in ODD_FILES])
def test_odd_files_have_clear_outcomes(system, key, content, status, accepted, rejected, byte,
                                       words):
    assert system.put(f"odd/{key}", content).status in (200, 201)
    report = system.report(f"odd/{key}")
    assert report["status"] == status, report
    assert words in json.dumps(report), report
    if accepted is not None:
        assert (report["accepted"], report["rejected"]) == (accepted, rejected), report
        assert len(rejects_of(system, f"odd/{key}")) == rejected
    if byte is not None:
        assert report["broken_at"]["byte"] == byte, report


def test_odd_files_are_not_tried_again(system):
    """Each has been put by now: none waits for another try, none has failed for good."""
    bucket = system.data / "bucket"
    assert not list((bucket / "failed").rglob("*.json"))
    assert not [p for p in (bucket / "checkpoints").rglob("*") if p.is_file()]
    text = system.log_text()
    for key, *_ in ODD_FILES:
        ends = [line for line in text.splitlines()
                if "An import ended." in line and f'odd/{key}"' in line]
        assert len(ends) == 1, (key, ends)


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
    folder = system.cli("send", "--url", system.url, "--file", str(system.folder))
    assert folder.returncode == 2 and "Is a directory" in folder.stderr, folder
    away = system.cli("search", "--url", "http://127.0.0.1:1")
    assert away.returncode == 69 and "tributary up" in away.stderr, away


def test_tail_prints_every_document_once(system):
    """Also of a batch that is larger than what it asks for at once."""
    def send(first, count):
        events = [{"type": "product", "id": f"tail-{first + i}", "data": {"id": i}}
                  for i in range(count)]
        assert system.post(events).status == 200

    tail = subprocess.Popen([BIN / "tributary", "tail", "--json", "--type", "product", "--url",
                             system.url], env=system.environment, stdout=subprocess.PIPE, text=True)
    try:
        count, lines = 0, []
        reader = threading.Thread(target=lambda: lines.extend(tail.stdout), daemon=True)
        while not select.select([tail.stdout], [], [], 0.2)[0]:  # Until it is there.
            send(count, 1)
            count += 1
        reader.start()
        for _ in range(3):
            send(count, 900)
            count += 900
        def seen():
            return {json.loads(line)["id"] for line in list(lines)}
        wait_for(lambda: f"tail-{count - 2700}" in seen() and f"tail-{count - 1}" in seen(),
                 "the last document")
        wait_for(lambda: len(seen()) >= 2701, "every document")
    finally:
        tail.terminate()
        assert tail.wait(30) == 0
    reader.join(30)
    ids = [json.loads(line)["id"] for line in lines]
    assert len(ids) == len(set(ids)) and {f"tail-{count - i}" for i in range(1, 2701)} <= set(ids)


@pytest.mark.parametrize("arguments", [
    ("search", "--size", "-1"), ("search", "--size", "1001"), ("tail", "--count", "-3"),
    ("send", "--id", "", "{}"), ("send", "--id", "a\nb", "{}"), ("send", "--id", "x" * 129, "{}")],
    ids=lambda arguments: " ".join(arguments)[:20].replace("\n", "\\n"))
def test_an_option_out_of_its_range_is_wrong_usage(system, arguments):
    refused = system.cli(*arguments, "--url", system.url)
    assert refused.returncode == 2 and arguments[1] in refused.stderr, refused


def test_an_empty_idempotency_key_is_refused_by_both_doors(system):
    event = {"type": "order", "data": {"id": 1}}
    for url in (system.url + "/events", system.producer + "/produce"):
        refused = request("POST", url, event, {"Content-Type": "application/json",
                                               "Idempotency-Key": ""})
        assert refused.status == 400 and "Idempotency-Key" in refused.json["detail"], refused


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


def rss_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def sizes_of(system):
    """Resident megabytes by program."""
    return {name_of(pid).removeprefix(str(BIN)): round(rss_mb(pid), 1)
            for pid in [system.process.pid, *processes_below(system.process.pid)]}


def test_an_idle_system_is_small_and_gives_back_what_work_took(tmp_path):
    """After both paths were used, so that an instance of each function is there too."""
    with System(tmp_path) as system:
        assert system.post({"type": "order", "data": {"id": 1}}).status == 200
        assert system.put("orders.json", '[{"id":2}]').status in (200, 201)
        assert system.report("orders.json")["accepted"] == 1
        system.settled_ledger()
        sizes = sizes_of(system)
        assert len(sizes) == 5 and sum(sizes.values()) < 150, sizes
        assert sizes["/tributary-producer"] < 20 and sizes["/tributary-consumer"] < 20, sizes
        many = "\n".join('{"id":%d,"note":"%s"}' % (n, "x" * 100) for n in range(50_000))
        assert system.put("many-orders.ndjson", many).status in (200, 201)
        assert system.report("many-orders.ndjson")["accepted"] == 50_000
        system.settled_ledger()

        def consumer():
            return sizes_of(system)["/tributary-consumer"]
        busy = consumer()
        wait_for(lambda: consumer() < busy - 10, f"a Consumer that is smaller than {busy} MB", 60)


def test_an_event_of_a_log_made_anew_is_no_redelivery(tmp_path):
    """It may lie where the event of that id lay in the old log, and is another one all the same."""
    system = System(tmp_path)
    with system:
        assert system.post({"type": "order", "id": "z1", "data": {"n": "old"}}).status == 200
        documents(system, 1, id="z1")
    for file in system.data.glob("log.db*"):
        file.unlink()
    with system:
        assert system.post({"type": "order", "id": "z1", "data": {"n": "new"}}).status == 200
        [letter] = documents(system, 1, type="dead-letter")
        assert letter["reason"] == "id_reused" and "made anew" in json.dumps(letter), letter
        assert system.settled_ledger()["totals"]["dead_lettered"] == 1


def start_demo(folder, port):
    """As from a terminal: a shell cannot trap an interrupt that was ignored when it began, and it is
    ignored in whatever runs in a script's background."""
    return subprocess.Popen(
        [pathlib.Path(__file__).parents[1] / "demo/up.sh", BIN], cwd=folder, text=True,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder / "data"), "PORT": str(port)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def processes_of_session(leader):
    """Also those whose parent has ended."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == leader:
                found.append(int(entry.name))
        except ProcessLookupError:
            pass
    return [pid for pid in found if name_of(pid)]


def interrupt(demo):
    os.killpg(demo.pid, signal.SIGINT)  # As a terminal does.
    rest, _ = demo.communicate(timeout=60)
    assert not processes_of_session(demo.pid), [name_of(p) for p in processes_of_session(demo.pid)]
    assert demo.returncode == 130, rest
    assert rest.count("Stopping; ") <= 1 and "does not answer" not in rest, rest


def said(demo, words):
    """What it printed up to the line with these words."""
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"it ended without saying {words!r}:\n" + "".join(lines))


def test_dev_up_shows_the_samples_and_is_ready_at_once_the_second_time(tmp_path):
    port = free_port_triple()
    seconds = []
    for run in ("first", "second"):
        begun = time.monotonic()
        demo = start_demo(tmp_path, port)
        shown = said(demo, "Ctrl-C stops everything")
        seconds.append(time.monotonic() - begun)
        assert "samples/orders-with-errors.json" in shown or run == "second", shown
        assert "balanced: yes" in shown, shown
        newest = shown.split("The newest documents:")[1].split("The ledger:")[0]
        assert "sample-order-1 " in newest and " /api " in newest, shown
        assert " s3://bucket/samples/" in newest, shown
        for part in ("Console", "Gateway", "Producer"):
            assert f"{part} " in shown, shown
        interrupt(demo)
    print(f"first {seconds[0]:.1f} s, second {seconds[1]:.1f} s")
    assert seconds[1] < 5


@pytest.mark.parametrize("words", ["Listening", "files through the bucket", "products.json:",
                                   "events through", "newest documents"])
def test_ctrl_c_at_any_moment_of_the_start_stops_everything_and_the_next_feeds_the_rest(
        tmp_path, words):
    port = free_port_triple()
    demo = start_demo(tmp_path, port)
    said(demo, words)
    interrupt(demo)
    demo = start_demo(tmp_path, port)
    said(demo, "Ctrl-C stops everything")
    reports = {path.name for path in (tmp_path / "data/bucket/reports/samples").iterdir()}
    tried = request("GET", f"http://127.0.0.1:{port}/api/events?type=order&q=10248").json["total"]
    assert tried == 0, "the README's own example is in the samples"
    documents = request("GET", f"http://127.0.0.1:{port}/api/events?size=1").json["total"]
    interrupt(demo)
    assert (len(reports), documents) == (4, 34)


def test_ctrl_c_just_after_the_begin_stops_everything(tmp_path):
    port = free_port_triple()
    for wanted in (1, 2, 3, 4):
        demo = start_demo(tmp_path, port)
        wait_for(lambda: len(processes_below(demo.pid)) >= wanted, f"{wanted} processes")
        interrupt(demo)


def test_a_closed_terminal_ends_dev_up_and_all_that_it_started(tmp_path):
    demo = start_demo(tmp_path, free_port_triple())
    said(demo, "files through the bucket")
    demo.send_signal(signal.SIGHUP)  # To the script alone.
    demo.communicate(timeout=60)
    assert not processes_of_session(demo.pid)


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
