"""How an answer is read out of words: what a sentence does to its number, where it stands, which order
counts."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from limbeck.answers.extract import find_answer
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.answers.number import number

NOT_A_NEGATIVE = ("unparsed", "unknown")
SOLVE = "Solve $x^2-5x+6=0$."
ALL = "Find all values of x, separated by commas."


def ask(verifier, gold: str, answer: str, question: str = "", **options) -> Verdict:
    problem = Problem(id="p", question=question, answer=gold)
    found = verifier(problem, Trace(id="t", problem_id="p", answer=answer), **options)
    return found.result(timeout=30) if isinstance(found, Future) else found


TWISTED = [
    ("9", "not 9"),
    ("9", "The answer is less than 9."),
    ("9", r"\boxed{\text{more than } 9}"),
    ("5", "negative 5"),
    ("5", r"\boxed{\text{minus }5}"),
    ("5", "no more than 5"),
    ("5", "5 or more"),
    ("5", "cannot be 5"),
    ("5", "It isn't 5"),
    ("5", "all real numbers except 5"),
    ("5", "5 is wrong"),
    ("5", "I initially got 5 but that is wrong"),
    ("5", "square root of 5"),
    ("5", "5 below zero"),
    ("5", "5 factorial"),
    ("5", "Question 5 cannot be answered."),
    ("60", "half of 60"),
    ("2", "2 and a half"),
    ("10", "Error: division by zero at line 10"),
    ("5", "The answer is not $5$."),
    ("5", "The answer is less than $5$."),
    ("2", "The answer is, when $x=2$ we get 5."),
]


@pytest.mark.parametrize("verifier", [math, number])
@pytest.mark.parametrize(("gold", "answer"), TWISTED)
def test_words_that_change_a_number_leave_no_answer(verifier, gold, answer):
    assert ask(verifier, gold, answer).outcome in NOT_A_NEGATIVE


@pytest.mark.parametrize("verifier", [math, number])
def test_a_reference_in_such_words_is_not_its_number(verifier):
    assert ask(verifier, "less than 5", "5").outcome == "unknown"


@pytest.mark.parametrize("verifier", [math, number])
@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("9", "Sally has 9 books"),
        ("5", "She earned 5 more than yesterday"),
        ("9", "The answer is therefore $9$."),
        ("25 square feet", "25 feet squared"),
        ("9", "He needs 9 apples"),
    ],
)
def test_words_that_only_name_a_number_leave_it(verifier, gold, answer):
    assert ask(verifier, gold, answer).outcome == "correct"


def test_a_reference_in_words_equals_itself():
    assert ask(math, "less than 5", "less than 5").outcome == "correct"
    assert ask(math, "less than 5", r"\boxed{\text{less than } 5}").outcome == "correct"


EXTRACTED = [
    (r"The solutions are \boxed{2} and \boxed{3}.", "2, 3"),
    (r"$\boxed{2}$, $\boxed{3}$ and $\boxed{4}$", "2, 3, 4"),
    (r"So \boxed{2} or \boxed{3}", "2 or 3"),
    (r"First \boxed{2}. Then \boxed{3}.", "3"),
    (r"\boxed{3} and \boxed{3}", "3"),
    ("#### Step 3: Add\n9+9=18\n\nThe answer is 18.", "18"),
    ("#### 3. Add\n9+9=18\n\nThe answer is 18.", "18"),
    ("9+9=18\n#### 18\n\nI hope this helps.", "18"),
    ("9+9=18\n#### 18", "18"),
    ("The answer is 5! = 120.", "5! = 120"),
    ("The answer is 18! Great.", "18"),
    ("The answer is 3; 4.", "3, 4"),
    ("The answer is 18; 2*9 = 18.", "18"),
    ("The answer is 5 ft. 3 in.", "5 ft 3 in"),
    ("The answer is 5 ft. That is all.", "5 ft"),
    ("The answer is $5$ cents.", "$5$ cents"),
    ("The answer is **$5$**.", "5"),
    ("The answer is thus $5$.", "5"),
    ("The answer is $2$, $3$ and $5$.", "2, 3, 5"),
    ('{"answer": 1,234}', "1,234"),
    ('{"answer": 1, "b": 2}', "1"),
    ('{"answer": [[1,2],[3,4]]}', "[[1,2],[3,4]]"),
    ('{"answer": [1, 2', None),
    (r"\boxed{5}. Wait, that's not right; recomputing, the answer is 18.", "18"),
    (r"\boxed{5}. The answer is 18.", None),
    (r"\boxed{5}. Wait, let me check: the answer is 5.", "5"),
    ("The answer is 18. My previous answer was 7, which was wrong.", "18"),
    ("THE ANSWER IS 18.\nIs that all?", "18"),
    ("Unanswer: 7, AnsweR: 18.\nIs that all?", "18"),
]


@pytest.mark.parametrize(("text", "answer"), EXTRACTED)
def test_where_the_answer_stands(text, answer):
    assert find_answer(text) == answer


RIGHT = [
    ("2,3", r"The solutions are \boxed{2} and \boxed{3}."),
    ("18", "#### Step 3: Add\n9+9=18\n\nThe answer is 18."),
    ("120", "The answer is 5! = 120."),
    ("3, 4", "The answer is 3; 4."),
    ("63 inches", "The answer is 5 ft. 3 in."),
    ("150 minutes", "The answer is $2$ hours and $30$ minutes."),
    ("1234", '{"answer": 1,234}'),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", '{"answer": [[1,2],[3,4]]}'),
    ("18", r"\boxed{5}. Wait, that's not right; recomputing, the answer is 18."),
    ("18", "The answer is 18. My previous answer was 7, which was wrong."),
    ("12", r"\boxed{\textbf{(B) } 12}"),
    ("12", r"\textbf{(B) } 12"),
    ("12", "(B) 12"),
    ("B", "(B) 12"),
    ("0.75", "3/4 (0.75)"),
    ("0.5", r"\frac{1}{2} \text{ or } 50\%"),
    ("5", "3x=15, x=5"),
    ("3", r"3 \pmod{7}"),
    ("3", r"x \equiv 3 \pmod{7}"),
    ("5", "5 = x"),
    ("45", "C(10,2)"),
]


@pytest.mark.parametrize(("gold", "answer"), RIGHT)
def test_right_answers_in_other_dress(gold, answer):
    assert ask(math, gold, answer).outcome == "correct"


NOT_RIGHT = [
    ("3", r"The solutions are \boxed{2} and \boxed{3}."),
    ("3", "#### Step 3: Add\n9+9=18\n\nThe answer is 18."),
    ("5", "The answer is 5! = 120."),
    ("3", "The answer is 3; 4."),
    ("5", "The answer is 5 ft. 3 in."),
    ("5 dollars", "The answer is $5$ cents."),
    ("12", "The answer is $12$ hours and $30$ minutes."),
    ("1", '{"answer": 1,234}'),
    ("5", r"\boxed{5}. Wait, that's not right; recomputing, the answer is 18."),
    ("7", "The answer is 18. My previous answer was 7, which was wrong."),
    ("C", "(B) 12"),
    ("12", "(B) 13"),
    ("3", r"4 \pmod{7}"),
    ("3", r"10 \pmod{7}"),
    ("2", "1/2 (0.25)"),
    ("44", "C(10,2)"),
    ("3", "x=5, y=3"),
]


@pytest.mark.parametrize(("gold", "answer"), NOT_RIGHT)
def test_wrong_answers_in_other_dress(gold, answer):
    assert ask(math, gold, answer).outcome != "correct"


@pytest.mark.parametrize(
    ("gold", "answer", "question", "outcome"),
    [
        ("x=3, y=5", "x=5, y=3", "", "wrong"),
        ("x=3, y=5", "x=5, y=3", "Find all solutions, separated by a comma.", "wrong"),
        ("x=3, y=5", "y=5, x=3", "Find all solutions, separated by a comma.", "correct"),
        ("x_1=2, x_2=3", "x_1=3, x_2=2", "", "wrong"),
        ("(1,2),(2,1)", "(2,1),(1,2)", "Find all ordered pairs (x,y).", "correct"),
        ("(1,2)", "(2,1)", "Find all ordered pairs (x,y).", "wrong"),
        ("2,3", "3 and 2", ALL, "correct"),
        ("2,3", "3, 2", SOLVE, "unknown"),
        ("2,3", "3, 4", SOLVE, "wrong"),
        ("2,3", "3, 2", "Give x and y respectively.", "wrong"),
        ("2,3", "3, 2", "Find the values of x and y.", "unknown"),
        ("3, 5", "5, 3", "Find the mean and the median of the list, separated by a comma.", "unknown"),
        (r"2,\sqrt{3}", r"\sqrt{3},2", SOLVE, "unknown"),
    ],
)
def test_which_order_counts(gold, answer, question, outcome):
    assert ask(math, gold, answer, question).outcome == outcome


@pytest.mark.parametrize("verifier", [math, number])
@pytest.mark.parametrize(("gold", "answer"), [("50%", "50"), ("50", "50%")])
def test_a_missing_sign_of_percent(verifier, gold, answer):
    assert ask(verifier, gold, answer, "What percent?").outcome == "correct"
    assert ask(verifier, gold, answer, "How many apples?").outcome == "unknown"
    assert ask(verifier, "50%", "0.5", "How many apples?").outcome == "correct"
    assert ask(verifier, "50%", "51", "What percent?").outcome == "wrong"


@pytest.mark.parametrize("gold", ["?", "N/A", "see solution", "Answers may vary", "{", r"\frac{1}{"])
def test_a_reference_that_says_nothing_equals_nothing(gold):
    for answer in (gold, rf"\boxed{{{gold}}}", "18"):
        verdict = ask(math, gold, answer)
        assert verdict.outcome == "unknown"
        assert verdict.reason


def test_no_answer_is_neither_right_nor_wrong():
    assert ask(math, "18", "N/A").outcome in NOT_A_NEGATIVE
    assert ask(math, "None", "18").outcome == "unknown"
    assert ask(math, "None", "none").outcome == "correct"
    assert ask(math, "none", "none").outcome == "correct"


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("5000000", "5 million", "correct"),
        ("2.5 billion", "2500 million", "correct"),
        ("60", "5 dozen", "correct"),
        ("5", "5 million", "unknown"),
        ("5 dozen", "5", "unknown"),
        ("5 million", "6", "wrong"),
        ("$5", "5 cents", "wrong"),
        ("$0.05", "5 cents", "correct"),
        ("$2 million", "2,000,000 dollars", "correct"),
        ("18", "$18", "correct"),
        ("18", "$19.00", "wrong"),
        ("1800", "$18", "unknown"),
        ("18", "$1,800.00", "unknown"),
        ("0", "$18", "wrong"),
        ("5 km", "5 apples", "unknown"),
        ("20 L", "20 litres of water", "correct"),
        ("5 people", "5 students", "correct"),
        ("5°C", "5°F", "unknown"),
        ("5°C", "5 degrees", "correct"),
    ],
)
def test_words_of_size_and_names_of_units_count(gold, answer, outcome):
    assert ask(math, gold, answer).outcome == outcome
    if outcome != "wrong" and "°" not in gold:
        assert (ask(number, gold, answer).outcome == "correct") == (outcome == "correct")


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("18", "We add.\n<answer>18</answer>", "correct"),
        ("18", "<answer>17</answer> or <answer> \\boxed{18} </answer>", "correct"),
        ("18", "9 + 9\n\n**Final Answer**\n\n18", "correct"),
        ("18", "#### Answer\n18", "correct"),
        (r"\sqrt{13}", r"\sqrt 13", "correct"),
        ("12", r"4\sqrt13", "wrong"),
        ("2.5", "2½", "correct"),
        ("-3", "‐3", "correct"),
        ("5/2", "2 and 1/2", "correct"),
        ("15000", "$15k", "correct"),
        ("1500000", "1.5M", "correct"),
        ("0.75", "3 fourths", "correct"),
        ("300 K", "300", "correct"),
        ("2", r"5 \bmod 3", "correct"),
        ("5", r"5 \bmod 3", "wrong"),
        ("ellipse", "an ellipse", "correct"),
        ("Tuesday", "on Tuesday", "correct"),
        ("odd", "The function is odd", "unknown"),
        ("odd", "neither even nor odd", "unknown"),
        ("Tuesday", "Friday", "wrong"),
        ("5 MHz", "5 mHz", "unknown"),
        ("5 kPa", "5 Pa", "unknown"),
        ("2 cups", "2 tablespoons", "unknown"),
        ("cat", "act", "unknown"),
        ("no", "on", "unknown"),
        ("e4", "4e", "wrong"),
        ("R2 U1", "U1 R2", "wrong"),
        ("5", "the sum of 5 and 5", "unparsed"),
        ("5", "divisible by 5", "unparsed"),
        ("5", "anything but 5", "unparsed"),
        ("4", "one in 4", "unparsed"),
        ("3", "3 and three quarters", "unparsed"),
    ],
)
def test_what_people_and_models_write(gold, answer, outcome):
    assert ask(math, gold, answer).outcome == outcome


def test_half_a_percent_is_no_half():
    asked = "What is the probability that it rains?"
    for verifier in (math, number):
        assert ask(verifier, "0.5", "0.5%", asked).outcome != "correct"
        assert ask(verifier, "0.5", "50%", asked).outcome == "correct"
