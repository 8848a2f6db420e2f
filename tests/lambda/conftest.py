"""What the tests of the Lambda functions share."""
import socket

import pytest

from fake_producer import FakeProducer


@pytest.fixture
def producer():
    with FakeProducer() as running:
        yield running


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
