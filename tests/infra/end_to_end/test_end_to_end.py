"""From AWS's doors to documents: Terraform's resources on LocalStack, our real functions behind them.

LocalStack's API Gateway, S3, SQS and Lambda run the `bootstrap` of each function as a process; they
send to the real Producer, which writes to Kafka, and the Consumer fills Elasticsearch, where the
search must find what went in.
"""
import json
import re

import pytest

from aws import REGION, Aws
from emulators import localstack
from terraform_stack import Stack
from real_system import RealSystem
from stack import Stack as Servers
from system import request, wait_for
from tools import ROOT

SERVICES = ["apigateway", "cloudwatch", "cloudwatchlogs", "ec2", "iam", "kms", "lambda", "s3", "secretsmanager", "sqs", "sts"]
TOKEN = "only-for-this-test"
LIMIT = 240


class World:
    """Everything that runs, and what Terraform says about it."""

    def __init__(self, folder, system, aws, outputs):
        self.folder, self.system, self.aws, self.outputs = folder, system, aws, outputs
        api, path = re.fullmatch(r"https://(\w+)\.execute-api[^/]*(/.*)", outputs["api_url"]).groups()
        self.api_url = f"{aws.url}/_aws/execute-api/{api}{path}"
        self.key = outputs["api_keys"]["shop"]

    def post(self, body, **headers):
        return request("POST", self.api_url, body, {"Content-Type": "application/json", "x-api-key": self.key, **headers},
                       timeout=LIMIT)

    def report_of(self, key):
        [found] = wait_for(lambda: self.aws.keys(self.outputs["results_bucket"], f"reports/{key}/"),
                           f"a report of {key}", LIMIT)
        return json.loads(self.aws.get_object(self.outputs["results_bucket"], found))

    def outcomes_of(self, key):
        """How lambda_s3 said that its invocations for a file ended."""
        lines = [json.loads(line) for line in (self.folder / "localstack.log").read_text(errors="replace").splitlines()
                 if line.startswith("{") and '"An import ended."' in line]
        return [line["event"]["reason"] for line in lines if line["file"]["path"].endswith(f"/{key}")]

    def check_that_the_queue_is_done(self):
        wait_for(lambda: self.aws.messages(self.outputs["upload_queue_url"]) == 0, "an empty queue", LIMIT)
        assert self.aws.messages(self.outputs["failed_queue_url"]) == 0

    def documents(self, count, **query):
        wait_for(lambda: self.system.events(**query)["total"] >= count, f"{count} documents for {query}", LIMIT)
        found = self.system.all_events(**query)
        assert len(found) == count
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory, terraform):
    folder = tmp_path_factory.mktemp("aws")
    zips = {f"{function}_zip": str(ROOT / f"build/lambda/{function}.zip") for function in ("lambda_api", "lambda_s3")}
    with Servers(folder / "servers", kraft=True) as servers, \
            RealSystem(folder / "system", servers, PRODUCER_TOKEN=TOKEN) as system, localstack(folder) as url:
        aws = Aws(url)
        secret = aws.action("secretsmanager", "secretsmanager.CreateSecret", Name="producer-token", SecretString=TOKEN,
                            ClientRequestToken="0" * 32)["ARN"]
        variables = {"region": REGION, "producer_url": system.producer, "producer_token_secret_arn": secret,
                     "api_callers": ["shop"], "api_cors_origins": ["*"], "lambda_s3_timeout_seconds": 60,
                     "buckets_force_destroy": True}
        stack = Stack(folder, url, variables, zips, SERVICES)
        stack.apply()
        aws.report_batch_item_failures()
        yield World(folder, system, aws, stack.outputs())
        stack.destroy()


def test_the_producer_asks_for_the_token_that_only_secrets_manager_knows(world):
    answer = request("POST", world.system.producer + "/produce", {"type": "order", "data": {"id": 1}},
                     {"Content-Type": "application/json"})
    assert answer.status == 401, answer
    assert TOKEN not in (world.folder / "terraform/terraform.tfstate").read_text()


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
    uploads, key = world.outputs["upload_bucket"], "eu/suppliers 2026.json"
    items = [{"id": f"s-{number}", "name": "uploaded"} for number in range(50)]
    items[7] = "no object"
    world.aws.put_object(uploads, key, json.dumps(items))
    documents = world.documents(49, type="supplier", q="uploaded")
    assert {document["source"] for document in documents} == {f"s3://{uploads}/{key}"}
    report = world.report_of(key)
    assert (report["read"], report["accepted"], report["rejected"]) == (50, 49, 1)
    assert world.aws.keys(world.outputs["results_bucket"], "rejected/"), "the item that was no event is kept"
    world.check_that_the_queue_is_done()


def test_a_file_that_one_invocation_cannot_finish_goes_on_through_the_queue(world):
    """Where the function did not give its message back, the queue would hide it for six minutes."""
    count, key = 150_000, "products.ndjson"
    world.aws.set_timeout(world.outputs["function_names"]["lambda_s3"], 2)
    world.aws.put_object(world.outputs["upload_bucket"], key, "".join(
        f'{{"id":{number},"name":"continued"}}\n' for number in range(count)))
    report = world.report_of(key)
    assert (report["read"], report["accepted"], report["rejected"]) == (count, count, 0)
    outcomes = world.outcomes_of(key)
    assert outcomes[-1] == "finished" and outcomes.count("paused") == len(outcomes) - 1 >= 1, outcomes
    wait_for(lambda: world.system.events(type="product", q="continued")["total"] == count, "all documents", LIMIT)
    # A batch that the deadline cut off goes again with the same ids: a duplicate, and no harm.
    ledger = world.system.settled_ledger(LIMIT)
    assert ledger["balanced"] and ledger["totals"]["dead_lettered"] == 0, ledger
    world.check_that_the_queue_is_done()
