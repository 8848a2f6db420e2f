"""What every stand-in for a server of HTTP shares: it serves while its block runs.

    class _Handler(Handler):
        def do_GET(self):
            self.answer(200, {"hello": self.server.owner.name})

    class Greeter(StandIn):
        def __init__(self, name):
            super().__init__(_Handler)        # tls=ssl.SSLContext, host="its.name" for https
            self.name = name                  # a handler finds it as self.server.owner

Nothing but the standard library, so that LocalStack's Python can use it, too.
"""
import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one packet.
    disable_nagle_algorithm = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", headers=None):
        """`body`: bytes, or what becomes JSON."""
        if not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # A client that was killed or gave up, or that refuses our certificate.


class StandIn:
    def __init__(self, handler, tls=None, host="127.0.0.1"):
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.owner = self
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True,
                                                  do_handshake_on_connect=False)
        self.address = f"{host}:{self._server.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"

    def __enter__(self):
        # It looks that often whether it should end.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
