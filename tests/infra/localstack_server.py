"""LocalStack with an executor that runs a function's `bootstrap` as a process of this machine.

    <venv>/bin/python localstack_server.py

LocalStack itself wants Docker for that. Each instance gets a Runtime API of its own on 127.0.0.1, as
AWS describes it: next, response, error, init/error. What the function writes goes to this process's
standard error.
"""
import concurrent.futures
import http.server
import json
import os
import pathlib
import queue
import re
import subprocess
import threading
import time

from localstack.services.lambda_.invocation import runtime_executor
from localstack.services.lambda_.invocation.lambda_models import InvocationResult

START_LIMIT = 60
# A function's package lies at /var/task, and its loader is looked for there. Seen by this process alone.
AT_VAR_TASK = ["unshare", "--mount", "sh", "-c",
               'mount -t tmpfs none /var && mkdir /var/task && mount --bind "$0" /var/task && '
               "cd /var/task && exec ./bootstrap"]
SERVICES = ("S3", "SQS", "LAMBDA", "SECRETS_MANAGER")


class RuntimeApi(http.server.ThreadingHTTPServer):
    """The Runtime API of one instance."""

    daemon_threads = True

    def __init__(self, timeout):
        super().__init__(("127.0.0.1", 0), RuntimeApiHandler)
        self.timeout_seconds = timeout
        self.waiting = queue.Queue()
        self.open = {}
        self.started = concurrent.futures.Future()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def submit(self, payload):
        answer = self.open[payload["invoke-id"]] = concurrent.futures.Future()
        self.waiting.put(payload)
        return answer


class RuntimeApiHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"{}", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if not self.path.endswith("/runtime/invocation/next"):
            return self.answer(404)
        if not self.server.started.done():
            self.server.started.set_result(None)
        payload = self.server.waiting.get()
        deadline = int((time.time() + self.server.timeout_seconds) * 1000)
        return self.answer(200, payload["payload"].encode(), {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": payload["invoke-id"],
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
            "Lambda-Runtime-Trace-Id": payload.get("trace-id") or "",
        })

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/runtime/init/error"):
            self.server.started.set_exception(RuntimeError(body.decode()))
            return self.answer(202)
        found = re.search(r"/runtime/invocation/([^/]+)/(response|error)$", self.path)
        invocation = found and self.server.open.pop(found[1], None)
        if not invocation:
            return self.answer(403)
        self.answer(202)
        return invocation.set_result(
            InvocationResult(found[1], body, is_error=found[2] == "error", logs=""))


class ProcessExecutor(runtime_executor.RuntimeExecutor):
    """One instance of a function: its process and its Runtime API."""

    def __init__(self, id, function_version):
        super().__init__(id=id, function_version=function_version)
        self.api = self.process = None

    def start(self, env_vars):
        config = self.function_version.config
        folder = pathlib.Path(config.code.get_unzipped_code_location())
        (folder / "bootstrap").chmod(0o755)
        self.api = RuntimeApi(config.timeout)
        environment = {name: str(value) for name, value in env_vars.items() if value is not None}
        # At AWS a service's own name leads to it; here all are in one place.
        environment |= {f"AWS_ENDPOINT_URL_{service}": environment["AWS_ENDPOINT_URL"] for service in SERVICES}
        environment |= {"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": "/var/task",
                        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}"}
        self.process = subprocess.Popen([*AT_VAR_TASK, folder], env=environment, stdin=subprocess.DEVNULL)
        self.api.started.result(START_LIMIT)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.api.shutdown()
        self.api.server_close()

    def invoke(self, payload):
        limit = self.function_version.config.timeout
        try:
            return self.api.submit(payload).result(limit)
        except TimeoutError:
            # AWS ends the instance; LocalStack does so when it sees an error of its environment.
            self.process.kill()
            error = {"errorType": "Sandbox.Timedout",
                     "errorMessage": f"Task timed out after {limit}.00 seconds"}
            return InvocationResult(payload["invoke-id"], json.dumps(error).encode(), is_error=True, logs="")

    def get_address(self):
        return "127.0.0.1"

    def get_endpoint_from_executor(self):
        return "127.0.0.1"

    def get_runtime_endpoint(self):
        return f"http://127.0.0.1:{self.api.server_port}" if self.api else ""

    def get_logs(self):
        return ""

    @classmethod
    def prepare_version(cls, function_version):
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        pass


if __name__ == "__main__":
    # Before anybody takes the original by name.
    runtime_executor.get_runtime_executor = lambda: ProcessExecutor
    from localstack.runtime.main import main
    main()
