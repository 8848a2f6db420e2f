#!/usr/bin/env python3
"""Holds every #include under src/ against the arrows that the build files allow.

The rules are those of docs/architecture.md:
  1. A file may include its own module, the modules that its tributary_module() call names in DEPENDS,
     and those that these depend on in turn. Tests may also use TEST_DEPENDS.
  2. A foreign header is included only by modules that link its library (FOREIGN), and where it is
     owned by one module, only there.
  3. Nothing but apps/ links adapters. Only apps/ and settings/ read the environment; only apps/
     makes a SystemClock.

    check_layers.py [SRC_DIR]
"""
import pathlib
import re
import sys

# Foreign header -> (library named in FOREIGN, modules that own it; None: any that links it).
FOREIGN = {
    r"boost/(asio|beast)\b": ("Boost::headers", {"http"}),
    r"boost/json\b": ("Boost::json", None),
    r"boost/url\b": ("Boost::url", None),
    r"sqlite3\.h": ("SQLite::SQLite3", {"sqlite"}),
    r"simdjson\.h": ("simdjson::simdjson", None),
    r"openssl/": ("tributary_openssl", None),
    r"zlib\.h": ("ZLIB::ZLIB", None),
    r"zstd\.h": ("zstd::libzstd_shared", None),
    r"prometheus/": ("prometheus-cpp::core", {"telemetry_metrics"}),
    r"yaml-cpp/": ("yaml-cpp", {"event"}),
    r"valijson/": ("", {"event"}),
    r"CLI/": ("", {"apps"}),
    r"librdkafka/": ("rdkafka", {"event_log_kafka"}),
}
ADAPTERS = re.compile(r"^(event_log|document_index|object_store)_(?!contract)\w+$")


def modules(src):
    """name -> {folder, sources, tests, depends, test_depends, foreign} from the build files."""
    found = {}
    for build_file in sorted(src.rglob("CMakeLists.txt")):
        text = re.sub(r"#.*", "", build_file.read_text())
        for call in re.findall(r"tributary_module\(([^)]*)\)", text):
            name, *words = call.split()
            module = {"folder": build_file.parent, "SOURCES": [], "TESTS": [], "BENCHES": [],
                      "DEPENDS": [], "TEST_DEPENDS": [], "FOREIGN": [], "TEST_FOREIGN": []}
            key = None
            for word in words:
                if word in module or word == "TEST_LABEL":
                    key = word
                elif key != "TEST_LABEL":
                    module[key].append(word)
            found[name] = module
    return found


def reachable(all_modules, roots):
    seen, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name not in seen and name in all_modules:
            seen.add(name)
            todo += all_modules[name]["DEPENDS"]
    return seen


def owner_of(header, src, all_modules):
    """The module that a header `event_log/embedded/x.h` belongs to: the innermost folder's, and of
    several in one folder the one whose source has the header's name."""
    path = (src / header).parent
    while path != src.parent:
        here = {n: m for n, m in all_modules.items() if m["folder"] == path}
        if here:
            stem = pathlib.PurePath(header).stem
            for name, module in here.items():
                if any(pathlib.PurePath(s).stem == stem for s in module["SOURCES"]):
                    return name
            return min(here, key=len)
        path = path.parent
    return None


def shipped(src, all_modules):
    """Every file that a module's SOURCES are made of: themselves and what they include. All the rest
    are tests, benches, contract suites, and the fakes that tests start."""
    todo = [m["folder"] / s for m in all_modules.values() for s in m["SOURCES"]]
    todo += list((src / "apps").rglob("*.cpp"))
    found = set()
    while todo:
        file = todo.pop()
        if file in found or not file.exists():
            continue
        found.add(file)
        todo += [src / include for _, include in enumerate_includes(file.read_text())]
    return found


def check_file(file, src, all_modules, shipped_files, problems):
    own = owner_of(str(file.relative_to(src)), src, all_modules)
    in_apps = file.relative_to(src).parts[0] == "apps"
    if own is None and not in_apps:
        problems.append(f"{file}: belongs to no module; declare it in a CMakeLists.txt")
        return
    text = file.read_text()
    test = not in_apps and file not in shipped_files
    roots = [own] if own else []
    if own and test:
        roots += all_modules[own]["TEST_DEPENDS"]
        siblings = [n for n, m in all_modules.items() if m["folder"] == all_modules[own]["folder"]]
        roots += siblings
    allowed = reachable(all_modules, roots)
    for line, include in enumerate_includes(text):
        target = owner_of(include, src, all_modules) if (src / include).exists() else None
        if target and not in_apps and target not in allowed:
            problems.append(f"{file}:{line}: {own} may not include {include}: "
                            f"{target} is not in its DEPENDS")
        if target and ADAPTERS.match(target) and not in_apps and not test and target != own:
            problems.append(f"{file}:{line}: only apps/ may link an adapter ({target})")
        for pattern, (library, owners) in FOREIGN.items():
            if re.match(pattern, include):
                home = own or "apps"
                linked = in_apps or not library or any(
                    library in all_modules[m]["FOREIGN"] + all_modules[m]["TEST_FOREIGN"] for m in roots)
                if (owners and home not in owners) or not linked:
                    problems.append(f"{file}:{line}: {home} may not include {include}")
    code = re.sub(r"//.*", "", text)
    if not in_apps and not test:
        if re.search(r"\b(getenv|setenv|environ)\s*[(;]", code) and own != "settings":
            problems.append(f"{file}: only apps/ and settings/ read the environment")
        if re.search(r"\bSystemClock\s+\w+\s*[;({]|\bSystemClock[({]", code):
            problems.append(f"{file}: only apps/ makes a SystemClock")
        if re.search(r"\bstd::(exit|abort|quick_exit)\s*\(|\bstd::signal\s*\(|\bsigaction\s*\(",
                     code) and own != "process":  # It gives children their signals back.
            problems.append(f"{file}: only apps/ touches signals and exit")
        if re.search(r"\bsystem_clock::now\s*\(", code) and file.name != "clock.h":
            problems.append(f"{file}: only base/clock.h asks the system for the time")


def enumerate_includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def check(src):
    all_modules = modules(src)
    problems = []
    for name, module in all_modules.items():
        for dependency in module["DEPENDS"]:
            if dependency not in all_modules:
                problems.append(f"{module['folder']}/CMakeLists.txt: {name} depends on "
                                f"{dependency}, which does not exist")
            if name in reachable(all_modules, [dependency]):
                problems.append(f"{name} and {dependency} depend on each other")
    files = sorted(list(src.rglob("*.h")) + list(src.rglob("*.cpp")))
    shipped_files = shipped(src, all_modules)
    for file in files:
        check_file(file, src, all_modules, shipped_files, problems)
    return files, problems


def main():
    src = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                       pathlib.Path(__file__).resolve().parents[2] / "src")
    files, problems = check(src)
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} problems")
    sys.exit(1 if problems or not files else 0)


if __name__ == "__main__":
    main()
