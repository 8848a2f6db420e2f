"""The few requests to LocalStack's services that the test makes itself."""
import json
import re
import urllib.parse

from system import request, wait_for

REGION = "us-east-1"


class Aws:
    def __init__(self, url):
        self.url = url

    def call(self, service, method, path, body=None, headers=None):
        # LocalStack reads the service and the region from the signature, and does not check it.
        credential = f"test/20260101/{REGION}/{service}/aws4_request"
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}
        answer = request(method, self.url + path, body, {**signed, **(headers or {})}, timeout=120)
        assert answer.status < 300, f"{method} {path}: {answer}"
        return answer

    def action(self, service, target, **arguments):
        """An action of a service that speaks JSON."""
        return self.call(service, "POST", "/", json.dumps(arguments), {
            "X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{'1.0' if service == 'sqs' else '1.1'}"}).json

    def put_object(self, bucket, key, content):
        self.call("s3", "PUT", f"/{bucket}/{urllib.parse.quote(key)}", content)

    def get_object(self, bucket, key):
        return self.call("s3", "GET", f"/{bucket}/{urllib.parse.quote(key)}").body

    def keys(self, bucket, prefix):
        listing = self.call("s3", "GET", f"/{bucket}?list-type=2&prefix={urllib.parse.quote(prefix)}").body.decode()
        return re.findall(r"<Key>([^<]*)</Key>", listing)

    def report_batch_item_failures(self):
        """Provider 3.39 cannot say it; the current one does (modules/ingest/queue.tf)."""
        mappings = self.call("lambda", "GET", "/2015-03-31/event-source-mappings/").json["EventSourceMappings"]
        assert len(mappings) == 1
        self.call("lambda", "PUT", f"/2015-03-31/event-source-mappings/{mappings[0]['UUID']}",
                  json.dumps({"FunctionResponseTypes": ["ReportBatchItemFailures"]}),
                  {"Content-Type": "application/json"})

    def set_timeout(self, function, seconds):
        """Shorter than Terraform's variable allows; waits until it is in force."""
        path = f"/2015-03-31/functions/{function}/configuration"
        self.call("lambda", "PUT", path, json.dumps({"Timeout": seconds}), {"Content-Type": "application/json"})
        wait_for(lambda: self.call("lambda", "GET", path).json["LastUpdateStatus"] == "Successful", "the new timeout")

    def messages(self, queue_url):
        """Messages of a queue, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.action("sqs", "AmazonSQS.GetQueueAttributes", QueueUrl=queue_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)
