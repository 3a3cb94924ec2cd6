"""The shapes by name: the columns that tell them, and how to read and write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from limbeck.records import Data
from limbeck.shapes import reading, writing
from limbeck.tables import Row


@dataclass(frozen=True)
class Shape:
    """Columns a row must have, a reader of one row into a collector, a writer of data, and what it writes."""

    columns: list[str]
    read: Callable[[reading.Collector, int, Row], None]
    write: Callable[[Data], Iterator[Row]]
    needs: str


SHAPES: dict[str, Shape] = {
    "messages": Shape(["messages"], reading.messages, writing.messages, "unmarked traces"),
    "prompt_completion": Shape(
        ["prompt", "completion"], reading.prompt_completion, writing.prompt_completion, "unmarked traces"
    ),
    "preference": Shape(["chosen", "rejected"], reading.preference, writing.preference, "unmarked pairs"),
    "kto": Shape(["prompt", "completion", "label"], reading.kto, writing.kto, "right or wrong traces"),
    "openr1": Shape(["problem", "generations"], reading.openr1, writing.openr1, "problems"),
    "verl": Shape(["data_source", "prompt", "reward_model"], reading.verl, writing.verl, "unmarked problems"),
    "traces": Shape(["question", "problem"], reading.traces, writing.traces, "problems"),
}
