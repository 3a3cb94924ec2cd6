"""Curation methods one by one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from limbeck.curation.mark.decontaminate import decontaminate
from limbeck.curation.mark.exact_duplicates import exact_duplicates
from limbeck.curation.mark.length import length
from limbeck.curation.mark.near_duplicates import near_duplicates
from limbeck.curation.mark.reject import reject
from limbeck.curation.mark.truncated import truncated
from limbeck.curation.mark.where import where
from limbeck.curation.pair.pairs import pairs
from limbeck.curation.score.pass_rate import pass_rate
from limbeck.curation.select.first_correct import first_correct
from limbeck.curation.select.merge import merge
from limbeck.curation.select.sample_problems import sample_problems
from limbeck.curation.select.shuffle import shuffle
from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import check
from limbeck.pipeline.registry import method
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Pair, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def problems(*questions: str, source: str = "s") -> list[Problem]:
    return [
        Problem(id=f"{source}{i}", question=question, source=source) for i, question in enumerate(questions)
    ]


def one(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="What?")], list(traces))


def marks(data: Data) -> list[list[str]]:
    return [record.marks for record in data.traces]


def test_reject_marks_with_the_outcome():
    outcomes = ["correct", "wrong", "unparsed", "timeout", "unknown"]
    data = reject(one(*[trace(name, name) for name in outcomes]))
    assert marks(data) == [[], ["wrong"], ["unparsed"], ["timeout"], ["unknown"]]
    assert marks(reject(data)) == marks(data)


def test_pairs_choose_only_clean_wrong_traces_and_ignore_not_first():
    data = one(
        trace("c1"), trace("c2"), trace("w1", "wrong", marks=["truncated"]), trace("w2", "wrong"),
        trace("u", "unparsed"), trace("w3", "wrong", marks=["wrong", "duplicate"]), trace("w4", "wrong"),
    )  # fmt: skip
    data = first_correct(reject(data))
    assert marks(data)[1] == ["not_first"]
    found = [(pair.chosen, pair.rejected) for pair in pairs(data, per_problem=2).pairs]
    assert found == [("c1", "w2"), ("c2", "w4")]
    assert len(pairs(data, per_problem=0, choose="all").pairs) == 4
    assert len(pairs(data, per_problem=3, choose="all").pairs) == 3


def test_the_shorter_side_starts_over_and_no_pair_comes_twice():
    data = one(trace("c1"), *[trace(f"w{i}", "wrong") for i in range(3)])
    found = [(pair.chosen, pair.rejected) for pair in pairs(data, per_problem=5).pairs]
    assert found == [("c1", "w0"), ("c1", "w1"), ("c1", "w2")]


def test_pairs_shortest_and_random():
    data = one(
        trace("long", tokens=9),
        trace("short", tokens=2),
        *[trace(f"w{i}", "wrong", tokens=5 - i) for i in range(4)],
    )
    (pair,) = pairs(data, choose="shortest").pairs
    assert (pair.chosen, pair.rejected) == ("short", "w3")
    drawn = [
        tuple((p.chosen, p.rejected) for p in pairs(data, choose="random", seed=s, per_problem=2).pairs)
        for s in range(8)
    ]
    assert len(set(drawn)) > 2
    assert drawn[3] == tuple(
        (p.chosen, p.rejected) for p in pairs(data, choose="random", seed=3, per_problem=2).pairs
    )


def test_a_marked_problem_gets_no_pair():
    data = one(trace("c"), trace("w", "wrong"))
    data.problems[0].marks = ["contaminated"]
    assert pairs(data).pairs == []
    with pytest.raises(LimbeckError, match="per_problem=-1"):
        pairs(data, per_problem=-1)


@pytest.mark.parametrize(
    ("given", "cut"),
    [
        ({"finish": "length", "answer": "done."}, True),
        ({"finish": "stop", "format": "think", "reasoning": "so", "answer": ""}, False),
        ({"format": "think", "reasoning": "and then", "answer": " \n"}, True),
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


def test_exact_duplicates_leave_one_usable_copy():
    data = one(
        trace("a", answer="1", marks=["error"]),
        trace("b", answer="1"),
        trace("c", answer="1"),
        trace("d", answer="2"),
    )
    assert marks(exact_duplicates(data)) == [["error"], [], ["duplicate"], []]


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


def test_pass_rate_grades_over_models():
    data = one(
        *[
            trace(f"{m}{i}", o, model=m)
            for m, os in {"a": ["correct", "wrong"], "b": ["wrong", "unparsed"], "c": ["timeout"]}.items()
            for i, o in enumerate(os)
        ]
    )
    meta = pass_rate(data).problems[0].meta
    assert meta["pass_rate"] == 0.25
    assert meta["judged"] == 4
    assert meta["pass_rates"] == {"a": 0.5, "b": 0.0}
    assert meta["pass_rate_cv"] == pytest.approx(((1 - 0.25) / 0.25) ** 0.5)
    assert pass_rate(data, low=0.3).problems[0].marks == ["too_hard"]
    assert pass_rate(data, high=0.2).problems[0].marks == ["too_easy"]
    assert pass_rate(one(trace("x", "unknown")), low=0.5).problems[0].marks == []
    with pytest.raises(LimbeckError, match=r"low=0\.8"):
        pass_rate(data, low=0.8, high=0.2)


WORDS = "a farmer has twelve red apples and gives four of them to each of his hungry children today"


def test_decontaminate_finds_shared_8_grams_and_short_questions():
    tests = Data([*problems(WORDS, source="exam"), *problems("5-7-0+3", "Find x.", source="quiz")])
    data = Data(
        problems(
            "Long ago " + WORDS[:60] + "!", "5-7+0-3", " find  X. ", "gives four of them to each of his cats"
        )
    )
    found = decontaminate(data, tests)
    assert [p.marks for p in found.problems] == [["contaminated"], [], ["contaminated"], ["contaminated"]]
    assert [p.meta.get("contaminated_by") for p in found.problems] == [["exam"], None, ["quiz"], ["exam"]]
    assert [bool(p.marks) for p in decontaminate(data, tests, overlap=2).problems] == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(LimbeckError, match="no evaluation problem"):
        decontaminate(data, Data())


def test_near_duplicates_over_shards():
    pytest.importorskip("daft", reason="needs the data extra")
    near = WORDS + " before noon"
    shards = MemoryShards(
        [Data(problems(WORDS, "something else entirely", source="a")), Data(problems(near, "", source="b"))]
    )
    found = [p.marks for data in near_duplicates(shards, threshold=0.7) for p in data.problems]
    assert found == [[], [], ["near_duplicate"], []]
    group = one(
        trace("1", reasoning=WORDS, answer=""),
        trace("2", "wrong", reasoning=near, answer=""),
        trace("3", reasoning=near, answer=""),
    )
    assert [
        marks(data)
        for data in near_duplicates(MemoryShards([reject(group)]), compare="traces", threshold=0.7)
    ] == [[[], ["wrong"], ["near_duplicate"]]]
    with pytest.raises(LimbeckError, match="threshold"):
        list(near_duplicates(shards, threshold=2.0))


def test_near_duplicates_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "daft", None)
    with pytest.raises(LimbeckError, match=r"limbeck\[data\]"):
        list(near_duplicates(MemoryShards([Data(problems("a b"))])))


def test_merge_joins_traces_under_one_problem():
    one_, two = (
        Problem(id="p", question="q", answer="1,000", meta={"a": 1}),
        Problem(id="p", question="q", answer="1000.0", meta={"b": 2}),
    )
    data = merge(Data([one_], [trace("x")]), Data([two, *problems("z")], [trace("y"), trace("x")]))
    assert [p.id for p in data.problems] == ["p", "s0"]
    assert data.problems[0].meta == {"a": 1, "b": 2}
    assert data.problems[0].marks == []
    assert [t.id for t in data.traces] == ["x", "y"]
    three = Problem(id="p", question="q", answer="7")
    conflict = merge(data, Data([three])).problems[0]
    assert conflict.marks == ["answer_conflict"]
    assert conflict.meta["answers_given"] == ["1,000", "7"]
    with pytest.raises(LimbeckError, match="two different traces"):
        merge(Data([one_], [trace("x")]), Data([two], [trace("x", "wrong")]))


def test_take_draws_by_id_whatever_the_shards():
    whole = problems(*map(str, range(50)))
    apart = MemoryShards([Data(whole[:20]), Data(whole[20:])])

    def drawn(shards, n):
        return {p.id for data in sample_problems(shards, n=n) for p in data.problems if not p.marks}

    assert drawn(apart, 10) == drawn(MemoryShards([Data(whole[::-1])]), 10)
    assert len(drawn(apart, 10)) == 10
    assert drawn(apart, 10) < drawn(apart, 30)
    assert len(drawn(apart, 99)) == 50


def test_shuffle_carries_traces_and_pairs_across_shards(monkeypatch):
    monkeypatch.setattr("limbeck.curation.select.shuffle.SHARD", 3)
    parts = [
        Data(
            problems("a", "b", source=s),
            [trace(f"{s}t", problem=f"{s}1")],
            [Pair(problem_id=f"{s}1", chosen="x", rejected="y")],
        )
        for s in "uvwx"
    ]
    shards = list(shuffle(MemoryShards(parts), seed=1))
    assert [len(data.problems) for data in shards] == [3, 3, 2]
    for data in shards:
        inside = {problem.id for problem in data.problems}
        assert {t.problem_id for t in data.traces} == {p.problem_id for p in data.pairs} <= inside
    whole = Data.join(shards)
    assert sorted(p.id for p in whole.problems) == sorted(p.id for part in parts for p in part.problems)
    assert len(whole.traces) == len(whole.pairs) == 4


def test_nothing_heavy_is_imported_with_the_room():
    code = "import sys, limbeck.curation.mark.near_duplicates, limbeck.curation.mark.length, limbeck.shapes\n"
    code += "print({'torch', 'transformers', 'daft', 'datasets'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )
