"""Who may talk to whom: a table, and the NetworkPolicies must say exactly this."""
import itertools

import pytest

from rendered import find, key, render, template, workloads

# From, to, port. Nothing else between the system's own pods.
TABLE = {
    ("producer", "kafka", 9092),
    ("consumer", "kafka", 9092),
    ("console", "kafka", 9092),
    ("topics", "kafka", 9092),
    ("kafka", "kafka", 9092),
    ("kafka", "zookeeper", 2181),
    ("zookeeper", "zookeeper", 2888),
    ("zookeeper", "zookeeper", 3888),
    ("consumer", "elasticsearch", 9200),
    ("console", "elasticsearch", 9200),
    ("kibana", "elasticsearch", 9200),
    ("kibana-objects", "kibana", 5601),
    ("log-template", "elasticsearch", 9200),
    ("retention", "elasticsearch", 9200),
    ("fluent-bit", "elasticsearch", 9200),
    ("elasticsearch", "elasticsearch", 9300),
    ("console", "producer", 8081),
    ("import", "producer", 8081),
    ("console", "consumer", 8082),
}
# Where Elasticsearch has security.
SECURED = TABLE | {("api-keys", "elasticsearch", 9200)}


def with_kraft(table):
    return {row for row in table if "zookeeper" not in row} | {("kafka", "kafka", 9093)}


PORTS = (2020, 2181, 2888, 3888, 5601, 8080, 8081, 8082, 9092, 9093, 9200, 9300)


def matches(selector, labels):
    """A label selector; an empty one takes all."""
    for name, value in selector.get("matchLabels", {}).items():
        if labels.get(name) != value:
            return False
    for one in selector.get("matchExpressions", []):
        assert one["operator"] == "In"
        if labels.get(one["key"]) not in one["values"]:
            return False
    return True


def selects(peer, own_namespace, pod):
    """Whether a peer of a policy in `own_namespace` means this pod."""
    if "ipBlock" in peer:
        return False
    namespace, labels = pod
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != own_namespace:
        return False
    return matches(peer.get("podSelector", {}), labels)


def port_fits(rule, port):
    return "ports" not in rule or any(
        one["port"] <= port <= one.get("endPort", one["port"]) for one in rule["ports"]
        if one.get("protocol", "TCP") == "TCP")


def allows(policies, direction, pod, other, port):
    """What the API promises: a pod that a policy selects may do what some policy allows, no more."""
    word = {"Ingress": "from", "Egress": "to"}[direction]
    own = [one for one in policies if one["metadata"]["namespace"] == pod[0]
           and direction in one["spec"]["policyTypes"]
           and matches(one["spec"]["podSelector"], pod[1])]
    if not own:
        return True
    for policy in own:
        for rule in policy["spec"].get(direction.lower(), []):
            peers = rule.get(word)
            if port_fits(rule, port) and (
                    peers is None or any(selects(peer, pod[0], other) for peer in peers)):
                return True
    return False


def reality(manifests):
    policies = [one for one in manifests if one["kind"] == "NetworkPolicy"]
    pods = {one["metadata"]["name"]: (one["metadata"]["namespace"],
                                      template(one)["metadata"]["labels"])
            for one in workloads(manifests) + workloads(render("import"))}
    return {(source, target, port)
            for source, target in itertools.product(pods, pods) for port in PORTS
            if allows(policies, "Egress", pods[source], pods[target], port)
            and allows(policies, "Ingress", pods[target], pods[source], port)}


@pytest.mark.parametrize("folder, table", [
    ("overlays/local", TABLE), ("overlays/production", SECURED), ("overlays/aws", SECURED),
    ("tests/local-kraft", with_kraft(TABLE)), ("tests/production-kraft-tls", with_kraft(SECURED)),
    ("tests/production-observed", SECURED), ("tests/local-tls", TABLE),
    ("tests/local-tracing", TABLE)])
def test_the_policies_allow_what_the_table_says_and_nothing_else(folder, table):
    assert reality(render(folder)) == table


def test_a_missing_policy_would_be_noticed():
    manifests = [one for one in render("overlays/local")
                 if key(one) != ("NetworkPolicy", "kafka", "default-deny")]
    without_own = [one for one in manifests if key(one) != ("NetworkPolicy", "kafka", "kafka")]
    assert reality(without_own) != TABLE


@pytest.mark.parametrize("namespace", ["kafka", "tributary", "logging", "logging-agents"])
def test_every_namespace_denies_by_default_and_may_look_up_names(namespace):
    policies = [one for one in render("overlays/local") if one["kind"] == "NetworkPolicy"
                and one["metadata"]["namespace"] == namespace]
    deny = find(policies, "NetworkPolicy", "default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = find(policies, "NetworkPolicy", "dns")["spec"]["egress"]
    assert {one["protocol"] for one in rule["ports"] if one["port"] == 53} == {"UDP", "TCP"}


def test_only_the_load_balancers_network_reaches_the_producer_on_aws():
    policy = find(render("overlays/aws"), "NetworkPolicy", "producer-load-balancer")
    assert policy["spec"]["ingress"] == [{"from": [{"ipBlock": {"cidr": "10.40.0.0/16"}}],
                                          "ports": [{"port": 8081}]}]
    service = find(render("overlays/aws"), "Service", "producer")
    annotations = service["metadata"]["annotations"]
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    assert annotations[f"{prefix}-scheme"] == "internal"
    assert annotations[f"{prefix}-security-groups"]
