"""A mind reader coupled to an emulator: it thinks in hidden states and writes the answer alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WHERE = "students/coupled"


def coupled(model: PreTrainedModel, *, emulator: Checkpoint) -> PreTrainedModel:
    """Give a mind reader the states that an emulator foretells, and train both as one on answers.

    Implicit chain of thought, stage (c) (arXiv 2311.01460, section 3.3). What comes out needs no teacher
    and is asked as any model: the emulator runs once over the prompt, the answer's tokens cost what they
    cost anyway.

    Args:
        model: of `students/mind_reader`.
        emulator: of `students/emulator`, trained.

    Raises:
        LimbeckError: either is of another kind, or they differ in shape.
    """
    from limbeck.networks.implicit import Coupled, Emulator, MindReader
    from limbeck.networks.opening import load
    from limbeck.networks.ways import bare, grow, way_of

    reader, other = way_of(model), load(emulator)
    foretelling = way_of(other)
    if not isinstance(reader, MindReader):
        raise LimbeckError(
            f"{WHERE}: the student is {_kind(reader)}, not a mind reader (students/mind_reader)"
        )
    if not isinstance(foretelling, Emulator):
        raise LimbeckError(f"{WHERE}: emulator {emulator!r} is {_kind(foretelling)}; see students/emulator")
    if reader.settings["reader"] != foretelling.settings["reader"]:
        raise LimbeckError(f"{WHERE}: mind reader and emulator learned from teachers of different shapes")
    plain = bare(other)
    made = Coupled(
        mark=reader.mark, body=foretelling.settings["reader"], mixture=foretelling.settings["mixture"]
    )
    made.mlps.load_state_dict(reader.mlps.state_dict())
    made.emulator.parts.load_state_dict(foretelling.parts.state_dict())
    made.emulator.body.load_state_dict(plain.base_model.state_dict())
    grown: PreTrainedModel = grow(bare(model), made.to(model.dtype))
    return grown


def _kind(way: Any) -> str:
    return "a plain network" if way is None else f"of the kind {way.kind!r}"
