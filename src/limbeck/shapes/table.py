"""The shapes by name: the columns that tell them, and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from limbeck.shapes import reading
from limbeck.tables import Row


@dataclass(frozen=True)
class Shape:
    """Columns a row must have, a reader of one row into a collector, and by which other
    names a column may come, the likeliest first."""

    columns: list[str]
    read: Callable[[reading.Collector, int, Row], None]
    other: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def names(self, columns: Iterable[str]) -> dict[str, str]:
        """The name of each wanted column among these; what is absent is left out."""
        given = set(columns)
        names: dict[str, str] = {}
        for wanted in self.columns:
            known = (wanted, *self.other.get(wanted, ()))
            if there := [name for name in known if name in given]:
                names[wanted] = there[0]
        return names


SHAPES: dict[str, Shape] = {
    "messages": Shape(["messages"], reading.messages),
    "prompt_completion": Shape(["prompt", "completion"], reading.prompt_completion),
    "sharegpt": Shape(["conversations"], reading.sharegpt),
    "responses": Shape(
        ["question", "response"],
        reading.responses,
        {
            "question": ("problem", "instruction", "query", "prompt", "input"),
            "response": ("output", "completion", "generation", "model_output"),
        },
    ),
    "preference": Shape(["chosen", "rejected"], reading.preference),
    "kto": Shape(["prompt", "completion", "label"], reading.kto),
    "openr1": Shape(["problem", "generations"], reading.openr1),
    "verl": Shape(["data_source", "prompt", "reward_model"], reading.verl),
    "traces": Shape(["question", "problem"], reading.traces),
}
