"""The manifests as kustomize renders them, and what is asked of them again and again."""
import functools
import os
import pathlib
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "deploy/kubernetes"
OVERLAYS = sorted(f"overlays/{path.name}" for path in (TREE / "overlays").iterdir())
COMBINATIONS = sorted(f"tests/{path.name}" for path in (TREE / "tests").iterdir())
BESIDE = ["import"]  # Applied beside an overlay.
# Who reads which ConfigMap of ours, and which program the container runs.
OURS = {"producer": "producer", "consumer": "consumer", "console": "tributary",
        "topics": "tributary", "log-template": "tributary", "retention": "tributary",
        "kibana-objects": "tributary", "import": "tributary"}
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def cluster_folder():
    return pathlib.Path(os.environ.get("CLUSTER_DIR", "/var/tmp/tributary-cluster"))


@functools.cache
def kubectl():
    """Next to the cluster, else on the PATH."""
    beside = cluster_folder() / "bin/kubectl"
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if not found:
        pytest.skip("there is no kubectl on the PATH or in the cluster's folder")
    return found


def render_text(folder):
    """The YAML of a kustomization; `folder` is relative to deploy/kubernetes, or absolute."""
    done = subprocess.run([kubectl(), "kustomize", str(TREE / folder)], capture_output=True, text=True)
    assert done.returncode == 0, f"kustomize cannot build {folder}: {done.stderr}"
    return done.stdout


def parse(text):
    return [one for one in yaml.safe_load_all(text) if one]


@functools.cache
def cached_text(folder):
    return render_text(folder)


def render(folder):
    return parse(cached_text(folder) if not pathlib.Path(folder).is_absolute() else render_text(folder))


def key(manifest):
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def workloads(manifests):
    return [one for one in manifests if one["kind"] in WORKLOADS]


def template(workload):
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]


def pod_spec(workload):
    return template(workload)["spec"]


def containers(workload):
    spec = pod_spec(workload)
    return spec.get("initContainers", []) + spec["containers"]


def find(manifests, kind, name):
    found = [one for one in manifests if one["kind"] == kind and one["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}: {len(found)} found"
    return found[0]


def config_map(manifests, name):
    """The data of a generated ConfigMap: its name ends in a hash of what is in it."""
    found = [one for one in manifests if one["kind"] == "ConfigMap"
             and one["metadata"]["name"].rsplit("-", 1)[0] == name]
    assert len(found) == 1, f"ConfigMap {name}: {len(found)} found"
    return found[0]["data"]
