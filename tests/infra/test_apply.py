"""Terraform applies, plans nothing more, and destroys, on moto."""
import json
import zipfile

import pytest

import translate
from emulators import moto
from terraform_stack import Stack
from tools import HERE, TERRAFORM

LEAST = {"producer_url": "http://producer.internal:8081"}
FULL = json.loads((HERE / "full.tfvars.json").read_text())
# Every flag that neither of them sets, so that every resource but MSK's (moto has no configurations
# of it) is applied once.
OTHER = {**LEAST, "name": "other", "nat": "single", "zone_count": 1, "api_cors_origins": ["*"],
         "api_callers": ["shop", "warehouse"], "api_requests_per_day": 1000, "upload_expiration_days": 30,
         "lambda_api_concurrency": -1, "lambda_s3_concurrency": -1,
         "producer_token_secret_arn": FULL["producer_token_secret_arn"]}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def zips(tmp_path):
    """Packages that are never run here."""
    path = tmp_path / "function.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    return {"lambda_api_zip": str(path), "lambda_s3_zip": str(path)}


@pytest.mark.parametrize("variables", [LEAST, FULL, OTHER], ids=["least", "full", "other"])
def test_apply_then_an_empty_plan_then_destroy(variables, terraform, aws, zips, tmp_path):
    stack = Stack(tmp_path, aws, variables, zips)
    stack.apply()
    assert stack.planned_changes() == []
    outputs, resources = stack.outputs(), stack.resources()
    assert outputs["api_url"].endswith("/events")
    assert outputs["producer_security_group"]["name"] == f"{variables.get('name', 'tributary')}-producer"
    check_functions(resources, variables)
    check_files(resources, variables)
    stack.destroy()
    assert stack.resources() == {}


def check_functions(resources, variables):
    functions = {values["function_name"]: values for address, values in resources.items()
                 if address.endswith("aws_lambda_function.this")}
    name = variables.get("name", "tributary")
    assert set(functions) == {f"{name}-lambda-api", f"{name}-lambda-s3"}
    zones = len(variables.get("zones", [])) or variables.get("zone_count", 2)
    for values in functions.values():
        environment = values["environment"][0]["variables"]
        assert environment["PRODUCER_URL"] == variables["producer_url"]
        assert environment.get("PRODUCER_TOKEN_SECRET_ARN") == variables.get("producer_token_secret_arn")
        assert "PRODUCER_TOKEN" not in environment
        assert len(values["vpc_config"][0]["subnet_ids"]) == zones
    policies = {address: json.loads(values["policy"]) for address, values in resources.items()
                if address.endswith("aws_iam_role_policy.own")}
    api = actions_of(policies["module.lambda_api.aws_iam_role_policy.own"])
    assert not {action for action in api if action.startswith(("s3:", "lambda:"))}
    imports = actions_of(policies["module.lambda_s3.aws_iam_role_policy.own"])
    assert {"s3:GetObject", "s3:PutObject"} <= imports and "s3:*" not in imports
    assert ("lambda:InvokeFunction" in imports) == (variables.get("upload_trigger") == "direct")
    assert ("secretsmanager:GetSecretValue" in imports) == ("producer_token_secret_arn" in variables)


def actions_of(policy):
    return {action for statement in policy["Statement"] for action in
            (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])}


def check_files(resources, variables):
    queues = {values["name"]: values for values in resources.values() if "visibility_timeout_seconds" in values}
    name = variables.get("name", "tributary")
    if variables.get("upload_trigger") == "direct":
        assert set(queues) == {f"{name}-uploads-failed"}
        return
    uploads = queues[f"{name}-uploads"]
    limit = next(values["timeout"] for values in resources.values() if values.get("function_name") == f"{name}-lambda-s3")
    assert uploads["visibility_timeout_seconds"] >= 6 * limit
    assert json.loads(uploads["redrive_policy"])["maxReceiveCount"] >= 100
    mapping = next(values for address, values in resources.items() if ".aws_lambda_event_source_mapping." in address)
    assert mapping["batch_size"] == 1


def test_a_missing_package_is_named_with_the_command_that_makes_it(terraform, aws, zips, tmp_path):
    stack = Stack(tmp_path, aws, LEAST, {**zips, "lambda_s3_zip": "/nowhere/lambda_s3.zip"})
    done = stack.terraform("plan", "-input=false", allowed=(1,))
    assert "/nowhere/lambda_s3.zip does not exist" in done.stderr and "./dev package lambda" in done.stderr


def test_the_translator_refuses_a_block_that_it_does_not_know(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.tf").write_text('resource "aws_kinesis_stream" "this" {\n  name = "x"\n}\n')
    with pytest.raises(translate.TranslationError, match="aws_kinesis_stream.this is of a type that"):
        translate.translate(source, tmp_path / "target")


def test_the_translator_refuses_a_rewrite_that_nothing_needs(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.tf").write_text('resource "aws_vpc" "this" {\n  cidr_block = "10.0.0.0/16"\n}\n')
    with pytest.raises(translate.TranslationError, match="apply to nothing any more"):
        translate.translate(source, tmp_path / "target")


def test_every_rewrite_is_told_with_its_reason(tmp_path):
    account = translate.translate(TERRAFORM, tmp_path / "target")
    print("\n".join(account))
    assert len(account) > 20 and all("(" in line for line in account)
