import pathlib
import socket
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import tools


@pytest.fixture(scope="session", autouse=True)
def own_network():
    """LocalStack serves on every address; where there is only `lo`, that is 127.0.0.1."""
    if {name for _, name in socket.if_nameindex()} != {"lo"}:
        pytest.skip("needs a network of its own; `./dev test infra` gives it one")
    if not tools.python313():
        pytest.skip("Python 3.13 is missing, which LocalStack needs")
