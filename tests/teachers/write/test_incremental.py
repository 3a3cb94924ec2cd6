"""teachers/incremental: chunks and stops in turn, and pairs of what leads to the answer and what does not."""

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
from limbeck.records import Data, Problem, Verdict
from limbeck.texts.traces import full_text

incremental = flat("teachers/incremental")


def part(text: str) -> Completion:
    """A chunk that was cut at its length."""
    return Completion(text=text, finish="length", tokens=2)


class Writing(Scripted):
    """Says by what is written, and which sample is asked for, what comes next."""

    def __init__(self, script: dict) -> None:
        self.asked_for: list[tuple[str, int]] = []
        super().__init__(lambda messages, number: self._next(script, messages, number))

    def _next(self, script, messages, number):
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        self.asked_for.append((begun, number))
        reply = script.get((begun, number), script.get(begun))
        return Completion(**{name: getattr(reply, name) for name in ("text", "finish", "tokens", "error")})


SCRIPT = {
    "": part("a "),
    "a ": part("b "),
    "a b ": Completion(text="#4", finish="stop", tokens=2),
    # Another chunk behind the first, that leads astray.
    ("a ", 1): part("x "),
    "a x ": Completion(text="#5", finish="stop", tokens=2),
    ("", 1): part("c "),
    "c ": Completion(text="#4", finish="stop", tokens=2),
    ("a b ", 1): Completion(text="#9", finish="stop", tokens=2),
    "a b #4": Completion(text="#7", finish="stop", tokens=2),
}
"""``a b #4`` is right, ``a x #5`` and ``a b #9`` are wrong, ``c #4`` is right."""


def answer(text: str) -> str:
    return text.rpartition("#")[2] if "#" in text else ""


def exact(problem: Problem, trace) -> Verdict:
    got = answer(full_text(trace))
    return Verdict("exact", "correct" if got == problem.answer else "wrong" if got else "unparsed", got)


def written(model, stop=None, questions=("2+2",), notes=None, **settings) -> Data:
    data = Data([Problem(id=f"p{i}", question=text, answer="4") for i, text in enumerate(questions)])
    report = notes.append if notes is not None else lambda event: None
    settings = {"format": "plain", **settings}
    return incremental(
        data, model=model, verifier=exact, stop=stop, ctx=Context(Path("."), report=report), **settings
    )


def test_chunks_until_the_writer_ends():
    model = Writing(SCRIPT)
    (trace,) = written(model, branches=0).traces
    assert full_text(trace) == "a b #4"
    assert (trace.finish, trace.outcome, trace.tokens, trace.marks) == ("stop", "correct", 6, [])
    assert model.asked_for == [("", 0), ("a ", 0), ("a b ", 0)]
    assert "stops" not in trace.params


def test_pairs_share_their_prefix_and_only_one_side_leads_to_the_answer():
    out = written(Writing(SCRIPT))
    texts = {trace.id: full_text(trace) for trace in out.traces}
    pairs = [(texts[pair.chosen], texts[pair.rejected]) for pair in out.pairs]
    # At the first place both chunks lead to 4.
    assert pairs == [("a b ", "a x "), ("a b #4", "a b #9")]
    by_id = out.trace_by_id()
    for pair in out.pairs:
        sides = by_id[pair.chosen], by_id[pair.rejected]
        prefix, *same = {trace.params["prefix"] for trace in sides}
        assert not same
        assert texts[pair.chosen][:prefix] == texts[pair.rejected][:prefix]
        assert {len(text) > prefix for text in (texts[pair.chosen], texts[pair.rejected])} == {True}
        assert [trace.marks for trace in sides] == [["branch"]] * 2
    # Only an end that the writer wrote is learned as one.
    assert [by_id[name].finish for name in (out.pairs[0].chosen, out.pairs[1].chosen)] == ["length", "stop"]
    assert out.traces[0].marks == []


def test_a_wrong_solution_learns_from_a_right_branch():
    script = {**SCRIPT, "a b ": Completion(text="#3", finish="stop", tokens=2), "a b #3": part(" ")}
    script |= {"a b #3 ": Completion(text="", finish="stop", tokens=1)}
    out = written(Writing(script))
    texts = {trace.id: full_text(trace) for trace in out.traces}
    assert [(texts[pair.chosen], texts[pair.rejected]) for pair in out.pairs] == [("c ", "a ")]


@pytest.mark.parametrize(
    "end",
    [part("b "), Completion(text="no answer", finish="stop"), Completion(text="", finish="error", error="x")],
    ids=["never finished", "no answer", "failed"],
)
def test_what_is_not_shown_to_be_wrong_is_no_negative(end):
    branch = {("a ", 1): part("x "), "a x ": end, "a x b ": end, ("a b ", 1): end, "a b b ": end}
    script = {**SCRIPT, **branch}
    assert written(Writing(script), most_chunks=3).pairs == []


def test_the_same_chunk_again_is_no_branch():
    model = Writing({**SCRIPT, ("a ", 1): part("b "), ("a b ", 1): SCRIPT["a b "]})
    assert written(model).pairs == []
    assert model.asked_for.count(("a b ", 1)) == 1, "nothing is written behind it"


def test_a_stop_model_ends_and_goes_on():
    heard = []

    def decide(messages, number):
        heard.append(messages[-1]["content"])
        return "I think it is finished." if "#7" in heard[-1] else "not finished: continue"

    model = Writing(SCRIPT)
    (trace,) = written(model, Scripted(decide), branches=0).traces
    assert full_text(trace) == "a b #4#7", "it goes on behind the writer's own end"
    assert len(heard) == 4
    assert "2+2" in heard[0]
    assert "So far:\na \n" in heard[0]
    early = written(Writing(SCRIPT), Scripted(lambda messages, number: "finished"), branches=0).traces[0]
    assert (full_text(early), early.finish, early.outcome) == ("a ", "stop", "unparsed")
    unread = written(Writing(SCRIPT), Scripted(lambda messages, number: "Hm."), branches=0).traces[0]
    assert full_text(unread) == "a b #4", "a reply with neither word leaves it to the writer"


def test_what_stopping_and_going_on_lead_to_is_noted():
    out = written(Writing(SCRIPT))
    assert out.traces[0].params["stops"] == [
        [2, "unparsed", "correct"], [4, "unparsed", "correct"], [6, "correct", "wrong"],
    ]  # fmt: skip


def test_a_solution_that_is_never_finished_is_truncated():
    out = written(Writing({**SCRIPT, "a b ": part("b "), "a b b ": part("b ")}), most_chunks=3)
    (trace,) = out.traces
    assert (trace.finish, trace.marks, trace.outcome) == ("length", ["truncated"], "unparsed")
    assert out.pairs == []
    short = written(Writing(SCRIPT), max_tokens=4, branches=0).traces[0]
    assert (full_text(short), short.finish) == ("a b ", "length"), "max_tokens bounds the whole"


def test_failed_requests_are_marked_and_all_of_them_an_error():
    failed = Completion(text="", finish="error", error="busy")

    def reply(messages, number):
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        return failed if messages[0]["content"] == "bad" and begun else SCRIPT[begun]

    good, bad = written(Scripted(reply), questions=("good", "bad"), branches=0).traces
    assert (good.outcome, good.marks) == ("correct", [])
    assert (bad.finish, bad.marks, bad.params["error"], full_text(bad)) == ("error", ["error"], "busy", "a ")
    with pytest.raises(LimbeckError, match="all 1 requests failed; the first: busy"):
        written(Scripted(lambda messages, number: failed))


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"stop_template": "{question}"}, r"no \{partial\}"), ({"stop_word": ""}, "two words"),
     ({"go_word": "unfinished"}, "none holds the other")],
)  # fmt: skip
def test_settings_without_meaning_are_refused(settings, named):
    with pytest.raises(LimbeckError, match=named):
        written(Writing(SCRIPT), **settings)


def test_a_plan_refuses_models_without_prefixes_and_words_alike(tmp_path):
    page = {
        "title": "Flow",
        "models": {"judge": {"use": "models/noisy_judge"}, "rewriter": {"use": "models/rewriter"}},
        "stages": {
            "problems": {"use": "problems/padded", "n": 20},
            "flow": {
                "use": "teachers/incremental",
                "from": "problems",
                "model": "rewriter",
                "verifier": "exact",
            },
        },
    }

    def planned(**more):
        stages = {**page["stages"], "flow": {**page["stages"]["flow"], **more}}
        raw = {**page, "stages": stages}
        return planning.make(recipes.build("flow", tmp_path / "flow.yaml", raw), tmp_path / "out")

    assert planned()
    with pytest.raises(LimbeckError, match="wants prefix of its model"):
        planned(model="judge")
    with pytest.raises(LimbeckError, match="two words"):
        planned(stop_word="go", go_word="go on")
    with pytest.raises(LimbeckError, match="chunk_tokens"):
        planned(chunk_tokens=0)
