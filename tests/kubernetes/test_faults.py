"""Rolling updates, deleted pods and scaling during load: every receipt is found once."""
import json
import pathlib
import re
import sys
import threading
import time

import pytest

from images import AGENT, FLUENT_BIT, OURS, SERVERS
from rendered import ROOT
from system import wait_for

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fault"))
from checker import Load, check  # noqa: E402

DEADLINE = 600
PAGE, RUNBOOK = ROOT / "docs/reliability.md", ROOT / "docs/kubernetes.md"
BEGIN, END = "<!-- kubernetes -->\n", "<!-- end of kubernetes -->"
RESULTS = ROOT / "build/results/kubernetes-faults.json"
# Numbers of each load: they all end up in the same indices.
RANGE = 10_000_000


def rollout(system, namespace, workload):
    system.cluster.kubectl("rollout", "restart", workload, "--namespace", namespace)
    settle(system, namespace, workload)


def settle(system, namespace, workload):
    system.cluster.kubectl("rollout", "status", workload, "--namespace", namespace,
                           f"--timeout={DEADLINE}s", timeout=DEADLINE + 30)


def delete_pod(system, namespace, name):
    before = {pod["metadata"]["uid"] for pod in system.cluster.pods(namespace, name)}
    system.cluster.kubectl("delete", "pod", "--namespace", namespace, "--selector",
                           f"app.kubernetes.io/name={name}", timeout=DEADLINE)
    wait_for(lambda: [pod for pod in system.cluster.ready_pods(namespace, name)
                      if pod["metadata"]["uid"] not in before], f"a new {name}", DEADLINE)


def scale_consumers(system, count):
    """The autoscaler would have its own idea; its bounds are what an operator sets."""
    for bound in ("min", "max") if count == 1 else ("max", "min"):
        system.cluster.kubectl("patch", "hpa", "consumer", "--namespace", "tributary", "--patch",
                               f'{{"spec": {{"{bound}Replicas": {count}}}}}')
    wait_for(lambda: len(system.cluster.ready_pods("tributary", "consumer")) == count,
             f"{count} consumers", DEADLINE)


def scale_up_and_down(system):
    scale_consumers(system, 3)
    scale_consumers(system, 1)


FAULTS = {
    "rolling update of the Producer": lambda one: rollout(one, "tributary", "deployment/producer"),
    "rolling update of the Consumer": lambda one: rollout(one, "tributary", "deployment/consumer"),
    "the Kafka pod is deleted": lambda one: delete_pod(one, "kafka", "kafka"),
    "consumers 1, 3, 1": scale_up_and_down,
    "the ZooKeeper pod is deleted": lambda one: delete_pod(one, "kafka", "zookeeper"),
    "the Elasticsearch pod is deleted": lambda one: delete_pod(one, "logging", "elasticsearch"),
}
# What lies on the node that dies, and whether somebody has to help: a StatefulSet's pod is not made
# anew while its node may still be running it.
SERVICES = [("tributary", "deployment/producer"), ("tributary", "deployment/consumer")]
STORES = [("kafka", "statefulset/zookeeper"), ("kafka", "statefulset/kafka"),
          ("logging", "statefulset/elasticsearch")]
NODE_FAULTS = {"kill -9 of the node with Producer and Consumer": (SERVICES, False),
               "kill -9 of the node with the stores, and the runbook": (STORES, True)}
SHORT = ("rolling update of the Producer", "rolling update of the Consumer",
         "the Kafka pod is deleted")


def more_accepted(load, events):
    goal = len(load.accepted) + events
    wait_for(lambda: len(load.accepted) >= goal, f"{events} more accepted events", DEADLINE)


def accepted_per_second(load):
    """Of a load that nothing disturbs, over about ten seconds."""
    more_accepted(load, 1_000)
    before, started = len(load.accepted), time.monotonic()
    more_accepted(load, 10_000)
    return (len(load.accepted) - before) / (time.monotonic() - started)


class Steady:
    """The system at a steady rate: each look at the Producer's address is one batch's turn."""

    def __init__(self, system, batches_per_second):
        self.system, self.interval = system, 1 / batches_per_second
        self.next, self.lock = time.monotonic(), threading.Lock()

    @property
    def producer(self):
        with self.lock:
            self.next = max(self.next + self.interval, time.monotonic())
            turn = self.next
        threading.Event().wait(turn - time.monotonic())
        return self.system.producer


def keep(rows, is_long=True):
    """docs/reliability.md takes over what long runs saw to hold."""
    if not is_long:
        return
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept |= {name: (accepted, seconds) for name, accepted, seconds in rows}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    names = [*FAULTS, *NODE_FAULTS]
    table = "\n".join(["| fault | accepted during it | lost | twice | load and pods as before after |",
                       "|---|---|---|---|---|",
                       *(f"| {name} | {kept[name][0]:,} | 0 | 0 | {kept[name][1]:.0f} s |"
                         for name in names if name in kept)])
    print("\n" + table)
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    PAGE.write_text(head + BEGIN + table + "\n" + END + rest.split(END)[1])


def test_every_receipt_is_found_once_through_every_fault(system, is_long):
    """Under 1,000 events a second, as far as the faults let them through. That they were so many is asked of
    the long form alone, which has the machine for itself."""
    restarts, rows = system.restarts(), []
    with Load(Steady(system, 10), batch=100) as load:
        rate = accepted_per_second(load)
        print(f"{rate:.0f} events a second")
        assert rate > 900 or not is_long
        for name in FAULTS if is_long else SHORT:
            more_accepted(load, 2_000)
            before, started = len(load.accepted), time.monotonic()
            FAULTS[name](system)
            more_accepted(load, 1_000)
            rows.append((name, len(load.accepted) - before, time.monotonic() - started))
    check(system, load)
    assert system.restarts() == restarts, "a program ended by itself"
    keep(rows, is_long)


def made_anew_on(system, node, workloads):
    """Moves pods: the other nodes take none meanwhile."""
    others = system.cluster.nodes() - {node}
    for other in others:
        system.cluster.kubectl("cordon", other)
    try:
        for namespace, workload in workloads:
            rollout(system, namespace, workload)
    finally:
        for other in others:
            system.cluster.kubectl("uncordon", other)


def wait_for_pods_elsewhere(system, node, workloads, seconds):
    for namespace, workload in workloads:
        name = workload.partition("/")[2]
        wait_for(lambda: [pod for pod in system.cluster.ready_pods(namespace, name)
                          if pod["spec"]["nodeName"] != node], f"{name} on another node", seconds)


def runbook(node):
    """The commands of the page's section about a lost node."""
    section = RUNBOOK.read_text().split("## A node is lost\n")[1].split("\n## ")[0]
    lines = re.findall(r"^    (\S.*)$", section, re.MULTILINE)
    assert len(lines) == 2 and all("NODE" in line for line in lines)
    return [line.replace("NODE", node).split()[1:] for line in lines]


@pytest.mark.parametrize("number, fault", list(enumerate(NODE_FAULTS, 2)), ids=["stateless", "stateful"])
def test_every_receipt_is_found_once_when_a_node_dies(system, is_long, number, fault):
    if not is_long:
        pytest.skip("a long form: ./dev test --long kubernetes")
    if not system.cluster.folder:
        pytest.skip("nodes are made and killed by TEST_CLUSTER's add-node.sh alone")
    workloads, needs_runbook = NODE_FAULTS[fault]
    node = system.cluster.add_node(number)
    system.cluster.dev("load", *OURS, SERVERS, *([AGENT] if FLUENT_BIT else []))
    made_anew_on(system, node, workloads)
    with Load(Steady(system, 10), batch=100, first=number * RANGE) as load:
        assert accepted_per_second(load) > 900
        before, started = len(load.accepted), time.monotonic()
        system.cluster.kill_node(number)
        take_away, forget = runbook(node)
        if needs_runbook:
            wait_for(lambda: not is_ready(system, node), "the cluster to miss the node", DEADLINE)
            system.cluster.kubectl(*take_away)
        wait_for_pods_elsewhere(system, node, workloads, DEADLINE if needs_runbook else 120)
        more_accepted(load, 1_000)
        row = fault, len(load.accepted) - before, time.monotonic() - started
    check(system, load)
    system.cluster.kubectl(*forget)
    keep([row])


def is_ready(system, node):
    conditions = system.cluster.get("node", node)["status"]["conditions"]
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
