"""A Kubernetes cluster for the tests: the one that KUBECONFIG names, or one that is started for them."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from rendered import ROOT, cluster_folder, kubectl  # noqa: E402
from system import wait_for  # noqa: E402

AGENTS_STATE = "/var/lib/tributary-fluent-bit"
NAMESPACES = ("kafka", "tributary", "logging", "logging-agents")
# Where the cluster gives none: folders of the node, which its provisioner makes for root alone. The
# pods are not root, so a pod that is opens the folders for them.
STORAGE = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: test
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/host-path
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: open-volumes, namespace: kube-system}
spec:
  selector: {matchLabels: {app: open-volumes}}
  template:
    metadata: {labels: {app: open-volumes}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: open
          image: localhost/tributary-test/servers:test
          command: [/bin/sh, -c, "while :; do chmod 777 /volumes/* 2>/dev/null; sleep 1; done"]
          securityContext: {runAsUser: 0}
          volumeMounts: [{name: volumes, mountPath: /volumes}]
      volumes: [{name: volumes, hostPath: {path: /tmp/hostpath_pv, type: DirectoryOrCreate}}]
"""


class Cluster:
    """`kubectl` with this cluster's credentials, and what the tests ask it for."""

    def __init__(self, kubeconfig, loader, folder=None):
        self.folder = folder  # Of the scripts that make nodes; None: the nodes are somebody else's.
        self.environment = {**os.environ, "KUBECONFIG": kubeconfig, "KUBECTL": kubectl(),
                            "CLUSTER_LOADER": loader}

    def try_kubectl(self, *arguments, text=None, timeout=300):
        return subprocess.run([kubectl(), *map(str, arguments)], env=self.environment, input=text,
                              capture_output=True, text=True, timeout=timeout)

    def kubectl(self, *arguments, text=None, timeout=300):
        done = self.try_kubectl(*arguments, text=text, timeout=timeout)
        assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}: {done.stderr}"
        return done.stdout

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def dev(self, *arguments, timeout=590):
        """`./dev cluster …` on this cluster."""
        done = subprocess.run([ROOT / "deploy/kubernetes/cluster.sh", *map(str, arguments)],
                              env=self.environment, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pods(self, namespace, name):
        return self.get("pods", "--namespace", namespace,
                        "--selector", f"app.kubernetes.io/name={name}")["items"]

    def ready_pods(self, namespace, name):
        def is_ready(pod):
            return "deletionTimestamp" not in pod["metadata"] and any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in pod["status"].get("conditions", []))
        return [pod for pod in self.pods(namespace, name) if is_ready(pod)]

    def add_node(self, number):
        """A further node, with a name that the cluster gives it."""
        before = self.nodes()
        done = subprocess.run([self.folder / "add-node.sh", str(number)], capture_output=True, text=True,
                              timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        [name] = self.nodes() - before
        return name

    def kill_node(self, number):
        """kill -9 of all that runs on it; the cluster is told nothing."""
        folder = cluster_folder() / f"run-node{number}"
        os.kill(int((folder / "pids/node").read_text()), signal.SIGKILL)
        (folder / "containerd.sock").unlink()  # Nobody shall load images into it any more.

    def nodes(self):
        return {one["metadata"]["name"] for one in self.get("nodes")["items"]}

    def logs(self, namespace, workload):
        return self.kubectl("logs", "--namespace", namespace, workload, "--tail", "-1")

    @contextlib.contextmanager
    def forward(self, namespace, target, port):
        """A local port that leads to a Service's, and the process that forwards it."""
        process = subprocess.Popen(
            [kubectl(), "port-forward", "--namespace", namespace, target, f":{port}"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found, f"port-forward to {target}: {line}"
            yield int(found[1]), process
        finally:
            process.terminate()
            process.wait(10)


def request(port, method, path, body=None, headers=None, timeout=60):
    """Status and decoded body (JSON where it is some) of one request to 127.0.0.1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        text = json.dumps(body) if isinstance(body, (dict, list)) else body
        connection.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content.decode(errors="replace")
    finally:
        connection.close()


def started_by_test_cluster(folder):
    """Starts the cluster of a folder with up.sh, down.sh and load.sh; ends with its removal."""
    def call(name, *arguments):
        return subprocess.run([folder / name, *arguments], capture_output=True, text=True, timeout=590)

    def wipe():
        call("down.sh", "wipe")
        # Its nodes see this machine's folders, and files of another cluster may have the same numbers.
        shutil.rmtree(AGENTS_STATE, ignore_errors=True)
    wipe()
    up = call("up.sh")
    try:
        found = re.search(r"KUBECONFIG=(\S+)", up.stdout)
        assert up.returncode == 0 and found, f"{folder}/up.sh: {up.stdout}{up.stderr}"
        yield Cluster(found[1], str(folder / "load.sh"), folder)
    finally:
        if not os.environ.get("TEST_CLUSTER_KEEP"):
            wipe()


def any_cluster():
    """Yields the cluster to test on; skips where there is none."""
    folder = os.environ.get("TEST_CLUSTER") and pathlib.Path(os.environ["TEST_CLUSTER"])
    if os.environ.get("KUBECONFIG"):
        yield Cluster(os.environ["KUBECONFIG"], os.environ.get("CLUSTER_LOADER", ""), folder)
    elif folder:
        yield from started_by_test_cluster(folder)
    else:
        pytest.skip("there is no cluster: set KUBECONFIG, or TEST_CLUSTER to a folder with up.sh, "
                    "down.sh and load.sh")


def with_storage(cluster):
    """Gives the cluster a default StorageClass if it has none."""
    classes = cluster.get("storageclass")["items"]
    name = "storageclass.kubernetes.io/is-default-class"
    if not any(one["metadata"].get("annotations", {}).get(name) == "true" for one in classes):
        cluster.kubectl("apply", "--filename", "-", text=STORAGE)
