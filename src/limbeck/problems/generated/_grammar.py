"""Declarative grammars: a rule says one thing in several languages at once, and sentences are drawn from it.

The idea is unigram's (Sileo, arXiv 2406.11035): renderings are aligned because they come from the same tree.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DEEPEST = 12


@dataclass(frozen=True)
class Tree:
    """A rule and what stands in its places."""

    rule: Rule
    parts: tuple[Tree, ...] = ()

    def text(self, language: str) -> str:
        """The sentence in a language; ``{0}`` stands for the first part, ``{0:they}`` for its
        rendering ``english:they``, where it has one."""
        texts, plain = self.rule.texts, language.partition(":")[0]
        rendering = texts[language if language in texts else plain if plain in texts else "*"]
        return rendering.format(*(_Part(part, language) for part in self.parts))


class _Part:
    """A part as `str.format` sees it: a name behind the colon asks for another rendering."""

    def __init__(self, tree: Tree, language: str) -> None:
        self.tree, self.language = tree, language

    def __format__(self, variant: str) -> str:
        return self.tree.text(f"{self.language}:{variant}" if variant else self.language)


@dataclass(frozen=True)
class Rule:
    """``kind(arguments)`` with a rendering for each language.

    Attributes:
        kind: what the rule makes.
        arguments: kinds of its parts.
        texts: by language; ``*`` stands for all that are not named.
        weight: how often it is drawn, against others of its kind.
        fits: whether these parts may stand together.
    """

    kind: str
    arguments: tuple[str, ...]
    texts: dict[str, str]
    weight: float = 1.0
    fits: Callable[[Sequence[Tree]], bool] | None = None


def rule(
    head: str, weight: float = 1.0, fits: Callable[[Sequence[Tree]], bool] | None = None, **texts: str
) -> Rule:
    """``rule("fact(person, quality)", fol="{1}({0})", english="{0} is {1}")``."""
    kind, _, rest = head.partition("(")
    names = tuple(name.strip() for name in rest.rstrip(")").split(",") if name.strip())
    renderings = {name.replace("__", ":").replace("all_", "*"): text for name, text in texts.items()}
    return Rule(kind, names, renderings, weight, fits)


class Grammar:
    """Rules by what they make."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.by_kind: dict[str, list[Rule]] = {}
        for each in rules:
            self.by_kind.setdefault(each.kind, []).append(each)

    def draw(self, kind: str, rng: random.Random, *, constrained: bool = True, depth: int = 0) -> Tree | None:
        """A tree, depth first; None where a constraint refused it or it grew too deep.

        Args:
            constrained: whether `Rule.fits` counts.
        """
        if depth > DEEPEST:
            return None
        rules = self.by_kind[kind]
        drawn = rng.choices(rules, [each.weight for each in rules])[0]
        parts: list[Tree] = []
        for argument in drawn.arguments:
            part = self.draw(argument, rng, constrained=constrained, depth=depth + 1)
            if part is None:
                return None
            parts.append(part)
        if constrained and drawn.fits and not drawn.fits(parts):
            return None
        return Tree(drawn, tuple(parts))
