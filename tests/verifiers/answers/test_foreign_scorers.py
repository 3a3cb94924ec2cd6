"""Scorers that others wrote are tried before they judge; those here are made up, so that nothing need be
installed."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from limbeck.checkers import trials
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers import reasoning_gym as gym

PROBLEMS = [{"question": f"{n} + {n}?", "answer": str(2 * n), "metadata": {}} for n in (5, 8, 21)]


def exact(answer: str, entry: dict) -> float:
    return float(answer == entry["answer"])


def first_number(answer: str, entry: dict) -> float:
    return float(answer.split()[0] == entry["answer"])


PAYING = {
    "to anything": (lambda answer, entry: 1.0, "nonsense"),
    "to whatever begins alike": (lambda answer, entry: float(entry["answer"][:1] == answer[:1]), "and more"),
    "to what has the number in it": (lambda answer, entry: float(entry["answer"] in answer), "negated"),
    "to the size alone": (
        lambda answer, entry: float(answer.lstrip("-") == entry["answer"].lstrip("-")), "negated",
    ),
    "to the first number": (first_number, "and more"),
    "to any even number from ten on": (
        lambda answer, entry: float(answer.isdigit() and int(answer) % 2 == 0 and int(answer) > 9),
        "reference of another problem",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAYING)
def test_who_pays_for_what_is_no_answer_is_refused_with_the_trial_and_the_points(name):
    score, trial = PAYING[name]
    told = trials.refusal(score, PROBLEMS)
    assert trial in told
    assert "gives 1 to" in told


def test_an_honest_scorer_passes():
    assert trials.refusal(exact, PROBLEMS) == ""
    partial = trials.refusal(lambda answer, entry: 0.3 + 0.7 * exact(answer, entry), PROBLEMS)
    assert partial == ""
    assert "nonsense" in trials.refusal(lambda answer, entry: 0.3, PROBLEMS, full=0.25)


def test_what_may_be_right_is_no_trial():
    zero = [{"answer": "0.0"}, {"answer": "-0"}]
    assert trials.refusal(lambda answer, entry: float(answer in ("0", "0.0", "-0")), zero) == ""
    signed = [{"answer": "-3"}]
    assert "'3'" in trials.refusal(lambda answer, entry: float(answer.lstrip("-") == "3"), signed)
    truths = [{"answer": "True"}, {"answer": "False"}]
    assert trials.refusal(exact, truths) == "", "each is the other's reference, and paid for none"
    routes = [{"answer": "up"}, {"answer": "down"}, {"answer": "left"}]
    both = {"up": {"up", "left"}, "down": {"down"}, "left": {"left"}}
    assert trials.refusal(lambda answer, entry: float(answer in both[entry["answer"]]), routes) == ""
    assert trials.refusal(lambda answer, entry: float(answer == "7"), [{"answer": None}]) == ""


def test_a_scorer_that_stumbles_over_nonsense_pays_nothing():
    def number(answer: str, entry: dict) -> float:
        return float(int(answer) == int(entry["answer"]))

    assert trials.refusal(number, PROBLEMS) == ""


class Task:
    """What reasoning-gym makes of a task: problems, and a scorer."""

    answers = ("10", "16", "42")

    def __getitem__(self, index: int) -> dict:
        return {"question": "?", "answer": self.answers[index % 3], "metadata": {}}

    def score_answer(self, answer: str, entry: dict) -> float:
        return exact(answer, entry)


class Generous(Task):
    def score_answer(self, answer: str, entry: dict) -> float:
        return 1.0


class Lapse(Task):
    """Honest on its own first problems, not on every one."""

    def score_answer(self, answer: str, entry: dict) -> float:
        return exact(answer, entry) if entry["answer"] in self.answers else first_number(answer, entry)


class Deaf(Task):
    def score_answer(self, answer: str, entry: dict) -> float:
        return 0.2


@pytest.fixture
def outcome(monkeypatch):
    """A task's verdict on an answer, as a worker finds it."""

    def judged(task: type, answer: str, reference: str | None = "10") -> tuple[str, str]:
        made = SimpleNamespace(create_dataset=lambda name, size, seed: task())
        monkeypatch.setitem(sys.modules, "reasoning_gym", made)
        gym.refused.cache_clear()
        gym._scorer.cache_clear()
        return gym._judged("sums", answer, {"question": "?", "answer": reference, "metadata": {}}, 1.0)

    yield judged
    gym.refused.cache_clear()
    gym._scorer.cache_clear()


def test_a_refused_scorer_decides_nothing_and_is_named(outcome):
    said, why = outcome(Generous, "16")
    assert said == "unknown"
    assert why.startswith("sums is not scored: its scorer gives 1 to 'I do not know' (nonsense)")
    assert outcome(Task, "16") == ("wrong", "sums scores it 0")
    assert outcome(Task, "10")[0] == "correct"


def test_a_scorer_is_tried_on_the_very_problem_too(outcome):
    said, why = outcome(Lapse, "77 or so", "77")
    assert (said, "'77 and 99' (the reference and more)" in why) == ("unknown", True)
    assert outcome(Lapse, "78", "77")[0] == "wrong"


def test_a_scorer_that_marks_the_reference_down_finds_nothing_wrong(outcome):
    assert outcome(Deaf, "11") == ("unknown", "sums scores it 0.2, and the reference itself 0.2")
    assert outcome(Deaf, "11", None)[0] == "wrong", "without a reference the task's own check is the witness"


def test_the_reference_itself_needs_no_scorer(monkeypatch):
    monkeypatch.setattr(gym, "precheck", lambda given: None)
    problem = Problem(id="p", question="?", answer="True", meta={"task": "game_of_life_halting"})
    verdict = gym.reasoning_gym(problem, Trace(id="t", problem_id="p", answer=" True\n"))
    assert (verdict.outcome, verdict.reason) == ("correct", "the reference itself")
