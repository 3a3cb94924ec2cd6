"""Which of reasoning-gym's scorers pay for what is no answer: the trials that verifiers/reasoning_gym makes.

Run: pip install '.[gym]', then python bench/bench_scorers.py. Writes bench/results/scorers.md.
"""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from pathlib import Path

from reasoning_gym.factory import DATASETS

from limbeck.verifiers.answers.reasoning_gym import refused

RESULTS = Path(__file__).resolve().parent / "results/scorers.md"


def tried(task: str) -> str:
    """What a task's scorer pays for; that it makes no problems without settings; or nothing."""
    try:
        return refused(task)
    except Exception as error:
        return f"not tried: {error}"


def main() -> None:
    told = {task: tried(task) for task in sorted(DATASETS)}
    odd = {task: why for task, why in told.items() if why}
    untried = sum(why.startswith("not tried") for why in odd.values())
    head = [
        "# Scorers of reasoning-gym, tried",
        "",
        f"Written by `bench/bench_scorers.py` on {date.today()}; reasoning-gym {version('reasoning-gym')}.",
        f"Of {len(told)} tasks {len(told) - len(odd)} pass, {len(odd) - untried} are refused,"
        f" {untried} cannot be tried without settings of its own.",
        "",
        "Each scorer is tried on the first eight problems of its task: nonsense, the negated reference,",
        "the reference and more, the other problems' references (`limbeck.checkers.trials`). Of a",
        "refused task the reference itself is `correct`, and all else `unknown`.",
        "",
        "| task | why |",
        "|---|---|",
    ]
    lines = [f"| {task} | {' '.join(why.replace('|', ' ').split())} |" for task, why in odd.items()]
    passed = ", ".join(task for task, why in told.items() if not why)
    RESULTS.write_text("\n".join([*head, *lines, "", f"Passed: {passed}.", ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
