"""curation/tree_traces: a failed branch, a reflection, the way back; and what each thought is worth."""

from __future__ import annotations

from msgspec.structs import replace
from trees_of_search import leaf, node, problem

from limbeck.curation.rewrite.tree_traces import tree_traces
from limbeck.records import Data, Trace, Verdict
from limbeck.texts.traces import full_text

SEARCHED = [
    node("a", ";a", 0.6, 5), leaf("w0", "!9", "wrong"),
    node("b", ";a;b", 0.9, 3, parent="a"), leaf("w1", ";a!8", "wrong", parent="a"),
    leaf("r", ";a;b;4", "correct", parent="b"),
]  # fmt: skip


def chains(traces: list[Trace], **more) -> list[Trace]:
    made = tree_traces(Data([problem()], traces), reflection=";no", **more)
    return made.traces[len(traces) :]


def test_the_latest_wrong_branch_comes_first_then_a_reflection_then_the_good_thoughts():
    (chain,) = chains(SEARCHED)
    assert full_text(chain) == ";a" + "!8" + ";no" + ";b;4"
    assert chain.parents == ["r", "w1"]
    assert chain.answer == "4"
    assert chain.verdicts == [], "a new text is not verified yet"


def test_two_branches_are_laid_in_from_the_end():
    (chain,) = chains(SEARCHED, branches=2)
    assert full_text(chain) == "!9;no" + ";a" + "!8;no" + ";b;4"
    assert chain.parents == ["r", "w1", "w0"]


def test_a_limit_on_thoughts_and_a_second_run_add_nothing():
    assert chains(SEARCHED, most_thoughts=2) == []
    once = tree_traces(Data([problem()], SEARCHED))
    assert len(tree_traces(once).traces) == len(once.traces)


def test_where_nothing_failed_there_is_nothing_to_reflect_on():
    assert chains([node("a", ";a", 1.0, 1), leaf("r", ";a;4", "correct", parent="a")]) == []


def test_steps_are_labelled_with_the_values_of_their_thoughts():
    made = {trace.id: trace for trace in tree_traces(Data([problem()], SEARCHED)).traces}
    labels = {name: value for name, value in made["r"].scores.items() if name.startswith("value/")}
    assert labels == {"value/0": 0.6, "value/1": 0.9, "value/2": 1.0}
    assert "value/0" not in made["a"].scores, "an inner node is no attempt"


def test_a_failed_conclusion_does_not_close_the_thought_in_its_midst():
    def thought(trace: Trace, text: str, begins: int) -> Trace:
        return replace(trace, answer=text, params={"thought": "step", "begins": begins})

    def attempt(name: str, reasoning: str, answer: str, outcome: str, parent: str, begins: int) -> Trace:
        return Trace(
            id=name, problem_id="p", reasoning=reasoning, answer=answer, format="think", model="m",
            finish="stop", params={"thought": "conclude", "begins": begins}, parents=[parent],
            verdicts=[Verdict("exact", outcome)], scores={"value": float(outcome == "correct")},
        )  # fmt: skip

    good, bad = "<think>it is four", "<think>it is five"
    traces = [
        thought(node("g", "", 1.0, 1), good, 0), thought(node("b", "", 0.0, 1), bad, 0),
        attempt("r", "it is four\n", "\n\n4", "correct", "g", len(good)),
        attempt("w", "it is five\n", "\n\n5", "wrong", "b", len(bad)),
    ]  # fmt: skip
    (chain,) = tree_traces(Data([problem()], traces), reflection=" No. ").traces[4:]
    assert full_text(chain).count("</think>") == 1
    assert chain.answer == "\n\n4"
