"""Rationales in texts: which help, who selects steps by them, and how good a filter is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flat import flat

from limbeck.curation.rewrite.helpful_rationales import helpful_rationales
from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.filtered import filtered
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.cues import IMPLIED, cues, written
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.write.step_select import estimate
from limbeck.verifiers.answers.exact import exact

step_select = flat("teachers/step_select")


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


class Reader(Scripted):
    """Character by character: a digit is sure behind a bracket that names it, else one of ten; the rest costs
    1."""

    def __init__(self, replies=("x",)) -> None:
        super().__init__(list(replies) if not callable(replies) else replies)
        self.scored: list[tuple[str, str]] = []

    def score(self, prompts, completions, ended=None):
        found = []
        for messages, text in zip(prompts, completions, strict=True):
            before = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
            self.scored.append((before, text))
            named = before.rpartition("[")[2].rstrip("]") if before.endswith("]") else ""
            row = []
            for char in text:
                row.append((-0.1 if char == named else -5.0 if named else -2.3) if char.isdigit() else -1.0)
                named = "" if char.isdigit() else named
            found.append(row)
        return found


def texts(*reasonings: str, **more) -> Data:
    traces = [
        Trace(id=f"t{i}", problem_id="p", reasoning=text, answer="9", format="lines", **more)
        for i, text in enumerate(reasonings)
    ]
    return Data([Problem(id="p", question="q", answer="9")], traces)


def mine(data: Data, model=None, **more) -> Data:
    more = {"opens": "[", "closes": "]", "template": "{question}>{prefix}", "ctx": context(), **more}
    return helpful_rationales(data, model=model or Reader(), **more)


def test_a_rationale_is_kept_where_the_text_behind_it_gets_likelier():
    model = Reader()
    out = mine(texts("[7];7[5];3;"), model)
    # Prefixes and what follows are without any rationale, but for the one that is weighed.
    assert model.scored == [("[7]", ";7;3;9"), ("", ";7;3;9"), (";7[5]", ";3;9"), (";7", ";3;9")]
    assert [problem.question for problem in out.problems] == ["q>", "q>;7"]
    assert [(trace.answer, trace.marks) for trace in out.traces] == [("7", []), ("5", ["unhelpful"])]
    # The digit is the second token that follows.
    assert [trace.scores["gain"] for trace in out.traces] == pytest.approx([0.9 * 2.2, -0.9 * 2.7])
    assert mine(texts("[7];7;"), discount=1.0).traces[0].scores["gain"] == pytest.approx(2.2)
    assert mine(texts("[7];7;"), margin=2.0).traces[0].marks == ["unhelpful"]


def test_mined_rationales_know_their_text_and_the_truth_where_it_is_known():
    data = texts("[7];7[5];3;", params={"references": ["7"]})
    out = mine(data)
    assert [problem.answer for problem in out.problems] == ["7", None]
    assert [trace.parents for trace in out.traces] == [["t0"], ["t0"]]
    assert [exact(*pair).outcome for pair in zip(out.problems, out.traces, strict=True)] == [
        "correct",
        "unknown",
    ]
    # What nothing follows cannot be weighed; marked texts are left alone.
    marked = texts("[7];7;", ";1;[7]")
    marked.traces[0].marks = ["wrong"]
    marked.traces[1].answer = ""
    with pytest.raises(LimbeckError, match="no rationale between"):
        mine(marked)


def test_a_text_that_the_writer_changed_gives_none():
    data = texts(";1;2;3;", "[2];1;2;3;", "[2];7;8;")
    data.traces[1].parents = data.traces[2].parents = ["t0"]
    assert [trace.marks for trace in mine(data).traces] == [["unhelpful"], ["unhelpful", "text_changed"]]
    assert "text_changed" not in mine(data, faithful=0.5).traces[1].marks


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"template": "{question}"}, r"has no \{prefix\}"),
        ({"discount": 1.5}, "discount=1.5"),
        ({"opens": ""}, "opens=''"),
    ],
)
def test_settings_that_mine_nothing_are_refused(settings, message):
    with pytest.raises(LimbeckError, match=message):
        mine(texts("[7];7;"), **settings)


CANDIDATES = [";1;8", ";7;8", ";5;8"]


def agent(messages, number):
    prefix = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
    return CANDIDATES[number] if not prefix else ";8"


def select(model, **more) -> Trace:
    more = {
        "format": "lines",
        "separator": ";",
        "guide_template": "{question}>{prefix}",
        "insert": "[{rationale}]",
        **more,
    }
    return step_select(Data([Problem(id="p", question="q")]), model=model, ctx=context(), **more).traces[0]


def test_the_candidate_that_is_likeliest_behind_the_rationale_is_taken():
    asked = []

    def guide(messages, number):
        asked.append(messages[-1]["content"])
        return "7" if len(asked) == 1 else "8"

    model = Reader(agent)
    trace = select(model, select="rationale", guide=Scripted(guide))
    assert (trace.reasoning, trace.answer, trace.finish) == (";7;", "8", "stop")
    assert asked == ["q>", "q>;7"]
    # The rationale is put behind the text, not kept in it; equal candidates are scored once.
    assert [before for before, _ in model.scored] == ["[7]", "[7]", "[7]", ";7[8]"]
    assert trace.tokens == 6


def test_without_a_rationale_the_first_of_equals_is_taken_and_at_random_any():
    assert select(Reader(agent), select="logp").reasoning == ";1;"
    seen = {select(Reader(agent), select="random", seed=seed).reasoning for seed in range(20)}
    assert seen == {";1;", ";7;", ";5;"}
    assert select(Reader(agent), select="random", seed=3) == select(Reader(agent), select="random", seed=3)


def test_what_never_ends_is_cut_off_and_failures_are_marked():
    endless = Scripted([";1;2"])
    trace = select(endless, select="random", most_steps=3)
    assert (trace.reasoning + trace.answer, trace.marks, trace.finish) == (";1;1;1", ["truncated"], "length")
    heard: list = []
    flaky = Scripted(
        lambda messages, number: (
            ";1" if messages[0]["content"] == "q" else Completion(text="", finish="error")
        )
    )
    both = Data([Problem(id="p", question="q"), Problem(id="r", question="r")])
    out = step_select(
        both, model=flaky, select="random", format="lines", separator=";", ctx=context(heard)
    ).traces
    assert [trace.finish for trace in out] == ["stop", "error"]
    with pytest.raises(LimbeckError, match="needs a guide"):
        select(Reader(agent), select="rationale")
    with pytest.raises(LimbeckError, match=r"has no \{rationale\}"):
        select(Reader(agent), insert="x")
    settings = {"k": 3, "most_steps": 4, "step_tokens": 5, "guide_tokens": 7, "guide_template": "{prefix}"}
    made = estimate({"problems": 2}, {**settings, "template": "{question}", "system": ""})
    assert made["max_tokens"] == 120
    assert made["asks"]["guide"] == {"samples": 8, "max_tokens": 56}


def judged(*kept: bool, dropped: tuple[bool, ...] = ()) -> Data:
    data = Data([Problem(id="p", question="q", source="s")])
    for number, right in enumerate([*kept, *dropped]):
        verdict = Verdict("v", "correct" if right else "wrong")
        marks = [] if number < len(kept) else ["unhelpful"]
        data.traces.append(Trace(id=f"t{number}", problem_id="p", verdicts=[verdict], marks=marks))
    return data


def test_precision_and_recall_of_a_filter_by_hand():
    data = judged(True, True, True, False, dropped=(True, False, False, False, False))
    data.traces.append(Trace(id="open", problem_id="p"))
    heard: list = []
    out = filtered(data, ctx=context(heard))
    values = {result.metric: result.value for result in out.results}
    assert values == pytest.approx({"precision": 3 / 4, "recall": 3 / 4, "kept": 4 / 9, "base": 4 / 9})
    assert all(result.low < result.value < result.high for result in out.results)
    assert len(out.data.traces) == 4
    assert not any("temperature" in trace.params for trace in out.data.traces), "nothing was sampled"
    assert "1 traces left out" in heard[0]["message"]
    with pytest.raises(LimbeckError, match="none of 1 traces is judged"):
        filtered(Data([], data.traces[-1:]), ctx=context())


def test_the_world_of_cues_is_consistent():
    data = cues(n=200, solve="explained", useful=0.5)
    true = said = 0
    for problem, trace in zip(data.problems, data.traces, strict=True):
        assert problem.meta["rationales"] == [IMPLIED[letter] for letter in problem.question]
        steps = [letter + written(IMPLIED[letter]) for letter in problem.question]
        text = trace.reasoning + trace.answer
        assert re.sub(r"\[.\]", "", text) == "".join(f";{step}" for step in steps)
        assert problem.answer == steps[-1] == trace.answer
        assert trace.outcome == "correct"
        spans = [text[start:end] for start, end, weight in trace.weights if weight == 0]
        assert spans == re.findall(r"\[.*?\]", text)
        assert len(spans) == len(trace.params["references"])
        said += len(spans)
        true += sum(span[1:-1] == own for span, own in zip(spans, trace.params["references"], strict=True))
    assert 0.4 < true / said < 0.6
    plain = cues(n=200, solve="plain")
    assert all("[" not in trace.reasoning and not trace.weights for trace in plain.traces)
    assert not {p.question for p in plain.problems} & {p.question for p in cues(n=200, split="test").problems}
    assert len(set(IMPLIED.values())) == 10


def test_strange_texts_teach_nothing_of_the_letters():
    data = cues(n=300, solve="explained", strange=True, share=0.5)
    meanings: dict[str, set[str]] = {}
    for trace in data.traces:
        text = trace.reasoning + trace.answer
        for operation, letter, after in re.findall(r"\[(\w)\];(\w)(\d)", text):
            assert after == written(operation)
            meanings.setdefault(letter, set()).add(operation)
        weightless = "".join(text[start:end] for start, end, _ in trace.weights)
        unexplained = "".join(re.findall(r"\d", re.sub(r"\[.\];\w\d", "", text)))
        assert sorted(weightless) == sorted(unexplained + "".join(re.findall(r"\[.\]", text)))
    assert all(len(found) > 5 for found in meanings.values())
