#!/usr/bin/env python3
"""Makes what is made from the sources here: ./dev docs runs it, a test runs it with --check.

    make.py [--check]
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "grafana"), str(HERE / "kibana")]
import dashboard  # noqa: E402
import objects  # noqa: E402

RULES = HERE.parent / "kubernetes/components/monitoring/alerts.yaml"


def prometheus_rule():
    """The rules as the Prometheus Operator wants them: the same groups, one level deeper."""
    groups = (HERE / "alerts.yaml").read_text().split("\ngroups:\n")[1]
    return ("# Made by ./dev docs from deploy/observability/alerts.yaml.\n"
            "apiVersion: monitoring.coreos.com/v1\n"
            "kind: PrometheusRule\n"
            "metadata: {name: tributary, namespace: tributary}\n"
            "spec:\n"
            "  groups:\n" + "".join(f"  {line}".rstrip() + "\n" for line in groups.splitlines()))


def outputs():
    return {
        RULES: prometheus_rule(),
        HERE / "kibana/objects.ndjson": objects.ndjson(),
        HERE / "grafana/tributary.json": json.dumps(dashboard.dashboard(), indent=2) + "\n",
    }


def main():
    stale = [path for path, text in outputs().items()
             if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path} is out of date; run ./dev docs")
        sys.exit(1 if stale else 0)
    for path in stale:
        path.write_text(outputs()[path])


if __name__ == "__main__":
    main()
