"""What the API server itself says about the manifests: strict schemas, admission, Pod Security."""
import copy
import functools
import json
import os
import pathlib
import shutil
import subprocess

import pytest
import yaml

from cluster import NAMESPACES
from rendered import BESIDE, COMBINATIONS, OVERLAYS, cached_text, find, key, render, template, workloads

# The kinds of others that components use, from the modules that define them.
DEFINITIONS = (
    ("github.com/prometheus-operator/prometheus-operator@v0.85.0",
     "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
     "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"),
    ("github.com/kedacore/keda/v2@v2.17.2", "config/crd/bases/keda.sh_scaledobjects.yaml",
     "config/crd/bases/keda.sh_triggerauthentications.yaml"))


@functools.cache
def module_folder(module):
    if not shutil.which("go"):
        pytest.skip("there is no go, which brings the definitions of Prometheus' and KEDA's kinds")
    done = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True,
                          cwd="/", env={**os.environ, "GOFLAGS": "-mod=mod"}, timeout=580)
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(json.loads(done.stdout)["Dir"])


@pytest.fixture(scope="module")
def api(cluster):
    """The cluster with the namespaces for real: what lies in one is refused by a dry run otherwise."""
    namespaces = [one for one in render("overlays/local") if one["kind"] == "Namespace"]
    assert {one["metadata"]["name"] for one in namespaces} == set(NAMESPACES)
    cluster.kubectl("apply", "--server-side", "--filename", "-", text=yaml.safe_dump_all(namespaces))
    return cluster


@pytest.fixture(scope="module")
def api_with_definitions(api):
    for module, *files in DEFINITIONS:
        for file in files:
            api.kubectl("apply", "--server-side", "--filename", module_folder(module) / file)
    api.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    return api


def dry_run(api, text):
    return api.try_kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server",
                           "--validate=strict", "--filename", "-", text=text)


@pytest.mark.parametrize("folder", OVERLAYS + COMBINATIONS + BESIDE)
def test_the_api_server_takes_every_field_of_every_combination(api_with_definitions, folder):
    done = dry_run(api_with_definitions, cached_text(folder))
    assert done.returncode == 0, done.stderr
    assert "would violate PodSecurity" not in done.stderr, done.stderr
    assert len(done.stdout.splitlines()) == len(render(folder))


def test_a_misspelt_field_turns_that_test_red(api):
    text = cached_text("overlays/local").replace("terminationGracePeriodSeconds",
                                                 "terminationGracePeriod", 1)
    done = dry_run(api, text)
    assert done.returncode != 0 and "terminationGracePeriod" in done.stderr


def bare_pod(workload):
    """The pod that a workload would make. Pod Security refuses pods; for workloads it only warns."""
    made = copy.deepcopy(template(workload))
    kind, namespace, name = key(workload)
    return {"apiVersion": "v1", "kind": "Pod", "spec": made["spec"],
            "metadata": {"name": f"{name}-{kind.lower()}", "namespace": namespace,
                         "labels": made["metadata"]["labels"]}}


def without_claims(pod):
    """A StatefulSet's volumes come from its claims; here any volume of that name does."""
    spec = pod["spec"]
    names = {one["name"] for one in spec.get("volumes", [])}
    mounts = {mount["name"] for container in spec["containers"] + spec.get("initContainers", [])
              for mount in container.get("volumeMounts", [])}
    spec.setdefault("volumes", []).extend({"name": name, "emptyDir": {}} for name in mounts - names)
    # Made by the real thing only.
    spec.pop("serviceAccountName", None)
    return pod


@pytest.mark.parametrize("folder", OVERLAYS + COMBINATIONS + BESIDE)
def test_every_pod_is_admitted_under_its_namespaces_level_of_security(api, folder):
    pods = [without_claims(bare_pod(one)) for one in workloads(render(folder))]
    done = api.try_kubectl("create", "--dry-run=server", "--validate=strict", "--filename", "-",
                           text=yaml.safe_dump_all(pods))
    assert done.returncode == 0, done.stderr
    assert "would violate PodSecurity" not in done.stderr, done.stderr
    assert len(done.stdout.splitlines()) == len(pods)


def test_a_container_that_runs_as_root_turns_that_test_red(api):
    pod = without_claims(bare_pod(find(render("overlays/local"), "Deployment", "producer")))
    pod["spec"]["containers"].append({"name": "root", "image": "x",
                                      "securityContext": {"runAsUser": 0, "runAsNonRoot": False}})
    done = api.try_kubectl("create", "--dry-run=server", "--filename", "-", text=yaml.safe_dump(pod))
    assert done.returncode != 0 and "violates PodSecurity" in done.stderr
    deployment = copy.deepcopy(find(render("overlays/local"), "Deployment", "producer"))
    template(deployment)["spec"]["containers"].append(pod["spec"]["containers"][-1])
    assert "would violate PodSecurity" in dry_run(api, yaml.safe_dump(deployment)).stderr
