"""An Elasticsearch that wants TLS and an API key: a proxy demands them, before a real server whose
published jars hold no security. Every program of ours that talks to Elasticsearch passes it, and says
why where it does not."""
import base64
import pathlib
import ssl
import subprocess

import pytest

from real_system import PATIENCE, RealSystem
from scripted_proxy import ScriptedProxy
from system import BIN, wait_for

KEY = base64.b64encode(b"id:not-a-secret").decode()
TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "deploy/observability/logs_template.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("secured")


@pytest.fixture(scope="module")
def proxy(kraft_stack, folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=elasticsearch", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder / "key.pem", "-out", folder / "ca.pem"], check=True, capture_output=True)
    (folder / "api-key").write_text(KEY + "\n")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    with ScriptedProxy(kraft_stack.elasticsearch, tls) as running:
        running.authorization = f"ApiKey {KEY}"
        yield running


@pytest.fixture(scope="module")
def settings(proxy, folder):
    return {"ELASTICSEARCH_URL": proxy.url, "ELASTICSEARCH_CA_FILE": str(folder / "ca.pem"),
            "ELASTICSEARCH_API_KEY_FILE": str(folder / "api-key")}


@pytest.fixture(scope="module")
def system(kraft_stack, settings, folder):
    with RealSystem(folder, kraft_stack, **settings) as running:
        yield running


def found_events(system, id):
    """None while the index is not complete yet: it was made a moment ago."""
    return system.events(id=id).get("events")


def test_an_event_becomes_a_document_and_the_console_finds_it(system):
    answer = system.post({"type": "order", "id": "secured-1", "data": {"id": "s1", "total": 1}})
    assert answer.status == 200, answer
    [found] = wait_for(lambda: found_events(system, "secured-1"), "the document", PATIENCE)
    assert found["data"]["total"] == 1


@pytest.mark.parametrize("command, words", [
    (["logs", "install", str(TEMPLATE)], "installed"), (["retention", "--dry-run"], "")],
    ids=["logs install", "retention"])
def test_the_jobs_pass_too(system, settings, command, words):
    done = subprocess.run([BIN / "tributary", *command], env=settings, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and words in done.stdout, done


@pytest.mark.parametrize("change, words", [
    ({"ELASTICSEARCH_API_KEY_FILE": "wrong"}, ("401", "API key")),
    ({"ELASTICSEARCH_CA_FILE": ""}, ("certificate",))], ids=["a wrong key", "an unknown authority"])
def test_who_is_not_let_in_says_why_dead_letters_nothing_and_goes_on(system, settings, folder, change,
                                                                     words):
    (folder / "wrong").write_text("d3Jvbmc6a2V5")
    change = {name: value and str(folder / value) for name, value in change.items()}
    consumer, run = system.consumers[0], words[0]
    letters = len(system.records("orders.dlq"))
    consumer.stop()
    consumer.launch(**change)
    answer = system.post({"type": "order", "id": run, "data": {"id": run}})
    assert answer.status == 200, answer
    said = consumer.wait_unready(words[0])
    assert all(word in said for word in words), said
    consumer.stop()
    consumer.start(**settings)
    wait_for(lambda: found_events(system, run), "the document", PATIENCE)
    assert len(system.records("orders.dlq")) == letters
