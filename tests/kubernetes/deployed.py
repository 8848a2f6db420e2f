"""The system on a cluster, spoken to as the one-machine system is (tests/support/system.py)."""
import http.client
import threading
import time

from cluster import NAMESPACES, request as forwarded_request
from images import FLUENT_BIT
from rendered import ROOT
from system import System, wait_for

TRIED = ROOT / "tests/kubernetes/on_cluster"
# Their images come from registries only.
ABSENT = "kibana kibana-objects" if FLUENT_BIT else "kibana kibana-objects fluent-bit"
DEADLINE = 600


class Way:
    """A local address that leads to a Service, opened again whenever its pod is gone."""

    def __init__(self, cluster, namespace, service, port, health="/health"):
        self.health = health
        self.cluster, self.place = cluster, (namespace, f"service/{service}", port)
        self.port = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._keep_open, daemon=True)
        self.thread.start()
        wait_for(lambda: self.port, f"a way to {service}", DEADLINE)

    def _keep_open(self):
        while not self.stopping.is_set():
            try:
                with self.cluster.forward(*self.place) as (port, process):
                    self.port = port
                    while process.poll() is None and self._answers(port):
                        if self.stopping.wait(0.5):
                            return
            except AssertionError:
                self.stopping.wait(0.5)

    def _answers(self, port):
        try:
            return forwarded_request(port, "GET", self.health, timeout=10)[0] == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.stopping.set()
        self.thread.join(30)


class Deployed(System):
    """Deploys, opens the ways in, and takes everything away again."""

    def __init__(self, cluster):
        self.cluster = cluster
        cluster.environment["CLUSTER_SKIP"] = ABSENT
        cluster.environment["CLUSTER_TIMEOUT"] = f"{DEADLINE}s"

    def __enter__(self):
        started = time.monotonic()
        self.cluster.dev("deploy", TRIED, timeout=3 * DEADLINE)
        self.seconds_until_ready = time.monotonic() - started
        self.ways = {name: Way(self.cluster, "tributary", name, port) for name, port in
                     (("producer", 8081), ("console", 8080))}
        return self

    def __exit__(self, *_):
        for way in self.ways.values():
            way.close()
        self.cluster.dev("destroy", "--yes", timeout=DEADLINE)

    def asked_again(self, question, what, deadline=DEADLINE):
        """The answer, once there is one; the way to the console may break meanwhile."""
        def answer():
            try:
                return question()
            except (OSError, http.client.HTTPException):
                return None
        return wait_for(answer, what, deadline)

    def events(self, **query):
        return self.asked_again(lambda: super(Deployed, self).events(**query), "an answer of the console")

    def settled_ledger(self, deadline=DEADLINE):
        def settled():
            ledger = self.ledger()
            return ledger if ledger.get("totals", {}).get("in_flight") == 0 else None
        return self.asked_again(settled, "an empty flight", deadline)

    @property
    def url(self):
        return self.ways["console"].url

    @property
    def producer(self):
        return self.ways["producer"].url

    def restarts(self):
        """How often containers of ours ended by themselves, by pod."""
        return {pod["metadata"]["name"]: status["restartCount"]
                for namespace in NAMESPACES
                for pod in self.cluster.get("pods", "--namespace", namespace)["items"]
                for status in pod["status"].get("containerStatuses", [])
                if status["restartCount"]}
