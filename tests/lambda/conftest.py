"""What the tests of the Lambda functions share."""
import pytest

from fake_producer import FakeProducer


@pytest.fixture
def producer():
    with FakeProducer() as running:
        yield running
