"""The sequence-number checker over indices and dead letters: 0 accepted events lost, none twice.

It reads the documents and letters from the index itself, past our own programs, and counts by the
numbers in `data`.
"""
import collections
import dataclasses
import itertools
import json

from real_system import LETTERS, PATIENCE


@dataclasses.dataclass
class Verdict:
    """What became of a load."""
    accepted: int
    rate: float
    documents: int
    letters: int
    lost: list
    twice: list
    foreign: list
    wrong_letters: list
    disordered: list
    is_balanced: bool
    answers: dict

    def hold(self):
        """Everything that is wrong, at once; nothing wrong is what is asked for."""
        wrong = [self.lost and f"{len(self.lost)} accepted events are lost: {self.lost[:10]}",
                 self.twice and f"{len(self.twice)} events are there twice: {self.twice[:10]}",
                 self.foreign and f"{len(self.foreign)} that nobody sent: {self.foreign[:10]}",
                 self.wrong_letters and f"{len(self.wrong_letters)} events are letters or documents "
                                        f"and should be the other: {self.wrong_letters[:10]}",
                 self.disordered and f"{len(self.disordered)} entities have events out of order: "
                                     f"{self.disordered[:10]}",
                 not self.is_balanced and "the ledger is not balanced",
                 not self.accepted and "nothing was accepted"]
        assert not any(wrong), "; ".join(filter(None, wrong))


def numbers_of_letters(system, since):
    """Numbers of dead letters, with their reasons."""
    found = {}
    for letter in system.each_document(LETTERS, since, ("value", "reason")):
        try:
            found[json.loads(letter["value"])["data"]["seq"]] = letter["reason"]
        except (ValueError, KeyError, TypeError):
            continue  # Of another test: no numbered event.
    return found


def disordered(documents):
    """Entities whose events do not lie in one partition in the order in which they were sent."""
    places = collections.defaultdict(list)
    for document in documents:
        places[document["subject"]].append((document["data"]["seq"], document["kafka"]["partition"],
                                            document["kafka"]["offset"]))
    wrong = []
    for subject, found in places.items():
        found.sort()
        breaks = [pair for pair in itertools.pairwise(found) if pair[0][1:] > pair[1][1:]]
        if breaks or len({partition for _, partition, _ in found}) > 1:
            wrong.append(f"{subject} (number, partition, offset: {breaks[:3]})")
    return wrong


def judge(stream, documents, letters, is_balanced, may_be_letter=lambda number: False, reused=None):
    """`letters` names reasons by number. `may_be_letter` says which numbers have to be letters;
    `reused` which number's id an event bears."""
    seen = collections.Counter(document["data"]["seq"] for document in documents)
    both = [n for n in letters if n in seen]
    if reused:
        # Of those that share an id one is the document, whichever came first; the others are letters.
        owners = collections.Counter(reused(n) for n in seen)
        wrong = [n for n, count in owners.items() if count > 1]
        wrong += [n for n, reason in letters.items() if reason != "id_reused"]
        wrong += [n for n in letters if not owners.get(reused(n))]
    else:
        wrong = [n for n in letters if not may_be_letter(n)] + [n for n in seen if may_be_letter(n)]
    return Verdict(
        accepted=len(stream.accepted), rate=stream.accepted_per_second, documents=len(seen), letters=len(letters),
        lost=sorted(stream.accepted - set(seen) - set(letters)),
        twice=sorted([n for n, times in seen.items() if times > 1] + both),
        foreign=sorted((set(seen) | set(letters)) - stream.attempted),
        wrong_letters=sorted(wrong),
        # A batch that is sent again in another order has no order of its own.
        disordered=disordered(documents) if stream.copies == 1 else [],
        is_balanced=is_balanced, answers=dict(stream.statuses))


def check(system, stream, deadline=PATIENCE, **expected):
    """Waits until nothing is in flight, and holds the system to its promise; returns the verdict."""
    system.check_alive()
    ledger = system.settled_ledger(deadline)
    documents = [document for document in
                 system.each_document(since=stream.since, fields=("data.seq", "subject", "kafka"))
                 if "seq" in document.get("data", {})]
    verdict = judge(stream, documents, numbers_of_letters(system, stream.since), ledger["balanced"],
                    **expected)
    verdict.hold()
    system.check_alive()
    return verdict
