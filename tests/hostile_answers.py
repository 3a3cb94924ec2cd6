"""Hostile answers, seeded, and what every verifier of answers must make of them; benchmarks use them too."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.answers.grid import grid
from limbeck.verifiers.answers.json_match import json_match
from limbeck.verifiers.answers.listed import listed
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.answers.number import number
from limbeck.verifiers.answers.yes_no import yes_no

OUTCOMES = {"correct", "wrong", "unparsed", "timeout", "unknown"}
VERIFIERS = {
    "math": (math, r"\frac{\pi}{4}"),
    "number": (number, "0.785 m"),
    "choice": (choice, "B"),
    "yes_no": (yes_no, "yes"),
    "listed": (listed, "pear, apple, fig"),
    "json_match": (json_match, '{"a": [1, {"b": 2}]}'),
    "grid": (grid, "7 8\n9 0"),
    "exact": (exact, "the reference"),
}


def _nested(rng: random.Random, size: int) -> str:
    opening, closing = rng.choice(
        [("(", ")"), ("[", "]"), ("{", "}"), ("\\frac{", "}{2}"), ("\\sqrt{", "}"), ('{"a":', "}")]
    )
    return opening * size + "1" + closing * rng.choice([0, size, size - 1])


def _towers(rng: random.Random, size: int) -> str:
    n = rng.randrange(2, 99)
    powers = [
        f"10^{{10^{{{size}}}}}",
        f"{n}^{{{n}^{{{n}}}}}",
        f"{n}^{size}{size}",
        f"1e{size}{size}",
        f"{n}**{n}**{n}",
    ]
    factorials = [
        f"({n}!)!",
        "1" + "!" * min(size, 50),
        f"\\binom{{{size}9}}{{{n}}}",
        f"\\prod_{{k=1}}^{{{size}9}} k",
    ]
    sums = [
        f"(x+y+1)^{{{n}{n}}}",
        f"\\sum_{{k=1}}^{{{size}99}} \\frac{{1}}{{k^{n}}}",
        f"\\int_0^{n} e^{{-x^{n}}} \\sin(x^x) dx",
    ]
    return rng.choice(powers + factorials + sums)


def _letters(rng: random.Random, size: int) -> str:
    marks = "\x00\x07\x1b\x7f\u202e\u200b\u2066\ufeff\ud800\udfff😀🇩🇪é́Ⅷ٣൫½∞√±×÷≤∪ℝ⟨\U000e0001"
    marks += "\\\"'`${}[]()|&#%~^_,.;:-+=/<>"
    return "".join(rng.choice(marks + "0123456789aBxy \n") for _ in range(min(size, 300)))


def _code(rng: random.Random, size: int) -> str:
    return rng.choice(
        ["__import__('os').system('touch /tmp/limbeck-was-here')",
         "().__class__.__bases__[0].__subclasses__()",
         "eval('9**9**9')", "lambda: 0", "{{7*7}}", "${jndi:ldap://x}", "'; DROP TABLE traces; --", "%s%n%x",
         "../../etc",
         "\\input{/etc/passwd}", "\\write18{ls}", "<script>alert(1)</script>",
         "!!python/object/apply:os.system ['ls']"]
    ) * rng.choice([1, 1, 5])  # fmt: skip


def _long(rng: random.Random, size: int) -> str:
    signs = [
        "1",
        "a",
        " ",
        "\n",
        "$",
        "\\",
        "{",
        "[",
        "|",
        "²",
        "\\boxed{",
        '"answer": "',
        "####",
        "```\n",
        "</think>",
        "1,",
    ]
    words = [
        "answer is ",
        "(A) ",
        "not ",
        "1 hour ",
        "x+",
        "\\cup (1,2)",
        "no, ",
        "A) 1\n",
        "1 2\n",
        "\\{1\\},",
    ]
    unit = rng.choice(signs + words)
    return unit * (10 ** rng.choice([3, 4, 5, 6] if size > 900 else [2, 3, 4]) // len(unit))


def _broken(rng: random.Random, size: int) -> str:
    golds = [gold for _, gold in VERIFIERS.values()]
    text = list(
        rng.choice(
            [*golds, r"(-\infty,1)\cup[2,\infty)", "x<1 or x>2", r"\begin{pmatrix}1&2\\3\end{pmatrix}"]
        )
        * 3
    )
    for _ in range(rng.randrange(1, 9)):
        text[rng.randrange(len(text))] = rng.choice("\\{}[]()&|,;:<>^_\x00\ud8009e.")
    return "".join(text)


def hostile(count: int, seed: int) -> Iterator[str]:
    """Answers nobody would want to read, one after the other."""
    rng = random.Random(seed)
    kinds = [_nested, _towers, _letters, _code, _long, _broken]
    dresses = ["{}", "The answer is {}.", "\\boxed{{{}}}", '{{"answer": "{}"}}', "#### {}", "So\nthus **{}**"]
    for _ in range(count):
        yield rng.choice(dresses).format(rng.choice(kinds)(rng, rng.choice([3, 30, 300, 1000, 3000])))


def attack(
    name: str, texts: list[str], options: dict[str, float] | None = None
) -> list[tuple[float, Verdict]]:
    """Seconds of work in this thread, and verdict, for every text: the answer or, every fifth one, the
    reference."""
    verifier, gold = VERIFIERS[name]
    found: list[tuple[float, Verdict]] = []
    for index, text in enumerate(texts):
        reference, answer = (text, gold) if index % 5 == 4 else (gold, text)
        problem = Problem(id="p", question="Which? A) one B) two C) pear", answer=reference)
        before = time.thread_time()
        verdict = verifier(problem, Trace(id="t", problem_id="p", answer=answer), **(options or {}))
        spent = time.thread_time() - before
        found.append((spent, verdict))
    return [(spent, one.result(timeout=60) if isinstance(one, Future) else one) for spent, one in found]


def check(name: str, texts: list[str], timeout: float = 0.5) -> tuple[float, dict[str, int]]:
    """Most work for an answer in this process, seconds, and outcomes; fails on what is not as it must be."""
    found = attack(name, texts, {"timeout": timeout} if name == "math" else None)
    seen = dict.fromkeys(sorted(OUTCOMES), 0)
    for index, (text, (spent, verdict)) in enumerate(zip(texts, found, strict=True)):
        assert verdict.outcome in OUTCOMES, (name, text[:200], verdict)
        if (
            verdict.outcome == "correct"
        ):  # the reference may hide among the broken ones: then it must be written there
            assert index % 5 == 4 or len(text) < 500, (name, text[:200], verdict)
        assert spent < 2, (name, spent, text[:200])
        seen[verdict.outcome] += 1
    return max(spent for spent, _ in found), seen
