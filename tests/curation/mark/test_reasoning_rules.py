"""Rules that find reasoning without a label: what each marks, counted by hand, and what is said when nothing
is left."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from flat import flat

from limbeck.curation.mark.connectives import connectives
from limbeck.curation.mark.off_topic import off_topic
from limbeck.curation.mark.repetitive import repetitive
from limbeck.curation.mark.trace_length import trace_length
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.distinct import distinct
from limbeck.models.scripted import Scripted
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.context import Context
from limbeck.pipeline.runner import run
from limbeck.records import Data, Problem, Trace

perplexity = flat("curation/perplexity")
QUESTION = "Would a pear sink in water?"


def stating(*texts: str, question: str = QUESTION, **more) -> Data:
    traces = [
        Trace(id=f"t{place}", problem_id="p", reasoning=text, answer="", **more)
        for place, text in enumerate(texts)
    ]
    return Data([Problem(id="p", question=question)], traces)


def marks(data: Data) -> list[list[str]]:
    return [trace.marks for trace in data.traces]


def test_connectives_count_places_and_not_parts_of_words():
    data = stating(
        "A pear is lighter than water, so it floats.",
        "Pears are also soft. Thence no.",  # al*so* and *hence* within a word join nothing
        "1. Density of a pear: 0.6.\n2. Of water: 1.",
        "16 eggs - 3 eggs = 13 eggs",
        "No",
    )
    assert marks(connectives(data)) == [[], ["no_connectives"], [], [], ["no_connectives"]]
    assert marks(connectives(data, least=2)) == [["no_connectives"]] * 2 + [[]] + [["no_connectives"]] * 2
    german = connectives(stating("Birnen schwimmen, weil sie leicht sind."), patterns=(r"\bweil\b",))
    assert marks(german) == [[]]


def test_a_rule_looks_at_the_part_it_is_told_and_keeps_earlier_marks():
    data = stating("because")
    data.traces[0].marks = ["wrong"]
    assert marks(connectives(data, of="answer")) == [["wrong", "no_connectives"]]
    assert marks(connectives(data, of="reasoning")) == [["wrong"]]


def test_length_in_words_characters_and_tokens():
    data = stating("one two three", "eins", "水の中で沈む")  # the last without blanks: a character is a word
    assert marks(trace_length(data, least=2, most=4)) == [[], ["too_short"], ["too_long"]]
    assert marks(trace_length(data, least=5, most=11, unit="characters")) == [[], ["too_short"], []]
    counted = stating("one two three", tokens=9)
    assert marks(trace_length(counted, most=8, unit="tokens")) == [["too_long"]]
    assert marks(trace_length(stating("uncounted"), least=5, unit="tokens")) == [[]]


def test_repetition_is_the_share_of_different_n_grams():
    # Of "a b a b a b" the 2-grams are ab, ba, ab, ba, ab: 2 of 5.
    data = stating("a b a b a b", "a b c d", "a")
    assert marks(repetitive(data, n=2, least=0.41)) == [["repetitive"], [], []]
    assert marks(repetitive(data, n=2, least=0.4)) == [[], [], []]
    assert marks(repetitive(stating("ababab"), n=2, least=0.41, unit="characters")) == [["repetitive"]]
    assert distinct(data.problems[0], data.traces, n=2) == pytest.approx((2 / 5 + 1) / 2), "a is left out"
    assert distinct(data.problems[0], data.traces[2:], n=2) is None


def test_relevance_is_the_share_of_the_questions_words():
    # Of the question's words *would*, *pear*, *sink*, *water* have four letters.
    data = stating("The pear floats in WATER!", "Apples grow on trees.", "a in water?")
    assert marks(off_topic(data, least=0.5)) == [[], ["off_topic"], ["off_topic"]]
    assert marks(off_topic(data, least=0.25)) == [[], ["off_topic"], []]
    assert marks(off_topic(stating("4+3", "9", question="3+4"), least=0.5, unit="characters")) == [
        [],
        ["off_topic"],
    ]
    assert marks(off_topic(stating("x", question="Is it so?"))) == [[]], "no word of it says a topic"
    lost = stating("x")
    lost.problems = []
    assert marks(off_topic(lost)) == [[]]


def test_perplexity_is_that_of_the_model_and_cheaper_filters_go_before(tmp_path):
    texts = {"sure": -0.1, "odd": -3.0, "dull": -0.001}
    asked = []

    class Scorer(Scripted):
        def score(self, prompts, completions):
            asked.extend(completions)
            return [[texts[text], texts[text]] if text in texts else [] for text in completions]

    data = stating(*texts, "", format="plain")
    data.traces.append(Trace(id="w", problem_id="p", reasoning="sure", marks=["too_short"]))
    data.traces.append(Trace(id="f", problem_id="p", reasoning="sure", format="no such format"))
    log: list[str] = []
    ctx = Context(tmp_path, report=lambda event: log.append(event["message"]))
    made = perplexity(data, model=Scorer([]), most=math.exp(2), least=math.exp(0.01), ctx=ctx)
    assert marks(made) == [[], ["improbable"], ["too_probable"], [], ["too_short"], []]
    assert asked == [*texts], "neither the marked one nor what has no text is read"
    assert made.traces[1].scores["perplexity"] == pytest.approx(math.exp(3))
    assert log == ["2 traces without a text that could be scored stay as they are"]


@pytest.mark.parametrize(
    ("method", "settings", "told"),
    [
        ("connectives", {"patterns": ["("]}, r"'\(' is no regular expression"),
        ("connectives", {"least": 0}, "asks for nothing"),
        ("trace_length", {"least": 0}, "least=0, most=0 is no range"),
        ("trace_length", {"least": 9, "most": 3}, "least=9, most=3 is no range"),
        ("repetitive", {"least": 0.0}, "'kept'.*'least' is above 0 and at most 1, got 0.0"),
        ("off_topic", {"least": 1.5}, "'kept'.*'least' is above 0 and at most 1, got 1.5"),
        ("perplexity", {"most": 2.0, "least": 3.0, "model": "base"}, "least=3, most=2 is no range"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_when_the_run_is_planned(method, settings, told, tmp_path):
    page = recipes.load("haste-world")
    page.stages["kept"] = recipes.Stage("kept", f"curation/{method}", ["graded"], settings)
    with pytest.raises(LimbeckError, match=told):
        planning.make(page, tmp_path)


def test_a_filter_that_keeps_nothing_says_so_with_counts(tmp_path):
    file = tmp_path / "page.yaml"
    file.write_text(
        "title: nothing left\nstages:\n"
        "  some: {use: problems/haste, n: 3, solve: careful}\n"
        "  few: {use: curation/trace_length, from: some, least: 500}\n"
        "  none: {use: curation/trace_length, from: few, least: 900}\n"
    )
    made = run(planning.make(recipes.load(str(file)), tmp_path / "out"), jobs=1).manifests
    assert made["few"]["notes"] == ["leaves none of the 3 traces it was given without a mark: 3 too_short"]
    assert made["none"]["notes"] == [], "what came marked was not lost here"
    assert Path(tmp_path / "out").exists()
