"""A network that foretells, from a question, a teacher's hidden states on the thought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.students.architecture._implicit import holding
from limbeck.types import Checkpoint, Count

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def emulator(model: PreTrainedModel, *, teacher: Checkpoint, mixture: Count = 1) -> PreTrainedModel:
    """Foretell at the place for a thought, layer by layer, the states that `students/mind_reader` reads.

    Implicit chain of thought, stage (b) (arXiv 2311.01460, section 3.2). For each layer an MLP of its
    state and of a mixture's embedding, which the state chooses softly; upward goes what an LSTM over
    layers, with attention to those below, makes of it, so that later states depend on earlier ones.
    `objectives/sft` minimises ``½ |z - ẑ|²``, summed over layers and width, for that is the negative
    log-probability such a network gives.

    Args:
        teacher: as in `students/mind_reader`.
        mixture: components, for questions with several right thoughts; 1 where there is one way.

    Raises:
        LimbeckError: no place for a thought (`students/places`), or a teacher of another shape.
    """
    from limbeck.networks.implicit import Emulator

    grown: PreTrainedModel = holding(Emulator, model, teacher, "students/emulator", mixture=mixture)
    return grown
