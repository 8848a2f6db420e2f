"""A proxy in front of an HTTP server that answers some requests itself.

    with ScriptedProxy(stack.elasticsearch) as proxy:      # tls=ssl.SSLContext for https
        proxy.script = lambda method, path: (401, {}, {"error": …}) if … else None   # None: passed on
        proxy.authorization = "ApiKey c2VjcmV0"     # from now on others get Elasticsearch's 401
        proxy.loses = lambda method, path: …    # Whether the server's answer never arrives.
"""
import http.client
import http.server
import json
import socketserver
import threading
import urllib.parse


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """The caller hangs up when its server is killed: that is what is tested."""


class ScriptedProxy:
    def __init__(self, target, tls=None):
        self.tls, self.authorization = tls, None
        self.target = urllib.parse.urlsplit(target).netloc
        self.script = lambda method, path: None
        self.loses = lambda method, path: False
        self.answered = 0  # By the script.

    def __enter__(self):
        proxy = self

        class Handler(_Handler):
            owner = proxy
        self.server = _Server(("127.0.0.1", 0), Handler)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    upstream = None

    def log_message(self, *_):
        pass

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else None
        scripted = self.refusal() or self.owner.script(self.command, self.path)
        if scripted is None:
            given = self.pass_on(body)
            if self.owner.loses(self.command, self.path):
                raise ConnectionError("The answer is lost.")
            self.send(*given)
        else:
            self.owner.answered += 1
            status, headers, content = scripted
            self.send(status, {"Content-Type": "application/json", **headers},
                      json.dumps(content).encode())

    def refusal(self):
        wanted = self.owner.authorization
        if wanted in (None, self.headers.get("Authorization")):
            return None
        return 401, {"WWW-Authenticate": "ApiKey"}, {"error": {
            "type": "security_exception", "reason": "unable to authenticate"}, "status": 401}

    def pass_on(self, body):
        """What the server answers. One that cannot be reached costs the caller its connection."""
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection(self.owner.target, timeout=300)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        try:
            self.upstream.request(self.command, self.path, body, headers)
            response = self.upstream.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError(error) from error
        kept = {k: v for k, v in response.getheaders()
                if k.lower() not in ("transfer-encoding", "connection", "content-length")}
        return response.status, kept, content

    def send(self, status, headers, content):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer
