"""A program that cannot start says why in one sentence, and ends at once with 78."""
import os
import subprocess

import pytest

from system import BIN

PROGRAMS = ("tributary-producer", "tributary-consumer")


def start(program, path, *arguments, **environment):
    return subprocess.run([BIN / program, *arguments], capture_output=True, text=True, timeout=60, cwd=path, env={
        "PATH": os.environ["PATH"], "TERMINATION_MESSAGE_FILE": str(path / "message"), **environment})


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("environment, words", [
    ({"TRIBUTARY_COLOUR": "blue"}, "TRIBUTARY_COLOUR: there is no such setting"),
    ({"PORT": "many"}, 'PORT: "many" is not a whole number'),
    ({"PRODUCER_TOKEN_FILE": "/nowhere/tokens"}, 'cannot read the file "/nowhere/tokens"'),
    ({"PRODUCER_TOKEN_FILE": "/tmp"}, "Is a directory"),
    ({"ENTITY_CATALOG": "/tmp"}, "Is a directory"),
    ({"KAFKA_COLOUR": "red"}, "colour"),
    ({"KAFKA_COLOUR": "red", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}, "colour"),
    ({"KAFKA_LINGER_MS": "soon"}, "linger.ms"),
    ({"ENTITY_CATALOG": "/nowhere/catalog.yaml"}, "/nowhere/catalog.yaml")])
def test_a_wrong_setting_ends_it_with_a_sentence_for_the_log_and_for_kubernetes(
        program, environment, words, tmp_path):
    (tmp_path / "message").touch()
    ended = start(program, tmp_path, **environment)
    assert ended.returncode == 78, ended.stderr
    assert words in ended.stderr and ended.stderr.count("\n") == 1
    assert (tmp_path / "message").read_text() == ended.stderr
    checked = start("tributary", tmp_path, "check-config", **environment)
    assert checked.returncode == 78 and checked.stderr == ended.stderr


def test_a_producer_that_would_answer_before_the_log_does_not_start(tmp_path):
    settings = {"PRODUCER_ANSWER_TIMEOUT": "10s", "DELIVERY_TIMEOUT": "10s"}
    ended = start("tributary-producer", tmp_path, **settings)
    assert ended.returncode == 78, ended.stderr
    assert "DELIVERY_TIMEOUT (10000 ms) must be shorter" in ended.stderr
    assert ended.stderr.count("\n") == 1
    checked = start("tributary", tmp_path, "check-config", **settings)
    assert checked.returncode == 78 and checked.stderr == ended.stderr


def test_no_file_is_made_for_the_message(tmp_path):
    assert start(PROGRAMS[0], tmp_path, PORT="many").returncode == 78
    assert not (tmp_path / "message").exists()
