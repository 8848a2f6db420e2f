"""What all Python tests share."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "layers"))


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the long forms too")


@pytest.fixture(scope="session")
def is_long(request):
    return request.config.getoption("--long")
