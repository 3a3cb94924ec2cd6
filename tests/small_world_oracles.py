"""Oracles of small worlds that share no code with them, as `generator_oracles`."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import Any

import z3

from limbeck.records import Problem


def countdown(problem: Problem) -> str:
    """The expression by Python's own arithmetic, over just the numbers there are."""
    given, target = problem.question.split("=")
    tree = ast.parse(problem.answer or "", mode="eval")
    used = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    if Counter(used) != Counter(map(int, given.split())):
        return f"it uses {used}"
    value = eval(compile(tree, "gold", "eval"), {"__builtins__": {}})  # digits and signs of the generator's
    return "" if value == int(target) else f"it is {value}"


def proofs(problem: Problem) -> str:
    """The premises entail the goal, and can be true together, by SAT."""

    def read(text: str) -> Any:
        if ">" in text:
            left, right = text.split(">")
            return z3.Implies(read(left), read(right))
        return z3.And([z3.Bool(letter) for letter in text.split("&")])

    premises, goal = problem.question.split(":")
    solver = z3.Solver()
    solver.add([read(text) for text in premises.split(",")])
    if str(solver.check()) != "sat":
        return "the premises contradict each other"
    return "" if str(solver.check(z3.Not(read(goal)))) == "unsat" else "the goal does not follow"


def word_problems(problem: Problem) -> str:
    """Whole numbers, none negative, that fit the sentences; where it is valid just one for what is asked."""
    solver, number = z3.Solver(), r"There are (-?\d+(?:\.\d+)?)"
    defect, asked = problem.meta["defect"], re.search(r"How many (\w+) are there\?", problem.question)
    if defect in ("task", "language", "condition"):
        return ""  # of words, not of numbers
    for sentence in re.findall(r"There are [^.]+\.", problem.question):
        for pattern, build in (
            (rf"{number} (\w+)\.", lambda n, a: a == n),
            (rf"{number} more (\w+) than (\w+)\.", lambda n, a, b: a == b + n),
            (rf"{number} fewer (\w+) than (\w+)\.", lambda n, a, b: a == b - n),
            (rf"{number} times as many (\w+) as (\w+)\.", lambda n, a, b: a == n * b),
            (rf"{number} (\w+) and (\w+) together\.", lambda n, a, b: a + b == n),
        ):
            if match := re.fullmatch(pattern, sentence):
                names = [z3.Int(name) for name in match.groups()[1:]]
                solver.add(build(int(match[1]), *names), *[name >= 0 for name in names])
    if str(solver.check()) == "unsat":
        return "" if defect == "contradiction" else "no numbers fit"
    if defect == "contradiction":
        return "numbers fit"
    goal = z3.Int(asked[1]) if asked else z3.Int("nothing")
    value = solver.model().eval(goal, model_completion=True)
    single = str(solver.check(goal != value)) == "unsat"
    if defect:
        return "" if not single else "it can be answered"
    return "" if single and str(value) == problem.answer else f"{value}, not {problem.answer}"


def deductions(problem: Problem) -> str:
    """Who has how many cards, as equations."""
    solver = z3.Solver()
    *told, asked = re.findall(r"[^.?]+[.?]", problem.question)
    for sentence in map(str.strip, told):
        if match := re.fullmatch(r"(\w+) has (\d+) cards\.", sentence):
            solver.add(z3.Int(match[1]) == int(match[2]))
        elif match := re.fullmatch(r"(\w+) has (\d+) (more|fewer) cards than (\w+)\.", sentence):
            sign = 1 if match[3] == "more" else -1
            solver.add(z3.Int(match[1]) == z3.Int(match[4]) + sign * int(match[2]))
        elif match := re.fullmatch(r"(\w+) has (\d+) times as many cards as (\w+)\.", sentence):
            solver.add(z3.Int(match[1]) == int(match[2]) * z3.Int(match[3]))
        else:
            return f"unread: {sentence}"
    goal = z3.Int(asked.split()[-1].rstrip("?"))
    if str(solver.check()) != "sat":
        return "no numbers fit"
    return "" if str(solver.check(goal != int(problem.answer or "0"))) == "unsat" else "another answer fits"


SMALL = {"countdown": countdown, "proofs": proofs, "word_problems": word_problems, "deductions": deductions}
