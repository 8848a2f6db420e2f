"""LocalStack with an executor that runs a function's `bootstrap` as a process of this machine.

    <venv>/bin/python localstack_server.py

LocalStack itself wants Docker for that. Each instance gets the tests' Runtime API of its own. What the
function writes goes to this process's standard error.
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from localstack.services.lambda_.invocation import runtime_executor
from localstack.services.lambda_.invocation.lambda_models import InvocationResult

from runtime_api import RuntimeApi

START_LIMIT = 60
# A function's package lies at /var/task, and its loader is looked for there. Seen by this process alone.
AT_VAR_TASK = ["unshare", "--mount", "sh", "-c",
               'mount -t tmpfs none /var && mkdir /var/task && mount --bind "$0" /var/task && '
               "cd /var/task && exec ./bootstrap"]
SERVICES = ("S3", "SQS", "LAMBDA", "SECRETS_MANAGER")


class ProcessExecutor(runtime_executor.RuntimeExecutor):
    """One instance of a function: its process and its Runtime API."""

    def __init__(self, id, function_version):
        super().__init__(id=id, function_version=function_version)
        self.api = self.process = None

    def start(self, env_vars):
        config = self.function_version.config
        folder = pathlib.Path(config.code.get_unzipped_code_location())
        (folder / "bootstrap").chmod(0o755)
        self.api = RuntimeApi().__enter__()
        environment = {name: str(value) for name, value in env_vars.items() if value is not None}
        # At AWS a service's own name leads to it; here all are in one place.
        environment |= {f"AWS_ENDPOINT_URL_{service}": environment["AWS_ENDPOINT_URL"] for service in SERVICES}
        environment |= {"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": "/var/task",
                        "AWS_LAMBDA_RUNTIME_API": self.api.address}
        self.process = subprocess.Popen([*AT_VAR_TASK, folder], env=environment, stdin=subprocess.DEVNULL)
        self.api.started.result(START_LIMIT)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.api.__exit__()

    def invoke(self, payload):
        limit, request_id = self.function_version.config.timeout, payload["invoke-id"]
        answer = self.api.submit(payload["payload"], limit, trace=payload.get("trace-id") or "",
                                 arn=payload["invoked-function-arn"], request_id=request_id)
        try:
            outcome = answer.result(limit)
        except TimeoutError:
            # AWS ends the instance; LocalStack does so when it sees an error of its environment.
            self.process.kill()
            error = {"errorType": "Sandbox.Timedout",
                     "errorMessage": f"Task timed out after {limit}.00 seconds"}
            return InvocationResult(request_id, json.dumps(error).encode(), is_error=True, logs="")
        return InvocationResult(request_id, outcome.body.encode(), is_error=outcome.kind == "error", logs="")

    def get_address(self):
        return "127.0.0.1"

    def get_endpoint_from_executor(self):
        return "127.0.0.1"

    def get_runtime_endpoint(self):
        return f"http://{self.api.address}" if self.api else ""

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
