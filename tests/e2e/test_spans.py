"""Spans of sampled events go to an OpenTelemetry collector, linked from the client to the document."""
import json
import socket
import uuid

import pytest

import one_trace
from collector import Collector
from system import DEADLINE, System, request, wait_for


@pytest.fixture(scope="module")
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def system(collector, tmp_path_factory):
    with System(tmp_path_factory.mktemp("spans"), TRACE_SAMPLE_PERCENT="100",
                OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as running:
        yield running


def chain(collector, trace, names):
    """The spans of a trace, each the parent of the next, by these services and names."""
    spans = wait_for(lambda: len(collector.spans(trace)) >= len(names) and collector.spans(trace),
                     f"the spans {names}")
    assert len(spans) == len(names), [(s["service"], s["name"]) for s in spans]
    found = [next(s for s in spans if (s["service"], s["name"]) == name) for name in names]
    for parent, child in zip(found, found[1:]):
        assert child["parentSpanId"] == parent["spanId"], (parent["name"], child["name"])
        assert int(child["endTimeUnixNano"]) >= int(child["startTimeUnixNano"]) > 0
    return found


def test_of_a_posted_event_they_lead_from_the_client_to_the_document(collector, system):
    trace = uuid.uuid4().hex
    answer = system.post({"type": "order", "data": {"id": 1}},
                         {"traceparent": one_trace.traceparent(trace)})
    assert answer.status == 200, answer
    api, _, publish, index = chain(collector, trace, [
        ("lambda_api", "POST /events"), ("tributary-producer", "POST /produce"),
        ("tributary-producer", "publish orders"), ("tributary-consumer", "index orders")])
    assert api["parentSpanId"] == one_trace.STEM
    assert api["attributes"]["http.response.status_code"] == "200"
    assert publish["attributes"]["messaging.message.id"] == answer.json["id"]
    assert publish["attributes"]["messaging.kafka.offset"] == str(answer.json["offset"])
    assert index["attributes"]["messaging.message.id"] == answer.json["id"]


def test_of_a_file_each_batch_is_a_child_of_the_import(collector, system):
    trace, found = one_trace.upload_followed(system, DEADLINE)
    first, batch, *_ = chain(collector, trace, [
        ("lambda_s3", "import"), ("lambda_s3", "import batch"), ("tributary-producer", "POST /produce"),
        ("tributary-producer", "publish orders"), ("tributary-consumer", "index orders")])
    assert "parentSpanId" not in first
    assert found["traceparent"] == f"00-{trace}-{batch['spanId']}-01"


def test_an_event_that_is_not_sampled_has_none(collector, system):
    quiet, later = uuid.uuid4().hex, uuid.uuid4().hex
    for trace, flags in ((quiet, "00"), (later, "01")):
        answer = system.post({"type": "order", "data": {"id": 2}},
                             {"traceparent": one_trace.traceparent(trace, flags)})
        assert answer.status == 200, answer
    wait_for(lambda: len(collector.spans(later)) == 4, "the spans of the later event")
    assert collector.spans(quiet) == []


def test_a_collector_that_does_not_answer_holds_nobody_up(tmp_path):
    """Its queue takes connections and nobody ever reads from them."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with System(tmp_path, TRACE_SAMPLE_PERCENT="100", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as system:
            for number in range(20):
                answer = request("POST", system.producer + "/produce",
                                 json.dumps({"type": "order", "data": {"id": number}}),
                                 {"Content-Type": "application/json"})
                assert answer.status == 200, answer
            assert system.post({"type": "order", "data": {"id": "gateway"}}).status == 200
            system.settled_ledger()
        assert "Spans cannot be exported" in system.log_text()
