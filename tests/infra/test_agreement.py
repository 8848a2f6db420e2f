"""What Terraform repeats of the programs agrees with them: settings, deadlines, topics, prefixes."""
import re

import pytest
import yaml

import hcl
from tools import ROOT, TERRAFORM

SETTINGS = (ROOT / "src/settings/table.cpp").read_text()
AWS_OVERLAY = ROOT / "deploy/kubernetes/overlays/aws"
CATALOG = (ROOT / "src/event/catalog.cpp").read_text()
IMPORT_RESULTS = (ROOT / "src/batch_import/import_results.cpp").read_text()


def root_blocks():
    return {block.address: block for file in hcl.read_folder(TERRAFORM) for block in file.blocks}


def root_locals():
    return {name: argument.text for file in hcl.read_folder(TERRAFORM) for block in file.blocks
            if block.kind == "locals" for name, argument in block.arguments.items()}


def setting(name):
    """(default, programs) of a row of the settings table."""
    row = re.search(rf'\w+\("{name}"((?:[^"();]|"(?:[^"\\]|\\.)*")*)\)', SETTINGS)
    if not row:
        return None
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', row[1])
    programs = next((t for t in texts if re.fullmatch(r"(\w+ ?)+", t) and set(t.split()) <= PROGRAMS), None)
    if programs is None and re.search(r"\bkAll\b", row[1]):
        programs = " ".join(PROGRAMS)
    return texts[0], (programs or "").split()


PROGRAMS = {"producer", "consumer", "lambda_api", "lambda_s3", "tributary"}


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def environment_names(function):
    """The names that a function's environment may hold."""
    own = root_blocks()[f"module.{function}"].arguments["environment"].text
    shared = root_locals()["function_environment"]
    assert "local.function_environment" in own
    return set(re.findall(r"\b([A-Z][A-Z0-9_]+)\s*=", own + shared))


@pytest.mark.parametrize("function", ["lambda_api", "lambda_s3"])
def test_functions_get_only_settings_that_they_know(function):
    names = environment_names(function)
    assert {"PRODUCER_URL", "LOG_LEVEL", "PRODUCER_TOKEN_SECRET_ARN"} <= names
    unknown = {name for name in names if not setting(name) or function not in setting(name)[1]}
    assert not unknown


def test_deadlines_nest_so_that_the_innermost_gives_up_first():
    values, blocks = root_locals(), root_blocks()
    for api in ("rest_api", "http_api"):
        assert blocks[f"module.{api}"].arguments["timeout_ms"].text == "local.gateway_timeout_ms"
    function = blocks["module.lambda_api"].arguments
    assert function["timeout_seconds"].text == "local.lambda_api_timeout_s"
    assert "PRODUCER_REQUEST_TIMEOUT = local.producer_request_timeout" in function["environment"].text

    gateway = hcl.literal(values["gateway_timeout_ms"]) / 1000
    invocation = hcl.literal(values["lambda_api_timeout_s"])
    request = seconds(hcl.literal(values["producer_request_timeout"]))
    answer = seconds(setting("PRODUCER_ANSWER_TIMEOUT")[0])
    delivery = seconds(setting("DELIVERY_TIMEOUT")[0])
    assert 29 == gateway > invocation > request > answer > delivery > 0
    assert request == seconds(setting("PRODUCER_REQUEST_TIMEOUT")[0])
    assert invocation == seconds(setting("LAMBDA_API_TIMEOUT")[0])


def test_the_modules_hand_the_deadlines_on():
    def argument(folder, address, *path):
        block = {b.address: b for f in hcl.read_folder(TERRAFORM / "modules" / folder) for b in f.blocks}[address]
        return block.arguments[path[0]].text
    assert argument("rest_api", "aws_api_gateway_integration.events", "timeout_milliseconds") == "var.timeout_ms"
    assert argument("http_api", "aws_apigatewayv2_integration.function", "timeout_milliseconds") == "var.timeout_ms"
    assert argument("function", "aws_lambda_function.this", "timeout") == "var.timeout_seconds"


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_run():
    blocks = [block for file in hcl.read_folder(TERRAFORM / "modules/ingest") for block in file.blocks]
    queue = next(block for block in blocks if block.address == "aws_sqs_queue.uploads")
    visibility = next(block.arguments["visibility_seconds"].text for block in blocks
                      if block.kind == "locals" and "visibility_seconds" in block.arguments)
    factor = int(re.fullmatch(r"(\d+) \* var\.function_timeout_seconds", visibility)[1])
    assert factor >= 6
    assert queue.arguments["visibility_timeout_seconds"].text == "local.visibility_seconds"
    longest = 900
    assert factor * longest <= 43_200, "SQS hides a message for 12 hours at most"


def test_topics_are_those_of_the_catalog():
    types = re.findall(r'built_in_type\("(\w+)"', CATALOG)
    assert 'type.plural = name + "s"' in CATALOG and "type.topic = type.plural" in CATALOG
    assert re.findall(r'"([^"]+)"', root_locals()["topics"]) == [name + "s" for name in types]
    msk = (TERRAFORM / "modules/msk/main.tf").read_text()
    assert '"${topic}.dlq"' in msk and '"${topic}.dlq.actions"' in msk


def test_prefixes_are_those_that_imports_write_to():
    written = set(re.findall(r'constexpr std::string_view k\w+ = "([a-z]+/)"', IMPORT_RESULTS))
    results = {b.address: b for f in hcl.read_folder(TERRAFORM / "modules/ingest") for b in f.blocks}["module.results"]
    assert written == {"rejected/", "reports/", "checkpoints/"}
    assert set(re.findall(r'"([^"]+)"', results.arguments["expiration_days"].text)) == written


def network_blocks():
    return {block.address: block for file in hcl.read_folder(TERRAFORM / "modules/network")
            for block in file.blocks}


def default(variable):
    return hcl.literal(root_blocks()[f"variable.{variable}"].arguments["default"].text)


def test_the_overlay_for_aws_names_the_security_group_and_the_range_of_terraform():
    service = yaml.safe_load((AWS_OVERLAY / "producer.yaml").read_text())
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    [group] = service["metadata"]["annotations"][f"{prefix}-security-groups"].split(",")
    tags = network_blocks()["aws_security_group.producer"].arguments["tags"].text
    # The load balancer's controller looks for the tag, not for the group's name.
    assert re.search(r'Name += "([^"]+)"', tags)[1].replace("${var.name}", default("name")) == group
    policy = yaml.safe_load((AWS_OVERLAY / "network.yaml").read_text())
    [rule] = policy["spec"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": default("vpc_cidr")}}]


def test_only_the_functions_lead_to_the_producers_load_balancer():
    rules = [block.arguments for block in network_blocks().values()
             if block.arguments.get("security_group_id")
             and block.arguments["security_group_id"].text == "aws_security_group.producer.id"]
    [rule] = rules
    assert rule["referenced_security_group_id"].text == "aws_security_group.functions.id"
    assert rule["from_port"].text == rule["to_port"].text == "var.producer_port"


def test_log_levels_are_those_of_the_settings():
    choices = re.search(r'choice\("LOG_LEVEL", "info", "([^"]+)"', SETTINGS)[1].split("|")
    allowed = root_blocks()["variable.log_level"].children("validation")[0].arguments["condition"].text
    assert re.findall(r'"([^"]+)"', allowed) == choices
