"""Natural deduction for first-order logic: whether a step follows by one rule, and proofs as FLD writes them.

The rules are introduction and elimination of each connective and quantifier, with discharged assumptions
(Morishita et al., arXiv 2308.07336, table 1). Nothing here asks a prover.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from limbeck.checkers.fol import BadFormula, Formula, parse

_SIGNS = {"and": "&", "or": "|", "implies": "->", "iff": "<->", "xor": "⊕"}
_STEP = re.compile(r"\s*(?P<from>[\w\[\]& ]+?)\s*->\s*(?P<name>int\d+|assump\d+)\s*:\s*(?P<formula>.+?)\s*")
LABELS = ("proved", "disproved", "unknown")


def written(formula: Formula, outer: bool = True) -> str:
    """The formula's text, which `limbeck.checkers.fol.parse` reads."""
    kind = formula[0]
    if kind == "pred":
        return f"{formula[1]}({','.join(term[1] for term in formula[2])})" if formula[2] else str(formula[1])
    if kind == "not":
        return f"~{written(formula[1], False)}"
    if kind in ("all", "any"):
        return f"{'∀' if kind == 'all' else '∃'}{formula[1]} {written(formula[2], False)}"
    text = f"{written(formula[1], False)} {_SIGNS[kind]} {written(formula[2], False)}"
    return text if outer else f"({text})"


def contrary(formula: Formula) -> Formula:
    """Its negation, or what it negates."""
    negated: Formula = formula[1] if formula[0] == "not" else ("not", formula)
    return negated


def put(formula: Formula, variable: str, term: Formula) -> Formula:
    """The formula with a term in place of a free variable."""
    if formula[0] in ("all", "any"):
        return formula if formula[1] == variable else (*formula[:2], put(formula[2], variable, term))
    if formula[0] == "pred":
        return ("pred", formula[1], tuple(term if part == ("var", variable) else part for part in formula[2]))
    return (formula[0], *(put(part, variable, term) for part in formula[1:]))


def constants(formula: Formula) -> set[str]:
    """Names of things in a formula."""
    if formula[0] == "pred":
        return {term[1] for term in formula[2] if term[0] == "fun"}
    parts = formula[2:] if formula[0] in ("all", "any") else formula[1:]
    return {name for part in parts for name in constants(part)}


@dataclass(frozen=True)
class Known:
    """A formula that stands, and the facts and open assumptions it rests on, by name."""

    formula: Formula
    rests: Mapping[str, Formula] = field(default_factory=dict)


def rule_of(cited: Sequence[Known], conclusion: Formula, assumed: Formula | None = None) -> str:
    """The rule by which the conclusion follows from what is cited, each cited formula used; empty for none.

    Args:
        assumed: an assumption that the step discharges.
    """
    formulas = [each.formula for each in cited]
    if assumed is not None:
        return _discharging(formulas, conclusion, assumed)
    if len(formulas) == 1:
        return _from_one(cited[0], conclusion)
    for first, second, *rest in _orders(formulas):
        if not rest:
            if first == ("implies", second, conclusion):
                return "implication elimination"
            if conclusion == ("and", first, second):
                return "conjunction introduction"
            if first[0] == "any" and _eliminates(first, second, conclusion):
                return "existential elimination"
        elif first[0] == "or" and (second, rest) == (
            ("implies", first[1], conclusion),
            [("implies", first[2], conclusion)],
        ):
            return "disjunction elimination"
    return ""


def _orders(formulas: list[Formula]) -> list[list[Formula]]:
    return [list(order) for order in permutations(formulas)] if len(formulas) in (2, 3) else []


def _discharging(formulas: list[Formula], conclusion: Formula, assumed: Formula) -> str:
    if len(formulas) == 1 and conclusion == ("implies", assumed, formulas[0]):
        return "implication introduction"
    if len(formulas) == 2 and ("not", formulas[0]) == formulas[1]:
        formulas = formulas[::-1]
    if len(formulas) == 2 and formulas[0] == ("not", formulas[1]):
        if conclusion == ("not", assumed):
            return "negation introduction"
        if assumed == ("not", conclusion):
            return "negation elimination"
    return ""


def _from_one(cited: Known, conclusion: Formula) -> str:
    formula = cited.formula
    if formula[0] == "and" and conclusion in formula[1:]:
        return "conjunction elimination"
    if conclusion[0] == "or" and formula in conclusion[1:]:
        return "disjunction introduction"
    if formula[0] == "all" and _is_instance(formula, conclusion):
        return "universal elimination"
    if conclusion[0] == "any" and _is_instance(conclusion, formula):
        return "existential introduction"
    # What holds of a thing of which nothing is supposed holds of all.
    if conclusion[0] == "all":
        of = {name for each in cited.rests.values() for name in constants(each)} | constants(conclusion)
        for name in constants(formula) - of:
            if put(conclusion[2], conclusion[1], ("fun", name, ())) == formula:
                return "universal introduction"
    return ""


def _is_instance(quantified: Formula, formula: Formula) -> bool:
    terms = [("fun", name, ()) for name in sorted(constants(formula))] or [("fun", "", ())]
    return any(put(quantified[2], quantified[1], term) == formula for term in terms)


def _eliminates(exists: Formula, every: Formula, conclusion: Formula) -> bool:
    """``∃x F`` and ``∀x (F → C)`` give C, where x is not free in it."""
    if every[0] != "all" or every[2][0] != "implies" or every[2][2] != conclusion:
        return False
    return bool(put(exists[2], exists[1], ("var", every[1])) == every[2][1])


class BadProof(ValueError):
    """A proof that breaks its notation, or (``step``) a step that does not follow."""

    def __init__(self, reason: str, step: int | None = None) -> None:
        super().__init__(reason)
        self.step = step


@dataclass(frozen=True)
class Proof:
    """What a proof comes to.

    Attributes:
        steps: the conclusions, in order.
        facts: the names of facts it cites.
    """

    steps: tuple[Formula, ...]
    facts: frozenset[str]


def check(lines: Sequence[str], facts: Mapping[str, Formula]) -> Proof:
    """Hold a proof's steps against the rules, one by one: ``fact1 & int2 -> int3: F(a)``.

    ``void -> assump1: F(a)`` supposes something; ``[assump1] & int3 -> int4: F(a) -> G(b)`` discharges it.

    Raises:
        BadProof: a line that is no step, a name that is not there, a step that follows by no rule, or an
            assumption that is still open in the end.
    """
    known = {name: Known(formula, {name: formula}) for name, formula in facts.items()}
    cited: set[str] = set()
    last: Known | None = None
    steps: list[Formula] = []
    for number, line in enumerate(lines, 1):
        match = _STEP.fullmatch(line)
        if not match:
            raise BadProof(f"step {number}, {line[:60]!r}, is no step")
        try:
            formula = parse(match["formula"])
        except BadFormula as error:
            raise BadProof(f"step {number}: {error}") from None
        names = [name.strip() for name in match["from"].split("&")]
        if match["name"] in known:
            raise BadProof(f"step {number}: {match['name']} is there already", number)
        last = _step(number, names, match["name"], formula, known)
        known[match["name"]] = last
        cited.update(names)
        steps.append(formula)
    if last is None:
        raise BadProof("a proof without a step")
    if still := [name for name in last.rests if name not in facts]:
        raise BadProof(f"the proof rests on {still[0]}, which nothing discharges", len(steps))
    return Proof(tuple(steps), frozenset(cited & set(facts)))


def _step(number: int, names: list[str], name: str, formula: Formula, known: dict[str, Known]) -> Known:
    """What a step adds.

    Raises:
        BadProof: it does not follow.
    """
    if names == ["void"]:
        if not name.startswith("assump"):
            raise BadProof(f"step {number}: only an assumption comes from nothing", number)
        return Known(formula, {name: formula})
    discharged = [each[1:-1] for each in names if each.startswith("[") and each.endswith("]")]
    bare = [each for each in names if not each.startswith("[")]
    for each in (*discharged, *bare):
        if each not in known:
            raise BadProof(f"step {number}: there is no {each!r}", number)
    if len(discharged) > 1 or any(not each.startswith("assump") for each in discharged):
        raise BadProof(f"step {number}: one assumption is discharged at a time", number)
    assumed = known[discharged[0]].formula if discharged else None
    if not rule_of([known[each] for each in bare], formula, assumed):
        raise BadProof(f"step {number}: {written(formula)} follows by no rule", number)
    rests = {key: each for one_of in bare for key, each in known[one_of].rests.items()}
    return Known(formula, {key: each for key, each in rests.items() if key not in discharged})
