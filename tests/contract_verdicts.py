"""A right answer for every verifier: this must be written down once, the rest a contract makes itself.

A verifier without a row gets a number against the same number. One that asks a model gets a scripted reply.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from contract_cases import ready

from limbeck.models.scripted import Scripted
from limbeck.pipeline.registry import Bound, methods
from limbeck.pipeline.signature import Method
from limbeck.records import Problem, Trace

CUBES = "def solution():\n    return 3 ** 3"
NATURAL = "#1. Ann has 2 pens.\n#2. Ann buys 3 pens.\n#3. (by #1 #2) Ann has 2 + 3 = 5 pens.\n"
FORMULAS = "Premises:\n∀x (Cat(x) → Animal(x))\nCat(tom)\nConclusion:\nAnimal(tom)"
STATED = "variables: a in {1, 2}; b in {1, 2}\nconstraints: a != b\na < b"
SUM = "First 2 + 3 = 5.\n\nThen 5 * 2 = 10.\n\n"

GOLD: dict[str, dict[str, Any]] = {
    "abstention": {"gold": "Paris", "answer": "Paris"},
    "arithmetic": {"reasoning": SUM, "answer": "10"},
    "checklist": {
        "gold": "12", "answer": "12", "meta": {"rubric": [{"text": "says so"}]}, "reply": '{"1": 1}',
        "inner": "exact",
    },
    "choice": {"question": "Which? A) 1 B) 2 C) 3", "gold": "B", "answer": "B"},
    "constraints": {"answer": "a = 1, b = 2", "meta": {"program": STATED}},
    "countdown": {"answer": "3*(7+2)", "meta": {"numbers": [7, 2, 3], "target": 27}},
    "critic": {"reasoning": SUM, "answer": "10", "reply": "right"},
    "deduction": {"question": "c>f,a,a&b>c,b:f", "answer": "ia&b,mc,mf"},
    "deductive": {"reasoning": NATURAL, "answer": "5", "reply": "yes"},
    "discriminator": {"answer": "5", "reply": '{"correct": true}'},
    "equations": {"gold": "6", "answer": "2x = 12", "inner": "math"},
    "first_error": {"reasoning": SUM, "answer": "10", "reply": "\\boxed{-1}"},
    "fol": {"gold": "True", "answer": FORMULAS},
    "grid": {"gold": "7 8\n9 0", "answer": "7 8\n9 0"},
    "grounded": {"reasoning": "so [12]", "gold": "12", "answer": "12", "inner": "exact"},
    "implied": {
        "question": "a>c,a:c", "answer": ";a a>c:c;y", "meta": {"statements": ["a>c", "a"], "goal": "c"},
    },
    "induced_rule": {"answer": "r", "meta": {"demos": [["abc", "cba"]]}},
    "instructions": {
        "answer": "At the harbour.", "meta": {"instructions": [{"kind": "include", "keyword": "harbour"}]},
    },
    "json_match": {"gold": '{"a": [1, 2]}', "answer": '{"a": [1, 2]}'},
    "judge": {"answer": "5", "reply": '{"correct": true}'},
    "knave_roles": {
        "gold": "(1) Zoey is a knave\n(2) Liam is a knight", "answer": "Zoey is a knave, Liam is a knight",
        "meta": {
            "names": ["Zoey", "Liam"], "statements": "(('and', ('lying', 0), ('lying', 1)), ('lying', 0))",
        },
    },
    "lean": {"answer": "by decide", "meta": {"statement": "theorem two : 1 + 1 = 2 :="}},
    "listed": {"gold": "pear, fig", "answer": "pear, fig"},
    "moves": {"answer": "1 K D", "meta": {"puzzle": "hanoi:1:KAD"}},
    "maze": {"answer": "RDR", "meta": {"maze": ["S.#", "#.G"], "steps": 3}},
    "natural_deduction": {
        "gold": "fact1 & fact2 -> int1: G(a)\nproved", "answer": "fact2 & fact1 -> int1: G(a)\nproved",
        "meta": {"facts": {"fact1": "F(a)", "fact2": "F(a) -> G(a)"}, "hypothesis": "G(a)"},
    },
    "ontology_proof": {"gold": "b", "answer": "b", "meta": {"premises": ["a", "a>b"], "goal": "b"}},
    "path": {
        "reasoning": "(ann, knows, bob)\n(bob, likes, figs)", "answer": "figs",
        "meta": {"facts": [["ann", "knows", "bob"], ["bob", "likes", "figs"]]},
    },
    "program": {"gold": "27", "answer": CUBES, "inner": "math"},
    "reached": {"gold": "12", "answer": "1. What is 5 + 7?", "reply": "<think></think>12", "inner": "exact"},
    "reasoning_gym": {"gold": "12", "answer": "12", "meta": {"source_dataset": "leg_counting"}},
    "reward_model": {"answer": "5", "chances": {"yes": -0.1, "no": -2.0}},
    "self_check": {"reasoning": SUM, "answer": "10", "reply": "\\boxed{-1}"},
    "sql": {"gold": "SELECT name FROM people", "answer": "SELECT name FROM people"},
    "stdin_stdout": {"answer": "print(int(input()) * 2)", "meta": {"cases": [{"input": "3", "output": "6"}]}},
    "straight_line": {"answer": "a=3+4;b=a*2", "meta": {"value": 14}},
    "unit_tests": {"answer": "def f(x):\n    return x + 1", "meta": {"tests": ["assert f(1) == 2"]}},
    "yes_no": {"gold": "yes", "answer": "yes"},
}  # fmt: skip
PLAIN = {"gold": "12", "answer": "12"}
MAY_LACK = ("lean", "reasoning_gym", "constraints", "fol")
"""Verifiers that need something which is not installed everywhere; they say ``unknown`` without it."""


class Weighing(Scripted):
    """Finds words as likely as it is told."""

    def __init__(self, replies: Any, chances: dict[str, float]) -> None:
        super().__init__(replies)
        self.chances = chances

    def score(self, prompts, completions, ended=None):
        return [[self.chances.get(text.strip(), -1.0)] for text in completions]


def example(entry: Method, folder: Path) -> tuple[Bound, Problem, Trace]:
    """The verifier ready to use, a problem, and a trace that is right."""
    row = GOLD.get(entry.name, PLAIN)
    supplied = {
        "model": Weighing([row.get("reply", "")], row.get("chances", {"true": -0.1, "false": -2.0})),
        "verifier": ready(methods("verifiers")[row.get("inner", "exact")]),
    }
    given = {name: value for name, value in supplied.items() if name in entry.params}
    meta = dict(row.get("meta", {}))
    if entry.name == "sql":
        meta["database"] = str(database(folder))
    problem = Problem(id="p", question=row.get("question", "What?"), answer=row.get("gold"), meta=meta)
    trace = Trace(
        id="t", problem_id="p", reasoning=row.get("reasoning", ""), answer=row["answer"], finish="stop"
    )
    return ready(entry, **given), problem, trace


def database(folder: Path) -> Path:
    path = folder / "people.sqlite"
    if not path.exists():
        with sqlite3.connect(path) as made:
            made.execute("CREATE TABLE people (name TEXT)")
            made.executemany("INSERT INTO people VALUES (?)", [("ann",), ("bob",)])
    return path
