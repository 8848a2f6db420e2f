"""The Lambda Runtime API as a function sees it, for one function at a time.

    with RuntimeApi() as api:
        process = subprocess.Popen([bootstrap], env={"AWS_LAMBDA_RUNTIME_API": api.address, …})
        outcome = api.invoke({...})      # -> Outcome("response" | "error", body, headers)
        api.invoke(..., limit=3)         # the deadline that the function is told

Events are handed out one by one; `first_next` is when the function asked for its first one.
"""
import http.server
import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field


@dataclass
class Outcome:
    kind: str
    body: str
    headers: dict = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def json(self):
        return json.loads(self.body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        api = self.server.api
        if not self.path.endswith("/runtime/invocation/next"):
            return self.answer(404)
        if api.first_next is None:
            api.first_next = time.perf_counter()
            api.is_ready.set()
        event = api.events.get()
        if event is None:
            return self.answer(500)
        request_id, body, headers = event
        api.handed_out = time.perf_counter()
        self.answer(200, body, {"Lambda-Runtime-Aws-Request-Id": request_id, **headers})

    def do_POST(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path.startswith("/2015-03-31/functions/"):
            api.self_invocations.append(body)
            return self.answer(202)
        kind = self.path.rsplit("/", 1)[1]
        if self.path.endswith("/init/error"):
            kind = "init error"
            api.is_ready.set()
        api.outcomes.put(Outcome(kind, body, dict(self.headers),
                                 time.perf_counter() - api.handed_out))
        self.answer(202, b"{}")

    def answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    disable_nagle_algorithm = True

    def handle_error(self, *_):
        pass  # A function that was killed while it waited.


class RuntimeApi:
    def __init__(self, port=0):
        _Handler.wbufsize = -1
        self.server = _Server(("127.0.0.1", port), _Handler)
        self.server.api = self
        self.events, self.outcomes = queue.Queue(), queue.Queue()
        self.first_next, self.handed_out = None, time.perf_counter()
        self.is_ready = threading.Event()
        self.self_invocations = []  # what the function asked Lambda to invoke it with
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()

    def invoke(self, event, limit=60, trace="", patience=60):
        """Hands out an event (an object, or text as it is) and waits for what becomes of it."""
        text = event if isinstance(event, str) else json.dumps(event)
        self.events.put((str(uuid.uuid4()), text.encode(), {
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + limit) * 1000)),
            "Lambda-Runtime-Trace-Id": trace or "Root=1-5e1b4151-43a0913a1234567890123456;Sampled=0",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:1:function:f"}))
        return self.outcomes.get(timeout=patience)
