#!/usr/bin/env python3
"""Runs every test, group by group, and closes with `N passed, N failed, N skipped`.

    tests/run.py [--long] [GROUP…]

`./dev test` installs what is needed and calls this. Each group prints its minutes; a skipped test is
named with its reason; the exit code is 0 only when nothing failed and something ran.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
from stack import Stack, StackError  # noqa: E402

RESULTS = ROOT / "build/results"
JOBS = str(os.cpu_count() or 2)


def why(fault, lines=12):
    """What a JUnit failure says, indented and cut, since the rest may be far up in the output."""
    text = (fault.get("message") or fault.text or "").strip().splitlines()
    shown = text[:lines] + (["…"] if len(text) > lines else [])
    return "".join(f"\n    {line[:300]}" for line in shown)


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.minutes = 0, [], [], []

    def store(self, file):
        file.write_text(json.dumps(vars(self)))

    def add_stored(self, file):
        for name, value in json.loads(file.read_text()).items():
            setattr(self, name, getattr(self, name) + value)

    def add_step(self, name, ok):
        if ok:
            self.passed += 1
        else:
            self.failed.append(name)

    def add_junit(self, group, file):
        """Counts a JUnit file of ctest or pytest; a missing one is a failure of the whole group."""
        if not file.exists():
            self.failed.append(f"{group}: wrote no results")
            return
        try:
            cases = list(xml.parse(file).getroot().iter("testcase"))
        except xml.ParseError:
            self.failed.append(f"{group}: ended before its results were written")
            return
        before = self.passed, len(self.failed)
        for case in cases:
            name = f"{group}: {case.get('classname', '')}.{case.get('name')}"
            skipped = case.find("skipped")
            fault = next((case.find(kind) for kind in ("failure", "error")
                          if case.find(kind) is not None), None)
            if fault is not None:
                self.failed.append(f"{name}{why(fault)}")
            elif skipped is not None or case.get("status") in ("disabled", "notrun"):
                reason = skipped.get("message", "") if skipped is not None else ""
                self.skipped.append(f"{name} ({reason or 'not run'})")
            else:
                self.passed += 1
        if before == (self.passed, len(self.failed)):
            self.failed.append(f"{group}: ran no test")


def processor_seconds():
    """What ended children used so far: how much of a group's time was waiting."""
    spent = os.times()
    return spent.children_user + spent.children_system


def run(*command, **options):
    return subprocess.run([str(part) for part in command], cwd=ROOT, **options).returncode == 0


def build(preset, *targets):
    folder = ROOT / "build" / preset
    if not (folder / "build.ninja").exists():
        done = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            return False
    return run("ninja", "-C", folder, *targets, env={**os.environ, "NINJA_STATUS": "[%f/%t %es] "})


def ctest(tally, preset):
    """Builds and runs the tests of a preset that need no server."""
    if not build(preset, "tests_all"):
        tally.failed.append(f"{preset}: the build failed")
        return
    results = RESULTS / f"{preset}.xml"
    run("ctest", "--test-dir", f"build/{preset}", "-j", JOBS, "--output-junit", results,
        "--output-on-failure", "--progress", "--timeout", "300", "--no-tests=error",
        "-LE", "integration",
        env={**os.environ, "ASAN_OPTIONS": "detect_stack_use_after_return=1",
             "UBSAN_OPTIONS": "print_stacktrace=1",
             "TSAN_OPTIONS": f"suppressions={ROOT}/tests/tsan.supp halt_on_error=1"})
    tally.add_junit(preset, results)


def pytest(tally, group, folder, *arguments, within=()):
    """`within`: a command that runs another one, such as in a network of its own."""
    results = RESULTS / f"{group}.xml"
    results.unlink(missing_ok=True)
    run(*within, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=5",
        f"--junitxml={results}", folder, *arguments,
        env={**os.environ, "TRIBUTARY_BIN_DIR": str(ROOT / "build/release/bin")})
    tally.add_junit(group, results)


def lint(tally, options):
    tally.add_step("lint: format", run("tests/lint/format.sh"))
    tally.add_step("lint: benchmarks", run(sys.executable, "bench/docs.py", "--check"))
    pytest(tally, "layers", "tests/layers")


def tidy(tally, options):
    if not build("asan", "tests_all"):
        tally.failed.append("tidy: the build failed")
    tally.add_step("tidy", run(sys.executable, "tests/lint/tidy.py", "build/asan",
                               *(["--all"] if options.long else [])))


def unit(tally, options):
    ctest(tally, "release")


def asan(tally, options):
    ctest(tally, "asan")


def tsan(tally, options):
    ctest(tally, "tsan")


def programs(tally, group):
    if build("release", "programs"):
        return True
    tally.failed.append(f"{group}: the build failed")
    return False


def packages(tally, group):
    """The functions' zips, as they are deployed."""
    if (build("release", "lambda_api", "lambda_s3") and
            run(sys.executable, "deploy/lambda/package.py", "build/release/bin", "build/lambda")):
        return True
    tally.failed.append(f"{group}: the packages were not made")
    return False


def docs(tally, options):
    if programs(tally, "docs"):
        pytest(tally, "docs", "tests/docs")


def observability(tally, options):
    """Metrics, alert rules and dashboards against running programs."""
    if programs(tally, "observability"):
        pytest(tally, "observability", "tests/observability")


def e2e(tally, options):
    if programs(tally, "e2e"):
        pytest(tally, "e2e", "tests/e2e", *(["--long"] if options.long else []))


def fault(tally, options):
    if programs(tally, "fault"):
        pytest(tally, "fault", "tests/fault", *(["--long"] if options.long else []))


def real(tally, options):
    """The whole system on real servers: end to end, poison, faults under load."""
    if programs(tally, "real"):
        pytest(tally, "real", "tests/real", *(["--long"] if options.long else []))


# What the adapters' contract suites run on: the choice of the stack, and which tests (all: ".").
STACKS = (
    ({"kraft": False, "index": "elasticsearch"}, "."),
    ({"kraft": True, "index": "opensearch"}, "."),
    ({"index": "es7", "index_only": True}, "^document_index"),
    ({"index": "es9", "index_only": True}, "^document_index"),
)


def on_stack(tally, number, choices, tests):
    """Runs the tests labelled integration against one stack."""
    with tempfile.TemporaryDirectory(prefix="tributary-stack-") as folder, \
            Stack(folder, **choices) as stack:
        name = "integration on " + ", ".join(f"{part.name} {part.version}" for part in stack.parts)
        started = time.monotonic()
        results = RESULTS / f"integration-{number}.xml"
        results.unlink(missing_ok=True)
        run("ctest", "--test-dir", "build/release", "-L", "integration", "-R", tests, "-j", JOBS,
            "--output-junit", results, "--output-on-failure", "--progress", "--timeout", "300",
            "--no-tests=error",
            env={**os.environ,
                 **({"TRIBUTARY_TEST_KAFKA": stack.kafka} if stack.broker else {}),
                 **({"TRIBUTARY_TEST_ELASTICSEARCH": stack.elasticsearch} if stack.index else {})})
        tally.add_junit(name, results)
        print(f"== {name}: {(time.monotonic() - started) / 60:.1f} min", flush=True)


def integration(tally, options):
    """The stack itself, then the contract suites on every server that we promise to work with."""
    pytest(tally, "integration", "tests/integration")
    if not build("release", "tests_integration"):
        tally.failed.append("integration: the build failed")
        return
    for number, (choices, tests) in enumerate(STACKS):
        try:
            on_stack(tally, number, choices, tests)
        except StackError as error:
            print(error)
            tally.failed.append(f"integration: the stack {choices} did not start")


def infra(tally, options):
    """Terraform on emulators of AWS; LocalStack in a network that holds nothing but 127.0.0.1."""
    if not programs(tally, "infra") or not packages(tally, "infra"):
        return
    own_network = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                   "sh", "-c", 'ip link set lo up && exec "$0" "$@"']
    pytest(tally, "infra", "tests/infra", "--ignore=tests/infra/end_to_end")
    tally.add_step("localstack: preparation", run(sys.executable, "tests/infra/tools.py"))
    pytest(tally, "localstack", "tests/infra/end_to_end", within=own_network)


def browser(tally, options):
    """The console in a real Chromium; ./dev test installs that, npm the driver."""
    if not shutil.which("npm"):
        tally.skipped.append("browser (there is no Node with npm here, so the console is left out)")
        return
    if not programs(tally, "browser"):
        return
    folder = ROOT / "tests/browser"
    lock = (folder / "package-lock.json").read_bytes()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    modules = cache / f"tributary/browser-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (modules / "node_modules/playwright-core/package.json").exists():
        modules.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, modules / name)
        if not run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", modules):
            tally.failed.append("browser: npm could not install what drives the browser")
            return
    results = RESULTS / "browser.xml"
    results.unlink(missing_ok=True)
    run("node", "--test", "--test-concurrency=1", "--test-reporter=spec",
        "--test-reporter-destination=stdout", "--test-reporter=junit",
        f"--test-reporter-destination={results}", *sorted(folder.glob("*.test.mjs")),
        env={**os.environ, "TRIBUTARY_BIN_DIR": str(ROOT / "build/release/bin"),
             "TRIBUTARY_NODE_MODULES": str(modules)})
    tally.add_junit("browser", results)


def lambda_functions(tally, options):
    """The functions as they are deployed: their zips, AWS's emulator, S3's protocol."""
    if not build("release", "object_store_s3_test"):
        tally.failed.append("lambda: the build failed")
    elif packages(tally, "lambda"):
        pytest(tally, "lambda", "tests/lambda", *(["--long"] if options.long else []))


def fuzz(tally, options):
    """Runs every fuzz target for a bounded time; a finding is a failure."""
    if not build("fuzz", "fuzzers"):
        tally.failed.append("fuzz: the build failed")
        return
    seconds = 300 if options.long else 15
    targets = sorted(p for p in (ROOT / "build/fuzz/fuzz").glob("*_fuzzer") if os.access(p, os.X_OK))
    if not targets:
        tally.failed.append("fuzz: there is no target")
    with concurrent.futures.ThreadPoolExecutor(int(JOBS)) as pool:
        for name, ok in pool.map(lambda target: run_fuzzer(target, seconds), targets):
            tally.add_step(f"fuzz: {name}", ok)


def run_fuzzer(target, seconds):
    """Whether that many seconds found nothing; what was found is left beside the results."""
    name = target.name.removesuffix("_fuzzer")
    corpus = RESULTS / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "fuzz/corpus" / name
    return name, run(
        target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
        "-print_final_stats=0", "-verbosity=0", f"-artifact_prefix={RESULTS}/{name}-",
        corpus, *([seeds] if seeds.exists() else []))


def kubernetes(tally, options):
    """The manifests; and, where KUBECONFIG or TEST_CLUSTER gives a cluster, the system on it."""
    if not any(map(os.environ.get, ("KUBECONFIG", "TEST_CLUSTER"))) and not shutil.which("kubectl"):
        tally.skipped.append("kubernetes (there is neither a cluster, in KUBECONFIG or TEST_CLUSTER, nor "
                             "kubectl, which renders the manifests)")
    elif programs(tally, "kubernetes"):
        pytest(tally, "kubernetes", "tests/kubernetes", *(["--long"] if options.long else []))


# `lambda` itself is a word of Python's own.
GROUPS = {group.__name__.removesuffix("_functions"): group for group in (
    lint, unit, docs, observability, infra, integration, e2e, fault, real, lambda_functions, browser,
    kubernetes, asan, tidy, tsan, fuzz)}
# Run when no group is named, one after another; of `kubernetes` what the machine has a cluster for.
DEFAULT = ("lint", "unit", "docs", "observability", "integration", "e2e", "fault", "real", "lambda",
           "infra", "browser", "kubernetes")
# Compiles for the most part: runs in the gaps that the groups from `lambda` on leave, with what the
# processor has to spare.
BESIDE, BESIDE_FROM = ("asan", "tidy", "tsan", "fuzz"), "lambda"


def run_groups(tally, groups, options):
    for group in groups:
        print(f"\n== {group}", flush=True)
        started, processor = time.monotonic(), processor_seconds()
        GROUPS[group](tally, options)
        tally.minutes.append(f"{group} {(time.monotonic() - started) / 60:.1f} min "
                             f"({(processor_seconds() - processor) / 60:.1f} of processor)")
        print(f"== {tally.minutes[-1]}", flush=True)


class Beside:
    """Groups that another process of this program runs meanwhile; its output comes when it is done."""

    def __init__(self, groups, options):
        print(f"\n== {', '.join(groups)} begin beside what follows; their output comes at the end",
              flush=True)
        self.tally, self.output = RESULTS / "beside.json", RESULTS / "beside.log"
        self.tally.unlink(missing_ok=True)
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                ["nice", "-n", "10", sys.executable, __file__, "--tally", self.tally,
                 *(["--long"] if options.long else []), *groups], stdout=output, stderr=output)

    def finish(self, tally):
        self.process.wait()
        print(self.output.read_text(errors="replace"), flush=True)
        if self.tally.exists():
            tally.add_stored(self.tally)
        else:
            tally.failed.append("what ran beside ended without a result")


def run_all(tally, options):
    """Everything, so that the processor is never idle and no load is measured while others compile."""
    begin = DEFAULT.index(BESIDE_FROM)
    run_groups(tally, DEFAULT[:begin], options)
    beside = Beside(BESIDE, options)
    try:
        run_groups(tally, DEFAULT[begin:], options)
    finally:
        beside.finish(tally)


def main():
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("--long", action="store_true", help="the long forms too")
    parser.add_argument("--tally", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    options = parser.parse_args()
    unknown = [group for group in options.groups if group not in GROUPS]
    if unknown:
        parser.error(f"there is no group {', '.join(unknown)}; there are: {', '.join(GROUPS)}")

    RESULTS.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    if options.groups:
        run_groups(tally, options.groups, options)
    else:
        run_all(tally, options)
    if options.tally:
        tally.store(options.tally)
        return

    print("\n" + ", ".join(tally.minutes))
    for name in tally.skipped:
        print(f"skipped: {name}")
    for name in tally.failed:
        print(f"failed: {name}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    sys.exit(1 if tally.failed or tally.passed == 0 else 0)


if __name__ == "__main__":
    main()
