"""The layer check itself: it passes on the tree as it is and sees each kind of broken rule."""
import pathlib
import shutil

import pytest

import check_layers

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(SRC, tmp_path / "src")
    return tmp_path / "src"


def test_the_tree_keeps_the_rules():
    assert check_layers.check(SRC)[1] == []


@pytest.mark.parametrize("file, line, expected", [
    ("event/event.cpp", '#include "http/server.h"', "http is not in its DEPENDS"),
    ("ingest/producer_service.cpp", '#include "event_log/embedded/embedded_log.h"', "only apps/ may link an adapter"),
    ("ingest/producer_service.cpp", "#include <boost/asio/post.hpp>", "ingest may not include boost/asio"),
    ("event_log/embedded/embedded_log.h", "#include <sqlite3.h>", "may not include sqlite3.h"),
    ("indexing/consumer.cpp", "const char* x = getenv(\"X\");", "read the environment"),
    ("indexing/consumer.cpp", "static SystemClock clock_;", "makes a SystemClock"),
    ("gateway/events_route.cpp", "void f() { std::exit(1); }", "signals and exit"),
])
def test_a_broken_rule_is_seen(tree, file, line, expected):
    target = tree / file
    target.write_text(target.read_text() + "\n" + line + "\n")
    problems = check_layers.check(tree)[1]
    assert any(expected in problem and str(target) in problem for problem in problems), problems
