"""Every field of every line that our programs log is in the index template of the logs, by its type."""
import json
import re
import subprocess

import pytest

from metrics import ROOT
from system import BIN, System, wait_for

TEMPLATE = json.loads((ROOT / "deploy/observability/logs_template.json").read_text())
SOURCES = [file for file in (ROOT / "src").rglob("*.cpp")
           if not file.name.endswith(("_test.cpp", "_bench.cpp"))]
CALL = re.compile(r"\blog_?(?:\.|->)(?:debug|info|warn|error)\(|LogField> fields\{|"
                  r"fields\.emplace_back\(|LogField\(")
FIELD = re.compile(r'(?:\{|emplace_back\(|LogField\()"([a-z_@.]+)",')
FITTING = {str: {"keyword", "text", "date_nanos", "flattened"}, bool: {"boolean"},
           int: {"long", "integer", "double"}, float: {"double"}}


def mapped(properties, path=""):
    """{field: type}"""
    found = {}
    for name, one in properties.items():
        found |= (mapped(one["properties"], f"{path}{name}.") if "properties" in one
                  else {path + name: one["type"]})
    return found


MAPPED = mapped(TEMPLATE["template"]["mappings"]["properties"])


def call_at(text, start):
    """From an opening bracket to the one that closes it."""
    depth = 0
    for end in range(start, len(text)):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    raise AssertionError(text[start:start + 80])


def named_in(file):
    text = file.read_text()
    return {name for match in CALL.finditer(text)
            for name in FIELD.findall(match.group()[-20:] + call_at(text, match.end() - 1)[1:])}


def values_of(line, path=""):
    for name, value in line.items():
        if isinstance(value, dict):
            yield from values_of(value, f"{path}{name}.")
        else:
            yield path + name, value


def check(lines):
    for line in lines:
        for field, value in values_of(line):
            assert MAPPED.get(field) in FITTING[type(value)], f"{field} = {value!r}: {line}"


def test_the_sources_name_no_field_that_the_template_does_not_map():
    named = {name for file in SOURCES for name in named_in(file)}
    assert {"event.id", "tributary.import.accepted", "tributary.retention.index"} <= named
    assert named <= set(MAPPED), sorted(named - set(MAPPED))


@pytest.fixture
def system(tmp_path):
    with System(tmp_path, LOG_LEVEL="debug", TRACE_SAMPLE_PERCENT="100") as running:
        yield running


def test_a_running_system_writes_no_other_field(system):
    for total in (1, 2):
        system.post({"type": "order", "data": {"id": 1, "total": total}}, {"Idempotency-Key": "once"})
    system.post("no JSON")
    system.put("orders.json", '[{"id": 2}, 7]')
    system.put("what-is-this.json", "[]")
    wait_for(lambda: system.log_text().count("An import ended.") == 2
             and system.settled_ledger()["totals"]["dead_lettered"] == 1, "the ends of both imports")
    lines = [json.loads(line) for line in system.log_text().splitlines()]
    check(lines)
    starts = [line for line in lines if line["message"] == "The whole system runs on this machine."]
    assert starts[0]["tributary"]["addresses"]["gateway"] == system.url


def test_an_import_job_tells_its_ends_as_log_lines(system):
    folder = system.data / "jobs"
    folder.mkdir()
    (folder / "orders.json").write_text('[{"id": 3}, 7]')
    (folder / "what.json").write_text("[]")
    settings = {"OBJECT_STORE_DIR": str(system.data), "PRODUCER_URL": system.producer,
                "TRACE_SAMPLE_PERCENT": "100"}
    done = subprocess.run([BIN / "tributary", "import", "jobs/orders.json", "jobs/gone.json",
                           "jobs/what.json"], env=settings, capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    check(lines)
    ends = [line for line in lines if line["message"] == "An import ended."]
    assert done.returncode == 1, done
    assert [(line["event"]["reason"], line["event"]["outcome"], line["log"]["level"]) for line in ends] == \
        [("finished", "success", "info"), ("gone", "failure", "warn"),
         ("refused", "failure", "warn")], done
    for line in ends:
        assert line["service"]["name"] == "tributary-import" and len(line["trace"]["id"]) == 32
        assert line["event"]["action"] == "import"
        assert line["tributary"]["import"].get("detail") != ""
    assert ends[0]["tributary"]["import"] == {"accepted": 1, "rejected": 1}
