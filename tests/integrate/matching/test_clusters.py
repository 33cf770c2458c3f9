"""Which links hold: decisions first, no person with two documents, none too large, and never through a third record."""

import itertools
import time

import pytest

from churn_tasks.integrate.matching.clusters import Groups, Link, resolve
from churn_tasks.integrate.matching.persons import person_ids

UPPER = 0.95


def _verdicts(links: list[Link], groups: Groups) -> dict[str, tuple[str, str]]:
    return {
        each.link.a + each.link.b: (each.verdict, each.reason)
        for each in resolve(links, groups, UPPER)
    }


def test_a_chain_of_sure_links_is_one_person() -> None:
    groups = Groups()
    told = _verdicts(
        [Link("a", "b", 0.99), Link("b", "c", 0.96), Link("d", "e", 0.7)], groups
    )
    assert told["ab"] == told["bc"] == ("merged", "above_the_upper_threshold")
    assert told["de"] == ("review", "between_the_thresholds")
    assert groups.of("c") == "a" and groups.of("d") != groups.of("e")


def test_two_decided_different_are_not_joined_through_a_third() -> None:
    """The weaker link gives way. Without the rule (control) the three are one person."""
    chain = [Link("a", "b", 0.99), Link("b", "c", 0.96)]
    control = Groups()
    resolve(chain, control, UPPER)
    assert control.of("c") == "a"
    groups = Groups()
    told = _verdicts(
        [*chain, Link("a", "c", 0.2, decision="different", revision=1)], groups
    )
    assert told["ac"] == ("different_by_person", "decided")
    assert told["ab"][0] == "merged"
    assert told["bc"] == ("review", "decided_different")
    assert groups.of("c") == "c"


def test_the_latest_of_contradicting_decisions_counts() -> None:
    older = [
        Link("a", "b", 0.9, decision="same", revision=1),
        Link("b", "c", 0.9, decision="same", revision=2),
    ]
    told = _verdicts(
        [*older, Link("a", "c", 0.9, decision="different", revision=3)], Groups()
    )
    assert told["bc"] == ("same_by_person", "decided")
    assert told["ab"] == ("review", "contradicts_a_later_decision")


def test_a_decision_outweighs_documents_and_guards_and_a_link_does_not() -> None:
    documents = {"identity": {"a": "1", "c": "2"}}
    chain = [Link("a", "b", 0.99), Link("b", "c", 0.98)]
    assert _verdicts(chain, Groups(documents))["bc"] == ("review", "two_identity")
    assert _verdicts(chain, Groups())["bc"][0] == "merged", (
        "control: without documents nothing holds it back"
    )
    decided = [
        chain[0],
        Link("b", "c", 0.98, guard="another_document", decision="same", revision=1),
    ]
    assert _verdicts(decided, Groups(documents))["bc"] == ("same_by_person", "decided")


def test_a_guard_and_a_person_too_large_go_to_review() -> None:
    assert _verdicts([Link("a", "b", 1.0, guard="another_name")], Groups())["ab"] == (
        "review",
        "another_name",
    )
    ring = [Link("a", "b", 0.99), Link("b", "c", 0.98), Link("c", "d", 0.97)]
    assert _verdicts(ring, Groups(most_lines=3))["cd"] == ("review", "too_many_lines")


def test_nobody_is_asked_about_two_lines_that_others_have_joined() -> None:
    chain = [Link("a", "b", 0.99), Link("b", "c", 0.98)]
    guarded = Link("a", "c", 0.999, guard="another_name")
    assert _verdicts([*chain, guarded], Groups())["ac"] == (
        "merged",
        "through_other_lines",
    )
    assert _verdicts([chain[0], guarded], Groups())["ac"] == ("review", "another_name")


def test_what_was_merged_stays_merged_above_the_lower_threshold() -> None:
    assert _verdicts([Link("a", "b", 0.6, was_merged=True)], Groups())["ab"] == (
        "merged",
        "merged_before",
    )
    assert _verdicts([Link("a", "b", 0.6)], Groups())["ab"][0] == "review"


def test_the_order_of_links_does_not_matter() -> None:
    links = [
        Link("a", "b", 0.97),
        Link("b", "c", 0.99),
        Link("c", "d", 0.99),
        Link("a", "d", 0.1, decision="different"),
    ]
    results = []
    for order in itertools.permutations(links):
        groups = Groups()
        told = _verdicts(list(order), groups)
        results.append((told, {line: groups.of(line) for line in "abcd"}))
    assert len(results) == 24
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("groups", "before", "after"),
    [
        ([["a"], ["b"]], {}, {"a": "Pa", "b": "Pb"}),
        (
            [["b", "c"]],
            {"c": "Pc"},
            {"b": "Pc", "c": "Pc"},
        ),  # a smaller number that joins later does not rename
        ([["a", "b"]], {"a": "Pa", "b": "Pb"}, {"a": "Pa", "b": "Pa"}),
        (
            [["b"]],
            {"a": "Pa", "b": "Pa"},
            {"b": "Pa"},
        ),  # the line the person is called after is gone
        (
            [["a"], ["b", "c"]],
            {"a": "Pa", "b": "Pa", "c": "Pa"},
            {"a": "Pa", "b": "Pb", "c": "Pb"},
        ),
        (
            [["b"], ["c", "d"]],
            {"b": "Pa", "c": "Pa", "d": "Pa"},
            {"b": "Pb", "c": "Pa", "d": "Pa"},
        ),
        (
            [["a"], ["b"]],
            {"b": "Pa"},
            {"a": "Pa-2", "b": "Pa"},
        ),  # who has a number keeps it
    ],
)
def test_persons_keep_their_numbers(
    groups: list[list[str]], before: dict[str, str], after: dict[str, str]
) -> None:
    assert person_ids(groups, before) == after
    assert (
        person_ids(reversed([list(reversed(group)) for group in groups]), before)
        == after
    )


def test_a_number_is_never_given_to_two_persons() -> None:
    given = person_ids([["a"], ["b"], ["c"]], {"a": "Pb", "b": "Pc", "c": "Pc"})
    assert len(set(given.values())) == 3


def test_a_hundred_thousand_persons_are_named_in_seconds() -> None:
    """The work grows with the lines, not with their square: ten times as many take far less than a hundred times."""
    groups = [[f"a{number}", f"b{number}"] for number in range(100_000)]
    before = {
        line: f"Pa{number}" for number, group in enumerate(groups) for line in group
    }
    started = time.process_time()
    assert len(set(person_ids(groups, before).values())) == 100_000
    assert time.process_time() - started < 20
