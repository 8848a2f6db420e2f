"""Every line of every container reaches the index once, through rotations and a killed Elasticsearch.

Fluent Bit runs with the configurations that are deployed; only paths and addresses are others. The
cluster's lines are written as the container runtime writes them, and rotated as kubelet rotates them.

    FLUENT_BIT=/path/to/fluent-bit ./dev test real
"""
import collections
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import threading

import pytest
import yaml
from real_system import PATIENCE
from scripted_proxy import ScriptedProxy
from scroll import each_hit
from stack import Stack
from system import BIN, free_port, request, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "deploy/kubernetes/base/fluent-bit"
COMPOSE = ROOT / "deploy/compose/fluent-bit.yaml"
TEMPLATE = ROOT / "deploy/observability/logs_template.json"
ELASTICSEARCH = ROOT / "deploy/kubernetes/base/elasticsearch/elasticsearch.yml"
JSON = {"Content-Type": "application/json"}
PROGRAM = os.environ.get("FLUENT_BIT")

TOTAL = 100_000
SEGMENTS = 6  # Five rotations between them.
CONTAINERS = {"producer": "tributary", "consumer": "tributary", "kafka": "kafka", "zookeeper": "kafka"}
# Not to be shipped: what it says of itself would feed itself.
EXCLUDED = {"fluent-bit": "logging-agents", "elasticsearch": "logging"}
START = datetime.datetime(2026, 11, 1, 12)
KILLS = 3
LONG = 40_000  # Bytes; the runtime cuts lines at 16 KiB.

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="FLUENT_BIT names no Fluent Bit")


def line_of(container, number, time):
    """As the program writes it: ours as JSON, Kafka's and ZooKeeper's in Log4j's pattern."""
    message = f"line {number}" + (" " + "x" * LONG if is_long(number) else "")
    if container in ("producer", "consumer"):
        return json.dumps({"@timestamp": time.isoformat(timespec="milliseconds") + "Z",
                           "log": {"level": "info"}, "message": message,
                           "ecs": {"version": "8.11.0"}, "service": {"name": f"tributary-{container}"},
                           "event": {"id": f"e-{number}"}, "trace": {"id": f"{number:032x}"}})
    return f"{time:%Y-%m-%d %H:%M:%S,000} INFO kafka.log.LogManager: {message}"


class Container:
    """The log of one container on a node: a link that stays, to a file that is rotated."""

    def __init__(self, node, name, namespace):
        self.name, self.written = name, 0
        pod = f"{name}-0"
        self.folder = node / f"pods/{namespace}_{pod}_uid/{name}"
        self.folder.mkdir(parents=True)
        self.file = self.folder / "0.log"
        self.file.touch()
        (node / f"containers/{pod}_{namespace}_{name}-{'0' * 64}.log").symlink_to(self.file)

    def write(self, count):
        with open(self.file, "a") as log:
            for _ in range(count):
                time = START + datetime.timedelta(milliseconds=self.written)
                line = line_of(self.name, self.written, time)
                parts = [line[at:at + 16384] for at in range(0, len(line), 16384)]
                for part in parts:
                    flag = "F" if part is parts[-1] else "P"
                    log.write(f"{time.isoformat(timespec='microseconds')}000Z stdout {flag} {part}\n")
                self.written += 1

    def rotate(self):
        self.file.rename(self.folder / f"0.log.{self.written}")
        self.file.touch()


class KubernetesApi(http.server.BaseHTTPRequestHandler):
    """Knows every pod that it is asked for."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = self.path.split("?")[0].split("/")
        body = json.dumps({"kind": "Pod", "metadata": {
            "name": parts[-1], "namespace": parts[4], "uid": "uid",
            "labels": {"app.kubernetes.io/name": parts[-1][:-2]}}, "spec": {"nodeName": "node1"},
            "status": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def kubernetes_api():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), KubernetesApi) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class FluentBit:
    """Runs with the settings `file`, in which `others` are put in place of what is deployed."""

    def __init__(self, folder, file, others, index_url):
        self.port, self.log = free_port(), folder / "fluent-bit.log"
        self.state = state = folder / "state"
        (state / "buffers").mkdir(parents=True)
        text = file.read_text()
        for old, new in {"/var/lib/fluent-bit": str(state), **others}.items():
            assert old in text, old
            text = text.replace(old, new)
        text = text.replace("service:\n", f"service:\n  http_port: {self.port}\n")
        (folder / file.name).write_text(text)
        shutil.copy(SETTINGS / "output.yaml", folder)
        self.command = [PROGRAM, "--config", folder / file.name]
        self.environment = {"PATH": "/usr/bin:/bin", "LOGS_HOST": "127.0.0.1",
                            "LOGS_PORT": index_url.rsplit(":", 1)[1]}

    def __enter__(self):
        self.start()
        return self

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def has_written(self):
        """Whether what this process has read is on its way to the disk; a chunk bears its process' id."""
        return any((self.state / "buffers/tail.0").glob(f"{self.process.pid}-*"))

    def metrics(self):
        """None before it listens, and until it has counted."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            answer = request("GET", f"http://127.0.0.1:{self.port}/api/v1/metrics")
        except OSError:
            return None
        return answer.json if answer.status == 200 else None

    def of_output(self, what):
        metrics = self.metrics()
        return metrics["output"].get("es.0", {}).get(what, 0) if metrics else 0

    def of_files(self, what):
        metrics = self.metrics()
        return metrics["input"]["tail.0"][what] if metrics else -1


def each_document(url):
    """Every document of every log index, by scroll."""
    return each_hit(lambda method, path, body: request(method, url + path, body, JSON).json,
                    "tributary-logs-*")


def count(url):
    """-1 while the index is not there, or not all of it."""
    if request("POST", f"{url}/tributary-logs-*/_refresh").status != 200:
        return -1
    return request("GET", f"{url}/tributary-logs-*/_count").json.get("count", -1)


def of_the_cluster(folder, node, api):
    """What is not as deployed: the node's folder, the API server, and who may ask for the numbers."""
    containers = str(node / "containers")
    (folder / "token").write_text("token")
    prefix = "kube" + containers.replace("/", ".") + "."
    return {"/var/log/containers": containers, "http_listen: 0.0.0.0": "http_listen: 127.0.0.1",
            "  http_port: 2020\n": "",
            "- name: kubernetes\n": f"- name: kubernetes\n      kube_url: {api}\n"
                                     f"      kube_token_file: {folder}/token\n"
                                     f"      kube_tag_prefix: {prefix}\n"}


def install_template(url):
    made = subprocess.run([BIN / "tributary", "logs", "install", TEMPLATE], capture_output=True,
                          env={"ELASTICSEARCH_URL": url, "PATH": "/usr/bin:/bin"})
    assert made.returncode == 0, made.stderr


def is_long(number):
    return number % 5000 == 0


def read_back(url, torn=None):
    """How often each line is there, and in which indices; each is looked at, too. Parts of long lines
    are put into `torn`, where there may be any."""
    found, indices = collections.Counter(), set()
    for hit in each_document(url):
        source = hit["_source"]
        indices.add(hit["_index"])
        container = source["kubernetes"]["container_name"]
        is_whole = "line " in source["message"] and \
            source["message"].endswith("x" * LONG) == is_long(int(source["message"].split("line ")[1].split()[0]))
        if torn is not None and not is_whole:
            torn.append(source["message"])
            continue
        word, number, *_ = source["message"].split(": ")[-1].split(" ")
        assert word == "line", source["message"][:200]
        found[container, int(number)] += 1
        assert source["kubernetes"]["labels"]["app.kubernetes.io/name"] == container, source
        assert source["message"].endswith("x" * LONG) == is_long(int(number))
    return found, indices


def compare(shipped, found):
    """What should be there, what of it is not, and what is there more than once."""
    expected = {(one.name, number) for one in shipped for number in range(one.written)}
    return expected, expected - set(found), [key for key, times in found.items() if times > 1]


def test_every_line_is_in_the_index_once(tmp_path):
    node = tmp_path / "node"
    (node / "containers").mkdir(parents=True)
    shipped = [Container(node, *one) for one in CONTAINERS.items()]
    excluded = [Container(node, *one) for one in EXCLUDED.items()]
    each = TOTAL // len(shipped)
    with Stack(tmp_path / "stack", index_only=True) as stack, kubernetes_api() as api, \
            ScriptedProxy(stack.elasticsearch) as between:
        url = stack.elasticsearch
        lost = []
        # Of the first lines the answer is lost: they are sent again, and are there already.
        between.loses = lambda method, path: not lost and not lost.append(path)
        install_template(url)
        settings = of_the_cluster(tmp_path, node, api)
        with FluentBit(tmp_path, SETTINGS / "fluent-bit.yaml", settings, between.url) as agent:
            for segment in range(SEGMENTS):
                # kubelet looks at the sizes every ten seconds: no file is rotated before that.
                opened = len(shipped) * (segment + 1)
                wait_for(lambda: agent.of_files("files_opened") == opened, f"{opened} files seen", PATIENCE)
                for one in shipped:
                    one.write(each * (segment + 1) // SEGMENTS - one.written)
                for one in excluded:
                    one.write(10)
                if segment == 1:
                    wait_for(lambda: count(url) > 0, "a first line in the index", PATIENCE)
                    stack.index.kill()
                if segment == SEGMENTS - 2:
                    stack.index.start()
                if segment < SEGMENTS - 1:  # At once, however much of the file is unread.
                    for one in shipped:
                        one.rotate()
                written = sum(one.written for one in shipped)
                wait_for(lambda: agent.of_files("records") >= written, f"{written} lines read", PATIENCE)
            wait_for(lambda: count(url) >= TOTAL, "all lines in the index", PATIENCE)
            output = agent.metrics()["output"]["es.0"]
        # It has ended, so nothing comes after this.
        count(url)
        found, indices = read_back(url)
    expected, missing, twice = compare(shipped, found)
    print(f"{len(found)} lines in {indices}, {len(missing)} missing, {len(twice)} twice, "
          f"Fluent Bit's output: {output}")
    assert not missing and not twice and set(found) == expected
    assert len(indices) == 1 and lost == ["/_bulk"]
    # Each answer that held a refusal is in its log; 409 says that a line is there already.
    refused = set(re.findall(r'"status":\s*(\d+)', agent.log.read_text())) - {"200", "201", "409"}
    assert refused == set()
    assert output["dropped_records"] == 0 and output["retries_failed"] == 0


def test_lines_wait_for_their_template(tmp_path):
    """Else the first of them would make an index with guessed fields, and with a replica that a single
    node cannot hold: Elasticsearch makes a log index only from the template."""
    node = tmp_path / "node"
    (node / "containers").mkdir(parents=True)
    producer = Container(node, "producer", "tributary")
    allowed = yaml.safe_load(ELASTICSEARCH.read_text())["action.auto_create_index"]
    with Stack(tmp_path / "stack", index_only=True) as stack, kubernetes_api() as api:
        url = stack.elasticsearch
        assert request("PUT", f"{url}/_cluster/settings",
                       {"persistent": {"action.auto_create_index": allowed}}, JSON).status == 200
        settings = of_the_cluster(tmp_path, node, api)
        with FluentBit(tmp_path, SETTINGS / "fluent-bit.yaml", settings, url) as agent:
            producer.write(100)
            wait_for(lambda: agent.of_output("retries") > 0, "lines that were not taken", PATIENCE)
            assert request("GET", f"{url}/_cat/indices/tributary-logs-*?format=json").json == []
            install_template(url)
            wait_for(lambda: count(url) >= 100, "all lines in the index", PATIENCE)
        found = collections.Counter(hit["_source"]["message"] for hit in each_document(url))
        [mappings] = request("GET", f"{url}/tributary-logs-*/_mapping").json.values()
        [index] = request("GET", f"{url}/_cat/indices/tributary-logs-*?format=json").json
    assert len(found) == 100 and set(found.values()) == {1}
    assert mappings["mappings"]["dynamic"] == "false" and index["health"] == "green"


def test_an_agent_that_is_killed_goes_on_where_it_was(tmp_path):
    """Its positions and what it has read are on disk. What it sends again has the same id."""
    node = tmp_path / "node"
    (node / "containers").mkdir(parents=True)
    shipped = [Container(node, *one) for one in CONTAINERS.items()]
    each = TOTAL // len(shipped)
    with Stack(tmp_path / "stack", index_only=True) as stack, kubernetes_api() as api:
        url = stack.elasticsearch
        install_template(url)
        settings = of_the_cluster(tmp_path, node, api)
        with FluentBit(tmp_path, SETTINGS / "fluent-bit.yaml", settings, url) as agent:
            for part in range(1, KILLS + 2):
                for one in shipped:
                    one.write(each * part // (KILLS + 1) - one.written)
                if part <= KILLS:  # While it reads: most is unread, and nothing of it is sent.
                    wait_for(agent.has_written, "a chunk on disk", PATIENCE)
                    agent.kill()
                    agent.start()
            # Of a long line that is torn there may be nothing. What still waits is sent at the end.
            most = TOTAL - KILLS * len(shipped)
            wait_for(lambda: count(url) >= most, f"{most} lines in the index", PATIENCE)
        count(url)
        torn = []
        found, _ = read_back(url, torn)
    expected, missing, twice = compare(shipped, found)
    print(f"{len(found)} lines, {len(missing)} missing ({sorted(missing)[:40]}), {len(twice)} twice, "
          f"{len(torn)} parts of torn lines")
    assert not twice and set(found) <= expected
    # The parts of a long line wait in memory for its end.
    assert all(is_long(number) for _, number in missing) and len(missing) <= KILLS * len(shipped)


def packed(value):
    """MessagePack, as far as Docker's lines need it; a time is its extension type 0."""
    if isinstance(value, tuple):
        return b"\xd7\x00" + struct.pack(">II", *value)
    if isinstance(value, str):
        text = value.encode()
        return b"\xda" + struct.pack(">H", len(text)) + text
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(map(packed, sum(value.items(), ())))
    return bytes([0x90 | len(value)]) + b"".join(map(packed, value))


def test_what_docker_hands_over_is_in_the_index_once(tmp_path):
    port = free_port()
    ours = json.dumps({"log": {"level": "info"}, "message": "Draining.", "trace": {"id": "t"}})
    lines = [(1, ours), (2, "plain words"), (3, "plain words"), (3, "plain words")]
    with Stack(tmp_path / "stack", index_only=True) as stack:
        install_template(stack.elasticsearch)
        settings = {"listen: 0.0.0.0": "listen: 127.0.0.1", "port: 24224": f"port: {port}"}
        with FluentBit(tmp_path, COMPOSE, settings, stack.elasticsearch):
            docker = wait_for(lambda: connect(port), "Fluent Bit to listen", PATIENCE)
            with docker:
                for nanoseconds, line in lines:
                    docker.sendall(packed(["docker.producer", (1_780_000_000, nanoseconds), {
                        "container_name": "/producer", "source": "stdout", "log": line}]))
            wait_for(lambda: count(stack.elasticsearch) >= 3, "three lines in the index", PATIENCE)
        count(stack.elasticsearch)
        found = sorted((hit["_source"] for hit in each_document(stack.elasticsearch)),
                       key=lambda source: source["@timestamp"])
    assert [one["message"] for one in found] == ["Draining.", "plain words", "plain words"]
    assert found[0]["log"] == {"level": "info"} and found[0]["trace"] == {"id": "t"}
    assert all(one["container_name"] == "/producer" for one in found)


def connect(port):
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=10)
    except OSError:
        return None
