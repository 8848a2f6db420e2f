"""The checker itself: every kind of loss is seen."""
import types

import pytest

from stream import RANGE, entity, owner
from verdict import judge


def stream(accepted, attempted=None, copies=1):
    return types.SimpleNamespace(accepted=set(accepted), attempted=set(attempted or accepted),
                                 accepted_per_second=1.0, statuses={}, copies=copies)


def document(number, offset=None, partition=0):
    return {"data": {"seq": number}, "subject": entity(number),
            "kafka": {"partition": partition, "offset": number if offset is None else offset}}


def fine(numbers):
    return [document(n) for n in numbers]


def test_every_accepted_event_once_and_an_unanswered_one_pass():
    judge(stream([1, 2], [1, 2, 3]), fine([1, 2, 3]), {}, True).hold()


@pytest.mark.parametrize("documents, letters, balanced, words", [
    (fine([1]), {}, True, "1 accepted events are lost"),
    (fine([1, 2, 2]), {}, True, "there twice"),
    (fine([1, 2]), {2: "rejected"}, True, "there twice"),
    (fine([1, 2, 9]), {}, True, "nobody sent"),
    (fine([1]), {2: "rejected"}, True, "should be the other"),
    (fine([1, 2]), {}, False, "not balanced"),
])
def test_every_kind_of_loss_is_seen(documents, letters, balanced, words):
    with pytest.raises(AssertionError, match=words):
        judge(stream([1, 2]), documents, letters, balanced).hold()


def test_events_of_one_entity_out_of_order_are_seen():
    first, second = 0, 51
    assert entity(first) == entity(second) != entity(second + RANGE)
    in_order = [document(first, 5), document(second, 6)]
    judge(stream([first, second]), in_order, {}, True).hold()
    for wrong in ([document(first, 6), document(second, 5)],
                  [document(first, 5), document(second, 6, partition=1)]):
        with pytest.raises(AssertionError, match="out of order"):
            judge(stream([first, second]), wrong, {}, True).hold()


def test_what_has_to_be_a_letter_and_is_a_document_is_seen():
    with pytest.raises(AssertionError, match="should be the other"):
        judge(stream([100]), fine([100]), {}, True, may_be_letter=lambda n: n == 100).hold()


def test_of_two_events_with_one_id_either_may_be_the_document_but_not_both():
    first, second = 20, 620
    assert owner(second) == owner(first) == first
    both = stream([first, second])
    for winner, loser in ((first, second), (second, first)):
        judge(both, fine([winner]), {loser: "id_reused"}, True, reused=owner).hold()
    with pytest.raises(AssertionError, match="should be the other"):
        judge(both, fine([first, second]), {}, True, reused=owner).hold()
    with pytest.raises(AssertionError, match="should be the other"):
        judge(both, [], {first: "id_reused", second: "id_reused"}, True, reused=owner).hold()
    with pytest.raises(AssertionError, match="lost"):
        judge(both, fine([first]), {}, True, reused=owner).hold()
