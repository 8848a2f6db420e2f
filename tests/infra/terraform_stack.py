"""deploy/terraform, translated and applied to an emulator of AWS.

    with Stack(folder, endpoint, ["default.tfvars"]) as stack: …

`apply`, `plan` (empty or not), `destroy`; each in the folder's own copy, so that runs do not meet.
"""
import json
import pathlib
import subprocess

import tools
import translate

SERVICES = ["apigateway", "cloudwatch", "cloudwatchlogs", "ec2", "eks", "iam", "kafka", "kms", "lambda", "s3",
            "secretsmanager", "sqs", "sts"]
LIMIT = 900


def provider_override(endpoint, services):
    """The provider's settings that only an emulator needs."""
    lines = "\n".join(f'    {service} = "{endpoint}"' for service in services)
    return f"""provider "aws" {{
  access_key                  = "test"
  secret_key                  = "test"
  max_retries                 = 3
  skip_credentials_validation = true
  skip_get_ec2_platforms      = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_force_path_style         = true
  endpoints {{
{lines}
  }}
}}
"""


class Stack:
    def __init__(self, folder, endpoint, variables, zips, services=SERVICES):
        self.folder = pathlib.Path(folder) / "terraform"
        self.account = translate.translate(tools.TERRAFORM, self.folder)
        (self.folder / "provider_override.tf").write_text(provider_override(endpoint, services))
        (self.folder / "zz.auto.tfvars.json").write_text(json.dumps({**variables, **zips}))
        config = self.folder.parent / "terraformrc"
        config.write_text("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n"
                          f'    path = "{tools.provider_mirror()}"\n  }}\n}}\n')
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder.parent), "TF_IN_AUTOMATION": "1",
                            "TF_CLI_CONFIG_FILE": str(config), "CHECKPOINT_DISABLE": "1"}
        self.terraform("init", "-input=false")

    def terraform(self, *arguments, allowed=(0,)):
        done = subprocess.run([tools.terraform(), arguments[0], "-no-color", *arguments[1:]], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=False)
        assert done.returncode in allowed, f"terraform {arguments[0]}:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done

    def apply(self):
        self.terraform("apply", "-auto-approve", "-input=false")

    def planned_changes(self):
        """What a plan would change now: [(address, actions)]."""
        self.terraform("plan", "-input=false", "-out=plan", allowed=(0,))
        plan = json.loads(self.terraform("show", "-json", "plan").stdout)
        return [(change["address"], change["change"]["actions"]) for change in plan.get("resource_changes", [])
                if change["change"]["actions"] not in (["no-op"], ["read"])]

    def destroy(self):
        self.terraform("destroy", "-auto-approve", "-input=false")

    def outputs(self):
        return {name: output["value"] for name, output in json.loads(self.terraform("output", "-json").stdout).items()}

    def resources(self):
        """Every managed resource of the state: {address: values}."""
        def walk(module):
            for resource in module.get("resources", []):
                if resource["mode"] == "managed":
                    yield resource["address"], resource["values"]
            for child in module.get("child_modules", []):
                yield from walk(child)
        state = json.loads(self.terraform("show", "-json").stdout)
        return dict(walk(state.get("values", {}).get("root_module", {})))
