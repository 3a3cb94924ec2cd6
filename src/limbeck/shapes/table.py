"""The shapes by name: the columns that tell them, and how to read and write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from limbeck.records import Data
from limbeck.shapes import reading, writing
from limbeck.tables import Row


@dataclass(frozen=True)
class Shape:
    """Columns a row must have, a reader of one row into a collector, a writer of data, what it writes, and by
    which other names a column may come, the likeliest first."""

    columns: list[str]
    read: Callable[[reading.Collector, int, Row], None]
    write: Callable[[Data], Iterator[Row]]
    needs: str
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
    "messages": Shape(["messages"], reading.messages, writing.messages, "unmarked traces"),
    "prompt_completion": Shape(
        ["prompt", "completion"], reading.prompt_completion, writing.prompt_completion, "unmarked traces"
    ),
    "sharegpt": Shape(["conversations"], reading.sharegpt, writing.sharegpt, "unmarked traces"),
    "responses": Shape(
        ["question", "response"],
        reading.responses,
        writing.responses,
        "traces",
        {
            "question": ("problem", "instruction", "query", "prompt", "input"),
            "response": ("output", "completion", "generation", "model_output"),
        },
    ),
    "preference": Shape(["chosen", "rejected"], reading.preference, writing.preference, "unmarked pairs"),
    "kto": Shape(["prompt", "completion", "label"], reading.kto, writing.kto, "right or wrong traces"),
    "openr1": Shape(["problem", "generations"], reading.openr1, writing.openr1, "problems"),
    "verl": Shape(["data_source", "prompt", "reward_model"], reading.verl, writing.verl, "unmarked problems"),
    "traces": Shape(["question", "problem"], reading.traces, writing.traces, "problems"),
}
