"""One trace id from the client to the document: what the tests of both backends look at."""
import json
import uuid

from system import request, wait_for

STEM = "b7ad6b7169203331"


def traceparent(trace, flags="01"):
    return f"00-{trace}-{STEM}-{flags}"


def lines_of(system, trace):
    """Every log line of that trace about an event, of all programs; a file's import has one of its own."""
    lines = (json.loads(line) for line in system.log_text().splitlines() if trace in line)
    return [line for line in lines if line.get("trace", {}).get("id") == trace and "id" in line["event"]]


def document(system, deadline, **query):
    wait_for(lambda: system.events(**query).get("total", 0) == 1, f"a document of {query}", deadline)
    return system.events(**query)["events"][0]


def post_followed(system, deadline):
    """Posts a sampled event and one that is not; returns trace id and document of the first."""
    trace, quiet = uuid.uuid4().hex, uuid.uuid4().hex
    for one, flags in ((trace, "01"), (quiet, "00")):
        answer = system.post({"type": "order", "data": {"id": one}},
                             {"Idempotency-Key": one, "traceparent": traceparent(one, flags)})
        assert answer.status == 200, answer
    found = document(system, deadline, id=trace)
    assert found["traceparent"] == traceparent(trace)
    assert document(system, deadline, id=quiet)["traceparent"] == traceparent(quiet, "00")
    assert lines_of(system, quiet) == []
    return trace, found


def upload_followed(system, deadline):
    """Puts a file of one item into the bucket, of an invocation that is sampled."""
    name = f"F{uuid.uuid4().hex[:10]}"
    assert system.put(f"{name}/orders.json", json.dumps([{"id": name}])).status in (200, 201)
    assert system.report(f"{name}/orders.json", deadline)["accepted"] == 1
    found = document(system, deadline, q=name)
    assert found["traceparent"].endswith("-01"), found
    return found["traceparent"].split("-")[1], found


def check(system, trace, found, function, header):
    """`header` gives the text that the log stores with a record: (topic, partition, offset)."""
    place = found["kafka"]
    assert trace in header(place["topic"], place["partition"], place["offset"])
    told = system.cli("trace", found["id"], "--url", system.url, "--json")
    assert told.returncode == 0, told.stderr
    page = request("GET", f"{system.url}/api/events/{found['id']}").json
    for_people = system.cli("trace", found["id"], "--url", system.url)
    assert for_people.stdout.startswith(f"indexed order from {found['source']}, trace {trace}\n"), for_people
    for way in (json.loads(told.stdout), page):
        [match] = way["matches"]
        assert match["traceparent"].split("-")[1] == trace, match
    services = [function, "tributary-producer", "tributary-consumer"]
    lines = wait_for(lambda: len(lines_of(system, trace)) >= len(services) and lines_of(system, trace),
                     "the lines of every service")
    assert sorted(line["service"]["name"] for line in lines) == sorted(services), lines
    for line in lines:
        assert line["log"]["level"] == "info" and line["event"]["id"] == found["id"], line
        assert line["event"]["outcome"] == "success" and line["kafka"] == place, line
