"""Annotations by which a method's parameters name other rooms' methods, stages and files. No runtime
weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, NewType, Protocol, Self

from msgspec import Meta, Struct

from limbeck.records import Data, Problem, Trace, Verdict

if TYPE_CHECKING:
    from limbeck.generation import Model as Model
    from limbeck.pipeline.context import Context as Context


class Settings(Struct, frozen=True, kw_only=True):
    """Settings that several methods share, as one parameter: ``sampling: Sampling``.

    In recipes each field is a key of its own, as if it were written in the method's signature.
    """

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """These settings out of all that a method is given, as a ``precheck`` sees it."""
        return cls(**{name: given[name] for name in cls.__struct_fields__ if name in given})


# Ranges of numbers. A parameter so annotated is refused outside of them when a plan is made.
Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of a whole."""

Fraction = Annotated[float, Meta(ge=0, lt=1)]
"""A part that is never the whole."""

PositiveShare = Annotated[float, Meta(gt=0, le=1)]
"""A part that is something."""

Weight = Annotated[float, Meta(ge=0)]
"""What 0 turns off."""

Positive = Annotated[float, Meta(gt=0)]
"""What 0 would make meaningless, such as a temperature."""

Ratio = Annotated[float, Meta(gt=1)]
"""How many times as much."""

Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
"""Any number, but no infinite one."""

Count = Annotated[int, Meta(ge=1)]
"""One or more."""

CountOrNone = Annotated[int, Meta(ge=0)]
"""How many, where 0 leaves it to the method."""

InputFile = NewType("InputFile", str)
"""A path (or glob) of the user's; its content is part of the stage's key."""

# Artefacts, what a stage makes besides data: one line each here and in `limbeck.pipeline.artefacts`.
Checkpoint = NewType("Checkpoint", str)
"""A folder with a model and its tokenizer in Hugging Face layout, or a Hub id."""

Verifier = Callable[[Problem, Trace], "Verdict | Future[Verdict]"]
"""A verifier with its parameters bound. Use `limbeck.verifiers.ops.verify` to run one over many traces."""

Stored = NewType("Stored", str)
"""A folder with a teacher's distributions for stored traces, made by `teachers/score`."""

Index = NewType("Index", str)
"""A folder with what can be looked up in: passages, entities, examples. Its stage writes
``ctx.dir / "index"``."""

Part = NewType("Part", str)
"""A folder with a trained part that is no model by itself, such as a probe or a head. Its stage writes
``ctx.dir / "part"``."""


class Configured(Protocol):
    """A method with its parameters fixed, as another room's method receives it.

    What it is called with is its room's signature: `limbeck.objectives.ops.Objective`,
    `limbeck.rollouts.ops.Rollout`, `limbeck.rewards.ops.Reward`, `limbeck.students.ops.Student`.

    Attributes:
        name: the method's.
        module: its file, with the constants that it declares, such as ``NEEDS``.
        params: its parameters, with defaults filled in.
    """

    @property
    def name(self) -> str: ...
    @property
    def module(self) -> ModuleType: ...
    @property
    def params(self) -> dict[str, Any]: ...


class Format(Protocol):
    """A module of `limbeck.formats`: two exact inverses."""

    def parse(self, text: str) -> tuple[str, str]: ...
    def render(self, reasoning: str, answer: str) -> str: ...


class Shards(Protocol):
    """A stage's output read shard by shard; may be iterated several times."""

    def __iter__(self) -> Iterator[Data]: ...
    def __len__(self) -> int: ...
    def all(self) -> Data: ...
