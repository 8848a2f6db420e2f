"""A Producer that takes everything, for tests that are about its clients.

    with FakeProducer() as producer:      # tls=ssl.SSLContext for https
        ... PRODUCER_URL=producer.url ...
        producer.events                   # all that were accepted, in their order
        producer.token = "secret"         # from now on others get 401
        producer.hold()                   # from now on answers wait for release()
"""
import http.server
import json
import threading


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        producer = self.server.producer
        body = self.rfile.read(int(self.headers["Content-Length"]))
        producer.is_open.wait(60)
        with producer.lock:
            producer.requests += 1
            status, answer = producer.answer_to(body, self.headers.get("Authorization"))
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            pass  # The client has given up meanwhile.

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    disable_nagle_algorithm = True

    def handle_error(self, *_):
        pass  # A client that was killed, or that refuses our certificate.


class FakeProducer:
    def __init__(self, port=0, tls=None, host="127.0.0.1"):
        _Handler.wbufsize = -1
        self.server = _Server(("127.0.0.1", port), _Handler)
        self.server.producer = self
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{host}:{self.server.server_address[1]}"
        self.lock, self.is_open = threading.Lock(), threading.Event()
        self.is_open.set()
        self.events, self.requests, self.token = [], 0, ""
        self.keeps = True       # whether `events` grows: false for millions of them
        self.refuses = False    # every item is invalid
        self.count = 0

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release()
        self.server.shutdown()
        self.server.server_close()

    def hold(self):
        self.is_open.clear()

    def release(self):
        self.is_open.set()

    def answer_to(self, body, authorization):
        if self.token and authorization != f"Bearer {self.token}":
            return 401, {"type": "/problems/unauthorized", "title": "Unauthorized", "status": 401,
                         "detail": "Another token is expected.", "retry_safe": False}
        items = json.loads(body)
        if self.refuses:
            return 422, {"results": [
                {"type": "/problems/invalid-event", "title": "Invalid", "status": 422,
                 "detail": "Every event is refused.", "id": item["id"], "retry_safe": False}
                for item in items]}
        receipts = []
        for item in items:
            if self.keeps:
                self.events.append(item)
            receipts.append({"id": item["id"], "type": item["type"], "topic": item["type"] + "s",
                             "partition": 0, "offset": self.count})
            self.count += 1
        return 200, {"receipts": receipts}
