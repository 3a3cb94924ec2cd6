"""Problems in eleven languages, without a premise, and chains with a marked mistake."""

from __future__ import annotations

import json

import pytest
from paths import SHARED

from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.bigbench_mistake import bigbench_mistake
from limbeck.problems.benchmarks.mgsm import mgsm
from limbeck.problems.benchmarks.missing_premises import missing_premises


def written(folder, rows) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_a_language_is_chosen_and_a_number_has_no_separators(tmp_path):
    rows = [
        {"lang": "de", "i": 0, "question": "Wie viele Eier?", "answer": "1,200"},
        {"lang": "en", "i": 0, "question": "How many eggs?", "answer": 1200},
    ]
    path = written(tmp_path, rows)
    assert [problem.answer for problem in mgsm(path=path).problems] == ["1200", "1200"]
    [german] = mgsm(path=path, language="de").problems
    assert (german.question, german.meta["language"]) == ("Wie viele Eier?", "de")
    with pytest.raises(LimbeckError, match="no row of language 'sw'"):
        mgsm(path=path, language="sw")
    with pytest.raises(LimbeckError, match="language"):
        mgsm(path=path, language="german")
    with pytest.raises(LimbeckError, match="one language at a time"):
        mgsm()


def test_a_question_without_a_premise_has_no_answer_and_knows_the_whole_one(tmp_path):
    row = {"dataset": "gsm8k", "question": "Ann has 3 pens and buys 2. How many?", "answer": "3+2\n#### 5",
           "insufficient_question": "Ann has some pens and buys 2. How many?"}  # fmt: skip
    path = written(tmp_path, [row, row, {"question": "without its pair", "answer": "1"}])
    [ill] = missing_premises(path=path).problems
    [well] = missing_premises(path=path, posed="well").problems
    assert (ill.answer, ill.verifier, ill.meta["asked_whole"]) == (None, "abstention", well.id)
    assert (well.answer, well.verifier) == ("5", "math")
    with pytest.raises(LimbeckError, match="insufficient_question"):
        missing_premises(path=written(tmp_path, [{"question": "?"}]))


def test_the_marked_step_is_the_verdict(tmp_path):
    row = {
        "input": "2+2+2",
        "steps": ["2+2=4", "4+2=\n\n7"],
        "answer": "7",
        "target": "6",
        "mistake_index": 1,
    }
    odd = {**row, "input": "3+3", "mistake_index": 2}
    right = {**row, "input": "1+1", "mistake_index": None}
    data = bigbench_mistake(path=written(tmp_path, [row, odd, right]))
    first, second = data.traces
    assert first.reasoning == "2+2=4\n4+2= 7"
    assert (first.outcome, first.verdicts[0].extracted, data.problems[0].answer) == ("wrong", "1", "6")
    assert (second.outcome, second.verdicts[0].extracted) == ("correct", "")
    assert len(data.problems) == 2


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_the_published_files_are_read_whole():
    assert len(mgsm(path=str(SHARED / "multilingual/mgsm.jsonl.gz")).problems) == 2750
    assert len(mgsm(path=str(SHARED / "multilingual/mgsm.jsonl.gz"), language="te").problems) == 250
    data = bigbench_mistake(path=str(SHARED / "steps/bigbench_mistake_logical_deduction.jsonl"))
    assert sum(trace.outcome == "wrong" for trace in data.traces) == 294
    assert len(missing_premises(path=str(SHARED / "traces/mip_reasoning_models.jsonl.gz")).problems) > 600
