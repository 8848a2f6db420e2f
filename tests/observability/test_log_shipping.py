"""What Fluent Bit's configurations have in common, and what keeps lines from being lost or doubled.

That they do it is shown by tests/real/test_fluent_bit.py, where there is a Fluent Bit.
"""
import json
import pathlib

import pytest
import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
CLUSTER = DEPLOY / "kubernetes/base/fluent-bit"


def read(path):
    return yaml.safe_load(path.read_text())


def output_of(path):
    [output] = read(path)["pipeline"]["outputs"]
    return output


def test_a_line_is_created_under_an_id_of_its_own_and_never_given_up():
    output = output_of(CLUSTER / "output.yaml")
    promised = {"write_operation": "create", "generate_id": True, "retry_limit": "no_limits",
                "trace_error": True, "suppress_type_name": True, "logstash_prefix": "tributary-logs"}
    assert {name: output.get(name) for name in promised} == promised


@pytest.mark.parametrize("other, certificate", [
    ("overlays/production", {"tls.ca_file": "/run/certificates/ca.crt"}),
    ("components/external-elasticsearch", {})])
def test_elsewhere_a_key_and_tls_are_added_and_nothing_else_changed(other, certificate):
    ours = output_of(CLUSTER / "output.yaml")
    theirs = output_of(DEPLOY / "kubernetes" / other / "output.yaml")
    added = {name: theirs[name] for name in theirs.keys() - ours.keys()}
    assert added == {"http_api_key": "${LOGS_API_KEY}", "tls": True, "tls.verify": True, **certificate}
    assert {name: value for name, value in theirs.items() if name not in added} == ours


def test_compose_sends_by_the_same_output_and_keeps_what_waits_alike():
    settings = read(DEPLOY / "compose/fluent-bit.yaml")
    mounts = read(DEPLOY / "compose.yaml")["services"]["fluent-bit"]["volumes"]
    assert settings["includes"] == ["output.yaml"] and "outputs" not in settings["pipeline"]
    assert "./kubernetes/base/fluent-bit/output.yaml:/etc/tributary/output.yaml:ro" in mounts
    cluster = read(CLUSTER / "fluent-bit.yaml")["service"]
    differ = {name for name, value in settings["service"].items() if cluster.get(name) != value}
    assert differ == set()


def test_on_disk_waits_what_is_read_and_the_readers_place():
    [files] = read(CLUSTER / "fluent-bit.yaml")["pipeline"]["inputs"]
    assert files["storage.type"] == "filesystem" and files["db"].startswith("/var/lib/fluent-bit/")
    # With it, what was being written when the agent is killed is thrown away at its next start.
    for file in (CLUSTER / "fluent-bit.yaml", DEPLOY / "compose/fluent-bit.yaml"):
        assert not read(file)["service"].get("storage.checksum", False), file
    excluded = files["exclude_path"].split(",")
    assert [name.split("/")[-1].split("-")[0] for name in excluded] == ["fluent", "elasticsearch"]


def test_lines_are_put_together_and_their_fields_become_the_documents():
    pipeline = read(CLUSTER / "fluent-bit.yaml")["pipeline"]
    assert pipeline["inputs"][0]["multiline.parser"] == "cri"
    filters = {one["name"]: one for one in pipeline["filters"]}
    promised = {"merge_log": True, "keep_log": False, "labels": True}
    assert {name: filters["kubernetes"].get(name) for name in promised} == promised
    assert filters["modify"]["rename"] == "log message"
    template = json.loads((DEPLOY / "observability/logs_template.json").read_text())
    mappings = template["template"]["mappings"]
    labels = mappings["properties"]["kubernetes"]["properties"]["labels"]
    assert labels["type"] == "flattened" and mappings["dynamic"] is False
