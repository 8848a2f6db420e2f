"""Who may talk to whom: a table, and the NetworkPolicies must say exactly this."""
import itertools

import pytest

from cluster import NAMESPACES
from rendered import COMBINATIONS, OVERLAYS, find, key, render, template, workloads

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
# From, to, port, where one of the two is no pod of the system: another namespace, or a range of addresses.
ANYWHERE = "anywhere"
API_SERVER = (443, 6443, 8443)  # Managed clusters', kubeadm's and kind's, minikube's.
OUTSIDE = {("fluent-bit", ANYWHERE, port) for port in API_SERVER}
# Where Elasticsearch has security, a job makes the keys, and writes them by the API server.
SECURED = TABLE | {("api-keys", "elasticsearch", 9200)}
OUTSIDE_SECURED = OUTSIDE | {("api-keys", ANYWHERE, port) for port in API_SERVER}
LOAD_BALANCER = {("10.40.0.0/16", "producer", 8081)}
EXTERNAL_KAFKA = {(name, "0.0.0.0/0", "9092-9198") for name in ("producer", "consumer", "console", "topics")}
EXTERNAL_ELASTICSEARCH = {
    (name, "0.0.0.0/0", port) for port in (443, 9200, 9243)
    for name in ("consumer", "console", "fluent-bit", "log-template", "retention")}
MONITORING = {("monitoring", "producer", 8081), ("monitoring", "consumer", 8082)}
TRACING = {("producer", "observability", 4318), ("consumer", "observability", 4318)}
INGRESS = {("ingress-nginx", "console", 8080)}
KEDA = {("keda", "kafka", 9092)}


def without(table, *names):
    return {row for row in table if not set(names) & set(row)}


def with_kraft(table):
    return without(table, "zookeeper") | {("kafka", "kafka", 9093)}


def without_kafka(table):
    return without(table, "kafka", "zookeeper")


def without_elasticsearch(table):
    return without(table, "elasticsearch", "kibana", "api-keys")


TABLES = {
    "overlays/local": (TABLE, OUTSIDE),
    "overlays/production": (SECURED, OUTSIDE_SECURED),
    "overlays/aws": (SECURED, OUTSIDE_SECURED | LOAD_BALANCER),
    "tests/aws-external": (without_elasticsearch(without_kafka(SECURED)),
                           OUTSIDE | LOAD_BALANCER | EXTERNAL_KAFKA | EXTERNAL_ELASTICSEARCH),
    "tests/local-external-elasticsearch": (without_elasticsearch(TABLE), OUTSIDE | EXTERNAL_ELASTICSEARCH),
    "tests/local-external-kafka": (without_kafka(TABLE), OUTSIDE | EXTERNAL_KAFKA),
    "tests/local-external-kafka-keda": (without_kafka(TABLE), OUTSIDE | EXTERNAL_KAFKA),
    "tests/local-ingress": (TABLE, OUTSIDE | INGRESS),
    "tests/local-keda": (TABLE, OUTSIDE | KEDA),
    "tests/local-kraft": (with_kraft(TABLE), OUTSIDE),
    "tests/local-monitoring": (TABLE, OUTSIDE | MONITORING),
    "tests/local-tls": (TABLE, OUTSIDE),
    "tests/local-tokens": (TABLE, OUTSIDE),
    "tests/local-tracing": (TABLE, OUTSIDE | TRACING),
    "tests/production-keda-tls": (SECURED, OUTSIDE_SECURED | KEDA),
    "tests/production-kraft-tls": (with_kraft(SECURED), OUTSIDE_SECURED),
    "tests/production-observed": (SECURED, OUTSIDE_SECURED | KEDA | MONITORING | INGRESS),
}
PORTS = (443, 2020, 2181, 2888, 3888, 4318, 5601, 6443, 8080, 8081, 8082, 8443, 9092, 9093, 9200, 9243,
         9300)


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


def pods_of(manifests):
    return {one["metadata"]["name"]: (one["metadata"]["namespace"], template(one)["metadata"]["labels"])
            for one in workloads(manifests) + workloads(render("import"))}


def policies_of(manifests):
    return [one for one in manifests if one["kind"] == "NetworkPolicy"]


def reality(manifests):
    policies, pods = policies_of(manifests), pods_of(manifests)
    return {(source, target, port)
            for source, target in itertools.product(pods, pods) for port in PORTS
            if allows(policies, "Egress", pods[source], pods[target], port)
            and allows(policies, "Ingress", pods[target], pods[source], port)}


def stranger(peer):
    """What a peer means outside of the system, if it does."""
    if peer is None:
        return ANYWHERE
    if "ipBlock" in peer:
        return peer["ipBlock"]["cidr"]
    namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
    assert namespace or "namespaceSelector" not in peer, "every namespace"
    return namespace if namespace not in (None, *NAMESPACES) else None


def port_name(port):
    return f"{port['port']}-{port['endPort']}" if "endPort" in port else port["port"]


def ways_out(policy, name):
    """(from, to, port) of all that the policy allows between this pod and who is no pod of the system."""
    for direction, word in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction, []):
            for peer, port in itertools.product(rule.get(word, [None]), map(port_name, rule["ports"])):
                if other := stranger(peer):
                    yield (other, name, port) if direction == "ingress" else (name, other, port)


def reality_outside(manifests):
    return {row for policy in policies_of(manifests)
            for name, (namespace, labels) in pods_of(manifests).items()
            if policy["metadata"]["namespace"] == namespace and matches(policy["spec"]["podSelector"], labels)
            for row in ways_out(policy, name)}


@pytest.mark.parametrize("folder", OVERLAYS + COMBINATIONS)
def test_the_policies_allow_what_the_table_says_and_nothing_else(folder):
    inside, outside = TABLES[folder]
    manifests = render(folder)
    assert reality(manifests) == inside
    # Everybody may look up names: see below.
    assert {row for row in reality_outside(manifests) if row[1:] != ("kube-system", 53)} == outside


@pytest.mark.parametrize("peer, row", [
    ([{"ipBlock": {"cidr": "192.0.2.0/24"}}], ("192.0.2.0/24", "producer", 8081)),
    ([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}],
     ("shop", "producer", 8081)),
    (None, (ANYWHERE, "producer", 8081))])
def test_a_way_in_that_no_table_has_would_be_noticed(peer, row):
    rule = {"ports": [{"port": 8081}], **({"from": peer} if peer else {})}
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "new", "namespace": "tributary"},
              "spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "producer"}},
                       "policyTypes": ["Ingress"], "ingress": [rule]}}
    assert row in reality_outside([*render("overlays/local"), policy])


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
