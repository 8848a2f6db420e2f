"""Everything that overlays/production expects to find is made by its documented command or by its job,
and the job may do no more than that."""
import base64
import json
import os
import pathlib
import subprocess
import sys

import pytest

from cluster import NAMESPACES
from rendered import ROOT, TREE, find, key, pod_spec, render, workloads

sys.path.insert(0, str(ROOT / "tests/support"))
from stand_in import Handler, StandIn  # noqa: E402

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN_DIR", ROOT / "build/release/bin"))
WANTED = TREE / "overlays/production/api-keys/api_keys.json"
JOB = "system:serviceaccount:logging:api-keys"


class _Security(Handler):
    """The part of Elasticsearch's API that gives out keys and tokens."""

    def do_GET(self):
        name = self.path.partition("?name=")[2]
        keys = [{"name": name, "invalidated": False}] if name in self.server.owner.made else []
        self.answer(200, {"api_keys": keys})

    def do_POST(self):
        made = self.server.owner.made
        if self.path == "/_security/api_key":
            asked = json.loads(self.body())
            made[asked["name"]] = asked["role_descriptors"]
            return self.answer(200, {"encoded": f"key-of-{asked['name']}"})
        name = self.path.rpartition("/")[2]
        if name in made:
            return self.answer(409, {"error": {"type": "version_conflict_engine_exception"}})
        made[name] = self.path
        return self.answer(200, {"token": {"name": name, "value": f"token-of-{name}"}})


class Security(StandIn):
    def __init__(self):
        super().__init__(_Security)
        self.made = {}


@pytest.fixture(scope="module")
def prepared(cluster):
    """The namespaces, what `./dev cluster secrets` makes, and the job's rights."""
    print(cluster.dev("secrets"))
    kinds = ("ServiceAccount", "Role", "RoleBinding")
    rights = [one for one in render("overlays/production")
              if one["kind"] in kinds and one["metadata"]["name"] == "api-keys"]
    assert len(rights) == 7
    cluster.kubectl("apply", "--server-side", "--filename", "-",
                    text=json.dumps({"apiVersion": "v1", "kind": "List", "items": rights}))
    yield cluster
    # The namespaces may hold the system of other tests.
    for namespace in ("tributary", "logging", "logging-agents"):
        kept = {key(one) for one in render("overlays/local")}
        for kind in ("Secret", "ConfigMap", "ServiceAccount", "Role", "RoleBinding"):
            for one in cluster.get(kind, "--namespace", namespace)["items"]:
                name = one["metadata"]["name"]
                if (kind, namespace, name) not in kept and name not in ("default", "kube-root-ca.crt"):
                    cluster.kubectl("delete", kind, name, "--namespace", namespace)


def references(workload):
    """(kind, namespace, name) of all that a pod reads from Secrets and ConfigMaps."""
    namespace, spec = key(workload)[1], pod_spec(workload)
    for volume in spec.get("volumes", []):
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for source in sources:
            if "secret" in source:
                yield "Secret", namespace, source["secret"].get("secretName") or source["secret"]["name"]
            if "configMap" in source:
                yield "ConfigMap", namespace, source["configMap"]["name"]
    for container in spec["containers"] + spec.get("initContainers", []):
        for one in container.get("env", []):
            if reference := one.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", namespace, reference["name"]
        for source in container.get("envFrom", []):
            yield "ConfigMap", namespace, source["configMapRef"]["name"]


def test_whatever_production_reads_is_shipped_or_made_by_the_command_or_by_the_job(prepared):
    manifests = render("overlays/production")
    shipped = {key(one) for one in manifests if one["kind"] in ("Secret", "ConfigMap")}
    by_job = {("Secret", one["namespace"], one["secret"])
              for one in json.loads(WANTED.read_text())["credentials"]}
    by_kubernetes = {("ConfigMap", name, "kube-root-ca.crt") for name in NAMESPACES}
    by_command = {(kind, name, one["metadata"]["name"]) for name in NAMESPACES
                  for kind in ("Secret", "ConfigMap")
                  for one in prepared.get(kind, "--namespace", name)["items"]}
    needed = {reference for one in workloads(manifests) + workloads(render("import"))
              for reference in references(one)} - {("ConfigMap", "tributary", "import-file")}
    assert len(needed) > 20
    assert not needed - shipped - by_job - by_kubernetes - by_command


def test_the_command_leaves_what_is_there(prepared):
    def password():
        return prepared.get("secret", "elasticsearch-bootstrap", "--namespace", "logging")["data"]
    before = password()
    said = prepared.dev("secrets").splitlines()
    assert said and all(line.endswith(" is there") for line in said), said
    assert password() == before


def test_renewed_certificates_are_new_everywhere_and_all_else_stays(prepared):
    def data(kind, name, namespace):
        return prepared.get(kind, name, "--namespace", namespace)["data"]

    def all_of_them():
        authorities = [data("configmap", "elasticsearch-ca", namespace)["ca.crt"]
                       for namespace in ("tributary", "logging-agents")]
        kept = [data("secret", *one) for one in (("elasticsearch-bootstrap", "logging"),
                                                 ("producer-token", "tributary"))]
        return data("secret", "elasticsearch-certificates", "logging"), authorities, kept
    before = all_of_them()
    prepared.dev("secrets", "--renew")
    certificates, authorities, kept = all_of_them()
    assert not set(certificates.values()) & set(before[0].values())
    assert {base64.b64encode(one.encode()).decode() for one in authorities} == {certificates["ca.crt"]}
    assert kept == before[2]


def test_elasticsearchs_certificate_is_good_for_all_its_names(prepared, tmp_path):
    data = prepared.get("secret", "elasticsearch-certificates", "--namespace", "logging")["data"]
    for name in ("ca.crt", "tls.crt", "tls.key"):
        (tmp_path / name).write_bytes(base64.b64decode(data[name]))
    for host in ("elasticsearch.logging.svc.cluster.local",
                 "elasticsearch-0.elasticsearch-nodes.logging.svc.cluster.local"):
        done = subprocess.run(["openssl", "verify", "-CAfile", tmp_path / "ca.crt", "-verify_hostname",
                               host, tmp_path / "tls.crt"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def make_keys(security, manifests, *options):
    return subprocess.run([BIN / "tributary", "api-keys", "create", WANTED, "--manifests", manifests,
                           "--timeout", "10", *options], capture_output=True, text=True, timeout=60,
                          env={"ELASTICSEARCH_URL": security.url, "ELASTICSEARCH_USERNAME": "elastic",
                               "ELASTICSEARCH_PASSWORD": "p"})


def test_the_job_puts_every_key_into_its_secret_once(prepared, tmp_path):
    job = find(render("overlays/production"), "Job", "api-keys")
    apply = pod_spec(job)["containers"][0]["args"]
    manifests = tmp_path / "secrets.json"
    apply = [str(manifests) if one == "/made/secrets.json" else one for one in apply]
    with Security() as security:
        made = make_keys(security, manifests)
        assert made.returncode == 0, made.stderr
        assert manifests.stat().st_mode & 0o077 == 0
        assert "key-of" not in made.stdout + made.stderr
        prepared.kubectl(*apply, "--as", JOB)
        again = make_keys(security, manifests)
        assert again.returncode == 0 and "made, " not in again.stdout, again
        prepared.kubectl(*apply, "--as", JOB)
        for one in json.loads(WANTED.read_text())["credentials"]:
            data = prepared.get("secret", one["secret"], "--namespace", one["namespace"])["data"]
            kind = "token" if "service" in one else "key"
            assert base64.b64decode(data[one["entry"]]).decode() == f"{kind}-of-{one['name']}"
            if "role" in one:
                assert security.made[one["name"]] == {one["name"]: one["role"]}


@pytest.mark.parametrize("verb, kind, namespace", [
    ("get", "secrets", "tributary"), ("delete", "secrets", "logging"), ("create", "pods", "logging"),
    ("create", "secrets", "kafka"), ("get", "secrets", "kube-system")])
def test_the_job_may_do_nothing_else(prepared, verb, kind, namespace):
    done = prepared.try_kubectl("auth", "can-i", verb, kind, "--namespace", namespace, "--as", JOB)
    assert done.stdout.strip() == "no", done.stdout
    allowed = prepared.try_kubectl("auth", "can-i", "patch", "secrets", "--namespace", "tributary",
                                   "--as", JOB)
    assert allowed.stdout.strip() == "yes", allowed.stdout + allowed.stderr


def test_no_key_may_touch_what_is_not_ours():
    """Each role names indices of ours, and none may change who may do what."""
    ours = {"products-index", "orders-index", "suppliers-index", "dead-letters-index", "tributary-logs-*"}
    for one in json.loads(WANTED.read_text())["credentials"]:
        role = one.get("role", {})
        assert set(role.get("cluster", [])) <= {"monitor", "manage_index_templates"}, one["name"]
        for rule in role.get("indices", []):
            assert set(rule["names"]) <= ours and "all" not in rule["privileges"], one["name"]
