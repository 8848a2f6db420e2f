"""The services and the console as processes of their own, over a real Kafka and a real index.

    with Stack(tmp_path / "stack") as stack, RealSystem(tmp_path, stack) as system:
        system.post({"type": "order", "data": {"id": 1}})
        system.producer_program.kill()       # kill -9
        system.producer_program.start()

Topics are made by our own command. A process that ends without having been told to is a failure.
"""
import json
import pathlib
import signal
import subprocess

from scroll import each_hit
from system import BIN, DEADLINE, Client, request, wait_for

PATIENCE = 600  # Seconds; a machine with much else to do takes its time over everything.
INDICES = "products-index,orders-index,suppliers-index"
LETTERS = "dead-letters-index"


class Program:
    """One process of ours, started again under the same port as often as a test likes."""

    def __init__(self, name, command, folder, port, environment):
        self.name, self.command, self.port = name, command, port
        self.environment = {**environment, "PORT": str(port)}
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.url = f"http://127.0.0.1:{port}"
        self.process = None
        self.is_meant_to_run = False

    def launch(self, **settings):
        self.environment |= settings
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        self.is_meant_to_run = True

    def start(self, **settings):
        self.launch(**settings)
        self.wait_ready()

    def check_alive(self):
        if self.is_meant_to_run:
            assert self.process.poll() is None, \
                f"{self.name} ended by itself ({self.process.returncode}):\n{self.log_text()[-3000:]}"

    def readiness(self):
        """The answer of /ready, or None while nothing listens."""
        self.check_alive()
        try:
            return request("GET", self.url + "/ready", timeout=5)
        except OSError:
            return None

    def is_ready(self):
        answer = self.readiness()
        return answer is not None and answer.status == 200

    def wait_ready(self, deadline=PATIENCE):
        wait_for(self.is_ready, f"the readiness of {self.name}", deadline)

    def wait_unready(self, *words, deadline=PATIENCE):
        """Until /ready answers 503 with these words; returns what it said."""
        def unready():
            answer = self.readiness()
            text = answer.body.decode() if answer is not None and answer.status == 503 else ""
            return text if text and all(word in text for word in words) else None
        return wait_for(unready, f"a /ready of {self.name} that says {words}", deadline)

    def _end(self, number):
        self.check_alive()
        self.is_meant_to_run = False
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        assert self._end(signal.SIGTERM) == 0, self.log_text()[-3000:]

    def rss_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6

    def log_text(self):
        return self.log.read_text(errors="replace")


class RealSystem(Client):
    def __init__(self, folder, stack, programs=BIN, **settings):
        self.folder, self.stack, self.programs = pathlib.Path(folder), stack, programs
        self.ports = stack.more_ports()
        clean = {"PATH": "/usr/bin:/bin", "LOG_FORMAT": "json", "DATA_DIR": str(self.folder / "data")}
        self.environment = {**clean, **stack.settings, **settings}
        self.producer_program = self.program("producer", "tributary-producer")
        self.consumers = [self.program("consumer", "tributary-consumer")]
        self.environment |= {"PRODUCER_URL": self.producer_program.url,
                             "CONSUMER_URL": self.consumers[0].url}
        self.console = self.program("console", "tributary", "console")
        self.url, self.producer = self.console.url, self.producer_program.url

    def program(self, name, *command):
        return Program(name, [self.programs / command[0], *command[1:]], self.folder,
                       next(self.ports), self.environment)

    @property
    def all_programs(self):
        return [self.producer_program, *self.consumers, self.console]

    def add_consumer(self):
        """One more member of the group."""
        self.consumers.append(self.program(f"consumer-{len(self.consumers)}", "tributary-consumer"))
        self.consumers[-1].start()
        return self.consumers[-1]

    def remove_consumer(self):
        self.consumers.pop().stop()

    def create_topics(self):
        made = self.cli("topics", "create", "--partitions", "3")
        assert made.returncode == 0, made.stderr

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.create_topics()
        try:
            for program in self.all_programs:
                program.launch()
            self.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def wait_ready(self):
        """The console has no readiness of its own: it answers."""
        self.producer_program.wait_ready()
        for consumer in self.consumers:
            consumer.wait_ready()
        wait_for(self._console_answers, "an answer of the console", PATIENCE)

    def _console_answers(self):
        self.console.check_alive()
        try:
            return request("GET", self.url + "/api/ledger", timeout=30).status == 200
        except OSError:
            return False

    def __exit__(self, kind, *_):
        if kind is not None:
            self.end()
            return
        for program in self.all_programs:
            if program.is_meant_to_run:
                program.stop()

    def end(self):
        """What a failed test leaves behind goes without ceremony."""
        for program in self.all_programs:
            program.is_meant_to_run = False
            if program.process and program.process.poll() is None:
                program.process.kill()
                program.process.wait(DEADLINE)

    def check_alive(self):
        for program in self.all_programs:
            program.check_alive()

    def mend(self):
        """Starts again whatever a failed test left lying."""
        self.stack.up()
        for program in self.all_programs:
            if program.process.poll() is not None:
                program.launch()
        self.wait_ready()

    def settled_ledger(self, deadline=PATIENCE):
        """Documents are counted from the index's next refresh on, so it is made to happen."""
        super().settled_ledger(deadline)
        assert self.ask_index("POST", "/_refresh").status == 200
        return self.ledger()

    # The index and the log, asked past our own programs.
    def ask_index(self, method, path, body=None, timeout=60):
        return request(method, self.stack.elasticsearch + path, body,
                       {"Content-Type": "application/json"}, timeout=timeout)

    def each_document(self, indices=INDICES, since=None, fields=("*",)):
        """Every document, by scroll; `since` is a time of `pipeline.received_at`."""
        assert self.ask_index("POST", f"/{indices}/_refresh").status == 200
        query = {"range": {"pipeline.received_at": {"gte": since}}} if since else {"match_all": {}}

        def ask(*question):
            answer = self.ask_index(*question)
            assert answer.status == 200, answer
            return answer.json
        for hit in each_hit(ask, indices, query=query, _source=list(fields), track_total_hits=True):
            yield hit["_source"]

    def index_names(self):
        """Every index that is not the server's own."""
        rows = self.ask_index("GET", "/_cat/indices?format=json").json
        return {row["index"] for row in rows if not row["index"].startswith(".")}

    def put_record(self, topic, value, key="poison", partition=0):
        """Puts bytes straight on a topic, past the Producer."""
        file = self.folder / "record"
        file.write_bytes(value if isinstance(value, bytes) else value.encode())
        self._kcat("-P", "-t", topic, "-p", partition, "-k", key,
                   "-X", "message.max.bytes=20000000", file)

    def records(self, topic):
        """Every record of a topic, with its headers as pairs."""
        said = self._kcat("-C", "-t", topic, "-o", "beginning", "-e", "-J", "-X",
                          "fetch.message.max.bytes=20000000")
        return [json.loads(line) for line in said.splitlines()]

    def _kcat(self, *arguments):
        done = subprocess.run(["kcat", "-q", "-b", self.stack.kafka, *map(str, arguments)],
                              capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode(errors="replace")
