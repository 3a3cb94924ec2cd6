"""A judge of questions that knows what is right and errs as often as it is told: for rehearsals and
claims."""

from __future__ import annotations

import random
import re
from functools import lru_cache

from limbeck.checkers.word_problems import faults
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.question_stages import STAGES
from limbeck.models._replying import Replying

_faults = lru_cache(maxsize=1024)(faults)
"""A question is asked about once per stage and vote."""

_QUESTION = re.compile(r"<question-(\w+)>\n(.*?)\n</question-\1>", re.S)
GARBLED = (
    '{"judgement_test": true',
    '{"judgement_test": "true", "error_type": null}',
    "true",
    "",
    '{"judgement": true}',
    '{"judgement_test": True, "error_type": None}',
    '[{"judgement_test": true}]',
    '{"judgement_test": 1}',
    '{"judgement_test": true, "error_type": null} or so',
    "It is valid.",
)


def noisy_judge(*, rate: float = 0.1, spread: float = 0.0, garbled: float = 0.0, seed: int = 0) -> Model:
    """Judge questions of `problems/word_problems` for `curation/well_posed`, with errors at a stated rate.

    It finds out what is wrong by exact arithmetic and misjudges every rule it is asked to check with
    probability ``rate (1 + spread (rules - 1))``, a half at most: with ``spread`` 0 a rule is judged as well
    among others as alone.

    Args:
        rate: of errors per rule, asked alone.
        spread: how much each further rule in the same request adds, as a share of ``rate``.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a probability below 0 or above 1, a negative ``spread``.
    """
    if not (0 <= rate <= 1 and 0 <= garbled <= 1 and spread >= 0):
        raise LimbeckError(
            f"models/noisy_judge: rate={rate}, spread={spread}, garbled={garbled}: probabilities lie between "
            "0 and 1"
        )
    return NoisyJudge(rate, spread, garbled, seed)


class NoisyJudge(Replying):
    """The model behind `noisy_judge`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, rate: float, spread: float, garbled: float, seed: int) -> None:
        self.name, self.seed = "noisy_judge", seed
        self.rate, self.spread, self.garbled = rate, spread, garbled

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A check with its verdict, right or in error."""
        asked = messages[-1]["content"]
        question = _QUESTION.search(asked)
        wrong = _faults(question[2]) if question else set()
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        text = self._text([stage for stage, rule in STAGES.items() if rule in asked], wrong, rng)
        return Completion(text=text, tokens=len(text.split()))

    def _text(self, rules: list[str], wrong: set[str], rng: random.Random) -> str:
        if rng.random() < self.garbled:
            return f"I checked it.\n{rng.choice(GARBLED)}"
        noise = min(0.5, self.rate * (1 + self.spread * (len(rules) - 1)))
        seen = [stage for stage in rules if (stage in wrong) != (rng.random() < noise)]
        if not seen:
            return 'I checked it.\n{"judgement_test": true, "error_type": null}'
        return f'I checked it.\n{{"judgement_test": false, "error_type": "{seen[0]}"}}'
