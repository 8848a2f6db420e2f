"""What is the environment's fault never becomes a dead letter: the consumer pauses, says why in
/ready, and goes on when it is mended.

The stack is not the one of the other tests: where an index was deleted the ledger rightly misses
documents for ever."""
import contextlib
import uuid

import pytest

from real_system import LETTERS, PATIENCE, RealSystem
from scripted_proxy import ScriptedProxy
from system import wait_for

INDEX = "orders-index"
EVENTS = 500


@pytest.fixture(scope="module")
def proxy(kraft_stack):
    with ScriptedProxy(kraft_stack.elasticsearch) as running:
        yield running


@pytest.fixture(scope="module")
def system(kraft_stack, proxy, tmp_path_factory):
    settings = {"ELASTICSEARCH_URL": proxy.url, "ELASTICSEARCH_API_KEY": "ZXhwaXJlZDprZXk="}
    with RealSystem(tmp_path_factory.mktemp("environment"), kraft_stack, **settings) as running:
        assert running.post({"type": "order", "data": {"id": "first"}}).status == 200
        running.settled_ledger(PATIENCE)
        yield running


@contextlib.contextmanager
def expired_key(system, proxy):
    refusal = {"error": {"type": "security_exception", "reason": "the API key has expired"},
               "status": 401}
    proxy.script = lambda method, path: (401, {"WWW-Authenticate": "ApiKey"}, refusal)
    yield "401", "API key"
    proxy.script = lambda *_: None


@contextlib.contextmanager
def deleted_index(system, proxy):
    assert system.ask_index("DELETE", f"/{INDEX}").status == 200
    yield "index_not_found_exception", INDEX
    assert system.ask_index("PUT", f"/{INDEX}").status == 200


@contextlib.contextmanager
def read_only_index(system, proxy):
    assert system.ask_index("PUT", f"/{INDEX}/_settings", {"index.blocks.write": True}).status == 200
    yield "cluster_block_exception", INDEX
    assert system.ask_index("PUT", f"/{INDEX}/_settings", {"index.blocks.write": None}).status == 200


def letters(system):
    system.ask_index("POST", f"/{LETTERS}/_refresh")
    answer = system.ask_index("GET", f"/{LETTERS}/_count?ignore_unavailable=true")
    assert answer.status == 200, answer
    return answer.json["count"], end_of_letters(system)


def end_of_letters(system):
    return len(system.records("orders.dlq"))


def send(system, run):
    events = [{"type": "order", "id": f"{run}-{i}", "data": {"id": f"o{i}", "customer_id": run}}
              for i in range(EVENTS)]
    answer = system.post(events)
    assert answer.status == 200, answer


def indexed(system, run):
    system.ask_index("POST", f"/{INDEX}/_refresh")
    answer = system.ask_index("GET", f"/{INDEX}/_count?q=data.customer_id:{run}")
    return answer.status == 200 and answer.json["count"]


@pytest.mark.parametrize("fault", [expired_key, deleted_index, read_only_index],
                         ids=lambda fault: fault.__name__)
def test_the_consumer_pauses_says_why_and_goes_on(system, proxy, fault):
    run, before = uuid.uuid4().hex, letters(system)
    indexed_before = system.ledger()["totals"]["indexed"]
    with fault(system, proxy) as words:
        send(system, run)
        said = system.consumers[0].wait_unready(words[0])
        assert any(word in said for word in words), said
        print(said)
    wait_for(lambda: indexed(system, run) == EVENTS, "every document", PATIENCE)
    after = system.settled_ledger(PATIENCE)["totals"]
    assert after["indexed"] - indexed_before == EVENTS and after["missing"] == 0, after
    assert letters(system) == before
    system.consumers[0].wait_ready()
