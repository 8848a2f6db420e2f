"""Rolling updates, deleted pods and scaling during load: every receipt is found once."""
import pathlib
import sys
import threading
import time

from rendered import ROOT
from system import wait_for

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fault"))
from checker import Load, check  # noqa: E402

DEADLINE = 600
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- kubernetes -->\n", "<!-- end of kubernetes -->"


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
SHORT = ("rolling update of the Producer", "rolling update of the Consumer",
         "the Kafka pod is deleted")


def more_accepted(load, events):
    goal = len(load.accepted) + events
    wait_for(lambda: len(load.accepted) >= goal, f"{events} more accepted events", DEADLINE)


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


def written_into_the_page(rows):
    """docs/reliability.md takes the table over when all faults were run."""
    table = "\n".join(["| fault | accepted during it | lost | twice | load and pods as before after |",
                       "|---|---|---|---|---|",
                       *(f"| {name} | {accepted} | 0 | 0 | {seconds:.0f} s |"
                         for name, accepted, seconds in rows)])
    print("\n" + table)
    text = PAGE.read_text() if PAGE.exists() else ""
    if len(rows) == len(FAULTS) and BEGIN in text:
        head, rest = text.split(BEGIN)
        PAGE.write_text(head + BEGIN + table + "\n" + END + rest.split(END)[1])


def test_every_receipt_is_found_once_through_every_fault(system, is_long):
    """Under 1,000 events a second, as far as the machine manages them."""
    restarts, rows = system.restarts(), []
    with Load(Steady(system, 50), batch=20) as load:
        for name in FAULTS if is_long else SHORT:
            more_accepted(load, 2_000)
            before, started = len(load.accepted), time.monotonic()
            FAULTS[name](system)
            more_accepted(load, 1_000)
            rows.append((name, len(load.accepted) - before, time.monotonic() - started))
    check(system, load)
    assert system.restarts() == restarts, "a program ended by itself"
    written_into_the_page(rows)
