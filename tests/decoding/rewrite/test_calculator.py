"""A calculator behind a model: false equations mended, results carried on, all else as it was written."""

from __future__ import annotations

import pytest

from limbeck.answers.calculation import calculated
from limbeck.decoding.rewrite.calculator import calculator, estimate
from limbeck.generation import Completion, Sampling
from limbeck.models.scripted import Scripted

MENDED = [
    # The value takes the result's place, in the next equation and in the answer too.
    ("7 + 15 = 21, so 21 - 4 = 17. The answer is 17.", "7 + 15 = 22, so 22 - 4 = 18. The answer is 18.", 2),
    ("3*4=12\n12-2=11\n;11", "3*4=12\n12-2=10\n;10", 1),
    ("$5 * 3 = $14\n14 + 1 = 15\n#### 15", "$5 * 3 = $15\n15 + 1 = 16\n#### 16", 2),
    # 21 within 210, 2.1 or 1,121 is another number.
    ("7+15=21\n210 2.21 1,121 21", "7+15=22\n210 2.21 1,121 22", 1),
    ("1/4 = 0.5\n0.5 * 8 = 4", "1/4 = 0.25\n0.25 * 8 = 2", 2),
    ("2*3 = 7 = 14/2", "2*3 = 6 = 14/2", 1),
]
KEPT = ["12/5 = 2.4", "1/3 = 0.33", "x + 2 = 5", "10% of 50 = 5", "17 apples", "", "21 = 7 + 15"]


@pytest.mark.parametrize(("text", "wanted", "count"), MENDED)
def test_false_results_are_replaced_and_carried_on(text, wanted, count):
    assert calculated(text) == (wanted, count)
    assert calculated(wanted)[1] == 0 or "14/2" in wanted, "what was mended is true"


@pytest.mark.parametrize("text", KEPT)
def test_what_holds_or_cannot_be_read_stays(text):
    assert calculated(text) == (text, 0)


def test_completions_keep_all_but_what_is_no_longer_theirs():
    wrong = Completion(text="2+2=5\n;5", tokens=8, prompt_tokens=3, logprobs=[-1.0] * 8)
    right = Completion(text="2+2=4\n;4", tokens=8, logprobs=[-1.0] * 8)
    failed = Completion(text="", finish="error", error="busy")
    inner = Scripted([wrong, right, failed])
    made = calculator(model=inner).generate([[{"role": "user", "content": "2+2"}]], Sampling(n=3))[0]
    assert [each.text for each in made] == ["2+2=4\n;4", "2+2=4\n;4", ""]
    assert (made[0].tokens, made[0].prompt_tokens, made[0].logprobs) == (8, 3, None)
    assert made[1].logprobs == [-1.0] * 8
    assert (made[2].finish, made[2].error) == ("error", "busy")


def test_the_model_is_asked_what_was_asked():
    assert estimate({"samples": 3, "max_tokens": 30, "problems": 1}, {}) == {"samples": 3, "max_tokens": 30}
