"""Decides programs of constraints with z3; meant for a worker process that can be killed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from limbeck.checkers.constraints import BadProgram, Program, tree
from limbeck.errors import missing_extra, nearest

_DEEPEST = 40
_COUNTS = ("exactly", "atleast", "atmost")
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def holding(program: Program, seconds: float) -> tuple[str, str]:
    """``("found", letters)``: of which options holds what is asked; or an outcome of a verdict and why there
    are none.

    Raises:
        LimbeckError: z3 is not installed.
    """
    try:
        puzzle = _Puzzle(program, seconds / (len(program.options) + 1))
        whole = puzzle.check()
        if whole == "unknown":
            return "timeout", "z3 could not tell in time"
        if whole != "sat":
            return "unparsed", "the constraints contradict each other"
        letters = ""
        for letter, line in program.options.items():
            option = puzzle.truth(line, f"option {letter}")
            denied = program.ask in ("must", "need not")
            answer = puzzle.check(puzzle.z3.Not(option) if denied else option)
            if answer == "unknown":
                return "timeout", f"z3 could not tell in time about option {letter}"
            holds = (answer == "sat") == (program.ask in ("could", "need not"))
            letters += letter if holds != program.exception else ""
    except BadProgram as error:
        return "unparsed", str(error)
    return "found", letters


def fits(program: Program, assignment: dict[str, int | str], seconds: float) -> tuple[str, str]:
    """The outcome of an assignment of all variables against the constraints, and the first that it breaks.

    Raises:
        LimbeckError: z3 is not installed.
    """
    try:
        puzzle = _Puzzle(program._replace(constraints=[]), seconds / (len(program.constraints) + 1))
        for name, value in assignment.items():
            puzzle.solver.add(puzzle.truth(f"{name} == {value}", name))
        for number, line in enumerate(program.constraints, 1):
            answer = puzzle.check(puzzle.truth(line, f"constraint {number}"))
            if answer != "sat":
                broken = f"constraint {number} is broken: {line[:80]}"
                return ("wrong", broken) if answer == "unsat" else ("timeout", "z3 could not tell in time")
    except BadProgram as error:
        return "unknown", f"the problem's program: {error}"
    return "correct", f"all {len(program.constraints)} constraints hold"


class _Puzzle:
    """A solver that holds the domains and the constraints."""

    def __init__(self, program: Program, seconds: float) -> None:
        try:
            import z3
        except ImportError:
            raise missing_extra("z3-solver", "verify", "programs of constraints") from None
        self.z3, self.domains = z3, program.variables
        # A value's name stands for its place among all names, so that names compare as they were listed.
        names = dict.fromkeys(value for domain in program.variables.values() for value in domain)
        self.codes = {name: code for code, name in enumerate(name for name in names if isinstance(name, str))}
        self.solver = z3.Solver()
        self.solver.set("timeout", max(1, int(1000 * seconds)))
        for name, domain in program.variables.items():
            values = [value if isinstance(value, int) else self.codes[value] for value in domain]
            self.solver.add(z3.Or([z3.Int(name) == value for value in values]))
        for number, line in enumerate(program.constraints, 1):
            self.solver.add(self.truth(line, f"constraint {number}"))

    def check(self, *also: Any) -> str:
        return str(self.solver.check(*also))

    def truth(self, line: str, where: str) -> Any:
        """What an expression says.

        Raises:
            BadProgram: it is no condition, or has a part that is not allowed.
        """
        try:
            kind, built = self.build(tree(line), 0)
            if kind != "truth":
                raise BadProgram(f"{line[:60]!r} is a {kind}, not a condition")
        except BadProgram as error:
            raise BadProgram(f"{where}: {error}") from None
        return built

    def build(self, node: ast.AST, depth: int) -> tuple[str, Any]:
        """Kind (``number``, ``name`` of a value, or ``truth``) and z3's expression of a tree."""
        if depth > _DEEPEST:
            raise BadProgram(f"an expression nested deeper than {_DEEPEST}")
        z3, depth = self.z3, depth + 1
        match node:
            case ast.Name(id=value) | ast.Constant(value=value):
                return self.leaf(value)
            case ast.Compare(left=left, ops=ops, comparators=others):
                pairs = zip([left, *others], ops, others, strict=False)
                return "truth", z3.And([self.compare(a, op, b, depth) for a, op, b in pairs])
            case ast.BoolOp(op=op, values=values):
                parts = self.all_of("truth", values, depth)
                return "truth", z3.And(parts) if isinstance(op, ast.And) else z3.Or(parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return "truth", z3.Not(self.all_of("truth", [operand], depth)[0])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return "number", -self.all_of("number", [operand], depth)[0]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return "number", _ARITHMETIC[type(op)](*self.all_of("number", [left, right], depth))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if arguments:
                return self.call(name, arguments, depth)
        raise BadProgram(f"{_shown(node)} is not allowed here")

    def leaf(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**9:
            return "number", self.z3.IntVal(value)
        if isinstance(value, str) and value in self.domains:
            return "name" if isinstance(self.domains[value][0], str) else "number", self.z3.Int(value)
        if isinstance(value, str) and value in self.codes:
            return "name", self.z3.IntVal(self.codes[value])
        raise BadProgram(
            f"{value!r:.40} is no variable and no value{nearest(str(value), [*self.domains, *self.codes])}"
        )

    def all_of(self, wanted: str, nodes: list[ast.expr], depth: int) -> list[Any]:
        """The expressions of nodes that are all of one kind; ``""`` takes any."""
        built = [self.build(node, depth) for node in nodes]
        kinds = {kind for kind, _ in built}
        if len(kinds) > 1 or (wanted and kinds != {wanted}):
            raise BadProgram(
                f"{', '.join(_shown(node) for node in nodes)}: not all {wanted or 'of one kind'}"
            )
        return [expression for _, expression in built]

    def compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> Any:
        if (
            isinstance(op, ast.In | ast.NotIn)
            and isinstance(right, ast.Set | ast.List | ast.Tuple)
            and right.elts
        ):
            first, *others = self.all_of("", [left, *right.elts], depth)
            among = self.z3.Or([first == other for other in others])
            return among if isinstance(op, ast.In) else self.z3.Not(among)
        if type(op) not in _COMPARISONS:
            raise BadProgram(f"{_shown(ast.Compare(left, [op], [right]))} is not allowed here")
        a, b = self.all_of("", [left, right], depth)
        if self.z3.is_bool(a) and not isinstance(op, ast.Eq | ast.NotEq):
            raise BadProgram(f"{_shown(left)} is a truth, which is neither smaller nor larger")
        return _COMPARISONS[type(op)](a, b)

    def call(self, name: str, arguments: list[ast.expr], depth: int) -> tuple[str, Any]:
        z3 = self.z3
        if name in ("implies", "iff", "xor") and len(arguments) == 2:
            a, b = self.all_of("truth", arguments, depth)
            return "truth", {"implies": z3.Implies(a, b), "iff": a == b, "xor": z3.Xor(a, b)}[name]
        if name == "distinct":
            return "truth", z3.Distinct(self.all_of("", arguments, depth))
        if name == "abs" and len(arguments) == 1:
            [number] = self.all_of("number", arguments, depth)
            return "number", z3.If(number < 0, -number, number)
        if name == "count":
            return "number", self.count(arguments, depth)
        if name in _COUNTS and len(arguments) > 1:
            [number] = self.all_of("number", arguments[:1], depth)
            many = self.count(arguments[1:], depth)
            return "truth", {"exactly": many == number, "atleast": many >= number, "atmost": many <= number}[
                name
            ]
        known = ("implies", "iff", "xor", "distinct", "abs", "count", *_COUNTS)
        raise BadProgram(f"{name}() of {len(arguments)} is not allowed here{nearest(name, known)}")

    def count(self, conditions: list[ast.expr], depth: int) -> Any:
        truths = self.all_of("truth", conditions, depth)
        return self.z3.Sum([self.z3.If(truth, 1, 0) for truth in truths])


def _shown(node: ast.AST) -> str:
    try:
        return repr(ast.unparse(node))[:60]
    except (RecursionError, ValueError, AttributeError):
        return type(node).__name__
