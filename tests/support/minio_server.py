"""MinIO for a test: S3's protocol, signatures checked, notifications to a webhook.

    with MinioServer(folder) as server:
        server.client.put_object(Bucket=…, …)     # boto3
        server.environment                        # what lambda_s3 needs to use it
        server.notify("uploads", webhook.url)     # before __enter__: MinioServer(folder, webhook=url)
"""
import http.client
import pathlib
import subprocess

import tools
from system import wait_for

ACCESS_KEY, SECRET_KEY, REGION = "test-access-key", "test-secret-key", "eu-central-1"


class MinioServer:
    def __init__(self, folder, port, webhook=None):
        self.folder, self.port, self.webhook = pathlib.Path(folder), port, webhook
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {"AWS_ENDPOINT_URL_S3": self.url, "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                            "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": REGION}

    def __enter__(self):
        data = self.folder / "minio"
        data.mkdir(parents=True)
        environment = {"HOME": str(self.folder), "MINIO_ACCESS_KEY": ACCESS_KEY,
                       "MINIO_SECRET_KEY": SECRET_KEY, "MINIO_REGION_NAME": REGION,
                       "MINIO_BROWSER": "off"}
        if self.webhook:
            environment |= {"MINIO_NOTIFY_WEBHOOK_ENABLE_test": "on",
                            "MINIO_NOTIFY_WEBHOOK_ENDPOINT_test": self.webhook}
        self.log = (self.folder / "minio.log").open("w")
        self.process = subprocess.Popen(
            [tools.minio(), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", data],
            env=environment, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        wait_for(self.is_ready, "MinIO's readiness")
        self.client = tools.boto3().client(
            "s3", endpoint_url=self.url, aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY, region_name=REGION)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "minio.log").read_text()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", "/minio/health/live")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def notify(self, bucket):
        """From now on every new object of the bucket is told to the webhook."""
        def is_set():
            try:
                self.client.put_bucket_notification_configuration(
                    Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [
                        {"QueueArn": f"arn:minio:sqs:{REGION}:test:webhook",
                         "Events": ["s3:ObjectCreated:*"]}]})
                return True
            except self.client.exceptions.ClientError:
                return False  # It is ready a moment before it knows its webhooks.
        wait_for(is_set, "MinIO's knowledge of the webhook")

    def keys(self, bucket, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
