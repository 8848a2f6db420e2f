"""A sampled event leaves one trace id wherever it passes: Kafka's header, Elasticsearch's document, and
the log lines as a search in Elasticsearch finds them."""
import json
import pathlib
import re
import subprocess

import pytest

import one_trace
from real_system import PATIENCE
from system import System, request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy/observability/logs_template.json"
LOGS = "tributary-logs-followed"


@pytest.fixture(scope="module")
def system(kraft_stack, tmp_path_factory):
    system = System(tmp_path_factory.mktemp("followed"), TRACE_SAMPLE_PERCENT="100",
                    **kraft_stack.settings)
    made = system.cli("topics", "create")
    assert made.returncode == 0, made.stderr
    made = system.cli("logs", "install", str(TEMPLATE))
    assert made.returncode == 0, made.stderr
    with system:
        yield system


@pytest.fixture
def header(kraft_stack):
    def stored(topic, partition, offset):
        read = subprocess.run(["kcat", "-q", "-b", kraft_stack.kafka, "-C", "-t", topic, "-p",
                               str(partition), "-o", str(offset), "-c", "1", "-J"],
                              capture_output=True, timeout=PATIENCE)
        assert read.returncode == 0, read.stderr
        headers = json.loads(read.stdout)["headers"]
        return dict(zip(headers[::2], headers[1::2]))["traceparent"]
    return stored


@pytest.fixture
def search(system, kraft_stack):
    """Puts every line that was written into the index, and asks it with the documentation's command."""
    command = re.search(r"^curl .*tributary-logs.*$", (ROOT / "docs/observability.md").read_text(), re.M)[0]

    def found(trace):
        url = kraft_stack.elasticsearch
        lines = [line for line in system.log_text().splitlines() if line.startswith("{")]
        bulk = "".join(f'{{"create":{{}}}}\n{line}\n' for line in lines)
        request("DELETE", f"{url}/{LOGS}")
        written = request("POST", f"{url}/{LOGS}/_bulk?refresh=true", bulk,
                          {"Content-Type": "application/x-ndjson"})
        assert written.status == 200 and not written.json["errors"], written
        asked = subprocess.run(["bash", "-c", command], capture_output=True, timeout=PATIENCE,
                               env={"PATH": "/usr/bin:/bin", "ELASTICSEARCH_URL": url, "TRACE_ID": trace})
        assert asked.returncode == 0, asked.stderr
        return [hit["_source"] for hit in json.loads(asked.stdout)["hits"]["hits"]]
    yield found
    request("DELETE", f"{kraft_stack.elasticsearch}/{LOGS}")


def check_search(search, trace, event, function):
    """One line of each service on the way about the event and no other; a file's import has one besides."""
    lines = [line for line in search(trace) if "id" in line["event"]]
    assert sorted(line["service"]["name"] for line in lines) == \
        sorted([function, "tributary-producer", "tributary-consumer"]), lines
    assert {(line["trace"]["id"], line["event"]["id"]) for line in lines} == {(trace, event)}


def test_of_a_posted_event(system, header, search):
    trace, found = one_trace.post_followed(system, PATIENCE)
    one_trace.check(system, trace, found, "lambda_api", header)
    check_search(search, trace, found["id"], "lambda_api")


def test_of_an_item_of_a_file(system, header, search):
    trace, found = one_trace.upload_followed(system, PATIENCE)
    one_trace.check(system, trace, found, "lambda_s3", header)
    check_search(search, trace, found["id"], "lambda_s3")
