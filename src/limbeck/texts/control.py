"""Control fields: levels from 0 to 9 that say behind a question what its thought shall be like.

After Control-R (arXiv 2506.00189): eleven attributes of a trace as a search, and of its quality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from limbeck.errors import LimbeckError
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings

ATTRIBUTES = {
    "search_depth": "how far lines of thought are followed",
    "search_breadth": "how many different ways are tried",
    "error_detection": "how often steps are checked",
    "error_correction": "how well mistakes are put right",
    "strategy_switching": "how readily a way that leads nowhere is left",
    "final_correctness": "whether the answer is right",
    "efficiency": "how little is written that is not needed",
    "completeness": "whether every needed step is there",
    "coherence": "whether each step follows from those before",
    "knowledge_accuracy": "whether what is stated is true",
    "clarity_of_steps": "how easy the steps are to follow",
}
"""Five of how a search goes, six of how good it is, and what each asks."""
TOP = 9


class Control(Settings, frozen=True):
    """How levels are written behind a question.

    Args:
        template: with ``{question}`` and ``{control}``.
        item: one attribute, with ``{name}`` and ``{level}``.
        join: what stands between two.
    """

    template: str = "{question}\n<control> {control} <control/>"
    item: str = "{name}: {level}"
    join: str = "; "

    def check(self, where: str) -> None:
        """Raise for a template without its fields.

        Raises:
            LimbeckError: naming the field.
        """
        check_fields(self.template, ("question", "control"), where)
        check_fields(self.item, ("level",), where)

    def put(self, question: str, levels: Mapping[str, int]) -> str:
        """A question with its levels, in the order in which they are given."""
        items = (fill(self.item, name=name, level=str(level)) for name, level in levels.items())
        return fill(self.template, question=question, control=self.join.join(items))


def check_levels(levels: Mapping[str, int], where: str) -> None:
    """Raise unless there are levels and each is one.

    Raises:
        LimbeckError: naming the attribute.
    """
    if not levels:
        raise LimbeckError(f"{where}: no attribute has a level; give levels such as {{search_depth: 9}}")
    for name, level in levels.items():
        if isinstance(level, bool) or not 0 <= level <= TOP:
            raise LimbeckError(f"{where}: {name}={level!r}: a level is a whole number from 0 to {TOP}")


def level_of(value: float, low: float, high: float) -> int:
    """The level from 0 at ``low`` to 9 at ``high``, rounded half up, of a number; beyond them 0 and 9."""
    share = (value - low) / (high - low)
    return math.floor(TOP * min(max(share, 0.0), 1.0) + 0.5)
