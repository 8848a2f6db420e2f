"""Every block of deploy/terraform against the current provider's schema, and the checker against faults."""
import pathlib
import shutil

import pytest

import check
import hcl
from tools import TERRAFORM, provider_schema

FUNCTION, INGEST, QUEUE = "modules/function/main.tf", "modules/ingest/main.tf", "modules/ingest/queue.tf"
BUCKET, NETWORK, ENDPOINTS = "modules/bucket/main.tf", "modules/network/main.tf", "modules/network/endpoints.tf"
REST, HTTP = "modules/rest_api/main.tf", "modules/http_api/main.tf"

# What is planted: file, the text that is there, what it becomes, and what must be found.
FAULTS = {
    "an unknown argument": (FUNCTION, "memory_size   ", "memory_in_mb   ", "there is no argument memory_in_mb"),
    "an unknown argument of a block": (BUCKET, 'object_ownership = "Bucket', 'ownership = "Bucket', "rule: there is no argument ownership"),
    "an unknown block": (FUNCTION, "tracing_config {", "tracing {", "there is no block tracing"),
    "an unknown type": (NETWORK, 'resource "aws_eip" "nat"', 'resource "aws_elastic_ip" "nat"', "there is no resource aws_elastic_ip"),
    "a missing argument": (QUEUE, "  function_name           = var.function_arn\n", "", "the argument function_name is missing"),
    "a missing argument of a block": (BUCKET, '    status = "Enabled"\n  }\n}', "  }\n}", "versioning_configuration: the argument status is missing"),
    "a missing block": (BUCKET, 'versioning_configuration {\n    status = "Enabled"\n  }', "", "the block versioning_configuration is missing"),
    "a missing block that the schema calls optional": (BUCKET, '  rule {\n    object_ownership = "BucketOwnerEnforced"\n  }\n', "", "the block rule is missing"),
    "text for a number": (ENDPOINTS, "from_port                    = 443", 'from_port = "https"', "from_port takes a number"),
    "text for a list": (REST, 'types = ["REGIONAL"]', 'types = "REGIONAL"', "endpoint_configuration.types takes a list"),
    "a number for a truth value": (NETWORK, "enable_dns_support   = true", "enable_dns_support = 1", "enable_dns_support takes a bool"),
    "a list for a map": (NETWORK, 'tags                 = { Name = var.name }', "tags = [var.name]", "tags takes a map"),
    "an argument for a block": (FUNCTION, "  environment {\n    variables = var.environment\n  }", "  environment = var.environment", "environment is a block"),
    "a value that is not one of the allowed": (FUNCTION, '"Active"', '"Always"', "tracing_config.mode takes Active, PassThrough"),
    "a value of a list that is not allowed": (QUEUE, '"ReportBatchItemFailures"', '"ReportItemFailures"', "function_response_types takes ReportBatchItemFailures"),
    "two arguments of which one is allowed": (ENDPOINTS, '  cidr_ipv4         = "0.0.0.0/0"', '  cidr_ipv4 = "0.0.0.0/0"\n  cidr_ipv6 = "::/0"', "exactly one of"),
    "none of the arguments of which one is needed": (FUNCTION, "  filename                       = var.zip\n", "", "exactly one of filename, image_uri, s3_bucket"),
    "arguments that exclude each other": (QUEUE, "sqs_managed_sse_enabled    = true", 'sqs_managed_sse_enabled = true\n  kms_master_key_id = var.kms_key_arn', "exclude each other"),
    "a reference to no resource": (QUEUE, "policy    = data.aws_iam_policy_document.uploads_queue", "policy    = data.aws_iam_policy_document.upload_queue", "data.aws_iam_policy_document.upload_queue does not exist"),
    "a reference to no attribute": (QUEUE, "aws_sqs_queue.failed.arn\n", "aws_sqs_queue.failed.queue_arn\n", "aws_sqs_queue has no attribute queue_arn"),
    "a reference to no variable": (HTTP, "timeout_milliseconds   = var.timeout_ms", "timeout_milliseconds = var.timeout", "var.timeout does not exist"),
    "a reference to no output": ("main.tf", "module.network.vpc_id", "module.network.id", "module.network has no output id"),
    "an unknown variable of a module": ("main.tf", "  nat            = var.nat\n", "  nats = var.nat\n", "the module has no variable nats"),
    "a missing variable of a module": ("main.tf", "  nat            = var.nat\n", "", "the variable nat is missing"),
    "a variable without a type": ("variables.tf", "  type        = map(string)\n", "", "variable.tags has no type"),
    "a value of which nothing is known": (HTTP, 'protocol_type = "HTTP"', 'protocol_type = "HTTP"\n  version = "HTTP"', "facts.py does not say what version takes"),
}


@pytest.fixture(scope="module")
def schema():
    return provider_schema()


def test_every_block_fits_the_current_provider(schema):
    checker = check.Checker(schema, TERRAFORM)
    assert checker.run() == []
    assert checker.checked > 250


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, schema, tmp_path):
    file, old, new, expected = FAULTS[fault]
    shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    path = tmp_path / "terraform" / file
    text = path.read_text()
    assert old in text, f"the fault's place has changed; plant it anew in {file}"
    path.write_text(text.replace(old, new, 1))
    findings = check.Checker(schema, tmp_path / "terraform").run()
    assert any(expected in finding for finding in findings), findings


def test_an_unfinished_file_is_refused(tmp_path):
    with pytest.raises(hcl.ReadError):
        hcl.File(pathlib.Path("broken.tf"), 'resource "aws_vpc" "this" {\n  cidr_block = var.cidr\n')


def test_strings_with_brackets_and_templates_end_where_they_end():
    file = hcl.File("x.tf", 'locals {\n  a = "}{ ${length(var.b) > 0 ? "x}" : "y"} #"\n  b = [\n    1, # ]\n  ]\n}\n')
    [block] = file.blocks
    assert set(block.arguments) == {"a", "b"}
    assert hcl.code_of(block.arguments["a"].text).count("var.b") == 1
