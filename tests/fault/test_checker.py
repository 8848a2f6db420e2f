"""The checker itself: a system that lost, doubled or miscounted an event does not pass it."""
import pathlib
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checker import check  # noqa: E402


class DoctoredSystem:
    """Answers like a system that indexed the events with these numbers."""

    def __init__(self, numbers, letters=(), balanced=True):
        self.numbers, self.letters, self.balanced = numbers, list(letters), balanced

    def settled_ledger(self, deadline):
        return {"balanced": self.balanced, "totals": {"indexed": len(self.numbers)}}

    def all_events(self, type=None):
        if type == "dead-letter":
            return self.letters
        # The ids differ always: they must not be what the checker counts by.
        return [{"id": f"unique-{i}", "data": {"seq": n}} for i, n in enumerate(self.numbers)]


LOAD = types.SimpleNamespace(accepted={1: "r", 2: "r", 3: "r"}, attempted={1, 2, 3, 4}, first=0)


@pytest.mark.parametrize("numbers", [[1, 2, 3], [1, 2, 3, 4]], ids=["accepted", "and-unanswered"])
def test_every_accepted_event_once_passes(numbers):
    assert check(DoctoredSystem(numbers), LOAD) == {"indexed": len(numbers)}


@pytest.mark.parametrize("system, words", [
    (DoctoredSystem([1, 3]), "1 accepted events are lost"),
    (DoctoredSystem([1, 2, 3, 2]), "1 events are there twice"),
    (DoctoredSystem([1, 2, 3, 4, 4]), "1 events are there twice"),
    (DoctoredSystem([1, 2, 3, 7]), "nobody sent"),
    (DoctoredSystem([1, 2, 3], letters=[{"reason": "mapping_conflict"}]), "mapping_conflict"),
    (DoctoredSystem([1, 2, 3], balanced=False), "not balanced"),
], ids=["lost", "doubled", "an-unanswered-one-doubled", "foreign", "dead-letter", "unbalanced"])
def test_every_kind_of_loss_is_seen(system, words):
    with pytest.raises(AssertionError, match=words):
        check(system, LOAD)
