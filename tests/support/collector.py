"""An OpenTelemetry collector that keeps the spans it is sent (OTLP/HTTP, JSON).

    with Collector() as collector:
        System(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        collector.spans(trace_id)       # each with "service" and its attributes as a mapping
"""
import http.server
import json
import threading


class Collector:
    def __init__(self):
        self._lock, self._spans = threading.Lock(), []

    def __enter__(self):
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
                if good:
                    collector.take(json.loads(body))
                answer = b"{}"
                self.send_response(200 if good else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request):
        with self._lock:
            for resource in request["resourceSpans"]:
                service = attributes(resource["resource"])["service.name"]
                for scope in resource["scopeSpans"]:
                    self._spans += [{**span, "service": service, "attributes": attributes(span)}
                                    for span in scope["spans"]]

    def spans(self, trace):
        with self._lock:
            return [span for span in self._spans if span["traceId"] == trace]


def attributes(of):
    return {one["key"]: next(iter(one["value"].values())) for one in of["attributes"]}
