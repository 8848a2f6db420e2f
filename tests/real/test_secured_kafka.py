"""A broker that wants TLS and a password: SASL PLAIN and SCRAM over SASL_SSL, and what is said where
one of them is wrong.

On Kafka 3.9: with SCRAM, Kafka 4 refuses every librdkafka before 2.6.1 (librdkafka#4895), and that of
Debian 12 is older."""
import os
import re
import subprocess

import pytest

from real_system import Program
from stack import Stack
from system import BIN, request, wait_for

USER, PASSWORD = "tributary", "not-a-secret-1"
PLAIN, SCRAM = "PLAIN", "SCRAM-SHA-256"
LOGIN = "org.apache.kafka.common.security"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """(stack, address of the secured listener, certificate)"""
    folder = tmp_path_factory.mktemp("secured")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    store = folder / "broker.pem"
    store.write_text(key.read_text() + certificate.read_text())
    stack = Stack(folder / "stack", kafka_only=True)
    port = next(stack.more_ports())
    name = "listener.name.secured"
    stack.broker.extra = f"""
listeners=PLAINTEXT://127.0.0.1:{stack.broker.port},SECURED://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL
sasl.enabled.mechanisms={PLAIN},{SCRAM}
{name}.plain.sasl.jaas.config={LOGIN}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";
{name}.scram-sha-256.sasl.jaas.config={LOGIN}.scram.ScramLoginModule required;
{name}.ssl.keystore.type=PEM
{name}.ssl.keystore.location={store}
"""
    with stack:
        stack.broker.configure_entity("users", USER, SCRAM, f"[password={PASSWORD}]")
        yield stack, f"127.0.0.1:{port}", certificate


@pytest.fixture
def settings(broker, tmp_path):
    """What a program needs to be let in, by mechanism."""
    _, address, certificate = broker

    def of(mechanism, **changes):
        return {"PATH": os.environ["PATH"], "KAFKA_BOOTSTRAP_SERVERS": address,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISMS": mechanism,
                "KAFKA_SASL_USERNAME": USER, "KAFKA_SASL_PASSWORD": PASSWORD,
                "KAFKA_SSL_CA_LOCATION": str(certificate), "DATA_DIR": str(tmp_path / "data"),
                **changes}
    return of


@pytest.fixture
def start(broker, tmp_path):
    """Starts a service; all are killed at the end."""
    ports, programs = broker[0].more_ports(), []

    def started(name, environment):
        program = Program(name, [BIN / f"tributary-{name}"], tmp_path, next(ports), environment)
        programs.append(program)
        program.launch()
        return program
    yield started
    for program in programs:
        if program.process.poll() is None:
            program.kill()


def post(program, number):
    return request("POST", program.url + "/produce", {"type": "order", "data": {"id": number}},
                   {"Content-Type": "application/json"})


@pytest.mark.parametrize("mechanism", [PLAIN, SCRAM])
def test_events_pass_a_broker_that_wants_tls_and_a_password(settings, start, mechanism):
    environment = settings(mechanism)
    made = subprocess.run([BIN / "tributary", "topics", "create"], env=environment,
                          capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    producer, consumer = start("producer", environment), start("consumer", environment)
    producer.wait_ready()
    consumer.wait_ready()
    answer = post(producer, 1)
    assert answer.status == 200, answer

    def is_indexed():
        metrics = request("GET", consumer.url + "/metrics").body.decode()
        return re.search(r'verdict="created"} [1-9]', metrics)
    wait_for(is_indexed, "a document", 60)


@pytest.mark.parametrize("changes, words", [
    ({"KAFKA_SASL_PASSWORD": "wrong"}, "uthentication failed"),
    ({"KAFKA_SSL_CA_LOCATION": "/etc/ssl/certs/ca-certificates.crt"}, "certificate verify failed"),
], ids=["a wrong password", "a certificate that nobody vouches for"])
def test_who_is_not_let_in_says_why_and_takes_no_event(settings, start, changes, words):
    producer = start("producer", settings(SCRAM, **changes))
    producer.wait_unready(words)
    answer = post(producer, 2)
    assert answer.status == 503 and answer.headers["Retry-After"], answer
    assert PASSWORD not in producer.log_text()
