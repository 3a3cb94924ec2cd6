"""The room of marks: reject, truncated, where, length."""

from __future__ import annotations

import pytest

from limbeck.curation.mark.length import length
from limbeck.curation.mark.reject import reject
from limbeck.curation.mark.truncated import truncated
from limbeck.curation.mark.where import where
from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import check
from limbeck.pipeline.registry import method
from limbeck.records import Data, Pair, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def one(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="What?")], list(traces))


def marks(data: Data) -> list[list[str]]:
    return [record.marks for record in data.traces]


def test_reject_marks_with_the_outcome():
    outcomes = ["correct", "wrong", "unparsed", "timeout", "unknown"]
    data = reject(one(*[trace(name, name) for name in outcomes]))
    assert marks(data) == [[], ["wrong"], ["unparsed"], ["timeout"], ["unknown"]]
    assert marks(reject(data)) == marks(data)


@pytest.mark.parametrize(
    ("given", "cut"),
    [
        ({"finish": "length", "answer": "done."}, True),
        ({"finish": "stop", "format": "think", "reasoning": "so", "answer": ""}, False),
        ({"format": "think", "reasoning": "and then", "answer": " \n"}, True),
        ({"format": "mistral", "reasoning": "[THINK]and then", "answer": ""}, True),
        ({"format": "think", "reasoning": "so", "answer": "\\boxed{3}"}, False),
        ({"format": "think", "reasoning": "so", "answer": "First we add the numbers " * 20 + "and"}, True),
        ({"answer": "18"}, False),
        ({"answer": "We add the numbers " * 20 + "and"}, True),
        ({"answer": "We add the numbers " * 20 + "and stop."}, False),
        ({"answer": "We add. " * 40 + "#### 18"}, False),
        ({"reasoning": "We add. " * 40 + "A: ", "answer": "18"}, False),
        ({"format": "lines", "reasoning": ";" + "1+" * 150, "answer": ""}, False),
    ],
)
def test_truncated_is_careful(given, cut):
    data = truncated(one(trace("x", **given)))
    assert marks(data) == ([["truncated"]] if cut else [[]])


def test_truncated_can_be_told_not_to_guess():
    assert marks(truncated(one(trace("x", format="think", answer="")), guess=False)) == [[]]


def test_where_looks_at_fields_and_meta_and_understands_yaml_yes():
    data = Data(
        [
            Problem(id=str(i), question="q", source=s, meta={"ok": v})
            for i, (s, v) in enumerate([("a", "Yes "), ("b", None), ("a", "no")])
        ]
    )
    settings = check(method("curation/where"), {"field": "ok", "keep": [True], "mark": "invalid"}, "here")
    assert [p.marks for p in where(data, **settings).problems] == [[], ["invalid"], ["invalid"]]
    assert [p.marks for p in where(data, field="source", drop=("b",)).problems] == [[], ["source"], []]
    with pytest.raises(LimbeckError, match="keep or to drop"):
        where(data, field="source")


def test_length_counts_recorded_tokens_or_estimates():
    data = one(trace("c", tokens=7), trace("w", "wrong", answer="x" * 31, format="plain"))
    data.pairs = [Pair(problem_id="p", chosen="c", rejected="w")]
    assert length(data, chosen=7, rejected=11).pairs[0].marks == []
    assert length(data, prompt=1, chosen=6, rejected=10).pairs[0].marks == [
        "long_prompt",
        "long_chosen",
        "long_rejected",
    ]


def test_length_measures_rendered_messages_with_a_tokenizer(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason="needs the train extra")
    transformers = pytest.importorskip("transformers", reason="needs the train extra")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>")
    made.chat_template = "{% for m in messages %}<s> {{ m.role }} {{ m.content }} </s> {% endfor %}"
    made.save_pretrained(tmp_path)
    data = one(trace("c", answer="a b c", tokens=99), trace("w", "wrong", answer="a b c d"))
    data.pairs = [Pair(problem_id="p", chosen="c", rejected="w")]
    where_ = {"tokenizer": str(tmp_path)}
    assert length(data, prompt=4, chosen=6, rejected=7, **where_).pairs[0].marks == []
    assert length(data, prompt=3, chosen=5, rejected=6, **where_).pairs[0].marks == [
        "long_prompt",
        "long_chosen",
        "long_rejected",
    ]
    assert length(data, prompt=2, chosen=4, rejected=5, template=False, **where_).pairs[0].marks == []
    bare = length(data, prompt=1, chosen=3, rejected=4, template=False, **where_).pairs[0].marks
    assert bare == ["long_prompt", "long_chosen", "long_rejected"], "the end counts as a token"
    with pytest.raises(LimbeckError, match="cannot load the tokenizer"):
        length(data, tokenizer=str(tmp_path / "none"))
