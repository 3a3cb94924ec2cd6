"""Oracles that share no code with the generators they judge: each reads a problem's text or formulas anew.

An oracle returns what is wrong with a gold, empty for nothing. `bench/bench_generators.py` runs them
over a thousand problems of each, the tests over a few.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from typing import Any

import z3

from limbeck.checkers.fol import decide, parse
from limbeck.records import Problem

TRUTH = {"entailment": "True", "contradiction": "False", "neutral": "Uncertain"}


def answers(formulas: list[Any], goal: Any) -> tuple[str, str, str]:
    """Whether the formulas, they without the goal, and they with it can hold."""
    told = []
    for extra in ([], [z3.Not(goal)], [goal]):
        solver = z3.Solver()
        solver.set("timeout", 10_000)
        solver.add(*formulas, *extra)
        told.append(str(solver.check()))
    return told[0], told[1], told[2]


class Tptp:
    """TPTP formulas as z3 booleans, grounded over the names that occur: a SAT encoding of their own."""

    def __init__(self, texts: list[str]) -> None:
        self.names = sorted(
            {word for text in texts for word in re.findall(r"(?<=[(,= ])[a-z]+(?=[),])", text)}
        )

    def read(self, text: str) -> Any:
        self.tokens = re.findall(r"<=>|<~>|=>|!=|[!?]\[|\w+|[()\]:~&|=,]", text)[::-1]
        formula = self.chain({})
        assert not self.tokens, self.tokens
        return formula

    def chain(self, bound: dict[str, str]) -> Any:
        left = self.unary(bound)
        while self.tokens and self.tokens[-1] in ("&", "|", "=>", "<=>", "<~>"):
            sign, right = self.tokens.pop(), self.unary(bound)
            made = {"&": z3.And, "|": z3.Or, "=>": z3.Implies, "<~>": z3.Xor}
            left = left == right if sign == "<=>" else made[sign](left, right)
        return left

    def unary(self, bound: dict[str, str]) -> Any:
        token = self.tokens.pop()
        if token == "~":
            return z3.Not(self.unary(bound))
        if token == "(":
            formula = self.chain(bound)
            assert self.tokens.pop() == ")"
            return formula
        if token in ("![", "?["):
            variable = self.tokens.pop()
            assert (self.tokens.pop(), self.tokens.pop()) == ("]", ":")
            after, parts = self.tokens, []
            for name in self.names:
                self.tokens = after[:]
                parts.append(self.unary({**bound, variable: name}))
            return z3.And(parts) if token == "![" else z3.Or(parts)
        return self.atom(token, bound)

    def atom(self, token: str, bound: dict[str, str]) -> Any:
        if self.tokens and self.tokens[-1] in ("=", "!="):
            same = self.tokens.pop() == "="
            other = self.tokens.pop()
            return z3.BoolVal((bound.get(token, token) == bound.get(other, other)) == same)
        words = [token]
        assert self.tokens.pop() == "("
        while words[-1] != ")":
            words += [self.tokens.pop(), self.tokens.pop()]
            if words[-1] == ",":
                words.pop()
        return z3.Bool(" ".join(bound.get(word, word) for word in words))


def logic_grammar(problem: Problem) -> str:
    """TPTP by SAT, first-order logic by z3's quantifiers; the premises used are enough."""
    meta = problem.meta
    reader = Tptp([*meta["premises-TPTP"], meta["hypothesis-TPTP"]])
    premises = [reader.read(text) for text in meta["premises-TPTP"]]
    possible, without, with_it = answers(premises, reader.read(meta["hypothesis-TPTP"]))
    if possible != "sat":
        return "the premises cannot be true together"
    label = "entailment" if without == "unsat" else "contradiction" if with_it == "unsat" else "neutral"
    if label != meta["label"]:
        return f"SAT says {label}, not {meta['label']}"
    formulas = [parse(text) for text in meta["premises-FOL"]]
    needed = [formulas[at] for at in meta["used"]] if meta["used"] else formulas
    given, reason = decide(needed, parse(meta["hypothesis-FOL"]), 10)
    return "" if given == TRUTH[label] else f"z3 says {given or reason} of the premises used, not {label}"


def grounded(formula: Any, things: list[str], bound: dict[str, str]) -> Any:
    """A formula over so many things, as z3 booleans."""
    kind = formula[0]
    if kind in ("all", "any"):
        parts = [grounded(formula[2], things, {**bound, formula[1]: thing}) for thing in things]
        return z3.And(parts) if kind == "all" else z3.Or(parts)
    if kind == "pred":
        terms = [bound[term[1]] if term[0] == "var" else term[1] for term in formula[2]]
        return z3.Bool(" ".join([formula[1], *terms]))
    parts = [grounded(part, things, bound) for part in formula[1:]]
    if kind == "iff":
        return parts[0] == parts[1]
    return {"and": z3.And, "or": z3.Or, "not": z3.Not, "implies": z3.Implies}[kind](*parts)


def formal_deduction(problem: Problem) -> str:
    """Each step follows from what it rests on, by z3; an unknown hypothesis has a finite model of either
    kind."""
    facts = {name: parse(text) for name, text in problem.meta["facts"].items()}
    goal, label = parse(problem.meta["hypothesis"]), problem.meta["label"]
    texts = [*problem.meta["facts"].values(), problem.meta["hypothesis"]]
    things = sorted({word for text in texts for word in re.findall(r"\((\w+)\)", text)} - {"x"})
    things += ["other", "another"]
    ground = [grounded(fact, things, {}) for fact in facts.values()]
    possible, without, with_it = answers(ground, grounded(goal, things, {}))
    if possible != "sat":
        return "no model of two things more than are named"
    if label == "unknown":
        return "" if (without, with_it) == ("sat", "sat") else "no two models that differ"
    if (label, "unsat") not in (("proved", without), ("disproved", with_it)):
        return f"a finite model shows that it is not {label}"
    rests: dict[str, tuple[set[str], Any]] = {name: ({name}, fact) for name, fact in facts.items()}
    supposed = dict(facts)
    last = None
    for line in (problem.answer or "").splitlines()[:-1]:
        names, _, rest = line.partition(" -> ")
        name, _, text = rest.partition(": ")
        last = parse(text)
        if names == "void":
            supposed[name] = last
            rests[name] = ({name}, last)
            continue
        cited = [each.strip() for each in names.split("&")]
        leans = set().union(*(rests[each][0] for each in cited if not each.startswith("[")))
        leans -= {each[1:-1] for each in cited if each.startswith("[")}
        given, reason = decide([supposed[each] for each in sorted(leans)], last, 10)
        if given != "True" and "contradict" not in reason:
            return f"{line!r}: z3 says {given or reason}"
        rests[name] = (leans, last)
    if last != (goal if label == "proved" else goal[1] if goal[0] == "not" else ("not", goal)):
        return "the proof ends elsewhere"
    return ""


def mazes(problem: Problem) -> str:
    """Breadth first, on the grid in the question."""
    rows = problem.question.splitlines()[2:]
    spots = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row) if sign != "#"}
    start = next(spot for spot, sign in spots.items() if sign == "S")
    far, queue = {start: 0}, deque([start])
    while queue:
        r, c = queue.popleft()
        for spot in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if spot in spots and spot not in far:
                far[spot] = far[r, c] + 1
                queue.append(spot)
    goal = next(spot for spot, sign in spots.items() if sign == "G")
    at = start
    for step in problem.answer or "":
        at = {
            "U": (at[0] - 1, at[1]),
            "D": (at[0] + 1, at[1]),
            "L": (at[0], at[1] - 1),
            "R": (at[0], at[1] + 1),
        }[step]
        if at not in spots:
            return f"the plan walks into a wall at {at}"
    if at != goal or len(problem.answer or "") != far[goal]:
        return f"{len(problem.answer or '')} steps to {at}; {far[goal]} to {goal} are enough"
    return ""


def sudokus(problem: Problem) -> str:
    """Exactly one solution, by SAT: a boolean for each cell and digit."""
    rows = [row for row in problem.question.splitlines() if re.fullmatch(r"\d+", row)]
    size = len(rows)
    high, wide = map(int, re.search(r"box of (\d) rows and (\d) columns", problem.question).groups())  # type: ignore[union-attr]
    is_ = [[[z3.Bool(f"{r} {c} {d}") for d in range(size)] for c in range(size)] for r in range(size)]
    cells = list(itertools.product(range(size), repeat=2))
    groups = [[spot for spot in cells if spot[0] == at] for at in range(size)]
    groups += [[spot for spot in cells if spot[1] == at] for at in range(size)]
    boxes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for r, c in cells:
        boxes.setdefault((r // high, c // wide), []).append((r, c))
    solver = z3.Solver()
    for r, c in cells:
        solver.add(z3.PbEq([(is_[r][c][d], 1) for d in range(size)], 1))
        if rows[r][c] != "0":
            solver.add(is_[r][c][int(rows[r][c]) - 1])
    for group in [*groups, *boxes.values()]:
        for d in range(size):
            solver.add(z3.PbEq([(is_[r][c][d], 1) for r, c in group], 1))
    gold = (problem.answer or "").splitlines()
    same = z3.And([is_[r][c][int(gold[r][c]) - 1] for r, c in cells])
    if str(solver.check(same)) != "sat":
        return "the gold is no solution"
    return "" if str(solver.check(z3.Not(same))) == "unsat" else "there is another solution"


def quantities(problem: Problem) -> str:
    """The sentences as equations over z3's integers; the answer is their only one."""
    *told, asked = re.findall(r"[^.?]+[.?]", problem.question)
    solver, number = z3.Solver(), r"the number of ([\w ]+?)"
    for sentence in told:
        name, rest = re.fullmatch(r"\s*The number of ([\w ]+?) is (.+)\.", sentence).groups()  # type: ignore[union-attr]
        left = z3.Int(name)
        if rest.isdigit():
            solver.add(left == int(rest))
        elif match := re.fullmatch(rf"(\d+) (more than|fewer than|times) {number}", rest):
            count, base = int(match[1]), z3.Int(match[3])
            by = {"more than": base + count, "fewer than": base - count, "times": base * count}
            solver.add(left == by[match[2]])
        elif match := re.fullmatch(rf"{number} minus {number}", rest):
            solver.add(left == z3.Int(match[1]) - z3.Int(match[2]))
        elif match := re.fullmatch(rf"{number} and {number} together", rest):
            solver.add(left == z3.Int(match[1]) + z3.Int(match[2]))
        else:
            return f"unread: {sentence}"
    goal = z3.Int(re.fullmatch(rf"\s*What is {number}\?", asked)[1])  # type: ignore[index]
    gold = int(problem.answer or "")
    if str(solver.check(goal == gold)) != "sat":
        return f"{gold} does not fit"
    return "" if str(solver.check(goal != gold)) == "unsat" else "the answer is not the only one"


def tables_sql(problem: Problem) -> str:
    """The English question answered in Python from the table's text, without SQL."""
    table, asked = problem.question.split("\n\n")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    kept = [row for row in rows if _kept(asked, row)]
    gold = str(problem.answer)
    if match := re.match(
        r"For how many values of (\w+) is the sum of (\w+) over their \w+ more than (\d+)", asked
    ):
        sums: dict[str, int] = {}
        for row in rows:
            sums[row[match[1]]] = sums.get(row[match[1]], 0) + int(row[match[2]])
        value = sum(total > int(match[3]) for total in sums.values())
    elif asked.startswith("How many"):
        value = len(kept)
    elif match := re.search(r"how many different values of (\w+)", asked):
        value = len({row[match[1]] for row in kept})
    elif match := re.search(r"what is the (\w+) of the one with the greatest (\w+)", asked):
        key = match[2]
        best = max(int(row[key]) for row in kept)
        [only] = [row for row in kept if int(row[key]) == best]
        value = int(only[match[1]])
    elif match := re.search(r"what is the (sum of|greatest|least) (\w+)", asked):
        fold = {"sum of": sum, "greatest": max, "least": min}[match[1]]
        value = fold(int(row[match[2]]) for row in kept)
    else:
        return f"unread: {asked}"
    return "" if str(value) == gold else f"{value}, not {gold}: {asked}"


def _kept(asked: str, row: dict[str, str]) -> bool:
    holds = []
    for column, word, value in re.findall(r"whose (\w+) is (over |under |)(\w+)", asked):
        there = row[column]
        if word:
            holds.append(int(there) > int(value) if word == "over " else int(there) < int(value))
        else:
            holds.append(there == value)
    return any(holds) if "(or both)" in asked else all(holds)


ORACLES = {
    "logic_grammar": logic_grammar,
    "formal_deduction": formal_deduction,
    "mazes": mazes,
    "sudokus": sudokus,
    "quantities": quantities,
    "tables_sql": tables_sql,
}
