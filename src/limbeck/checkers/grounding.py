"""First-order formulas over finitely many named things, as truth tables: exhaustive, and without a prover."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from limbeck.checkers.fol import Formula

MOST_ATOMS = 21
Atom = tuple[str, ...]
"""A predicate and the things it is said of."""


class TooMany(ValueError):
    """More ground atoms than a truth table is drawn up for."""


class Tables:
    """Truth tables as integers: bit ``i`` of a formula's says whether it holds in case ``i``.

    Different names are different things, and there are no others. A term is a name or a bound variable.

    Args:
        formulas: all that will be asked about.
        things: all there are.
        given: atoms that hold in every case.

    Raises:
        TooMany: more than `MOST_ATOMS` atoms that are not given.
    """

    def __init__(self, formulas: Iterable[Formula], things: Sequence[str], given: Collection[Atom] = ()):
        self.things, self.given = things, given
        self.atoms = sorted(set().union(*(atoms(formula, things, given) for formula in formulas)))
        if len(self.atoms) > MOST_ATOMS:
            raise TooMany(f"{len(self.atoms)} atoms, {MOST_ATOMS} at most")
        self.cases = 1 << len(self.atoms)
        self.all = (1 << self.cases) - 1
        self.columns = {atom: self._column(place) for place, atom in enumerate(self.atoms)}

    def _column(self, place: int) -> int:
        """The atom's own table: runs of ``2 ** place`` zeros and ones, doubled until it is full."""
        run = 1 << place
        bits, width = ((1 << run) - 1) << run, 2 * run
        while width < self.cases:
            bits |= bits << width
            width *= 2
        return bits

    def of(self, formula: Formula, bound: dict[str, str] | None = None) -> int:
        """The formula's table."""
        bound, kind = bound or {}, formula[0]
        if kind in ("all", "any"):
            tables = [self.of(formula[2], {**bound, formula[1]: thing}) for thing in self.things]
            table = self.all if kind == "all" else 0
            for each in tables:
                table = table & each if kind == "all" else table | each
            return table
        if kind == "pred":
            atom = _atom(formula, bound)
            return self.all if atom in self.given else self.columns[atom]
        if kind == "eq":
            return self.all if _thing(formula[1], bound) == _thing(formula[2], bound) else 0
        parts = [self.of(part, bound) for part in formula[1:]]
        if kind == "not":
            return self.all ^ parts[0]
        left, right = parts
        if kind in ("and", "or"):
            return left & right if kind == "and" else left | right
        if kind == "implies":
            return (self.all ^ left) | right
        return left ^ right if kind == "xor" else self.all ^ left ^ right


def atoms(formula: Formula, things: Sequence[str], given: Collection[Atom] = ()) -> set[Atom]:
    """What a formula says of things, without what is given."""
    return set(_atoms(formula, things, {})) - set(given)


def _atoms(formula: Formula, things: Sequence[str], bound: dict[str, str]) -> Iterator[Atom]:
    kind = formula[0]
    if kind in ("all", "any"):
        for thing in things:
            yield from _atoms(formula[2], things, {**bound, formula[1]: thing})
    elif kind == "pred":
        yield _atom(formula, bound)
    elif kind != "eq":
        for part in formula[1:]:
            yield from _atoms(part, things, bound)


def _atom(formula: Formula, bound: dict[str, str]) -> Atom:
    return (formula[1], *(_thing(term, bound) for term in formula[2]))


def _thing(term: Formula, bound: dict[str, str]) -> str:
    return bound[term[1]] if term[0] == "var" else str(term[1])
