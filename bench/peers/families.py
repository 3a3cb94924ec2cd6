"""Pairs drawn from a seed: each family writes a value in several ways, and what is near it but another."""

from __future__ import annotations

import random
from collections.abc import Iterator

from peers import amounts, formulas, listings

Row = tuple[str, str, str, str, str, str]
"""Kind, question, reference, response, expected, witness."""

SEED = 20
DRAWS = 9
WORDINGS = (
    r"\boxed{%s}",
    r"$\boxed{%s}$",
    r"$$\boxed{%s}$$",
    r"\[" "\n" r"\boxed{%s}" "\n" r"\]",
    r"The final answer is $%s$.",
    r"The answer is $\boxed{%s}$.",
    r"Therefore, the answer is \(\boxed{%s}\).",
    "**Answer:** $%s$",
    "**Final Answer:** \\(%s\\)",
    "### Final Answer\n\n$$%s$$",
    "Final Answer: The final answer is $%s$. I hope it is correct.",
    "<think>\nLet me see. Could it be 0? No.\n</think>\n\nWe find $\\boxed{%s}$.",
    "<answer>$%s$</answer>",
    "First we simplify both sides.\n\nThen we collect terms.\n\nThus, the result is $\\boxed{%s}$.",
    "Let me work through it.\n\n1. Set up.\n2. Solve.\n\n**The final answer is $\\boxed{%s}$.**",
    "Step 1: read the question.\nStep 2: compute.\n\n#### $%s$",
    "We check with a table:\n\n| n | 1 | 2 |\n|---|---|---|\n| a | 1 | 4 |\n\nSo $\\boxed{%s}$.",
    "So the answer is $%s$",
    "Hence $$\\boxed{%s}.$$",
    "答案是 $\\boxed{%s}$。",
    "Ответ: $\\boxed{%s}$.",
    "La réponse finale est $\\boxed{%s}$.",
    "Die Antwort ist $\\boxed{%s}$.",
    "따라서 정답은 $\\boxed{%s}$입니다.",
    "よって答えは $\\boxed{%s}$ です。",
    "La respuesta es $\\boxed{%s}$.",
)


def drawn() -> Iterator[Row]:
    """All drawn pairs: a family yields bare formulas, and each response is then worded."""
    for family in (*formulas.FAMILIES, *amounts.FAMILIES, *listings.FAMILIES):
        rng = random.Random(f"{SEED} {family.__name__}")
        for _ in range(DRAWS):
            for question, reference, response, expected, witness in family(rng):
                kind = "drawn " + family.__name__.replace("_", " ")
                text = response if response.startswith("¶") else rng.choice(WORDINGS) % response
                yield kind, question, reference, text.removeprefix("¶"), expected, witness
