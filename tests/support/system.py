"""A whole embedded system, started from the real binaries, for tests.

    with System(tmp_path) as system:
        system.post({"type": "order", "data": {"id": 1}})

Everything listens on 127.0.0.1; every wait has a deadline; what was started is stopped by its PID.
"""
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.parse

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN_DIR",
                                  pathlib.Path(__file__).resolve().parents[2] / "build/release/bin"))
DEADLINE = 60


def wait_for(condition, what, deadline=DEADLINE):
    """The first true value of `condition()`; fails with `what` after the deadline."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {deadline} s")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def free_port_triple():
    """A base port that is free together with the next two; below those that the kernel gives to
    whoever asks for any, which the system itself does while it starts."""
    while True:
        sockets = []
        base = random.randrange(20_000, 31_000)
        try:
            for port in (base, base + 1, base + 2):
                other = socket.socket()
                sockets.append(other)
                other.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


def request(method, url, body=None, headers=None, timeout=35):
    """One HTTP request. `headers` is a mapping, or pairs where a name may occur twice."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.putrequest(method, parts.path + (f"?{parts.query}" if parts.query else ""))
        for name, value in headers.items() if isinstance(headers, dict) else headers or ():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        try:
            if body:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Refused before all of it was read: the answer is there all the same.
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(error) from error
    finally:
        connection.close()


def processes_below(pid):
    """All descendants of a process, by reading /proc."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""


class Client:
    """What a test asks a running system, however it runs. `url` is its gateway or console, `producer`
    the Producer; `programs`, `environment` serve the command line."""

    def post(self, event, headers=None):
        return request("POST", self.url + "/events", event,
                       {"Content-Type": "application/json", **(headers or {})})

    def events(self, **query):
        text = "&".join(f"{k}={urllib.parse.quote(str(v))}" for k, v in query.items())
        return request("GET", f"{self.url}/api/events?{text}").json

    def each_event(self, **query):
        """Every document of a search, fetched page by page."""
        cursor = None
        while True:
            page = self.events(size=1000, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["events"]
            cursor = page.get("cursor")
            if not cursor:
                return

    def all_events(self, **query):
        return list(self.each_event(**query))

    def ledger(self):
        return request("GET", self.url + "/api/ledger").json

    def settled_ledger(self, deadline=DEADLINE):
        """The ledger once nothing is in flight."""
        def settled():
            ledger = self.ledger()
            return ledger if ledger["totals"]["in_flight"] == 0 else None
        return wait_for(settled, "an empty flight", deadline)

    def cli(self, *arguments, **options):
        command = [self.programs / "tributary", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE,
                              env=self.environment, **options)


class System(Client):
    def __init__(self, folder, programs=BIN, **settings):
        self.folder = pathlib.Path(folder)
        self.programs = programs
        self.data = self.folder / "data"
        self.base = free_port_triple()
        self.url = f"http://127.0.0.1:{self.base}"
        self.producer = f"http://127.0.0.1:{self.base + 1}"
        self.consumer = f"http://127.0.0.1:{self.base + 2}"
        self.settings = settings
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def environment(self):
        clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR")}
        return {**clean, "DATA_DIR": str(self.data), "PORT": str(self.base), "LOG_FORMAT": "json",
                **self.settings}

    def start(self):
        self.log = open(self.folder / "system.log", "ab")
        self.process = subprocess.Popen([self.programs / "tributary", "up"], env=self.environment,
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        start_new_session=True)
        self.wait_ready()

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, self.log_text()[-3000:]
            try:
                return all(request("GET", url + "/ready", timeout=2).status == 200
                           for url in (self.url, self.producer, self.consumer))
            except OSError:
                return False
        wait_for(ready, "the system's readiness")

    def log_text(self):
        return (self.folder / "system.log").read_text(errors="replace")

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the system did not stop:\n" + self.log_text()[-3000:])
        self.log.close()
        return self.process.returncode

    def kill(self):
        """kill -9 of every process at once."""
        pids = [self.process.pid, *processes_below(self.process.pid)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(DEADLINE)
        for pid in pids[1:]:
            wait_for(lambda p=pid: not pathlib.Path(f"/proc/{p}/exe").exists(), f"the end of {pid}")

    def pids(self, program):
        """The running processes of one program, by the end of their path."""
        return [p for p in processes_below(self.process.pid) if name_of(p).endswith(program)]

    def put(self, key, content):
        if isinstance(content, str):
            content = content.encode()
        return request("PUT", f"{self.url}/bucket/{urllib.parse.quote(key)}", content)

    def report(self, key, deadline=DEADLINE):
        """The one report of a key."""
        folder = self.data / "bucket/reports" / key
        path = wait_for(lambda: next(iter(folder.glob("*.json")), None), f"a report of {key}",
                        deadline)
        return json.loads(path.read_text())
