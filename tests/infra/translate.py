#!/usr/bin/env python3
"""Makes a copy of deploy/terraform for the AWS provider 3.39, the newest that can be had offline.

    translate.py SOURCE TARGET

The rewrites are a closed list, each with its reason, printed as they are made. A block type that is
not listed, and a rewrite that no longer applies to anything, are errors: nothing changes unseen.
"""
import pathlib
import re
import shutil
import sys

import hcl

PROVIDER = "3.39.0"

# Types whose arguments 3.39 has all.
SAME = {
    "data": {
        "aws_availability_zones", "aws_caller_identity", "aws_iam_policy_document", "aws_partition",
        "aws_region",
    },
    "resource": {
        "aws_api_gateway_account", "aws_api_gateway_api_key", "aws_api_gateway_deployment",
        "aws_api_gateway_gateway_response", "aws_api_gateway_integration", "aws_api_gateway_method",
        "aws_api_gateway_method_settings", "aws_api_gateway_resource",
        "aws_api_gateway_rest_api", "aws_api_gateway_stage", "aws_api_gateway_usage_plan",
        "aws_api_gateway_usage_plan_key", "aws_apigatewayv2_api", "aws_apigatewayv2_authorizer",
        "aws_apigatewayv2_integration", "aws_apigatewayv2_route", "aws_apigatewayv2_stage",
        "aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm", "aws_default_security_group",
        "aws_eks_node_group", "aws_iam_role", "aws_iam_role_policy",
        "aws_iam_role_policy_attachment", "aws_internet_gateway",
        "aws_lambda_function_event_invoke_config", "aws_lambda_permission",
        "aws_msk_configuration", "aws_msk_scram_secret_association", "aws_nat_gateway",
        "aws_route", "aws_route_table", "aws_route_table_association",
        "aws_s3_bucket_notification", "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block", "aws_security_group", "aws_sqs_queue_policy",
        "aws_subnet", "aws_vpc", "aws_vpc_endpoint",
    },
}
OTHER_KINDS = {"terraform", "provider", "locals", "variable", "output", "module"}


class TranslationError(Exception):
    pass


class Edits:
    """Replacements in one file, and the account of them."""

    def __init__(self, file):
        self.file, self.edits, self.account = file, [], []

    def replace(self, start, end, text):
        self.edits.append((start, end, text))

    def say(self, block, what, reason):
        self.account.append(f"{self.file.path.parent.name}/{self.file.path.name} {block.address}: {what} ({reason})")

    def result(self):
        text = self.file.text
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


# --- What can be done to a block -------------------------------------------------------------------

def drop_argument(name):
    def rewrite(edits, block, _):
        if name not in block.arguments:
            return None
        edits.replace(block.arguments[name].start, block.arguments[name].end, "")
        return f"without {name}"
    return rewrite


def set_argument(name, new_name, new_text):
    """`new_text` may hold {}: the expression that was there."""
    def rewrite(edits, block, _):
        if name not in block.arguments:
            return None
        argument = block.arguments[name]
        text = new_text.format(argument.text)
        edits.replace(argument.start, argument.end, f"{new_name} = {text}")
        return f"{name} = {argument.text} becomes {new_name} = {text}"
    return rewrite


def drop_block(kind):
    """Also where a `dynamic` block makes it."""
    def rewrite(edits, block, _):
        found = [child for child in block.blocks
                 if child.kind == kind or (child.kind == "dynamic" and child.labels == [kind])]
        for child in found:
            edits.replace(child.start, child.end, "")
        return f"without {kind}" if found else None
    return rewrite


def unwrap_volume_size(edits, block, _):
    [group] = block.children("broker_node_group_info")
    [storage] = group.children("storage_info")
    size = storage.children("ebs_storage_info")[0].arguments["volume_size"].text
    edits.replace(storage.start, storage.end, f"ebs_volume_size = {size}")
    return "volume_size becomes ebs_volume_size"


def drop_resource(edits, block, _):
    edits.replace(block.start, block.end, "")
    return "left out"


def to_security_group_rule(direction):
    def rewrite(edits, block, _):
        edits.replace(block.start, block.body_start,
                      f'resource "aws_security_group_rule" "{block.labels[1]}" {{\n  type = "{direction}"\n')
        for name, new_name, text in (
                ("ip_protocol", "protocol", "{}"), ("cidr_ipv4", "cidr_blocks", "[{}]"),
                ("prefix_list_id", "prefix_list_ids", "[{}]"),
                ("referenced_security_group_id", "source_security_group_id", "{}")):
            set_argument(name, new_name, text)(edits, block, _)
        return "becomes aws_security_group_rule"
    return rewrite


def into_bucket(make_text):
    """The settings become blocks of the one aws_s3_bucket of the same folder."""
    def rewrite(edits, block, folder):
        [bucket] = [b for b in folder if b.labels[:1] == ["aws_s3_bucket"]]
        if bucket.file is not block.file:
            raise TranslationError(f"{block.address} and its bucket stand in different files")
        edits.replace(block.start, block.end, "")
        edits.replace(bucket.body_end, bucket.body_end, make_text(block))
        return f"becomes a part of {bucket.address}"
    return rewrite


def versioning(block):
    status = block.children("versioning_configuration")[0].arguments["status"].text
    return f'  versioning {{\n    enabled = {status} == "Enabled"\n  }}\n'


def encryption(block):
    return f"  server_side_encryption_configuration {{{rule_text(block.children('rule')[0])}}}\n"


def rule_text(rule):
    return "\n    " + rule.file.text[rule.start:rule.end] + "\n  "


def lifecycle(block):
    """The blocks of a rule that became arguments, and `status`, which was `enabled`."""
    text = ""
    for rule in block.blocks:
        body = re.sub(r"^\s*(bucket|depends_on)\b.*$", "", rule.file.text[rule.start:rule.end], flags=re.M)
        body = re.sub(r'^(dynamic )?"?rule"?', lambda m: 'dynamic "lifecycle_rule"' if m[1] else "lifecycle_rule", body)
        body = re.sub(r"for_each( *)=", r"iterator = rule\n    for_each\1=", body)
        body = re.sub(r'status( *)= "Enabled"', r"enabled\1= true", body)
        body = re.sub(r"filter \{\s*(prefix = [^\n]*)\s*\}", r"\1", body)
        body = re.sub(r"abort_incomplete_multipart_upload \{\s*days_after_initiation = ([^\n]*)\s*\}",
                      r"abort_incomplete_multipart_upload_days = \1", body)
        body = re.sub(r"noncurrent_days( *)=", r"days\1=", body)
        text += "  " + body + "\n"
    return text


# --- The closed list --------------------------------------------------------------------------------

REWRITES = {
    "aws_eip": [(set_argument("domain", "vpc", "true"), "domain came with 5.0")],
    "aws_lambda_function": [
        (drop_argument("architectures"), "came with 3.61; x86_64 is the default"),
        (set_argument("runtime", "runtime", '"provided.al2"'), "3.39 refuses provided.al2023")],
    "aws_lambda_event_source_mapping": [
        (drop_argument("function_response_types"), "came with 3.42"),
        (drop_block("scaling_config"), "came with 4.50")],
    "aws_sqs_queue": [(drop_argument("sqs_managed_sse_enabled"), "came with 4.2; on by default at AWS")],
    "aws_sqs_queue_redrive_allow_policy": [(drop_resource, "came with 4.23")],
    "aws_s3_bucket": [],
    "aws_s3_bucket_versioning": [(into_bucket(versioning), "3.39 has it in the bucket")],
    "aws_s3_bucket_server_side_encryption_configuration": [
        (into_bucket(encryption), "3.39 has it in the bucket")],
    "aws_s3_bucket_lifecycle_configuration": [(into_bucket(lifecycle), "3.39 has it in the bucket")],
    "aws_s3_bucket_ownership_controls": [(drop_resource, "3.39 refuses BucketOwnerEnforced")],
    "aws_vpc_security_group_ingress_rule": [
        (to_security_group_rule("ingress"), "one rule a resource came with 4.56")],
    "aws_vpc_security_group_egress_rule": [
        (to_security_group_rule("egress"), "one rule a resource came with 4.56")],
    "aws_eks_cluster": [(drop_block("access_config"), "came with 5.33")],
    "aws_msk_cluster": [(unwrap_volume_size, "storage_info came with 4.14")],
    "aws_msk_topic": [(drop_resource, "came with 6.x")],
}


def translate_file(file, folder, used):
    edits = Edits(file)
    for block in file.blocks:
        if block.kind in ("resource", "data"):
            kind, name = block.kind, block.labels[0]
            if kind == "resource" and name in REWRITES:
                for rewrite, reason in REWRITES[name]:
                    what = rewrite(edits, block, folder)
                    if what:
                        used.add((name, rewrite))
                        edits.say(block, what, reason)
            elif name not in SAME[kind]:
                raise TranslationError(
                    f"{file.path}:{block.line}: {block.address} is of a type that the translator does not "
                    "know; say in translate.py whether 3.39 has all of its arguments, or what to rewrite.")
        elif block.kind not in OTHER_KINDS:
            raise TranslationError(f"{file.path}:{block.line}: unknown kind of block, {block.kind}")
        if block.kind == "terraform":
            pin_provider(edits, block)
    return edits.result(), edits.account


def pin_provider(edits, block):
    [providers] = block.children("required_providers")
    version = re.search(r'version\s*=\s*("[^"]*")', providers.body)
    at = providers.body_start + version.start(1)
    edits.replace(at, at + len(version[1]), f'"{PROVIDER}"')
    edits.say(block, f"version {version[1]} becomes {PROVIDER}", "the one that can be had")


def rename_region(text, where):
    """An attribute, so it stands in expressions and not in a block of its own."""
    new = text.replace("data.aws_region.current.region", "data.aws_region.current.name")
    said = [] if new == text else [f"{where}: data.aws_region.current.region becomes .name (renamed by 6.0)"]
    return new, said


def translate(source, target):
    """Returns the account, one line a rewrite."""
    source, target, account, used = pathlib.Path(source), pathlib.Path(target), [], set()
    for folder in sorted({path.parent for path in source.rglob("*.tf")}):
        files = hcl.read_folder(folder)
        blocks = [block for file in files for block in file.blocks]
        (target / folder.relative_to(source)).mkdir(parents=True, exist_ok=True)
        for file in files:
            where = file.path.relative_to(source)
            text, said = translate_file(file, blocks, used)
            text, renamed = rename_region(text, where)
            (target / where).write_text(text)
            account += said + renamed
    idle = [name for name, rewrites in REWRITES.items() for rewrite, _ in rewrites if (name, rewrite) not in used]
    if idle:
        raise TranslationError(f"These rewrites apply to nothing any more; remove them: {', '.join(idle)}")
    for other in source.glob("*.tfvars"):
        shutil.copy(other, target)
    return account


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        print("\n".join(translate(sys.argv[1], sys.argv[2])))
    except (TranslationError, hcl.ReadError) as error:
        sys.exit(str(error))
