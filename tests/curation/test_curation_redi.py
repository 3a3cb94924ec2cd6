"""REDI's data recipe (arXiv 2505.24850, section 3) on rows in the shape of OpenR1-Math-Raw, rule by rule."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from paths import TESTS

from limbeck.curation.mark.exact_duplicates import exact_duplicates
from limbeck.curation.mark.labels import labels
from limbeck.curation.mark.length import length
from limbeck.curation.mark.reject import reject
from limbeck.curation.mark.truncated import truncated
from limbeck.curation.mark.where import where
from limbeck.curation.pair.pairs import pairs
from limbeck.curation.select.first_correct import first_correct
from limbeck.curation.select.shuffle import shuffle
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.problems.files.openr1 import openr1
from limbeck.records import Data
from limbeck.shapes import from_rows

FIXTURE = TESTS / "fixtures" / "openr1.jsonl"
ROWS = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]
BOTH = ("llama_verification", "math_verify_reparsed_answer")


def rows() -> Data:
    return Data.join(openr1(path=str(FIXTURE)))


def shuffled() -> Data:
    return Data.join(shuffle(MemoryShards([rows()]), seed=42))


def filtered() -> Data:
    valid = where(shuffled(), field="problem_is_valid", keep=("yes",))
    return where(valid, field="source", drop=("cn_k12",))


def judged() -> Data:
    return first_correct(reject(labels(filtered())))


def index(data: Data) -> dict[str, int]:
    return {problem.id: problem.meta["original_index"] for problem in data.problems}


def expected() -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """The positives and pairs, as loops over the raw rows: (row, right trace) and (row, right, wrong)."""
    positives, contrasts = [], []
    for number in np.random.default_rng(42).permutation(len(ROWS)).tolist():
        row = ROWS[number]
        if (row["problem_is_valid"] or "").strip().lower() != "yes" or row["source"] == "cn_k12":
            continue
        one, two = (row["correctness"][name] for name in BOTH)
        count = len(row["generations"] or [])
        if not row["problem"] or not count or one is None or two is None or {len(one), len(two)} != {count}:
            continue
        right = [i for i in range(count) if one[i] and two[i]]
        wrong = [i for i in range(count) if not (one[i] and two[i])]
        positives += [(number, right[0])] if right else []
        contrasts += [(number, right[0], wrong[0])] if right and wrong else []
    return positives, contrasts


def test_every_row_is_kept_with_its_index_and_order_is_the_shuffle_of_seed_42():
    assert list(index(rows()).values()) == list(range(42))
    assert list(index(shuffled()).values()) == np.random.default_rng(42).permutation(42).tolist()


def test_each_filter_marks_with_its_reason_and_the_counts_are_exact():
    data = labels(filtered())
    marks = Counter(mark for problem in data.problems for mark in problem.marks)
    assert marks == {"problem_is_valid": 4, "source": 3, "empty": 3, "label_mismatch": 2}
    by_index = {number: {p.id: p for p in data.problems}[i].marks for i, number in index(data).items()}
    assert [by_index[n] for n in (21, 22)] == [[], []], "' YES ' and 'yes' are yes"
    assert by_index[29] == ["problem_is_valid"], "a row counts at the first filter that drops it"
    assert sorted(n for n, found in by_index.items() if found == ["empty"]) == [30, 31, 32]
    assert sorted(n for n, found in by_index.items() if found == ["label_mismatch"]) == [33, 34]
    assert len(data.problems) == 42, "nothing is deleted"


def test_both_labels_must_be_true_and_disagreement_is_wrong():
    data = labels(filtered())
    outcome = {(index(data)[t.problem_id], t.params["index"]): t.outcome for t in data.traces}
    assert [outcome[n, 1] for n in (9, 10, 11)] == ["wrong"] * 3
    assert [outcome[n, 0] for n in (18, 19, 20)] == ["wrong"] * 3, (
        "the plain math_verify field does not count"
    )
    assert outcome[35, 1] == "wrong", "a missing label is not true"
    lenient = labels(filtered(), disagree="unknown")
    outcome = {(index(lenient)[t.problem_id], t.params["index"]): t.outcome for t in lenient.traces}
    assert [outcome[n, 1] for n in (9, 10, 11)] == ["unknown"] * 3
    assert outcome[0, 1] == "wrong"


def test_the_mark_of_the_label_that_an_import_read_does_not_outlive_it():
    row = {"problem": "2+2?", "answer": "4", "generations": [f"<think>so</think>{n}" for n in "456"]}
    labelled = {"math_verify": [False, False, False], "llama_verification": [False, True, True]}
    data = from_rows([{**row, "correctness": labelled}])
    assert [trace.marks for trace in data.traces] == [["wrong"]] * 3
    judged = labels(data, columns=("math_verify", "llama_verification"), disagree="unknown")
    assert [trace.marks for trace in judged.traces] == [["wrong"], [], []]
    assert len(labels(data, columns=("llama_verification",)).kept()) == 2


def test_positives_are_the_first_correct_trace_of_each_row():
    data = judged()
    found = [(index(data)[trace.problem_id], trace.params["index"]) for trace in data.kept()]
    assert len(found) == 24
    assert found == expected()[0]
    assert sum("not_first" in trace.marks for trace in data.traces) == 4


def test_pairs_are_first_correct_and_first_not_correct():
    data = pairs(judged())
    by_id = data.trace_by_id()
    found = [
        (
            index(data)[pair.problem_id],
            by_id[pair.chosen].params["index"],
            by_id[pair.rejected].params["index"],
        )
        for pair in data.kept_pairs()
    ]
    assert len(found) == 21
    assert found == expected()[1]
    assert {(6, 1, 0), (0, 0, 1), (40, 0, 1)} <= set(found), "one pair per row, not per text, in either order"


def test_the_length_filter_marks_each_part_for_itself():
    data = length(pairs(judged()), prompt=80, chosen=190, rejected=190)
    marks = {index(data)[pair.problem_id]: pair.marks for pair in data.pairs if pair.marks}
    assert marks == {36: ["long_prompt"], 37: ["long_chosen"], 38: ["long_rejected"]}
    assert len(data.kept_pairs()) == 18
    assert len(length(pairs(judged())).kept_pairs()) == 21, "800 and 19,000 tokens"


def test_what_the_paper_lacks_a_cut_off_trace_is_no_negative_and_duplicates_are_marked():
    data = pairs(exact_duplicates(truncated(judged())))
    assert len(data.kept_pairs()) == 20
    assert 39 not in {index(data)[pair.problem_id] for pair in data.pairs}
    cut = [trace for trace in data.traces if "truncated" in trace.marks]
    assert [index(data)[trace.problem_id] for trace in cut] == [39]
    assert [index(data)[t.problem_id] for t in data.traces if "duplicate" in t.marks] == [41]


def test_the_input_of_a_method_stays_as_it_was():
    data = filtered()
    before = [list(problem.marks) for problem in data.problems]
    labels(data)
    assert [problem.marks for problem in data.problems] == before


def test_a_wrong_label_column_names_the_nearest():
    with pytest.raises(LimbeckError, match="math_verify_reparsed_answer"):
        labels(filtered(), columns=("math_verify_reparsed",))
    with pytest.raises(LimbeckError, match="problem_is_valid"):
        where(rows(), field="problem_is_vaild", keep=("yes",))
