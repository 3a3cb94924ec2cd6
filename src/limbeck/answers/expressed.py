"""Two expressions compared: by their form, by a witness, or but for a name."""

from __future__ import annotations

import re

from limbeck.answers.rules import Difference, Equality, NeedsAlgebra, Rules, Unsure
from limbeck.expressions import witness
from limbeck.expressions.limits import too_big
from limbeck.expressions.reading import read
from limbeck.expressions.renaming import renamed, same_but_for_unit


def expressed(gold: str, answer: str, rules: Rules) -> Equality:
    """Compare two expressions.

    Raises:
        Unsure: one of them can be read in two ways, or rounds the other.
        NeedsAlgebra: they are not read here, or equal at every point and not proved to be.
    """
    if too_big(gold) or too_big(answer):
        raise NeedsAlgebra
    finding = witness.compare(gold, answer, rules.tolerance)
    if finding is None or finding.kind == "open":
        raise NeedsAlgebra
    if finding.kind in ("ambiguous", "rounded"):
        raise Unsure(
            finding.reason if finding.kind == "ambiguous" else f"{answer} and {gold} agree up to rounding"
        )
    if finding.kind == "different":
        return _but_for_a_name(gold, answer, rules) or Difference(finding.reason)
    return True


_OPTION = re.compile(r"\([A-H]\)")


def _but_for_a_name(gold: str, answer: str, rules: Rules) -> bool:
    """Whether two different expressions are one with another name for what may have any.

    Raises:
        Unsure: they are one with another name, which the question may have given.
    """
    if _OPTION.fullmatch(answer) and answer.strip("()") not in gold:
        raise Unsure(f"{answer} may be the letter of an option")
    if same_but_for_unit(gold, answer):
        raise Unsure(f"the last letter of {answer} or {gold} may be a unit or a factor")
    kind = renamed(gold, answer)
    if kind == "constant" or (kind == "parameter" and rules.solutions):
        return True
    if kind:
        raise Unsure(f"{answer} and {gold} are the same but for the name or the value of a letter")
    return False


def are_products(gold: str, answer: str) -> bool:
    """Whether both are formulas of the same letters, in which ``mgh`` is a product and no word."""
    left, right = read(gold), read(answer)
    if left is None or right is None or left.letters != right.letters:
        return False
    return bool(re.search(r"[-+*/^=\\]", gold) and re.search(r"[-+*/^=\\(]", answer))
