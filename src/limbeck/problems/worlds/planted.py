"""Sums with a trace each, some with one known fault: what gates are measured on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

Fault = Literal["duplicate", "leaked", "url", "table", "unicode", "wrong", "garbled", "loop", "incomplete"]
FAULTS: tuple[Fault, ...] = (
    "duplicate", "leaked", "url", "table", "unicode", "wrong", "garbled", "loop", "incomplete",
)  # fmt: skip
PLAIN, REWORDED = "{sum}?", "so {sum} is?"
PROMPTS = {
    "duplicate": REWORDED,
    "url": f"{PLAIN} http://a.b",
    "table": f"{PLAIN}\n|a|b|\n|-|-|\n|1|2|",
    "unicode": f"☃☂{PLAIN}♞☂☃",
}


def planted(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    faults: tuple[Fault, ...] = FAULTS,
    share: float = 0.0,
    items: int = 300,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Sums modulo 10, ``3+8+5?``, each with a trace, ``;3+8=1;1+5=6;6``, some with a planted fault.

    ``meta["fault"]`` says which, empty for none. ``duplicate`` asks an earlier sum in other words; ``leaked``
    asks one of the benchmark's, every other one in other words; ``url``, ``table`` and ``unicode`` have in
    the prompt what does not belong there; ``wrong`` errs in its last step; ``garbled`` has steps of another
    sum and the right answer; ``loop`` says a step twelve times; ``incomplete`` never answers. The benchmark
    are the first questions of the split ``validation`` with the same seed and no faults.

    Args:
        n: problems, faulty ones among them.
        low: fewest additions.
        high: most.
        faults: what is planted, each as often.
        share: of the problems, that is at fault.
        items: questions of the benchmark that may leak, each once.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different sums.
    """
    check_bounds(low, high, 1, 8)
    check(0, 1, share=share)
    if share and not faults:
        raise LimbeckError(f"share={share}: name the faults that are planted")
    rng = random.Random(f"planted/faults/{seed}/{split}")
    leaks = _sums(items, low, high, seed, "validation") if share and "leaked" in faults else iter(())
    data, earlier = Data(), list[tuple[int, ...]]()
    for number, digits in enumerate(_sums(n, low, high, seed, split)):
        fault = rng.choice(faults) if rng.random() < share else ""
        template = PROMPTS.get(fault, PLAIN)
        if fault == "duplicate":
            digits = earlier.pop(rng.randrange(len(earlier))) if earlier else digits
        elif fault == "leaked":
            digits, template = next(leaks, digits), (PLAIN, REWORDED)[number % 2]
        elif not fault:
            earlier.append(digits)
        question = template.replace("{sum}", "+".join(map(str, digits)))
        problem = ask(question, str(sum(digits) % 10), "planted", split, {"fault": fault})
        text = _text(digits, fault, rng)
        trace = replace(told(problem, text, "sum"), verdicts=[])
        if fault == "incomplete":
            trace = replace(trace, reasoning=text, answer="")
        data.problems.append(problem)
        data.traces.append(trace)
    return data


def _sums(n: int, low: int, high: int, seed: int, split: str) -> Iterator[tuple[int, ...]]:
    """Different sums, by their digits."""
    rng = random.Random(f"planted/{seed}/{split}")

    def draw() -> tuple[str, tuple[int, ...]]:
        digits = tuple(rng.randint(0, 9) for _ in range(rng.randint(low, high) + 1))
        return "+".join(map(str, digits)), digits

    yield from distinct(n, split, draw).values()


def _text(digits: tuple[int, ...], fault: str, rng: random.Random) -> str:
    """The trace: an equation for each addition, then the total."""
    if fault == "garbled":
        told_digits = tuple(rng.randint(0, 9) for _ in digits)
        while told_digits == digits:
            told_digits = tuple(rng.randint(0, 9) for _ in digits)
        return f"{''.join(_steps(told_digits))};{sum(digits) % 10}"
    steps, total = _steps(digits), sum(digits) % 10
    if fault == "wrong":
        total = (total + rng.randint(1, 9)) % 10
        steps[-1] = f"{steps[-1][:-1]}{total}"
    if fault == "loop":
        steps += [steps[-1]] * 11
    return "".join(steps) + ("" if fault == "incomplete" else f";{total}")


def _steps(digits: tuple[int, ...]) -> list[str]:
    steps, total = [], digits[0]
    for digit in digits[1:]:
        steps.append(f";{total}+{digit}={(total + digit) % 10}")
        total = (total + digit) % 10
    return steps
