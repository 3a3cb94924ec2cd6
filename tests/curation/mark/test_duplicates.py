"""curation/exact_duplicates, near_duplicates and decontaminate: what says the same."""

from __future__ import annotations

import sys

import pytest

from limbeck.curation.mark.decontaminate import decontaminate
from limbeck.curation.mark.exact_duplicates import exact_duplicates
from limbeck.curation.mark.near_duplicates import near_duplicates
from limbeck.curation.mark.reject import reject
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace, Verdict


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


def test_exact_duplicates_leave_one_usable_copy():
    data = one(
        trace("a", answer="1", marks=["error"]),
        trace("b", answer="1"),
        trace("c", answer="1"),
        trace("d", answer="2"),
    )
    assert marks(exact_duplicates(data)) == [["error"], [], ["duplicate"], []]


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


CHINESE = (
    "小明有三十二个苹果，他把其中的八个分给了小红，又买了十五个新的苹果，"
    "然后把剩下的苹果平均分成三份，请问每一份有多少个苹果？"
)


def test_languages_without_blanks_are_compared_by_characters():
    exam = Data(problems(CHINESE, source="exam"))
    data = Data(
        problems("请一步一步思考。" + CHINESE, "小明有三十二个苹果，又买了十五个，一共有多少个苹果？")
    )
    assert [p.marks for p in decontaminate(data, exam).problems] == [["contaminated"], []]
    pytest.importorskip("daft", reason="needs the data extra")
    shards = MemoryShards([Data(problems(CHINESE, CHINESE.replace("每一份", "每份"), "他有几个梨？"))])
    (data,) = near_duplicates(shards)
    assert [p.marks for p in data.problems] == [[], ["near_duplicate"], []]


def test_powers_are_no_digits():
    data = Data(problems("What is 3² plus one?"))
    assert not decontaminate(data, Data(problems("What is 32 plus one?"))).problems[0].marks


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
