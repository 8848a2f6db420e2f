"""The table of events: for each payload the exact answer, the GETs that are made (key and version)
and the events that are produced. tests/data/lambda_events/ holds the payloads as AWS documents them
and the rows; "*" in a row stands for any text. Every row gets a fresh function, since equal lines of
a log are counted, not repeated.
"""
import json
import pathlib

import pytest

from fake_s3 import FakeS3
from function import Function

DATA = pathlib.Path(__file__).resolve().parents[1] / "data/lambda_events"
TABLES = {name: json.loads((DATA / f"{name}.json").read_text()) for name in ("api", "s3")}


def matches(expected, found):
    if expected == "*":
        return isinstance(found, str) and found
    if isinstance(expected, dict):
        return (isinstance(found, dict) and expected.keys() == found.keys() and
                all(matches(expected[name], found[name]) for name in expected))
    if isinstance(expected, list):
        return (isinstance(found, list) and len(expected) == len(found) and
                all(map(matches, expected, found)))
    return expected == found and type(expected) is type(found)


def event_of(row):
    if "text" in row:
        return row["text"]
    if "payload" in row:
        return json.loads((DATA / "payloads" / f"{row['payload']}.json").read_text())
    return row["event"]


def seen(outcome, producer, gets=None):
    """What happened, in the form in which a row tells it."""
    answer = json.loads(outcome.body)
    if isinstance(answer.get("body"), str) and answer["body"]:
        answer["body"] = json.loads(answer["body"])
    found = {"outcome": outcome.kind, "answer": answer,
             "produced": [{name: event[name] for name in ("id", "type", "source", "data")}
                          for event in producer.events]}
    if gets is not None:
        found["gets"] = [list(get) for get in gets]
    return found


def objects_of(row):
    """The row's objects, or one small file for every key."""
    return {bucket: {key: {version: text.encode() for version, text in versions.items()}
                     for key, versions in keys.items()}
            for bucket, keys in row.get("objects", {}).items()}


def check(row, found, log):
    expected = {name: row[name] for name in ("outcome", "answer", "produced", "gets") if name in row}
    assert matches(expected, {name: found[name] for name in expected}), json.dumps(found)
    if row["outcome"] == "error" or row.get("is_logged"):
        assert '"level":"error"' in log, f"nothing was logged: {log}"


@pytest.mark.parametrize("row", TABLES["api"], ids=[row["name"] for row in TABLES["api"]])
def test_lambda_api(row, producer, tmp_path):
    with Function("lambda_api", tmp_path, PRODUCER_URL=producer.url) as function:
        outcome = function.api.invoke(event_of(row))
        check(row, seen(outcome, producer), function.log())


@pytest.mark.parametrize("row", TABLES["s3"], ids=[row["name"] for row in TABLES["s3"]])
def test_lambda_s3(row, producer, tmp_path):
    with FakeS3(objects_of(row)) as s3, Function(
            "lambda_s3", tmp_path, PRODUCER_URL=producer.url, AWS_ENDPOINT_URL_S3=s3.url,
            AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="key", RESULTS_BUCKET="results") as function:
        outcome = function.api.invoke(event_of(row))
        check(row, seen(outcome, producer, s3.gets), function.log())


def test_the_table_is_complete():
    """The routes, keys and malformed events that the acceptance names."""
    names = [row["name"] for table in TABLES.values() for row in table]
    assert len(set(names)) == len(names)
    assert sum(name.startswith("malformed") for name in names) >= 30
    for route in ("direct", "sqs", "sns-sqs", "eventbridge"):
        for key in ("plus", "percent-2b", "space", "percent", "utf8"):
            assert f"{route}: key with {key}" in names
