"""checkov's security policies over deploy/terraform: nothing but what is accepted with a reason."""
import json
import subprocess

import tools
from accepted_findings import ACCEPTED


def findings():
    """{check: {(resource, what it says)}}"""
    done = subprocess.run([tools.checkov(), "-d", tools.TERRAFORM, "--framework", "terraform", "--output", "json",
                           "--skip-download", "--quiet", "--compact"], capture_output=True, text=True, timeout=600,
                          check=False)
    told = json.loads(done.stdout)
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["resource_count"] > 90, "checkov did not look at every module"
    found = {}
    for check in told["results"]["failed_checks"]:
        found.setdefault(check["check_id"], set()).add((check["resource"], check["check_name"]))
    return found


def test_every_finding_is_accepted_with_a_reason_and_nothing_is_accepted_in_vain():
    found = findings()
    surprises = {check: sorted(where) for check, where in found.items() if check not in ACCEPTED}
    assert not surprises, json.dumps(surprises, indent=1)
    assert not set(ACCEPTED) - set(found)
    assert all(len(reason) > 20 for reason in ACCEPTED.values())
