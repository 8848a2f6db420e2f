"""Stacks are started once for all tests: ZooKeeper's for most, KRaft's beside it.

TRIBUTARY_TEST_STACKS names a folder in which they are found again, and stay, from run to run: for
whoever works on these tests.
"""
import contextlib
import os
import pathlib

import pytest

from stack import LocalStack, Stack


@contextlib.contextmanager
def running(name, tmp_path_factory, **choices):
    kept = os.environ.get("TRIBUTARY_TEST_STACKS")
    if kept:
        stack = LocalStack(pathlib.Path(kept) / name, base_port=0, **choices)
        stack.up()
        yield stack
    else:
        with Stack(tmp_path_factory.mktemp(name), **choices) as stack:
            yield stack


@pytest.fixture(scope="session")
def zookeeper_stack(tmp_path_factory):
    with running("zookeeper", tmp_path_factory) as stack:
        yield stack


@pytest.fixture(scope="session")
def kraft_stack(tmp_path_factory):
    with running("kraft", tmp_path_factory, kraft=True) as stack:
        yield stack
