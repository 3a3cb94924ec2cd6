"""problems/svamp: numbers put in, equations worked out, stories kept together."""

from __future__ import annotations

import csv

import pytest
from paths import SHARED

from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.svamp import COLUMNS, svamp
from limbeck.records import Trace
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.steps.arithmetic import arithmetic

ROWS = [
    ("ann had number0 figs and ate number1 . how many are left ?", "18 10", "- number0 number1", "8.0"),
    ("ann had number0 figs and ate some , number1 are left . how many ?", "9 4", "- number0 number1", "5.0"),
    ("bo has number0 bags of number1 and eats number2 ?", "3 4 2", "- * number0 number1 number2", "10.0"),
    ("cy shares number0 by number1 ?", "7 2", "/ number0 number1", "3.5"),
    ("dee has number0 of number1 ?", "5 6", "- number0 number1", "7.0"),
    ("eve has number0 ?", "5", "+ number0", "5.0"),
    ("fay has number0 by number1 ?", "5 0", "/ number0 number1", "5.0"),
]


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "dev.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([COLUMNS, *ROWS])
    return str(file)


def test_a_solution_has_an_operation_a_line_and_bad_rows_are_left_out(path, caplog):
    data = svamp(path=path, solve="steps")
    assert [problem.question.split()[0] for problem in data.problems] == ["ann", "ann", "bo", "cy"]
    assert data.problems[0].question == "ann had 18 figs and ate 10 . how many are left ?"
    texts = [trace.reasoning + trace.answer for trace in data.traces]
    assert texts == [
        "18 - 10 = 8\n#### 8",
        "9 - 4 = 5\n#### 5",
        "3 * 4 = 12\n12 - 2 = 10\n#### 10",
        "7 / 2 = 3.5\n#### 3.5",
    ]
    assert "the equation gives -1, the answer is 7" in caplog.text
    assert all(
        trace.problem_id == problem.id for trace, problem in zip(data.traces, data.problems, strict=True)
    )


def test_an_equation_leaves_the_computing_to_the_verifier(path):
    texts = [trace.reasoning + trace.answer for trace in svamp(path=path, solve="equation").traces]
    assert texts == ["18 - 10", "9 - 4", "(3 * 4) - 2", "7 / 2"]


@pytest.mark.parametrize("solve", ["steps", "equation"])
def test_a_text_written_so_is_read_by_the_verifiers(path, solve):
    data = svamp(path=path, solve=solve)
    for problem, gold in zip(data.problems, data.traces, strict=True):
        sampled = Trace(id="s", problem_id=problem.id, answer=gold.reasoning + gold.answer)
        assert math(problem, sampled).outcome == "correct"
        assert arithmetic(problem, sampled).outcome == ("correct" if solve == "steps" else "unknown")


def test_variations_of_a_story_lie_in_one_part(path):
    # SHA-256 puts ann and cy at 86 per cent, bo at 88.
    parts = [
        [problem.question.split()[0] for problem in svamp(path=path, low=low, high=high).problems]
        for low, high in ((80, 87), (87, 100))
    ]
    assert parts == [["ann", "ann", "cy"], ["bo"]]
    with pytest.raises(LimbeckError, match="between 0 and 80 per cent"):
        svamp(path=path, high=80)


@pytest.mark.parametrize(("low", "high"), [(-1, 5), (5, 5), (0, 101)])
def test_a_part_out_of_range_is_refused(path, low, high):
    with pytest.raises(LimbeckError, match=f"low={low}, high={high}"):
        svamp(path=path, low=low, high=high)


def test_the_published_file_is_read_whole():
    file = SHARED / "math/svamp_dev.csv"
    if not file.is_file():
        pytest.skip("needs ../shared/data/math/svamp_dev.csv")
    data = svamp(path=str(file), solve="steps")
    assert len(data.problems) == len(data.traces) == 1000
    sizes = [len(svamp(path=str(file), low=low, high=high).problems) for low, high in ((0, 25), (25, 100))]
    assert sum(sizes) == 1000
