#!/usr/bin/env python3
"""Runs clang-tidy over our sources, remembering which passed: the products' ones, with --all the
tests' too.

It checks the unity batches of the build that is named (a preset of the sanitizers): most of its work
is reading headers, and six sources share that.

A file is checked again only when its preprocessed text, .clang-tidy or the tool changed: the memory
lies in the user's cache folder, so a second run takes seconds.

    tidy.py BUILD_DIR [--all]
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tributary/tidy"
TIDY = "clang-tidy-19"


def fingerprint(entry, salt):
    """A hash of everything that the check sees, or None where the file does not preprocess."""
    command = [part for part in shlex.split(entry["command"]) if not part.endswith("ccache")]
    output = command.index("-o")
    command[output : output + 2] = []
    command[command.index("-c")] = "-E"
    done = subprocess.run(command + ["-P"], cwd=entry["directory"], capture_output=True)
    return hashlib.sha256(salt + done.stdout).hexdigest() if done.returncode == 0 else None


def check(entry, build, salt):
    key = fingerprint(entry, salt)
    if key and (CACHE / key).exists():
        return entry["file"], True, ""
    done = subprocess.run(
        [TIDY, "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option",
         "--header-filter=src/.*", entry["file"]],
        capture_output=True, text=True)
    if done.returncode == 0 and key:
        (CACHE / key).touch()
    return entry["file"], done.returncode == 0, done.stdout


def main():
    build, with_tests = sys.argv[1], "--all" in sys.argv[2:]
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True).stdout
    salt = version + (ROOT / ".clang-tidy").read_bytes()
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    entries = {e["file"]: e for e in entries
               if with_tests or not re.search(r"_test\.dir/|_bench\.dir/|_test\.cpp$|_bench\.cpp$|/fake_", e["file"])}
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, passed, output in pool.map(lambda e: check(e, build, salt), entries.values()):
            if not passed:
                bad += 1
                print(f"{os.path.relpath(file, ROOT)}:\n{output}", flush=True)
    print(f"clang-tidy: {len(entries)} batches of sources, {bad} with findings")
    sys.exit(1 if bad or not entries else 0)


if __name__ == "__main__":
    main()
