"""What a benchmark says must follow from what it measured."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import log_lines  # noqa: E402
import measure  # noqa: E402


def rounds(*percents):
    return [{"silent": {"cpu": 0.02}, "logging": {"cpu": 0.02 * (1 + percent / 100)}} for percent in percents]


@pytest.mark.parametrize("percents, verdict", [
    ((0.8, 1.1, 0.9, 1.2, 1.0, 0.7, 1.3, 0.9, 1.0, 1.1), "yes"),
    ((0.8, 1.1, 40.0, 1.2, 1.0, 0.7, -30.0, 0.9, 1.0, 1.1), "yes"),  # Two rounds of somebody else's work.
    ((4.8, 5.1, 4.9, 5.2, 5.0, 4.7, 5.3, 4.9, 5.0, 5.1), "no"),
    ((-9.0, 12.0, 3.0, -4.0, 9.0, 1.0, -7.0, 8.0, 2.0, -1.0), "undecided"),
    ((1.0,), "undecided"),
])
def test_log_lines_are_judged_by_the_range_and_not_by_the_middle(percents, verdict):
    low, _, high = log_lines.differences(rounds(*percents), "cpu")
    assert log_lines.verdict(low, high, None) == verdict, (low, high)


@pytest.mark.parametrize("low, high, lines, stacks, verdict", [
    (-5.0, 8.0, 30, 3_000, "yes, by samples"),
    (-5.0, 8.0, 80, 3_000, "undecided"),  # 2.7 %, but as likely as not it is 3.
    (-5.0, 8.0, 0, 3_000, "undecided"),  # Of a program without symbols.
    (-5.0, 8.0, 1, 20, "undecided"),
    (-5.0, 8.0, 0, 0, "undecided"),
    (3.5, 8.0, 30, 3_000, "no"),
])
def test_samples_decide_where_the_rounds_do_not_and_are_enough(low, high, lines, stacks, verdict):
    assert log_lines.verdict(low, high, log_lines.Share(lines, stacks)) == verdict


def test_cpu_seconds_are_finer_than_the_ticks_of_proc():
    with subprocess.Popen([sys.executable, "-c", "input(1)"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        program.stdout.read(1)
        before = measure.cpu_seconds(program.pid)
        program.communicate(b"\n", timeout=30)
    assert before > 0 and round(before * measure.TICKS, 6) != round(before * measure.TICKS)
    assert measure.cpu_seconds(program.pid) is None
