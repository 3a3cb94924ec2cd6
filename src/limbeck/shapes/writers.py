"""The shapes that are written, by name: what makes their rows, which columns are theirs, which tools read
them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from limbeck.records import Data
from limbeck.shapes import harness, writing
from limbeck.shapes.writing import Item, RowOf
from limbeck.tables import Row

_REFERENCES = {"answer", "expected_answer", "solution"}
"""What shapes call the reference answer where they have a column for it."""
Select = Callable[[Iterable[Data]], Iterator[Item]]


def kept(shards: Iterable[Data]) -> Iterator[Item]:
    """Unmarked traces of unmarked problems."""
    for data in shards:
        problems = data.problem_by_id()
        yield from (Item(problems[trace.problem_id], [trace]) for trace in data.kept())


def pairs(shards: Iterable[Data]) -> Iterator[Item]:
    """Unmarked pairs of unmarked problems."""
    for data in shards:
        problems, traces = data.problem_by_id(), data.trace_by_id()
        for pair in data.kept_pairs():
            sides = [traces[pair.chosen], traces[pair.rejected]]
            yield Item(problems[pair.problem_id], sides, pair)


def labelled(shards: Iterable[Data]) -> Iterator[Item]:
    """Correct unmarked traces, and wrong ones that bear no mark but ``wrong``, of unmarked problems."""
    for data in shards:
        problems = {problem.id: problem for problem in data.problems if not problem.marks}
        for trace in data.traces:
            allowed = {"correct": set[str](), "wrong": {"wrong"}}.get(trace.outcome)
            problem = problems.get(trace.problem_id)
            if allowed is not None and problem and set(trace.marks) <= allowed:
                yield Item(problem, [trace])


def every_trace(shards: Iterable[Data]) -> Iterator[Item]:
    """Every trace, marked or not."""
    for data in shards:
        problems = data.problem_by_id()
        yield from (Item(problems[trace.problem_id], [trace]) for trace in data.traces)


def asked(shards: Iterable[Data]) -> Iterator[Item]:
    """Unmarked problems."""
    for data in shards:
        yield from (Item(problem) for problem in data.problems if not problem.marks)


def grouped(shards: Iterable[Data]) -> Iterator[Item]:
    """Every problem with all its traces."""
    for data in shards:
        groups = data.by_problem()
        yield from (Item(problem, groups.get(problem.id, [])) for problem in data.problems)


def answered(shards: Iterable[Data]) -> Iterator[Item]:
    """Every problem that has traces, with all of them."""
    return (item for item in grouped(shards) if item.traces)


def each_of_group(shards: Iterable[Data]) -> Iterator[Item]:
    """Every trace, and every problem without traces."""
    for item in grouped(shards):
        yield from [Item(item.problem, [trace]) for trace in item.traces] or [item]


@dataclass(frozen=True)
class Writer:
    """How a shape is written.

    ``columns`` are what its tools read; beside them stand those of ``about``, which tools pass over.
    ``registry`` is the shape's entry in LLaMA-Factory's ``dataset_info.json``, less the file's name; empty
    where LLaMA-Factory does not read the shape.
    """

    row: RowOf
    select: Select
    needs: str
    read_by: str
    about: RowOf | None = None
    registry: dict[str, Any] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """What stands in a row, in one sentence."""
        return " ".join((inspect.getdoc(self.row) or "").partition("\n\n")[0].split())

    def items(self, shards: Iterable[Data], model: str = "") -> Iterator[Item]:
        """What makes rows, numbered over all shards."""
        for index, item in enumerate(self.select(shards)):
            yield Item(item.problem, item.traces, item.pair, index, model)

    def write(self, shards: Iterable[Data]) -> Iterator[Row]:
        """Rows with all their columns."""
        for item in self.items(shards):
            shape = self.row(item)
            yield {**shape, **self.beside(item, shape)}

    def beside(self, item: Item, shape: Row) -> Row:
        """The columns that tools pass over, but for those the shape gives a meaning of its own."""
        about = self.about(item) if self.about else {}
        there = {*shape, "reference"} if _REFERENCES & shape.keys() else {*shape}
        return {name: value for name, value in about.items() if name not in there}


_TRACES = (kept, "unmarked traces")
_PAIRS = (pairs, "unmarked pairs")
_LABELLED = (labelled, "right or wrong traces")
_PROBLEMS = (asked, "unmarked problems")
_LLAMA = "LLaMA-Factory"

_CHAT_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
_MESSAGES = {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _CHAT_TAGS}
_INSTRUCTION = {"prompt": "instruction", "query": "input", "system": "system", "history": "history"}
_CHOICE = {"chosen": "chosen", "rejected": "rejected"}
_ALPACA = {"formatting": "alpaca", "columns": {**_INSTRUCTION, "response": "output"}}
_ALPACA_PREFERENCE = {"formatting": "alpaca", "ranking": True, "columns": {**_INSTRUCTION, **_CHOICE}}
_SHAREGPT: dict[str, Any] = {"formatting": "sharegpt", "columns": {"messages": "conversations"}}
_SHAREGPT_PREFERENCE = {
    "formatting": "sharegpt",
    "ranking": True,
    "columns": {"messages": "conversations", **_CHOICE},
}
_SHAREGPT_KTO = {"formatting": "sharegpt", "columns": {"messages": "conversations", "kto_tag": "kto_tag"}}
_CHATS_BY = "TRL's SFT, ms-swift, verl's SFT, LLaMA-Factory, OpenAI's fine-tuning"

WRITERS: dict[str, Writer] = {
    "messages": Writer(writing.messages, *_TRACES, _CHATS_BY, writing.trace_columns, _MESSAGES),
    "prompt_completion": Writer(writing.prompt_completion, *_TRACES, "TRL's SFT", writing.trace_columns),
    "preference": Writer(writing.preference, *_PAIRS, "TRL's DPO", writing.pair_columns),
    "kto": Writer(writing.kto, *_LABELLED, "TRL's KTO", writing.trace_columns),
    "prompt_only": Writer(writing.prompt_only, *_PROBLEMS, "TRL's GRPO", writing.problem_columns),
    "alpaca": Writer(
        writing.alpaca, *_TRACES, "LLaMA-Factory, ms-swift, axolotl", writing.trace_columns, _ALPACA
    ),
    "alpaca_preference": Writer(
        writing.alpaca_preference, *_PAIRS, _LLAMA, writing.pair_columns, _ALPACA_PREFERENCE
    ),
    "sharegpt": Writer(
        writing.sharegpt, *_TRACES, "LLaMA-Factory, ms-swift, axolotl", writing.trace_columns, _SHAREGPT
    ),
    "sharegpt_preference": Writer(
        writing.sharegpt_preference, *_PAIRS, _LLAMA, writing.pair_columns, _SHAREGPT_PREFERENCE
    ),
    "sharegpt_kto": Writer(writing.sharegpt_kto, *_LABELLED, _LLAMA, writing.trace_columns, _SHAREGPT_KTO),
    "swift_preference": Writer(writing.swift_preference, *_PAIRS, "ms-swift's DPO", writing.pair_columns),
    "swift_kto": Writer(writing.swift_kto, *_LABELLED, "ms-swift's KTO", writing.trace_columns),
    "swift_prompts": Writer(writing.swift_prompts, *_PROBLEMS, "ms-swift's GRPO", writing.problem_columns),
    "verl": Writer(writing.verl, *_PROBLEMS, "verl's reinforcement learning"),
    "nemo_skills": Writer(writing.nemo_skills, *_TRACES, "NeMo-Skills", writing.trace_columns),
    "openai_requests": Writer(
        writing.openai_requests, *_PROBLEMS, "batch endpoints of OpenAI and others, vLLM's run-batch"
    ),
    "openr1": Writer(writing.openr1, grouped, "problems", "Open-R1"),
    "lm_eval": Writer(
        harness.lm_eval, answered, "problems with traces", "whoever reads lm-evaluation-harness"
    ),
    "responses": Writer(writing.responses, every_trace, "traces", "limbeck verify", writing.trace_columns),
    "traces": Writer(writing.traces, each_of_group, "problems", "limbeck import, which loses nothing"),
}
