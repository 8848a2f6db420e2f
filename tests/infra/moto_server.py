"""moto's server with what it forgets put right, so that a second plan compares what was really sent.

    <venv>/bin/python moto_server.py PORT

A closed list; each patch says what moto 5.2.5 does instead.
"""
import json
import sys

from moto.apigateway.responses import APIGatewayResponse
from moto.eks import models as eks
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.server import main
from moto.sqs.models import Queue


def keep_binary_media_types():
    """moto reads binaryMediaTypes from updates only, not from the creation of a REST API."""
    original = APIGatewayResponse.create_rest_api

    def create_rest_api(self):
        status, headers, body = answer = original(self)
        wanted = self._get_param("binaryMediaTypes")
        if status != 200 or not wanted:
            return answer
        api = self.backend.get_rest_api(json.loads(body)["id"])
        api.binaryMediaTypes = wanted
        return status, headers, json.dumps(api.to_dict())

    APIGatewayResponse.create_rest_api = create_rest_api


def keep_redrive_policy_as_sent():
    """moto writes the policy anew with spaces, which provider 3.39 takes for a change."""
    original = Queue.attributes.fget

    def attributes(self):
        result = original(self)
        if result.get("RedrivePolicy"):
            result["RedrivePolicy"] = json.dumps(json.loads(result["RedrivePolicy"]), separators=(",", ":"))
        return result

    Queue.attributes = property(attributes)


def keep_descriptions_of_prefix_lists():
    """moto drops the description of a security group's rule to a prefix list."""
    make, flatten = SecurityGroupRule.__init__, SecurityGroup._flattened_rules

    def remember(self, *arguments, **named):
        make(self, *arguments, **named)
        lists = [a for a in (*arguments, *named.values()) if isinstance(a, dict) and "PrefixListId" in a]
        self.list_description = lists[0].get("Description") if lists else None

    def describe(self, rules):
        views = flatten(self, rules)
        described = {rule.prefix_list_id: rule.list_description for rule in rules if rule.prefix_list_id}
        for view in views:
            for entry in view.prefix_list_ids:
                if described.get(entry["PrefixListId"]):
                    entry["Description"] = described[entry["PrefixListId"]]
        return views

    SecurityGroupRule.__init__, SecurityGroup._flattened_rules = remember, describe


def give_nodes_no_remote_access():
    """moto makes up an SSH key for node groups that ask for none."""
    eks.DEFAULT_REMOTE_ACCESS = None


if __name__ == "__main__":
    keep_binary_media_types()
    keep_redrive_policy_as_sent()
    keep_descriptions_of_prefix_lists()
    give_nodes_no_remote_access()
    sys.exit(main(["-H", "127.0.0.1", "-p", sys.argv[1]]))
