"""A judge of traces about small tables that knows what is wrong and errs as often as it is told: for
rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.checkers.ledgers import ASPECTS, flaws
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

_SHOWN = re.compile(
    r"<instruction-(\w+)>\n(.*?)\n</instruction-\1>\n<response-\1>\n(.*?)\n</response-\1>", re.S
)


def ledger_judge(*, misjudged: float = 0.02, garbled: float = 0.01, seed: int = 0) -> Model:
    """Rate traces of `problems/ledgers` for `curation/rated` on the seven aspects of Fin-R1's second gate.

    An aspect in which the text is poor is rated 1 to 4, any other 7 to 10.

    Args:
        misjudged: chance that one aspect of a text is taken for the other kind.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a chance below 0 or above 1.
    """
    for name, value in {"misjudged": misjudged, "garbled": garbled}.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/ledger_judge: {name}={value}: it is a chance between 0 and 1")
    return LedgerJudge(misjudged, garbled, seed)


class LedgerJudge(Replying):
    """The model behind `ledger_judge`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, misjudged: float, garbled: float, seed: int) -> None:
        self.name, self.misjudged, self.garbled, self.seed = "ledger_judge", misjudged, garbled, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The ratings as JSON."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        match = _SHOWN.search(asked)
        if match is None or rng.random() < self.garbled:
            return Completion(text="I would rate it highly.", tokens=5)
        poor = flaws(match[2], match[3])
        if rng.random() < self.misjudged:
            poor ^= {rng.choice([*ASPECTS])}
        ratings = {name: rng.randint(1, 4) if name in poor else rng.randint(7, 10) for name in ASPECTS}
        text = json.dumps({**ratings, "task": "arithmetic"})
        return Completion(text=text, tokens=len(text.split()))
