"""Goals of propositional logic, thought about backwards with snippets of proof, and then proved forwards."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

ATOMS = "abcdfghjklnopq"
"""Letters that name no rule."""
LONGEST = 40


@dataclass
class Builder:
    """Premises and a proof, made up together from the goal backwards."""

    rng: random.Random
    free: list[str]
    premises: list[str] = field(default_factory=list)
    thoughts: list[tuple[str, list[str]]] = field(default_factory=list)

    def prove(self, goal: str, depth: int) -> list[str]:
        """Steps that lead to the goal, none where it became a premise itself."""
        if not depth:
            self.premises.append(goal)
            return []
        kind = self.rng.choice("mmei")
        first, second = self.free.pop(), self.free.pop()
        if kind == "e":
            self.premises.append("&".join(self.rng.sample([goal, first], 2)))
            self.thoughts.append((goal, [f"e{goal}"]))
            return [f"e{goal}"]
        both = f"{first}&{second}"
        last = [f"m{goal}"] if kind == "m" else [f"i{both}", f"m{goal}"]
        self.premises.append(f"{first}>{goal}" if kind == "m" else f"{both}>{goal}")
        self.thoughts.append((goal, last))
        before = self.prove(first, depth - 1)
        return [*before, *(self.prove(second, 0) if kind == "i" else []), *last]


def proofs(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    spare: int = 1,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
) -> Data:
    """Premises and a goal, ``c>f,a,a&b>c,b:f``; the answer is a proof in steps of three rules:
    ``ia&b,mc,mf``.

    ``mc`` is modus ponens to c, ``ia&b`` joins a and b, ``ea`` takes a out of a conjunction. A trace thinks
    backwards, a wanted formula after ``?`` and the snippet of proof for it in brackets, and then writes the
    proof: ``?f[mf]?c[ia&b,mc];ia&b,mc,mf``.

    Args:
        n: different goals.
        low: fewest steps of the proof the goal was made with.
        high: most steps.
        spare: further premises that lead nowhere.
        solve: ``careful`` adds the trace.

    Returns:
        Problems of verifier ``deduction``, whose answer is one proof of several, with ``meta["steps"]``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different goals.
    """
    check_bounds(low, high, 1, 6)
    check(0, 3, spare=spare)
    rng = random.Random(f"proofs/{seed}/{split}")

    def draw() -> tuple[str, tuple[list[str], Builder]] | None:
        made = Builder(rng, rng.sample(ATOMS, len(ATOMS)))
        goal = made.free.pop()
        steps = made.prove(goal, rng.randint(1, min(high, 4)))
        made.premises += [f"{made.free.pop()}>{rng.choice((goal, made.free[-1]))}" for _ in range(spare)]
        rng.shuffle(made.premises)
        question = f"{','.join(made.premises)}:{goal}"
        return (question, (steps, made)) if low <= len(steps) <= high and len(question) <= LONGEST else None

    data = Data()
    for question, (steps, made) in distinct(n, split, draw).items():
        proof = ",".join(steps)
        problem = ask(question, proof, "proofs", split, {"steps": len(steps)}, verifier="deduction")
        data.problems.append(problem)
        if solve:
            thought = "".join(f"?{goal}[{','.join(snippet)}]" for goal, snippet in made.thoughts)
            data.traces.append(told(problem, f"{thought};{proof}", solve))
    return data
