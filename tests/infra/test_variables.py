"""A wrong variable is refused with a sentence that says what is allowed; the examples are accepted."""
import json
import shutil
import subprocess

import pytest

import hcl
from tools import HERE, TERRAFORM

GOOD = {"producer_url": "http://producer.internal:8081"}

# Per variable: wrong values, and a word of the sentence each must bring. Some need others beside them.
WRONG = [
    ("name", "My Stack", "2 to 20 characters"),
    ("region", "Frankfurt", "such as eu-central-1"),
    ("vpc_cidr", "10.0.0.0/28", "from /16 to /20"),
    ("zones", ["eu-central-1a", "eu-central-1a"], "at most 6 different"),
    ("zone_count", 0, "from 1 to 6"),
    ("nat", "many", "none, single or per_zone"),
    ("producer_url", "producer:8081", "http or https URL"),
    ("producer_cidrs", ["10.0.0.300/8"], "IPv4 ranges"),
    ("producer_token_secret_arn", "s3cr3t", "never the token itself"),
    ("api_authentication", "none", "api_key or jwt"),
    ("api_callers", ["a caller"], "letters, digits, dashes"),
    ("api_stage", "v 1", "1 to 128 letters"),
    ("api_throttle", {"rate": 0, "burst": 1}, "rate = <1 or more>"),
    ("api_requests_per_day", -1, "0 (no limit) or more"),
    ("api_binary_media_types", ["gzip"], "application/octet-stream"),
    ("api_cors_origins", ["shop.example"], "no path"),
    ("api_cors_origins", ["https://shop.example"], "need \"jwt\""),
    ("jwt_issuer", "http://id.example", "https URL", {"api_authentication": "jwt", "jwt_audience": ["a"]}),
    ("jwt_audience", [], "at least one audience", {"api_authentication": "jwt", "jwt_issuer": "https://id.example"}),
    ("upload_trigger", "cron", "queue or direct"),
    ("upload_max_tries", 3, "from 100 to 1000"),
    ("upload_expiration_days", 3, "at least 15"),
    ("results_expiration_days", -1, "0 (never) or more"),
    ("noncurrent_days", 1, "at least 15"),
    ("lambda_api_memory_mb", 64, "from 128 to 10240"),
    ("lambda_s3_memory_mb", 64, "from 128 to 10240"),
    ("lambda_s3_timeout_seconds", 901, "from 60 to 900"),
    ("lambda_api_concurrency", 0, "-1 (none) or 1"),
    ("lambda_s3_concurrency", 1, "from 2 to 1000"),
    ("log_level", "trace", "debug, info, warn or error"),
    ("log_retention_days", 10, "one of CloudWatch's"),
    ("alarm_topic_arns", ["alarms"], "ARNs of SNS topics"),
    ("kms_key_arn", "alias/mine", "ARN of a key"),
    ("cluster_enabled", True, "needs nat", {"nat": "none"}),
    ("cluster_enabled", True, "at least 2 zones", {"nat": "single", "zone_count": 1}),
    ("cluster_version", "latest", "such as 1.34"),
    ("cluster_public_access_cidrs", ["home"], "IPv4 ranges"),
    ("cluster_instance_types", [], "at least one instance type"),
    ("cluster_nodes", {"min": 3, "max": 2}, "max = <min or more>"),
    ("msk_enabled", True, "exactly 3 zones"),
    ("msk_version", "three", "such as 3.9.x"),
    ("msk_instance_type", "m7g.large", "such as kafka.m7g.large"),
    ("msk_volume_gib", 0, "from 1 to 16384"),
    ("msk_partitions", 0, "from 1 to 1000"),
    ("msk_retention_days", 0, "1 or more"),
    ("msk_scram_secret_arns", ["arn:aws:secretsmanager:eu-central-1:1:secret:kafka"], "AmazonMSK_"),
    ("additional_topics", ["two words"], "1 to 200 letters"),
    # The kind of a value is Terraform's own to check.
    ("zone_count", "two", "a number is required"),
]


@pytest.fixture(scope="module")
def plan(terraform, tmp_path_factory):
    """Plans with the variables alone: what they refuse needs no provider."""
    folder = tmp_path_factory.mktemp("variables")
    for file in TERRAFORM.glob("variables*.tf"):
        shutil.copy(file, folder)

    def run(values):
        (folder / "test.auto.tfvars.json").write_text(json.dumps(values))
        return subprocess.run([terraform, "plan", "-input=false", "-no-color"], cwd=folder, text=True,
                              capture_output=True, timeout=300, check=False)
    return run


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0]}-{case[2]}")
def test_a_wrong_value_is_refused_with_what_is_allowed(case, plan):
    name, value, sentence, *others = case
    done = plan({**GOOD, **(others[0] if others else {}), name: value})
    assert done.returncode == 1
    told = " ".join(line.strip("│ ") for line in done.stderr.splitlines())
    assert name in told and sentence in told, told


def test_every_check_of_every_variable_is_tried():
    checks = [block.labels[0] for file in hcl.read_folder(TERRAFORM) for block in file.blocks
              if block.kind == "variable" for _ in block.children("validation")]
    tried = [case[0] for case in WRONG if case[2] != "a number is required"]
    assert sorted(checks) == sorted(tried)


@pytest.mark.parametrize("values", [GOOD, json.loads((HERE / "full.tfvars.json").read_text())], ids=["least", "full"])
def test_right_values_are_accepted(values, plan):
    done = plan(values)
    assert done.returncode == 0, done.stderr


def test_the_example_is_accepted_and_names_what_must_be_set(terraform, plan, tmp_path):
    for file in [*TERRAFORM.glob("variables*.tf"), TERRAFORM / "example.tfvars"]:
        shutil.copy(file, tmp_path)
    done = subprocess.run([terraform, "plan", "-input=false", "-no-color", "-var-file=example.tfvars"], cwd=tmp_path,
                          text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "undeclared variable" not in done.stdout + done.stderr


def test_terraform_would_format_nothing(terraform):
    done = subprocess.run([terraform, "fmt", "-check", "-recursive", "-diff", TERRAFORM], text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
