"""A model that answers `problems/standings` with planted slips, and judges, criticises and curates them."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from limbeck.agents import table_prompts
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

KINDS = ("row", "column", "query")
"""What is wrong with the first, the second and the third step."""
_QUESTION = re.compile(r"What is the (total|largest|smallest) of (\w+) in team (\w+)\?")
_SQL = re.compile(r"```sql\n(.*?)\n```")
_WORDS = {"total": "SUM", "largest": "MAX", "smallest": "MIN"}
_OTHERS = ("red", "blue", "green", "white"), ("points", "fouls", "games"), ("SUM", "MAX", "MIN")
_TEMPLATES = (table_prompts.JUDGE, table_prompts.CRITIC, table_prompts.SPLIT, table_prompts.BRANCH)
_JUDGE, _CRITIC, _SPLIT, _BRANCH = (re.split(r"[{\n]", template)[0] for template in _TEMPLATES)
_REFINE = table_prompts.REFINE.partition("\n\n")[2].partition("\n")[0]


def noisy_tabler(
    *,
    slip: float = 0.6,
    again: float = 0.1,
    misjudge: float = 0.1,
    astray: float = 0.3,
    sharp: float = 0.95,
    blunt: float = 0.5,
    garbled: float = 0.02,
    seed: int = 0,
) -> Model:
    """Play all parts of `teachers/table_critic`, erring as often as told.

    It writes chains of three queries with a slip in one of them: another team's rows, another column,
    another aggregate. It knows what is right, and then errs at random.

    Args:
        slip: share of first chains with a slip; every step is as likely.
        again: share of refinements with a new slip.
        misjudge: probability that the judge calls a chain what it is not.
        astray: probability that the judge names another known kind where its own is not yet known.
        sharp: probability that the critic names the first wrong step where it is shown a critique of that
            kind; a name of another step comes with a vague critique.
        blunt: the same where it is shown none.
        garbled: share of the judge's and the critic's replies that are not the JSON asked for.

    Raises:
        LimbeckError: no probability; while asked, another question.
    """
    values = {"slip": slip, "again": again, "misjudge": misjudge, "astray": astray}
    values |= {"sharp": sharp, "blunt": blunt, "garbled": garbled}
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/noisy_tabler: {name}={value}: a probability lies between 0 and 1")
    return NoisyTabler(values, seed)


class NoisyTabler(Replying):
    """The model behind `noisy_tabler`. A reply depends on the messages, the sampling seed and the number."""

    def __init__(self, values: dict[str, float], seed: int) -> None:
        self.name, self.values, self.seed = "noisy_tabler", values, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What the part that is asked says."""
        content = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{content}")
        text = self._text(content, rng)
        return Completion(text=text, tokens=len(text.split()))

    def _text(self, content: str, rng: random.Random) -> str:
        if content.startswith(_SPLIT):
            return _split(content)
        if content.startswith(_BRANCH):
            return _branch(content)
        match = _QUESTION.search(content)
        if not match:
            raise LimbeckError(f"models/noisy_tabler: {content[:80]!r} asks nothing of problems/standings")
        gold = _queries(match[3], match[2], _WORDS[match[1]])
        shown = _SQL.findall(content.partition("</table-")[2])
        wrong = next(
            (at for at, pair in enumerate(zip(shown, gold, strict=False)) if pair[0] != pair[1]), None
        )
        if content.startswith(_CRITIC):
            return self._critique(content, wrong, len(shown), rng)
        if content.startswith(_JUDGE):
            return self._verdict(content, wrong, rng)
        return self._chain(match, shown if _REFINE in content else [], rng, _REFINE in content)

    def _chain(self, match: re.Match[str], kept: list[str], rng: random.Random, again: bool) -> str:
        """The steps behind those kept, one of them maybe wrong."""
        values = [match[3], match[2], _WORDS[match[1]]]
        if len(kept) > 1:  # what was selected is what can be reckoned with
            values[1] = kept[1].split()[1]
        if rng.random() < self.values["again" if again else "slip"]:
            place = rng.randrange(len(kept), 3) if len(kept) < 3 else 2
            values[place] = rng.choice([other for other in _OTHERS[place] if other != values[place]])
        steps = _queries(*values)[len(kept) :]
        return "\n".join(f"Next.\n```sql\n{query}\n```" for query in steps)

    def _verdict(self, content: str, wrong: int | None, rng: random.Random) -> str:
        if rng.random() < self.values["garbled"]:
            return "Hard to tell."
        if (wrong is None) != (rng.random() < self.values["misjudge"]):
            return _json(correct=True)
        routes = [line.split(" > ") for line in _known(content)]
        kind = KINDS[wrong] if wrong is not None and wrong < 3 else ""
        fitting = [route for route in routes if route[-1] == kind]
        astray = routes and kind and not fitting and rng.random() < self.values["astray"]
        chosen = fitting[0] if fitting else rng.choice(routes) if astray else []
        return _json(correct=False, route=chosen)

    def _critique(self, content: str, wrong: int | None, count: int, rng: random.Random) -> str:
        if rng.random() < self.values["garbled"]:
            return "Look at it again."
        shots = [line for line in content.splitlines() if line.startswith("- ")]
        kind = KINDS[wrong] if wrong is not None and wrong < 3 else ""
        shown = any(f"{kind} error" in shot for shot in shots)
        if kind and rng.random() < self.values["sharp" if shown else "blunt"]:
            return _json(
                step=wrong, critique=f"{kind} error: that step takes what the question does not ask for"
            )
        step = rng.choice([at for at in range(count) if at != wrong])
        return _json(step=step, critique="something is odd here")


def _queries(team: str, column: str, function: str) -> list[str]:
    return [
        f"SELECT * FROM t WHERE team = '{team}'",
        f"SELECT {column} FROM t",
        f"SELECT {function}({column}) FROM t",
    ]


def _kind(critique: str) -> str:
    match = re.search(rf"({'|'.join(KINDS)}) error", critique)
    return match[1] if match else ""


def _known(content: str) -> list[str]:
    listed = content.partition("known so far:\n")[2].partition("\n\n")[0].splitlines()
    return [line for line in listed if not line.startswith("(")]


def _split(content: str) -> str:
    """Two kinds are told apart where both say what they are."""
    former, _, new = content.partition("A new critique:\n")
    kinds = {_kind(line) for line in former.splitlines() if line.startswith("- ")} - {""}
    kind = _kind(new)
    if not kind or not kinds or kind in kinds:
        return _json(split=False)
    return _json(split=True, former=min(kinds), new=kind)


def _branch(content: str) -> str:
    kind = _kind(content.partition("fits none of them:\n")[2])
    known = [line.split(" > ") for line in _known(content)]
    fitting = [route for route in known if route[-1] == kind]
    return _json(route=fitting[0] if fitting else [kind] if kind else [])


def _json(**told: Any) -> str:
    return f"I looked at it.\n{json.dumps(told)}"
