"""docs/terraform.md tells the truth about what was applied and what only checked."""
import re

import hcl
import translate
from tools import ROOT, TERRAFORM

ROWS = [line for line in (ROOT / "docs/terraform.md").read_text().splitlines() if line.startswith("| `aws_")]


def used_types():
    return {block.labels[0] for folder in {path.parent for path in TERRAFORM.rglob("*.tf")}
            for file in hcl.read_folder(folder) for block in file.blocks if block.kind == "resource"}


def test_every_type_of_resource_stands_in_the_table_once():
    listed = [name for row in ROWS for name in re.findall(r"`(aws_\w+)`", row.split("|")[1])]
    assert sorted(listed) == sorted(used_types())


def test_what_no_emulator_gets_is_called_checked_only():
    [checked] = [row for row in ROWS if "checked against the schema only" in row]
    dropped = {name for name, rewrites in translate.REWRITES.items()
               if any(rewrite is translate.drop_resource for rewrite, _ in rewrites)}
    # moto has no configurations of MSK, so msk_enabled is set in no applied set of variables.
    brokers = {name for name in used_types() if name.startswith("aws_msk_")}
    assert set(re.findall(r"`(aws_\w+)`", checked)) == dropped | brokers
