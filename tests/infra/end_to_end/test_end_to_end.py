"""From AWS's doors to documents: Terraform's resources on LocalStack, our real functions behind them.

LocalStack's API Gateway, S3, SQS and Lambda run the `bootstrap` of each function as a process; they
send to the Producer of a real system beside them, whose search must find what went in.
"""
import json
import re
import zipfile

import pytest

from aws import REGION, Aws
from emulators import localstack
from terraform_stack import Stack
from system import BIN, System, request, wait_for
from tools import ROOT

SERVICES = ["apigateway", "cloudwatch", "cloudwatchlogs", "ec2", "iam", "kms", "lambda", "s3", "secretsmanager", "sqs", "sts"]
SETTINGS = (ROOT / "src/settings/table.cpp").read_text()
TOKEN = "only-for-this-test"
LIMIT = 240


def package(function, folder):
    """The deployable zip where it was made, else one of the plain program."""
    made = ROOT / f"build/lambda/{function}.zip"
    if made.exists():
        return str(made)
    path = folder / f"{function}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(BIN / function / "bootstrap", "bootstrap")
    return str(path)


class World:
    """Everything that runs, and what Terraform says about it."""

    def __init__(self, system, aws, outputs):
        self.system, self.aws, self.outputs = system, aws, outputs
        api, path = re.fullmatch(r"https://(\w+)\.execute-api[^/]*(/.*)", outputs["api_url"]).groups()
        self.api_url = f"{aws.url}/_aws/execute-api/{api}{path}"
        self.key = outputs["api_keys"]["shop"]

    def post(self, body, **headers):
        return request("POST", self.api_url, body, {"Content-Type": "application/json", "x-api-key": self.key, **headers},
                       timeout=LIMIT)

    def documents(self, count, **query):
        wait_for(lambda: self.system.events(**query)["total"] >= count, f"{count} documents for {query}", LIMIT)
        found = self.system.all_events(**query)
        assert len(found) == count
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory, terraform):
    folder = tmp_path_factory.mktemp("aws")
    zips = {f"{function}_zip": package(function, folder) for function in ("lambda_api", "lambda_s3")}
    with System(folder, PRODUCER_TOKEN=TOKEN) as system, localstack(folder) as url:
        aws = Aws(url)
        secret = aws.action("secretsmanager", "secretsmanager.CreateSecret", Name="producer-token", SecretString=TOKEN,
                            ClientRequestToken="0" * 32)["ARN"]
        variables = {"region": REGION, "producer_url": system.producer, "producer_token_secret_arn": secret,
                     "api_callers": ["shop"], "api_cors_origins": ["*"], "lambda_s3_timeout_seconds": 60}
        stack = Stack(folder, url, variables, zips, SERVICES)
        stack.apply()
        aws.report_batch_item_failures()
        yield World(system, aws, stack.outputs())
        stack.destroy()


def test_a_post_to_the_api_becomes_a_document(world):
    answer = world.post({"type": "order", "data": {"id": 10248, "total": 440, "note": "through the gateway"}})
    assert answer.status == 200, answer
    receipt = answer.json
    assert receipt["type"] == "order" and receipt["topic"] == "orders"
    [document] = world.documents(1, type="order", q="through the gateway")
    assert document["id"] == receipt["id"] and document["data"]["total"] == 440
    assert document["kafka"] == {name: receipt[name] for name in ("topic", "partition", "offset")}


def test_a_batch_is_answered_item_by_item(world):
    answer = world.post([{"type": "product", "data": {"id": 1}}, {"type": "planet", "data": {"id": 2}}])
    assert answer.status == 207, answer
    results = answer.json["results"]
    assert results[0]["topic"] == "products" and results[1]["status"] == 422


def test_a_body_that_is_no_event_is_told_why(world):
    answer = world.post("{not json")
    assert answer.status == 400 and "json" in answer.headers["content-type"], answer


def test_who_shows_no_key_is_refused_by_the_gateway(world):
    answer = request("POST", world.api_url, {"type": "order", "data": {"id": 1}}, {"Content-Type": "application/json"},
                     timeout=LIMIT)
    assert answer.status == 403, answer


def test_a_browser_may_ask_first_without_a_key(world):
    answer = request("OPTIONS", world.api_url, None, {"Origin": "https://shop.example",
                                                      "Access-Control-Request-Method": "POST"}, timeout=LIMIT)
    assert answer.status == 204, answer
    assert answer.headers["access-control-allow-origin"] == "*"


def test_an_uploaded_file_becomes_documents_and_leaves_a_report(world):
    uploads, results = world.outputs["upload_bucket"], world.outputs["results_bucket"]
    items = [{"id": f"s-{number}", "name": "uploaded"} for number in range(50)]
    items[7] = "no object"
    world.aws.put_object(uploads, "eu/suppliers 2026.json", json.dumps(items))
    documents = world.documents(49, type="supplier", q="uploaded")
    assert {document["source"] for document in documents} == {f"s3://{uploads}/eu/suppliers 2026.json"}

    [report] = wait_for(lambda: world.aws.keys(results, "reports/"), "a report", LIMIT)
    told = json.loads(world.aws.get_object(results, report))
    assert (told["read"], told["accepted"], told["rejected"]) == (50, 49, 1)
    assert world.aws.keys(results, "rejected/"), "the item that was no event is kept"
    wait_for(lambda: world.aws.messages(world.outputs["upload_queue_url"]) == 0, "an empty queue", LIMIT)
    assert world.aws.messages(world.outputs["failed_queue_url"]) == 0
