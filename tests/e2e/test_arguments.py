"""Arguments that a program does not know are refused by name, and nothing is started."""
import os
import pathlib
import subprocess

import pytest

from system import BIN

ROOT = pathlib.Path(__file__).parents[2]


def run(program, *arguments):
    return subprocess.run([BIN / program, *arguments], capture_output=True, text=True, timeout=10,
                          env={"PATH": os.environ["PATH"], "DATA_DIR": "/nowhere"})


@pytest.mark.parametrize("program", ["tributary-producer", "tributary-consumer"])
def test_a_service_tells_what_it_is_and_takes_no_other_argument(program):
    for question in ("--help", "-h"):
        help_text = run(program, question)
        assert help_text.returncode == 0 and "tributary config" in help_text.stdout, help_text
    version = run(program, "--version")
    assert version.returncode == 0 and version.stdout == run("tributary", "--version").stdout
    refused = run(program, "--port")
    assert refused.returncode == 2 and '"--port"' in refused.stderr, refused


@pytest.mark.parametrize("arguments", [("foo",), ("dlq", "foo"), ("topics", "foo"), ("kibana", "foo"),
                                       ("logs", "foo")])
def test_an_unknown_command_is_named(arguments):
    refused = run("tributary", *arguments)
    assert refused.returncode == 2 and "foo" in refused.stderr, refused


@pytest.mark.parametrize("arguments, words", [((), "up"), (("dlq",), "redrive")])
def test_without_a_command_the_commands_are_shown(arguments, words):
    refused = run("tributary", *arguments)
    assert refused.returncode == 2 and words in refused.stderr, refused


@pytest.mark.parametrize("arguments", [("tail", "--count"), ("upload", "x.json", "--timeout"),
                                       ("dlq", "list", "--size"), ("dlq", "list", "--from"),
                                       ("kibana", "import", "x.ndjson", "--timeout"),
                                       ("logs", "install", "x.json", "--timeout"),
                                       ("api-keys", "create", "x.json", "--manifests", "y", "--timeout")])
@pytest.mark.parametrize("number", ["-1", "1.5", "many", "4294967296"])
def test_a_number_that_cannot_be_is_answered_with_what_can(arguments, number):
    refused = run("tributary", *arguments, number)
    assert refused.returncode == 2, refused
    assert f'{arguments[-1]}: "{number}" is no whole number from 0 to 4294967295' in refused.stderr, refused


def dev(tmp_path, *arguments):
    """`./dev` where nothing can be installed: who tries leaves `apt-get` behind."""
    for name in ("apt-get", "sudo"):
        fake = tmp_path / name
        fake.write_text(f"#!/bin/sh\ntouch {tmp_path}/tried\nexit 1\n")
        fake.chmod(0o755)
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_an_unknown_preset_leaves_nothing_in_the_tree(tmp_path):
    refused = dev(tmp_path, "build", "nope")
    assert refused.returncode == 1 and "nope" in refused.stderr, refused
    assert not (ROOT / "build-nope.log").exists()


def test_an_unknown_option_for_images_installs_nothing(tmp_path):
    refused = dev(tmp_path, "images", "--bogus")
    assert refused.returncode == 2 and "--bogus" in refused.stderr, refused
    assert not (tmp_path / "tried").exists()
