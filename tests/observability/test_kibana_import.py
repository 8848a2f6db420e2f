"""`tributary kibana import` against a Kibana that does what it is told."""
import email
import http.server
import json
import os
import subprocess
import threading

import pytest

import kibana_queries
from system import BIN

OBJECTS = kibana_queries.load()
TEMPLATE = kibana_queries.FILE.parents[1] / "logs_template.json"


class ScriptedKibana(http.server.ThreadingHTTPServer):
    """Answers in turn what `script` says, and afterwards as Kibana does: it keeps the objects."""

    def __init__(self, *script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.requests, self.kept = list(script), [], {}
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def take(self, headers, body):
        if self.script:
            return self.script.pop(0)
        form = email.message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
        (part,) = form.get_payload()
        assert part.get_param("name", header="content-disposition") == "file"
        assert part.get_filename().endswith(".ndjson")
        lines = part.get_payload(decode=True).decode().strip().splitlines()
        objects = {(one["type"], one["id"]): one for one in map(json.loads, lines)}
        is_new = not self.kept
        self.kept |= objects
        return 200, {"success": True, "successCount": len(lines), "isNew": is_new, "successResults": []}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers.items())))
        status, answer = self.server.take(self.headers, body)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def run(url, *arguments, **settings):
    return subprocess.run([BIN / "tributary", "kibana", "import", kibana_queries.FILE, *arguments],
                          env={"PATH": os.environ["PATH"], "KIBANA_URL": url, **settings},
                          capture_output=True, text=True, timeout=60)


def log_lines(done):
    """A job's stdout is no terminal: what it says is log lines."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def failure_of(done):
    """The sentence of the one line that tells why it failed."""
    [line] = log_lines(done)
    assert line["log"]["level"] == "error" and line["event"]["outcome"] == "failure" and not done.stderr, done
    return line["error"]["message"]


def test_it_waits_until_kibana_is_ready_and_may_run_again(tmp_path):
    not_ready = (503, "Kibana server is not ready yet")
    with ScriptedKibana(not_ready, not_ready) as kibana:
        for _ in range(2):
            done = run(kibana.url)
            assert done.returncode == 0, done.stderr
            [line] = log_lines(done)
            assert line["tributary"]["objects"] == len(OBJECTS) and line["url"]["full"] == kibana.url
            assert line["event"] == {"action": "import", "outcome": "success"}
        assert kibana.kept == OBJECTS
        assert len(kibana.requests) == 4
        path, headers = kibana.requests[-1]
        assert path == "/api/saved_objects/_import?overwrite=true"
        assert headers["kbn-xsrf"] == "true" and "Authorization" not in headers


def test_it_shows_the_key_of_a_file(tmp_path):
    (tmp_path / "key").write_text("c2VjcmV0\n")
    with ScriptedKibana() as kibana:
        assert run(kibana.url, KIBANA_API_KEY_FILE=str(tmp_path / "key")).returncode == 0
        assert kibana.requests[0][1]["Authorization"] == "ApiKey c2VjcmV0"


def test_it_names_what_kibana_did_not_take():
    refusal = {"success": False, "successCount": 0, "errors": [
        {"type": "dashboard", "id": "tributary-dashboard-logs", "error": {
            "type": "missing_references", "references": [{"type": "lens", "id": "gone"}]}}]}
    with ScriptedKibana((200, refusal)) as kibana:
        done = run(kibana.url)
    assert done.returncode == 1
    assert "tributary-dashboard-logs: missing_references" in failure_of(done)


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:1"], ids=["not ready", "nobody there"])
def test_it_says_when_kibana_was_not_ready_in_time(url):
    with ScriptedKibana(*[(503, "not ready")] * 100) as kibana:
        done = run(url or kibana.url, "--timeout", "0")
    assert done.returncode == 69, done
    said = failure_of(done)
    assert "was not ready in time" in said and "KIBANA_URL" in said and "KIBANA_API_KEY" in said


def test_a_file_that_is_not_there_is_a_wrong_configuration():
    done = subprocess.run([BIN / "tributary", "kibana", "import", "/nowhere.ndjson"], env={},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "/nowhere.ndjson" in done.stderr


@pytest.mark.parametrize("command", [["retention"], ["logs", "install", TEMPLATE, "--timeout", "0"]],
                         ids=lambda command: command[0])
def test_upkeep_that_reaches_nobody_names_the_settings(command):
    done = subprocess.run([BIN / "tributary", *command], env={"ELASTICSEARCH_URL": "http://127.0.0.1:1"},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 69, done
    assert {"ELASTICSEARCH_URL", "(http://127.0.0.1:1),"} <= set(failure_of(done).split())


class OldIndices(http.server.BaseHTTPRequestHandler):
    """Elasticsearch with one index of logs from years ago."""

    def do_GET(self):
        text = b'{"tributary-logs-2020.01.01": {"aliases": {}}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("level", ["info", "warn", "error"])
def test_what_retention_would_delete_is_said_at_every_level_of_logs(level):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldIndices) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run([BIN / "tributary", "retention", "--dry-run"],
                              env={"ELASTICSEARCH_URL": f"http://127.0.0.1:{server.server_port}",
                                   "LOG_LEVEL": level, "RETENTION_LOGS": "14d", "RETENTION_EVENTS": "0s",
                                   "RETENTION_DEAD_LETTERS": "0s"},
                              capture_output=True, text=True, timeout=60)
        server.shutdown()
    assert done.returncode == 0, done
    assert [line["tributary"]["retention"]["index"] for line in log_lines(done)] == \
        ["tributary-logs-2020.01.01"]


def test_upkeep_wants_an_address():
    for command in (["retention"], ["logs", "install", "template.json"]):
        done = subprocess.run([BIN / "tributary", *command], env={}, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 78 and "ELASTICSEARCH_URL is not set" in done.stderr
