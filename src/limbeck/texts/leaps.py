"""Solutions with steps missing: which are left out, how a model is shown the rest, and what it puts back."""

from __future__ import annotations

import itertools
import random
import re
from typing import NamedTuple

from limbeck.errors import LimbeckError
from limbeck.records import Trace
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings

TEMPLATE = (
    "Problem:\n{question}\n\nA solution in numbered steps, of which some may be missing:\n\n{steps}\n"
    "Find the places where a step is missing that a reader needs, and write each of these steps. For each "
    "write\nMissing step between Step A and Step B:\nand the step itself behind it, where A and B are "
    "numbers in a row (Step 0 is the problem). Where nothing is missing, write: There are no missing steps."
)
MISSING = "Missing step between Step {before} and Step {after}:\n{text}\n"


class LeapForm(Settings, frozen=True):
    """How leaps are shown to a model and told by it.

    Args:
        template: the user's message, with ``{question}`` and ``{steps}``.
        step: one step that is left, with ``{number}`` (from 1) and ``{text}``.
        missing: one step that is not, with ``{before}``, the number of the step before it (0 for none), and
            ``{text}``; ``{after}`` is the number behind it.
        complete: what stands where no step is missing.
    """

    template: str = TEMPLATE
    step: str = "Step {number}:\n{text}\n"
    missing: str = MISSING
    complete: str = "There are no missing steps."

    def check(self, where: str) -> None:
        """Raise where a template has not what is needed.

        Raises:
            LimbeckError: naming the field.
        """
        check_fields(self.template, ("question", "steps"), where)
        check_fields(self.step, ("text",), where)
        check_fields(self.missing, ("before", "text"), where)
        if not self.complete.strip():
            raise LimbeckError(f"{where}: complete: is empty: a model could not say that nothing is missing")

    def shown(self, question: str, steps: list[str]) -> str:
        """What a model is asked about steps."""
        listed = (fill(self.step, number=str(number), text=text) for number, text in enumerate(steps, 1))
        return fill(self.template, question=question, steps="".join(listed))

    def told(self, leaps: list[Leap]) -> str:
        """What it ought to reply."""
        text = ""
        for before, step in leaps:
            text += fill(self.missing, before=str(before), after=str(before + 1), text=step)
        return text.strip() or self.complete


class Leap(NamedTuple):
    """A missing step: the number of the step before it, 0 for none, and what it says."""

    before: int
    text: str


def body_of(trace: Trace) -> str:
    """What of a trace is cut into steps: its reasoning, or its answer where it has none."""
    return trace.reasoning or trace.answer


def steps_in(body: str, cutting: Cutting) -> list[str]:
    """The steps of a text, with the space behind each; joined, they are the text."""
    cuts = ends(body, cutting)
    return [body[begin:end] for begin, end in itertools.pairwise([0, *cuts])]


def drawn(count: int, wanted: int, rng: random.Random) -> list[int]:
    """At most ``wanted`` of ``count`` steps to leave out, by index, in order: never two in a row, never the
    last two."""
    left, chosen = list(range(count - 2)), list[int]()
    while left and len(chosen) < wanted:
        step = rng.choice(left)
        chosen.append(step)
        left = [other for other in left if abs(other - step) > 1]
    return sorted(chosen)


def leaps_of(steps: list[str], dropped: list[int]) -> list[Leap]:
    """The missing steps, by the numbers of those that are left."""
    return [Leap(step - earlier, steps[step].strip()) for earlier, step in enumerate(dropped)]


def read(reply: str, count: int, missing: str = MISSING) -> list[Leap]:
    """The steps that a reply puts between steps that follow each other, of ``count`` that it was shown.

    What is said of any other place, or is empty, is left out.
    """
    head, _, tail = missing.partition("{text}")
    pattern = re.escape(head.strip()).replace(r"\{before\}", r"(?P<before>\d{1,4})")
    pattern = re.sub(r"(\\ |\s)+", r"\\s*", pattern.replace(r"\{after\}", r"(?P<after>\d{1,4})"))
    heads = list(re.finditer(pattern, reply))
    leaps = []
    stops = [*(match.start() for match in heads[1:]), len(reply)]
    for match, stop in zip(heads, stops if heads else [], strict=True):
        text = reply[match.end() : stop].strip().removesuffix(tail.strip()).strip()
        before = int(match["before"])
        after = int(match.groupdict().get("after") or before + 1)
        if text and after == before + 1 and before < count:
            leaps.append(Leap(before, text))
    return leaps


def inserted(steps: list[str], leaps: list[Leap]) -> tuple[str, list[tuple[int, int]]]:
    """The text with missing steps put in, and where they lie in it, in characters."""
    text, places = "", []
    for number, step in enumerate(["", *steps]):
        text += step
        for leap in leaps:
            if leap.before == number:
                # As what stands around it, with the space that parts steps there.
                space = _behind(step) or _behind(steps[number] if number < len(steps) else "")
                if text and not text[-1].isspace():
                    text += space
                places.append((len(text), len(text) + len(leap.text)))
                text += leap.text + space
    return text, places


def _behind(step: str) -> str:
    return step[len(step.rstrip()) :]
