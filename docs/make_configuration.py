#!/usr/bin/env python3
"""Writes docs/configuration.md: its words stand here, its table comes from `tributary config`.

    make_configuration.py TRIBUTARY
"""
import pathlib
import subprocess
import sys

WORDS = """# Configuration

Environment variables, read once at start. Bad values, and unknown names that start with `TRIBUTARY_`,
`ELASTICSEARCH_` or `PRODUCER_`, end the start with exit code 78 and a sentence that says what is
allowed. Sizes take `B`, `KiB`, `MiB`, `GiB`; times take `ms`, `s`, `m`, `h`, `d`. What Kubernetes
injects for Services (`*_SERVICE_HOST`, `*_PORT=tcp://…`) is ignored.

    tributary config          # every setting, its value and where that comes from
    tributary check-config    # says all that is wrong, starts nothing

Any `KAFKA_<PROPERTY>` becomes the librdkafka property of that name (`KAFKA_SASL_USERNAME` is
`sasl.username`); what the guarantees rest on is refused, and what librdkafka does not know. TLS with
SASL PLAIN works with every broker; SCRAM on Kafka 4 needs librdkafka 2.6.1 or newer, and that of
Debian 12 is 2.0.2: Kafka 4 refuses its login, Kafka 3.9 does not.

`./dev docs` makes this page; the table is the one in the code.

"""


def main():
    table = subprocess.run([sys.argv[1], "config", "--markdown"], check=True, capture_output=True,
                           text=True).stdout
    (pathlib.Path(__file__).parent / "configuration.md").write_text(WORDS + table)


if __name__ == "__main__":
    main()
