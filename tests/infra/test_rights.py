"""The functions' policies hold the rights that the functions use, and no others.

Both functions run here through all that they can meet, with stand-ins for AWS that keep what was
asked of them. What is asked is translated to IAM's words and compared with deploy/terraform.
"""
import json
import re

import pytest

import hcl
from counting_producer import CountingProducer
from fake_producer import FakeProducer
from fake_s3 import FakeS3
from function import Function, notification
from sqs_queue import SqsQueue
from stand_in import Handler, StandIn
from tools import TERRAFORM

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:producer-token-AbCdEf"
# Rights that the role needs though no request of ours uses them, and who does.
BY_AWS = {
    ("sqs:ReceiveMessage", "upload queue"): "Lambda polls the queue with the function's role",
    ("sqs:DeleteMessage", "upload queue"): "so does it with what is done",
    ("sqs:GetQueueAttributes", "upload queue"): "so does it to know how much waits",
    ("sqs:SendMessage", "failure queue"): "Lambda sends there what failed for good",
    ("logs:CreateLogStream", "own log"): "Lambda writes what the function prints",
    ("logs:PutLogEvents", "own log"): "the same",
    ("xray:PutTraceSegments", "everything"): "Lambda sends the traces of tracing_config",
    ("xray:PutTelemetryRecords", "everything"): "the same",
    ("kms:Decrypt", "key"): "S3 and Secrets Manager decrypt in the name of who reads",
    ("kms:GenerateDataKey", "key"): "S3 encrypts in the name of who writes",
}
# How Terraform names what a right is for.
RESOURCES = {
    "${module.uploads.arn}/*": "uploads/*", "${module.results.arn}/*": "results/*",
    "module.uploads.arn": "uploads", "module.results.arn": "results",
    "aws_sqs_queue.uploads: statement.value.arn": "upload queue",
    "var.function_arn_for_policy": "the function itself",
    "var.producer_token_secret_arn": "the token's secret",
    "var.kms_key_arn == null ? [] : [var.kms_key_arn]: statement.value": "key",
    "var.failure_queue == null ? [] : [var.failure_queue.arn]: statement.value": "failure queue",
    "${aws_cloudwatch_log_group.this.arn}:*": "own log", "*": "everything",
}
ONLY_WITH = {"aws_sqs_queue.uploads": "queue", "local.through_queue ? [] : [1]": "direct"}


def granted(folder, name, trigger=None):
    """{(action, resource)} of a policy document; with `trigger` as the statements' conditions say."""
    [document] = [block for file in hcl.read_folder(TERRAFORM / folder) for block in file.blocks
                  if block.address == f"data.aws_iam_policy_document.{name}"]
    statements = [(None, block) for block in document.children("statement")]
    for block in document.children("dynamic"):
        statements.append((block.arguments["for_each"].text, block.children("content")[0]))
    rights = set()
    for condition, statement in statements:
        if ONLY_WITH.get(condition, trigger) != trigger:
            continue
        for action in re.findall(r'"([^"]+)"', statement.arguments["actions"].text):
            for resource in statement.arguments["resources"].text.strip("[] ").split(","):
                resource = resource.strip().strip('"')
                if resource.startswith("statement.value"):
                    resource = f"{condition}: {resource}"
                rights.add((action, RESOURCES[resource]))
    return rights


class Secrets(StandIn):
    """Secrets Manager with one secret."""

    def __init__(self, text):
        super().__init__(_SecretsHandler)
        self.text, self.reads = text, 0


class _SecretsHandler(Handler):
    def do_POST(self):
        assert self.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
        assert json.loads(self.body()) == {"SecretId": SECRET}
        self.server.owner.reads += 1
        self.answer(200, {"SecretString": self.server.owner.text})


def rights_of_s3_requests(requests):
    rights = set()
    for method, bucket, _, version, status in requests:
        action = {"PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}.get(
            method, "s3:GetObjectVersion" if version else "s3:GetObject")
        assert method in ("GET", "HEAD", "PUT", "DELETE"), "say which right that needs"
        rights.add((action, f"{bucket}/*"))
        if status == 404:
            rights.add(("s3:ListBucket", bucket))  # Else S3 answers 403.
    return rights


def uploads():
    """A file for several invocations with an item that is rejected, small ones, and odd ones."""
    big = "".join(f'{{"id":{n},"seq":{n},"note":"{"x" * 500}"}}\n' for n in range(4000)) + "no event\n"
    return {"orders.ndjson": {"v1": big.encode()}, "notes.txt": {"v1": b"hello"}}


@pytest.mark.parametrize("trigger", ["queue", "direct"])
def test_lambda_s3_has_the_rights_that_it_uses_and_no_others(trigger, tmp_path):
    # Both buckets keep versions (modules/bucket).
    with FakeS3({"uploads": uploads()}, versioned={"results"}) as s3, SqsQueue(60, 100) as queue, \
            CountingProducer(4000, 1_000_000) as producer, Secrets("token") as secrets, \
            Function("lambda_s3", tmp_path, PRODUCER_URL=producer.url, RESULTS_BUCKET="results",
                     AWS_ENDPOINT_URL_S3=s3.url, AWS_ENDPOINT_URL_SQS=queue.url,
                     AWS_ENDPOINT_URL_SECRETS_MANAGER=secrets.url, PRODUCER_TOKEN_SECRET_ARN=SECRET,
                     AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="key") as function:
        events = [notification(key, version=version) for key, version in (
            ("orders.ndjson", "v1"), ("orders.ndjson", None), ("notes.txt", "v1"), ("gone/orders.json", "v1"))]
        used = set()
        if trigger == "queue":
            for event in events:
                queue.send(json.dumps(event))
            while delivery := queue.receive():
                queue.settle(delivery, function.api.invoke(delivery.event, limit=3))
            assert queue.given_back > 0
            used.add(("sqs:ChangeMessageVisibility", "upload queue"))
        while trigger == "direct" and events:
            assert function.api.invoke(events.pop(0), limit=3).kind == "response"
            if function.api.self_invocations:
                events.insert(0, function.api.self_invocations.pop())
                used.add(("lambda:InvokeFunction", "the function itself"))
        producer.check()
        assert s3.keys("results", "rejected/")
    if secrets.reads:
        used.add(("secretsmanager:GetSecretValue", "the token's secret"))
    used |= rights_of_s3_requests(s3.requests)

    policy = (granted("modules/ingest", "function", trigger) | granted("modules/function", "own") |
              granted(".", "producer_token"))
    assert policy - set(BY_AWS) == used
    assert set(BY_AWS) - policy <= ({right for right in BY_AWS if right[1] == "upload queue"}
                                    if trigger == "direct" else set()), "a reason for what nobody grants"


def test_lambda_api_has_the_rights_that_it_uses_and_no_others(tmp_path):
    with FakeProducer() as producer, Secrets("token") as secrets, Function(
            "lambda_api", tmp_path, PRODUCER_URL=producer.url, PRODUCER_TOKEN_SECRET_ARN=SECRET,
            AWS_ENDPOINT_URL_SECRETS_MANAGER=secrets.url, AWS_ACCESS_KEY_ID="id",
            AWS_SECRET_ACCESS_KEY="key") as function:
        producer.token = "token"
        event = {"version": "2.0", "rawPath": "/events", "headers": {},
                 "body": json.dumps({"type": "order", "data": {"id": 7}}),
                 "requestContext": {"http": {"method": "POST"}}}
        assert function.api.invoke(event).json["statusCode"] == 200
        # The token was changed: it is read once more, and not at every event.
        producer.token = secrets.text = "another"
        for _ in range(3):
            assert function.api.invoke(event).json["statusCode"] == 200
        assert secrets.reads == 2
    policy = granted("modules/function", "own") | granted(".", "producer_token")
    assert policy - set(BY_AWS) == {("secretsmanager:GetSecretValue", "the token's secret")}
