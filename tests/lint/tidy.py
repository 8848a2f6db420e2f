#!/usr/bin/env python3
"""Runs clang-tidy over every source file of ours, remembering which passed.

A file is checked again only when its preprocessed text, .clang-tidy or the tool changed: the memory
lies in the user's cache folder, so a second run takes seconds.

    tidy.py BUILD_DIR [SUBSTRING]
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
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
        [TIDY, "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", entry["file"]],
        capture_output=True, text=True)
    if done.returncode == 0 and key:
        (CACHE / key).touch()
    return entry["file"], done.returncode == 0, done.stdout


def main():
    build, wanted = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True).stdout
    salt = version + (ROOT / ".clang-tidy").read_bytes()
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    entries = {e["file"]: e for e in entries
               if e["file"].startswith(str(ROOT / "src")) and wanted in e["file"]}
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, passed, output in pool.map(lambda e: check(e, build, salt), entries.values()):
            if not passed:
                bad += 1
                print(f"{os.path.relpath(file, ROOT)}:\n{output}", flush=True)
    print(f"clang-tidy: {len(entries)} files, {bad} with findings")
    sys.exit(1 if bad or not entries else 0)


if __name__ == "__main__":
    main()
