"""A sampled event leaves one trace id wherever it passes, over the embedded log and index."""
import sqlite3

import pytest

import one_trace
from system import DEADLINE, System


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with System(tmp_path_factory.mktemp("followed"), TRACE_SAMPLE_PERCENT="100") as running:
        yield running


@pytest.fixture
def header(system):
    def stored(topic, partition, offset):
        """The record with that value's headers; the log has no other of this event."""
        with sqlite3.connect(f"file:{system.data}/log.db?mode=ro", uri=True) as log:
            rows = log.execute("SELECT headers FROM records").fetchall()
        return " ".join(bytes(headers).decode(errors="replace") for (headers,) in rows)
    return stored


def test_of_a_posted_event(system, header):
    trace, found = one_trace.post_followed(system, DEADLINE)
    one_trace.check(system, trace, found, "lambda_api", header)


def test_of_an_item_of_a_file(system, header):
    trace, found = one_trace.upload_followed(system, DEADLINE)
    one_trace.check(system, trace, found, "lambda_s3", header)
