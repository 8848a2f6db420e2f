"""One instance of a function: its plain program on a Runtime API of its own.

    with Function("lambda_s3", tmp_path, PRODUCER_URL=…) as function:
        outcome = function.api.invoke(notification("orders.json"))
"""
import pathlib
import subprocess
import urllib.parse

from runtime_api import RuntimeApi
from system import BIN


class Function:
    def __init__(self, name, folder, **settings):
        self.name, self.api = name, RuntimeApi()
        self.log_path = pathlib.Path(folder) / f"{self.api.address}.log"
        self.settings = {"AWS_LAMBDA_RUNTIME_API": self.api.address,
                         "AWS_LAMBDA_FUNCTION_NAME": name, "AWS_REGION": "eu-central-1",
                         "AWS_ENDPOINT_URL_LAMBDA": f"http://{self.api.address}", **settings}

    def __enter__(self):
        self.api.__enter__()
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen([BIN / self.name / "bootstrap"], env=self.settings,
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(20)
        self.api.__exit__()

    def log(self):
        return self.log_path.read_text()

    def peak_mb(self):
        """The most memory that was ever resident, in 10^6 bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def notification(key, bucket="uploads", version=None):
    """S3's, for one new object."""
    told = {"key": urllib.parse.quote_plus(key), **({"versionId": version} if version else {})}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                         "s3": {"bucket": {"name": bucket}, "object": told}}]}
