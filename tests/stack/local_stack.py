"""Kafka and Elasticsearch as plain processes in one folder.

    stack = LocalStack(folder, kraft=True, index="opensearch", base_port=0)
    stack.up(); stack.kafka; stack.elasticsearch; stack.down()

`broker`, `zookeeper` (None with KRaft) and `index` are the single parts, to be killed or paused.
What a stack is made of stands in `stack.json` in its folder, so that a later call finds it again.
"""
import json
import pathlib
import random
import shutil

import parts
from parts import HOST, StackError

KAFKA = {"zookeeper": "3.9.2", "kraft": "4.3.1"}
INDEX = {"elasticsearch": "8.19.21", "es9": "9.5.3", "es7": "7.10.2", "opensearch": "2.19.1"}
# Kafka, then ZooKeeper or KRaft's controller, then Elasticsearch.
DEFAULT_PORTS = {"zookeeper": (9092, 2181, 9200), "kraft": (9092, 9093, 9200)}


def free_ports(count):
    """Ports that are free, below the range from which outgoing connections take theirs: a server
    that was killed finds its port again."""
    found = []
    while len(found) < count:
        port = random.randrange(20000, 32000)
        if port not in found and parts.can_bind(port):
            found.append(port)
    return tuple(found)


class LocalStack:
    """`kraft` or ZooKeeper; `index` is elasticsearch, es9, es7 or opensearch. `kafka_only` and
    `index_only` leave the other half out. `base_port` None means the well-known ports, 0 free ones,
    N the ports N, N+1, N+2."""

    def __init__(self, folder, kraft=False, index="elasticsearch", base_port=None, kafka_only=False,
                 index_only=False):
        self.folder = pathlib.Path(folder).resolve()
        self.file = self.folder / "stack.json"
        self.choice = {"mode": "kraft" if kraft else "zookeeper", "index": index,
                       "kafka_only": kafka_only, "index_only": index_only}
        self.base_port = base_port
        self.read_ports()
        self.make_parts()

    @classmethod
    def recorded(cls, folder):
        """The stack that a folder holds, or None."""
        try:
            known = json.loads((pathlib.Path(folder) / "stack.json").read_text())["choice"]
        except OSError:
            return None
        return cls(folder, kraft=known["mode"] == "kraft", index=known["index"],
                   kafka_only=known["kafka_only"], index_only=known["index_only"])

    def read_ports(self):
        try:
            known = json.loads(self.file.read_text())
        except OSError:
            known = None
        if known and known["choice"] != self.choice:
            running = [part.name for part in type(self).recorded(self.folder).parts if part.pid]
            if running:
                raise StackError(f"In {self.folder} {' and '.join(running)} of another choice "
                                 f"({', '.join(map(str, known['choice'].values()))}) are up. Stop them "
                                 "first (./dev stack down), or name another folder with --dir.")
            known = None
        if known and self.base_port in (None, 0):
            self.ports = tuple(known["ports"])
        elif self.base_port is None:
            self.ports = DEFAULT_PORTS[self.choice["mode"]]
        elif self.base_port == 0:
            self.ports = free_ports(3)
        else:
            self.ports = tuple(range(self.base_port, self.base_port + 3))

    def make_parts(self):
        kafka_port, second, index_port = self.ports
        mode, index = self.choice["mode"], self.choice["index"]
        version = KAFKA[mode]
        self.zookeeper = self.broker = self.index = None
        if not self.choice["index_only"]:
            if mode == "zookeeper":
                self.zookeeper = parts.ZooKeeper(self.folder / "zookeeper", second, version)
                self.broker = parts.Kafka(self.folder / "kafka", kafka_port, version, second)
            else:
                self.broker = parts.Kafka(self.folder / "kafka-kraft", kafka_port, version,
                                          controller_port=second)
        if not self.choice["kafka_only"]:
            self.index = parts.Index(index, self.folder / index, index_port, INDEX[index])

    @property
    def parts(self):
        return [part for part in (self.zookeeper, self.broker, self.index) if part]

    @property
    def kafka(self):
        """The value of KAFKA_BOOTSTRAP_SERVERS."""
        return f"{HOST}:{self.broker.port}"

    @property
    def elasticsearch(self):
        """The value of ELASTICSEARCH_URL."""
        return f"http://{HOST}:{self.index.port}"

    @property
    def settings(self):
        """What our programs need in their environment."""
        return {**({"KAFKA_BOOTSTRAP_SERVERS": self.kafka} if self.broker else {}),
                **({"ELASTICSEARCH_URL": self.elasticsearch} if self.index else {})}

    def more_ports(self):
        """Free ports for the programs beside the stack, one after the other."""
        while True:
            port = free_ports(1)[0]
            if port not in self.ports:
                yield port

    def up(self, say=lambda _: None):
        """Starts what is not running and waits until all of it is ready. When that fails or is
        interrupted, what this call started is stopped again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps({"choice": self.choice, "ports": self.ports}))
        part.rename(self.file)
        started = []
        try:
            # The index takes longest and needs nobody; the broker needs its ZooKeeper.
            for part in filter(None, (self.index, self.zookeeper)):
                self.launch(part, started, say)
            if self.zookeeper:
                self.zookeeper.wait_ready()
            if self.broker:
                self.launch(self.broker, started, say)
            for part in self.parts:
                part.wait_ready()
        except BaseException:
            for part in reversed(started):
                part.stop(deadline=5)
            raise

    def launch(self, part, started, say):
        if not part.pid:
            say(f"starting {part.name} {part.version} on port {part.port}")
            started.append(part)
            part.launch()

    def down(self, wipe=False, say=lambda _: None):
        """Stops everything; with `wipe` all data are forgotten, too."""
        for part in filter(None, (self.broker, self.zookeeper, self.index)):
            if part.pid:
                say(f"stopping {part.name}")
            part.stop()
        if wipe:
            for part in self.parts:
                shutil.rmtree(part.folder, ignore_errors=True)
            self.file.unlink(missing_ok=True)
