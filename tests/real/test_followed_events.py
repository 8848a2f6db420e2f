"""A sampled event leaves one trace id wherever it passes: Kafka's header and Elasticsearch's document
among them."""
import json
import subprocess

import pytest

import one_trace
from real_system import PATIENCE
from system import System


@pytest.fixture(scope="module")
def system(kraft_stack, tmp_path_factory):
    system = System(tmp_path_factory.mktemp("followed"), TRACE_SAMPLE_PERCENT="100",
                    **kraft_stack.settings)
    made = system.cli("topics", "create")
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


def test_of_a_posted_event(system, header):
    trace, found = one_trace.post_followed(system, PATIENCE)
    one_trace.check(system, trace, found, "lambda_api", header)


def test_of_an_item_of_a_file(system, header):
    trace, found = one_trace.upload_followed(system, PATIENCE)
    one_trace.check(system, trace, found, "lambda_s3", header)
