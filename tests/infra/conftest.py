import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import tools


@pytest.fixture(scope="session")
def terraform():
    path = tools.terraform()
    if not path:
        pytest.skip("Terraform 1.9 or newer is missing")
    return path
