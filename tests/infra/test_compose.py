"""deploy/compose.yaml: valid by the Compose schema, and the same servers as ./dev stack."""
import copy
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/stack"))
import jars  # noqa: E402
from local_stack import DEFAULT_PORTS, INDEX, KAFKA  # noqa: E402

COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
# The Python Compose was the last to ship the specification's schema as a file of a package.
SCHEMA_PACKAGE = "docker-compose==1.29.2"


@pytest.fixture(scope="module")
def schema():
    def fetch(folder):
        jars.run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
                 "-d", ".", SCHEMA_PACKAGE, what=f"Fetching {SCHEMA_PACKAGE}", cwd=folder)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            (folder / "schema.json").write_bytes(wheel.read("compose/config/compose_spec.json"))
    folder = jars.made_once(jars.CACHE / "compose-schema-1.29.2", fetch)
    return json.loads((folder / "schema.json").read_text())


def problems(schema, file):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
            for error in jsonschema.Draft7Validator(schema).iter_errors(file)]


def as_settings(file):
    """Kafka's properties as the images name them: a.b -> KAFKA_A_B."""
    lines = (ROOT / "tests/stack/config" / file).read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in pairs}


def test_the_file_is_valid_by_the_schema(schema):
    assert problems(schema, COMPOSE) == []


def test_the_schema_check_sees_a_misspelt_key(schema):
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["kafka"]["enviroment"] = broken["services"]["kafka"].pop("environment")
    assert "enviroment" in str(problems(schema, broken))


@pytest.mark.parametrize("service", ["kafka", "kafka-kraft"])
def test_kafka_has_the_settings_of_the_stack(service):
    settings = as_settings("kafka.properties")
    assert settings
    assert {key: SERVICES[service]["environment"].get(key) for key in settings} == settings


@pytest.mark.parametrize("service, version", [
    ("kafka-kraft", KAFKA["kraft"]), ("elasticsearch", INDEX["elasticsearch"]),
    ("kibana", INDEX["elasticsearch"])])
def test_versions_are_those_of_the_stack(service, version):
    assert SERVICES[service]["image"].rsplit(":", 1)[1] == version


def test_every_foreign_image_has_one_exact_version():
    for name, service in SERVICES.items():
        tag = service["image"].rsplit(":", 1)[1]
        assert "tributary" in service["image"] or re.fullmatch(r"\d+\.\d+\.\d+", tag), name


def test_ports_are_those_of_the_stack_and_on_this_machine_only():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    kafka, zookeeper, elasticsearch = DEFAULT_PORTS["zookeeper"]
    for service, port in (("kafka", kafka), ("kafka-kraft", kafka), ("zookeeper", zookeeper),
                          ("elasticsearch", elasticsearch)):
        assert published[service] == [f"127.0.0.1:{port}:{port}"], service


def test_the_two_kinds_of_kafka_exclude_each_other_and_answer_to_one_name():
    assert SERVICES["kafka"]["profiles"] == SERVICES["zookeeper"]["profiles"] == ["zookeeper"]
    assert SERVICES["kafka-kraft"]["profiles"] == ["kraft"]
    assert "kafka" in SERVICES["kafka-kraft"]["networks"]["default"]["aliases"]


def test_mounted_files_are_there():
    mounts = [volume.split(":")[0] for service in SERVICES.values()
              for volume in service.get("volumes", [])]
    named = set(COMPOSE["volumes"])
    assert all(mount in named or (ROOT / "deploy" / mount).is_file() for mount in mounts), mounts


def test_versions_are_those_of_the_cluster():
    file = ROOT / "deploy/kubernetes/versions/kustomization.yaml"
    if not file.exists():
        pytest.skip("deploy/kubernetes/versions is not in this tree")
    cluster = {image["name"]: image["newTag"] for image in yaml.safe_load(file.read_text())["images"]}
    for name in ("zookeeper", "kafka", "kafka-kraft", "elasticsearch", "kibana", "fluent-bit"):
        assert SERVICES[name]["image"].rsplit(":", 1)[1] == cluster[name], name
