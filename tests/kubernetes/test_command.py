"""What `./dev cluster` does before it changes anything, with a kubectl that only writes down its calls."""
import itertools
import os
import pty
import shutil
import stat
import subprocess

import pytest

from cluster import NAMESPACES
from rendered import ROOT

# Knows the namespaces in OWNERS (`name=owner`, separated by spaces), the context `here`, and what RENDERED
# is rendered to; a call that begins with FAILS fails.
SCRIPTED = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
"${FAILS:-nothing}"*) echo "the server says no" >&2; exit 1 ;;
kustomize*) printf '%s' "$RENDERED" ;;
esac
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


@pytest.mark.parametrize("command", [["deploy"], ["secrets"], ["destroy", "--yes"]])
def test_nothing_is_changed_where_nobody_can_be_asked_whose_it_is(scripted, command):
    done = scripted.run(*command, owners=OURS, FAILS="get namespace")
    assert done.returncode != 0 and "the server says no" in done.stderr
    assert scripted.changes() == []


@pytest.mark.parametrize("call", ["get statefulset", "get job", "rollout status", "wait", "apply"])
def test_a_deploy_that_does_not_get_ready_says_so_and_shows_the_pods(scripted, call):
    done = scripted.run("deploy", owners=OURS, FAILS=call)
    assert done.returncode != 0 and "Not all of it became ready within 300s" in done.stderr
    calls = scripted.calls.read_text().splitlines()
    assert {f"get pods --namespace {name} --output wide" for name in NAMESPACES} <= set(calls)


def test_a_deploy_that_gets_ready_says_nothing_of_that(scripted):
    done = scripted.run("deploy", owners=OURS)
    assert done.returncode == 0 and "Not all" not in done.stderr
    assert "get pods" not in scripted.calls.read_text()


def test_one_autoscaler_makes_room_for_the_other(scripted):
    gone = "delete hpa consumer --namespace tributary --ignore-not-found"
    scripted.run("deploy", owners=OURS, RENDERED="apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n")
    changes = scripted.changes()
    assert gone in changes and changes.index(gone) < [line.split()[0] for line in changes].index("apply")
    scripted.run("deploy", owners=OURS, RENDERED="kind: Deployment\n")
    assert gone not in scripted.changes()


def test_secrets_takes_renew_and_nothing_else(scripted):
    done = scripted.run("secrets", "--anew", owners=OURS)
    assert done.returncode == 2 and "--renew or nothing, not --anew" in done.stderr
    assert scripted.changes() == []


# Knows the Secrets in SECRETS (a folder of folders of files), and makes further ones there.
WITH_SECRETS = """#!/bin/sh
case "$1 $2" in
"get secret")
    [ -e "$SECRETS/$3" ] || { echo "no $3" >&2; exit 1; }
    case "$*" in *go-template*)
        entry=${*#*index .data ?}
        cat "$SECRETS/$3/${entry%%?[ |]*}" ;;
    esac ;;
"get configmap") ;;
"create secret")
    name=$4
    mkdir "$SECRETS/$name"
    for one; do
        case $one in --from-literal=*)
            one=${one#--from-literal=}
            printf %s "${one#*=}" >"$SECRETS/$name/${one%%=*}" ;;
        esac
    done ;;
esac
"""


class Secrets:
    def __init__(self, folder):
        self.folder, self.program = folder / "secrets", folder / "kubectl"
        self.program.write_text(WITH_SECRETS)
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.put("elasticsearch-certificates", "ca.crt", "")
        self.put("elasticsearch-bootstrap", "password", "p")

    def put(self, secret, entry, value):
        (self.folder / secret).mkdir(parents=True, exist_ok=True)
        (self.folder / secret / entry).write_text(value)

    def get(self, secret, entry):
        return (self.folder / secret / entry).read_text()

    def has(self, secret):
        return (self.folder / secret).exists()

    def run(self):
        return subprocess.run([ROOT / "deploy/kubernetes/secrets.sh"], capture_output=True, text=True,
                              timeout=60, env={**os.environ, "KUBECTL": str(self.program),
                                               "SECRETS": str(self.folder)})

    def fit(self):
        return self.get("producer-token", "tokens") == (
            f"console={self.get('console-tokens', 'producer')},import={self.get('import-token', 'token')}")


TOKENS = ("producer-token", "console-tokens", "import-token")


@pytest.fixture
def secrets(tmp_path):
    return Secrets(tmp_path)


@pytest.mark.parametrize("missing", [some for count in range(3)
                                     for some in itertools.combinations(TOKENS, count)])
def test_tokens_fit_each_other_whichever_secrets_are_missing(secrets, missing):
    assert secrets.run().returncode == 0 and secrets.fit()
    before = {name: secrets.get(name, entry) for name, entry in zip(
        TOKENS, ("tokens", "producer", "token"), strict=True)}
    for name in missing:
        shutil.rmtree(secrets.folder / name)
    done = secrets.run()
    assert done.returncode == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" made")} == {
        f"tributary/{name}" for name in missing}
    assert secrets.fit()
    assert all(secrets.get(name, entry) == before[name] for name, entry in zip(
        TOKENS, ("tokens", "producer", "token"), strict=True) if name not in missing)


def test_a_client_that_the_producer_does_not_know_gets_no_secret_but_a_sentence(secrets):
    secrets.put("producer-token", "tokens", "shop=abc, console [order|product] = def")
    done = secrets.run()
    assert done.returncode == 1 and secrets.get("console-tokens", "producer") == "def"
    assert not secrets.has("import-token")
    assert "producer-token has no token with the name import. Add import=TOKEN" in done.stderr


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
