"""What `./dev cluster` does before it changes anything, with a kubectl that only writes down its calls."""
import os
import pty
import stat
import subprocess

import pytest

from cluster import NAMESPACES
from rendered import ROOT

# Knows the namespaces in OWNERS (`name=owner`, separated by spaces) and the context `here`.
SCRIPTED = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$1 $2" in
"get namespace")
    for one in $OWNERS; do
        [ "${one%=*}" != "$3" ] || printf 'part of "%s"' "${one#*=}"
    done ;;
"get job") [ "$3" = api-keys ] || echo "job.batch/$3" ;;
"get statefulset,deployment,daemonset") [ "$4" != logging ] || echo deployment.apps/kibana ;;
"config current-context") echo here ;;
esac
"""
OURS = " ".join(f"{name}=tributary" for name in NAMESPACES)


class Scripted:
    def __init__(self, folder):
        self.folder, self.calls = folder, folder / "calls"
        program = folder / "kubectl"
        program.write_text(SCRIPTED)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, *arguments, owners, stdin=subprocess.DEVNULL, **environment):
        self.calls.write_text("")
        return subprocess.run(
            [ROOT / "deploy/kubernetes/cluster.sh", *arguments], stdin=stdin, capture_output=True, text=True,
            env={**os.environ, "KUBECTL": str(self.folder / "kubectl"), "CALLS": str(self.calls),
                 "OWNERS": owners, **environment}, timeout=60)

    def answer(self, text, owners):
        """`destroy` with somebody at a terminal who answers this."""
        ours, theirs = pty.openpty()
        try:
            os.write(ours, text.encode())
            return self.run("destroy", owners=owners, stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def changes(self):
        return [line for line in self.calls.read_text().splitlines()
                if line.split()[0] not in ("get", "config", "kustomize", "rollout", "wait")]


@pytest.fixture
def scripted(tmp_path):
    return Scripted(tmp_path)


@pytest.mark.parametrize("owner", ["", "shop"])
@pytest.mark.parametrize("command", [["deploy"], ["secrets"], ["destroy", "--yes"]])
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_namespace_of_somebody_else_is_left_alone(scripted, command, namespace, owner):
    done = scripted.run(*command, owners=f"{namespace}={owner}")
    assert done.returncode == 1
    assert f"The namespace {namespace} is there and without the label" in done.stderr
    assert scripted.changes() == []


@pytest.mark.parametrize("owners", ["", OURS])
def test_what_is_ours_or_not_there_is_deployed(scripted, owners):
    done = scripted.run("deploy", owners=owners)
    assert done.returncode == 0, done.stderr
    assert any(line.startswith("apply") for line in scripted.changes())


def test_deploy_waits_for_workloads_and_jobs_but_those_that_are_skipped(scripted):
    scripted.run("deploy", owners=OURS)
    waits = [line for line in scripted.calls.read_text().splitlines()
             if line.startswith(("rollout status", "wait"))]
    assert [line.partition(" --timeout")[0] for line in waits] == [
        "rollout status deployment.apps/kibana --namespace logging",
        *(f"wait --for=condition=complete job.batch/{name} --namespace {namespace}" for namespace, name in (
            ("kafka", "topics"), ("logging", "log-template"), ("logging", "kibana-objects")))]
    scripted.run("deploy", owners=OURS, CLUSTER_SKIP="kibana kibana-objects")
    assert "kibana" not in "".join(line for line in scripted.calls.read_text().splitlines()
                                   if line.startswith(("rollout status", "wait")))


def test_secrets_takes_renew_and_nothing_else(scripted):
    done = scripted.run("secrets", "--anew", owners=OURS)
    assert done.returncode == 2 and "--renew or nothing, not --anew" in done.stderr
    assert scripted.changes() == []


def test_destroy_demands_a_yes_where_nobody_can_be_asked(scripted):
    done = scripted.run("destroy", owners=OURS)
    assert done.returncode == 1 and "destroy --yes" in done.stderr and '"here"' in done.stderr
    assert scripted.changes() == []
    assert scripted.run("destroy", "--yes", owners=OURS).returncode == 0
    assert scripted.changes()[0].startswith("delete namespace")


def test_destroy_asks_somebody_at_a_terminal(scripted):
    done = scripted.answer("no\n", OURS)
    assert done.returncode == 1 and "Nothing was changed" in done.stderr
    assert scripted.changes() == []
    assert scripted.answer("yes\n", OURS).returncode == 0
    assert scripted.changes()[0].startswith("delete namespace")
