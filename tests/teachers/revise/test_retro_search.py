"""Retro-Search: where a trace is gone on with, which tails are kept, and what becomes of the old trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.traces import full_text

retro_search = flat("teachers/retro_search")

OLD = "Add 2 and 3.\n\nThat is 5.\n\nWait, is it?\n\n3 and 2 are 5.\n\nAlternatively count.\n\nStill 5."
"""Six steps in three thoughts: switches before steps 2 and 4."""


def told(reasoning: str = OLD, answer: str = "5", **more) -> Trace:
    verdicts = more.pop("verdicts", [Verdict("exact", "correct", answer)])
    return Trace(
        id=more.pop("id", "t"), problem_id="p", reasoning=reasoning, answer=answer, format="think",
        finish="stop", verdicts=verdicts, tokens=40, **more,
    )  # fmt: skip


def asked(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="2+3", answer="5")], list(traces))


def exact(problem: Problem, trace: Trace) -> Verdict:
    return Verdict("exact", "correct" if trace.answer == problem.answer else "wrong", trace.answer)


class Going(Scripted):
    """Goes on as a function of the prefix says, and notes what it was asked."""

    def __init__(self, reply) -> None:
        self.prefixes: list[str] = []
        super().__init__(lambda messages, number: self._reply(reply, messages[-1]["content"]))

    def _reply(self, reply, prefix):
        self.prefixes.append(prefix)
        return reply(prefix, self.prefixes.count(prefix))


def revise(data: Data, reply, notes: list | None = None, **settings) -> tuple[Data, Going]:
    model = Going(reply)
    ctx = Context(Path("."), report=notes.append if notes is not None else lambda event: None)
    return retro_search(data, model=model, verifier=exact, ctx=ctx, **settings), model


def test_a_shorter_right_tail_takes_the_place_of_the_old_one():
    before = told()
    out, model = revise(asked(before), lambda prefix, turn: "So it is 5.</think>5")
    old, new = out.traces
    assert model.prefixes == ["<think>Add 2 and 3.\n\nThat is 5.\n\n"], "the new tail has no switch left"
    assert full_text(new) == "<think>Add 2 and 3.\n\nThat is 5.\n\nSo it is 5.</think>5"
    # Tails from step 2: four steps before, one behind. 0.9 ** 4 and 0.9 ** 1.
    assert new.params["edits"] == [{"step": 2, "before": pytest.approx(0.6561), "after": pytest.approx(0.9)}]
    assert (new.parents, new.outcome, new.marks, new.tokens) == (["t"], "correct", [], None)
    assert (old.marks, old.reasoning, before.marks) == (["revised"], OLD, [])


def test_the_search_goes_on_behind_a_place_where_nothing_was_better():
    def reply(prefix, turn):
        return "No idea.</think>6" if prefix.endswith("That is 5.\n\n") else "Done.</think>5"

    out, model = revise(asked(told()), reply)
    assert [prefix[-8:] for prefix in model.prefixes] == [" is 5.\n\n", "are 5.\n\n"]
    (edit,) = out.traces[1].params["edits"]
    assert (edit["step"], edit["before"], edit["after"]) == (4, pytest.approx(0.81), pytest.approx(0.9))


def test_the_search_goes_on_in_a_new_tail():
    """The first tail switches again, and there a shorter one is met."""

    def reply(prefix, turn):
        return "Done.</think>5" if "Fine" in prefix else "Fine.\n\nWait.\n\nYes.</think>5"

    out, _ = revise(asked(told()), reply)
    assert out.traces[1].reasoning == "Add 2 and 3.\n\nThat is 5.\n\nFine.\n\nDone."
    edits = [(edit["step"], round(edit["before"], 4), round(edit["after"], 4))
             for edit in out.traces[1].params["edits"]]  # fmt: skip
    assert edits == [(2, 0.6561, 0.729), (3, 0.81, 0.9)]


@pytest.mark.parametrize(
    "tail",
    [
        "Too\n\nfew\n\nto\n\nbe right.</think>6",
        "One\n\ntwo\n\nthree\n\nfour.</think>5",
        Completion(text="Short.</think>5", finish="length"),
        Completion(text="", finish="error", error="busy"),
    ],
    ids=["wrong", "as long", "cut off", "failed"],
)
def test_what_is_worth_no_more_changes_nothing(tail):
    """At the second switch all are refused, so that of the first decides."""

    def reply(prefix, turn):
        return tail if prefix.endswith("That is 5.\n\n") else "Wait.</think>5"

    data = asked(told())
    assert revise(data, reply)[0] == data


def test_an_answer_at_once_is_a_tail_without_a_step():
    """Nothing was left to think: the last thought goes, though it was one step alone."""
    out, _ = revise(asked(told("It is 5.\n\nWait: it is.")), lambda prefix, turn: "</think>5")
    assert out.traces[1].reasoning == "It is 5.\n\n"
    assert out.traces[1].params["edits"] == [{"step": 1, "before": 0.9, "after": 1.0}]


def test_a_first_step_that_switches_is_drawn_again_and_then_passed_over():
    notes: list = []

    def reply(prefix, turn):
        return "So 5.</think>5" if prefix.endswith("That is 5.\n\n") and turn == 3 else "\nWAIT, 5.</think>5"

    out, model = revise(asked(told()), reply, notes)
    assert len(model.prefixes) == 3
    assert out.traces[1].reasoning.endswith("So 5.")
    assert "2 continuations switched at once, 0 places passed over" in notes[-1]["message"]
    none, model = revise(asked(told()), reply, notes, tries=2)
    assert none == asked(told())
    assert len(model.prefixes) == 4, "two tries at each of two places"
    assert "4 continuations switched at once, 2 places passed over" in notes[-1]["message"]


def test_a_word_that_only_begins_like_a_switch_is_none():
    out, _ = revise(asked(told("It is 5.\n\nButter.\n\nBut no: 5.")), lambda prefix, turn: "</think>5")
    assert out.traces[1].reasoning == "It is 5.\n\nButter.\n\n"


def test_one_place_is_one_continuation_and_belongs_to_the_trace():
    traces = [told(id=f"t{number}") for number in range(40)]
    out, model = revise(asked(*traces), lambda prefix, turn: "Fine.\n\nWait.</think>5", places="one")
    assert len(model.prefixes) == 40
    steps = [trace.params["edits"][0]["step"] for trace in out.traces[40:]]
    # From step 4 on there are two steps, as many as in the new tail.
    assert {*steps} == {2}
    assert 10 < len(steps) < 30
    again, _ = revise(asked(*traces[20:]), lambda prefix, turn: "Fine.\n\nWait.</think>5", places="one")
    kept = {trace.parents[0] for trace in out.traces[40:]} & {trace.id for trace in traces[20:]}
    assert {trace.parents[0] for trace in again.traces[20:]} == kept, "whatever other traces there are"


def test_traces_that_cannot_be_revised_are_counted_with_their_reasons():
    notes: list = []
    traces = [
        told("", "", id="empty"), told(id="marked", marks=["too_long"]), told("It is 5.", id="straight"),
        told(id="unseen", verdicts=[]), told(id="wrong", verdicts=[Verdict("exact", "wrong", "6")]),
    ]  # fmt: skip
    out, model = revise(asked(*traces), lambda prefix, turn: "</think>5", notes)
    assert (out.traces, model.prefixes) == (traces, [])
    assert notes[-1]["message"] == (
        "not revised: 2 not called correct by a verifier, 1 without steps, 1 marked, 1 without a switch"
    )


def test_new_traces_have_ids_of_their_own():
    taken = told(id="p#scripted-0")
    out, _ = revise(asked(taken, told(id="other")), lambda prefix, turn: "</think>5")
    assert [trace.id for trace in out.traces] == ["p#scripted-0", "other", "p#scripted-1", "p#scripted-2"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"switches": ()}, "words that begin another"), ({"switches": ("Wait", " ")}, "Wait"),
     ({"separator": "["}, "regular expression")],
)  # fmt: skip
def test_settings_without_meaning_are_refused(settings, named):
    with pytest.raises(LimbeckError, match=named):
        revise(asked(told()), lambda prefix, turn: "", **settings)


PAGE = {
    "title": "Revision",
    "defaults": {"teachers/retro_search": {"verifier": "exact"}},
    "models": {"rewriter": {"use": "models/rewriter"}, "judge": {"use": "models/noisy_judge"}},
    "stages": {
        "traces": {"use": "problems/padded", "n": 20, "solve": "steps"},
        "searched": {"use": "teachers/retro_search", "from": "traces", "model": "rewriter"},
    },
}


def planned(tmp_path, **searched):
    page = {**PAGE, "stages": {**PAGE["stages"], "searched": {**PAGE["stages"]["searched"], **searched}}}
    return planning.make(recipes.build("revision", tmp_path / "revision.yaml", page), tmp_path / "out")


def test_a_plan_refuses_models_that_continue_no_prefix_and_empty_switches(tmp_path):
    assert planned(tmp_path)
    with pytest.raises(LimbeckError, match="teachers/retro_search wants prefix of its model"):
        planned(tmp_path, model="judge")
    with pytest.raises(LimbeckError, match="words that begin another"):
        planned(tmp_path, switches=[])
    with pytest.raises(LimbeckError, match="tries"):
        planned(tmp_path, tries=0)
