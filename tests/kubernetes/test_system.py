"""The whole system on a real cluster: entry paths, documents, wrong settings."""
import contextlib
import json
import os

import pytest

from cluster import NAMESPACES, request
from deployed import TRIED
from rendered import TREE, find, render
from system import wait_for

ORDERS = [{"id": 7001, "total": 1}, {"id": 7002, "total": 2}, {"id": 7003, "total": 3}]


def elasticsearch_count(system, index, query):
    with system.cluster.forward("logging", "service/elasticsearch", 9200) as (port, _):
        request(port, "POST", f"/{index}/_refresh")
        status, answer = request(port, "POST", f"/{index}/_count", {"query": query})
        assert status == 200, answer
        return answer["count"]


def test_every_workload_becomes_ready_within_five_minutes(system):
    print(f"ready after {system.seconds_until_ready:.0f} s")
    assert system.seconds_until_ready < 300
    for namespace, name in (("kafka", "topics"), ("logging", "log-template")):
        assert system.cluster.get("job", name, "--namespace", namespace)["status"]["succeeded"] == 1
    for namespace, name in (("kafka", "zookeeper"), ("kafka", "kafka"), ("logging", "elasticsearch"),
                            ("tributary", "producer"), ("tributary", "consumer"),
                            ("tributary", "console")):
        assert system.cluster.ready_pods(namespace, name), f"{namespace}/{name}"


def test_an_event_posted_to_the_producer_is_found_in_the_index_and_in_the_console(system):
    status, receipt = request(system.ways["producer"].port, "POST", "/produce",
                              {"type": "order", "data": {"id": 10248, "total": 440}})
    assert status == 200 and receipt["topic"] == "orders", receipt
    found = wait_for(lambda: system.events(id=receipt["id"])["events"], "the document", 120)
    assert found[0]["kafka"]["offset"] == receipt["offset"]
    assert elasticsearch_count(system, "orders-index", {"ids": {"values": [receipt["id"]]}}) == 1


def send(system, total):
    """The receipt of one event, of a Kafka that may be on its way back."""
    def receipt():
        status, answer = request(system.ways["producer"].port, "POST", "/produce",
                                 {"type": "order", "data": {"id": 9001, "total": total}})
        return answer if status == 200 else None
    return system.asked_again(receipt, "a receipt")


def made_anew(system, namespace, name):
    before = {pod["metadata"]["uid"] for pod in system.cluster.pods(namespace, name)}
    system.cluster.kubectl("delete", "pod", "--namespace", namespace, "--selector",
                           f"app.kubernetes.io/name={name}")
    wait_for(lambda: {pod["metadata"]["uid"] for pod in system.cluster.ready_pods(namespace, name)} - before,
             f"a new {name}", 300)


def test_what_kafka_and_zookeeper_hold_outlives_their_pods(system):
    before = send(system, 1)
    for name in ("kafka", "zookeeper"):
        made_anew(system, "kafka", name)
    after = send(system, 2)
    # The same topic, since there is nobody but a deploy to make it, and the same log.
    assert (after["topic"], after["partition"]) == (before["topic"], before["partition"])
    assert after["offset"] > before["offset"]


def documents_of_the_file(system):
    system.settled_ledger()
    return elasticsearch_count(system, "orders-index", {"prefix": {"source": "s3://uploads/orders.json"}})


@contextlib.contextmanager
def import_job(system, source, *manifests, name="import", text=None, deadline=300):
    """Status and log of the job, once it has ended, over a file that it mounts as orders.json."""
    kubectl, place = system.cluster.kubectl, ("--namespace", "tributary")
    kubectl("create", "configmap", "import-file", *place, source)

    def status():
        found = system.cluster.get("job", name, *place)["status"]
        types = {one["type"] for one in found.get("conditions", [])}
        return found | {"types": types} if types & {"Complete", "Failed"} else None
    try:
        kubectl("apply", *manifests, text=text)
        yield wait_for(status, "the end of the job", deadline), kubectl("logs", *place, f"job/{name}")
    finally:
        kubectl("delete", "job", name, *place, "--ignore-not-found")
        kubectl("delete", "configmap", "import-file", *place)


def test_a_file_that_a_job_imports_is_found_once_however_often_it_runs(system, tmp_path):
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(ORDERS))
    for _ in range(2):  # A pod on another node mounts another copy of the file.
        with import_job(system, f"--from-file={file}", "--kustomize", TREE / "import") as (status, log):
            assert "Complete" in status["types"], log
        assert documents_of_the_file(system) == 3


def test_a_file_that_is_refused_fails_its_job_at_once_and_the_log_says_why(system):
    job = find(render("import"), "Job", "import")
    job["metadata"] |= {"name": "import-refused", "namespace": "tributary"}
    [container] = job["spec"]["template"]["spec"]["containers"]
    container["args"] = ["import", "--by-content", "uploads/anything.json"]
    container["volumeMounts"][1]["mountPath"] = "/store/uploads/anything.json"
    with import_job(system, "--from-literal=orders.json=[]", "--filename", "-", name="import-refused",
                    text=json.dumps(job), deadline=120) as (status, log):
        assert "Failed" in status["types"] and status["failed"] == 1
        assert "The file's name, or a folder that it lies in, must contain one of" in log


def running(system):
    """Pods by name, but those of jobs, which end."""
    return {pod["metadata"]["name"]: pod["metadata"]["labels"]["app.kubernetes.io/name"]
            for namespace in NAMESPACES
            for pod in system.cluster.get("pods", "--namespace", namespace)["items"]
            if pod["metadata"]["ownerReferences"][0]["kind"] != "Job"
            and "deletionTimestamp" not in pod["metadata"]}


def test_changing_one_setting_rolls_exactly_the_pods_that_read_it(system, tmp_path):
    (tmp_path / "kustomization.yaml").write_text(f"""
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{os.path.relpath(TRIED, tmp_path)}]
configMapGenerator:
  - {{name: consumer-settings, namespace: tributary, behavior: merge, literals: [LOG_LEVEL=warn]}}
""")
    before = running(system)
    try:
        system.cluster.dev("deploy", tmp_path)
        after = running(system)
    finally:
        system.cluster.dev("deploy", TRIED)
    assert {after[name] for name in after.keys() - before.keys()} == {"consumer"}
    assert {before[name] for name in before.keys() - after.keys()} == {"consumer"}


@pytest.mark.parametrize("name, value, words", [
    ("TRIBUTARY_COLOUR", "blue", "TRIBUTARY_COLOUR: there is no such setting"),
    ("DRAIN_TIMEOUT", "soon", 'DRAIN_TIMEOUT: "soon" is not a whole number'),
    ("PRODUCER_TOKEN_FILE", "/run/secrets/tokens", "cannot read the file")])
def test_a_wrong_setting_ends_the_pod_with_a_sentence(system, name, value, words):
    deployment = find(render("overlays/local"), "Deployment", "producer")
    container = dict(deployment["spec"]["template"]["spec"]["containers"][0])
    container = {key: container[key] for key in ("name", "image", "securityContext")}
    container["env"] = [{"name": name, "value": value}]
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": f"wrong-{name.lower().replace('_', '-')}", "namespace": "tributary"},
           "spec": {"restartPolicy": "Never", "enableServiceLinks": False, "containers": [container],
                    "automountServiceAccountToken": False,
                    "securityContext": deployment["spec"]["template"]["spec"]["securityContext"]}}
    system.cluster.kubectl("create", "--filename", "-", text=json.dumps(pod))
    place = ("--namespace", "tributary", f"pod/{pod['metadata']['name']}")

    def ended():
        status = system.cluster.get(*place)["status"].get("containerStatuses", [{}])[0]
        return status.get("state", {}).get("terminated")
    terminated = wait_for(ended, "the end of the pod", 120)
    assert terminated["exitCode"] == 78
    assert words in terminated["message"]
    assert system.cluster.kubectl("logs", *place).strip() == terminated["message"].strip()
    assert f"{pod['metadata']['name']}, producer ended: Error, 78: {terminated['message']}".strip() in (
        system.cluster.dev("status"))


def test_status_says_why_a_pod_does_not_get_past_its_first_container(system):
    deployment = find(render("overlays/local"), "Deployment", "producer")
    spec = deployment["spec"]["template"]["spec"]
    container = {name: spec["containers"][0][name] for name in ("name", "image", "securityContext")}
    first = {**container, "name": "first", "image": "localhost/absent:1", "imagePullPolicy": "Never"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "waits", "namespace": "tributary"},
           "spec": {"enableServiceLinks": False, "automountServiceAccountToken": False,
                    "initContainers": [first], "containers": [container],
                    "securityContext": spec["securityContext"]}}
    system.cluster.kubectl("create", "--filename", "-", text=json.dumps(pod))
    try:
        wait_for(lambda: "waits, first waits: ErrImageNeverPull" in system.cluster.dev("status"),
                 "the reason", 120)
    finally:
        system.cluster.kubectl("delete", "pod", "waits", "--namespace", "tributary", "--now")
