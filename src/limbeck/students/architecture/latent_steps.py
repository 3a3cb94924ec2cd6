"""A student that thinks in its own hidden states: its last one is its next input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.students.architecture._implicit import holding
from limbeck.types import Checkpoint, Weight

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WHERE = "students/latent_steps"


def latent_steps(
    model: PreTrainedModel, *, teacher: Checkpoint, separator: str = ";", weight: Weight = 1.0
) -> PreTrainedModel:
    """Think a step of hidden states at each place for a thought, led to a teacher's states on written steps.

    System-1.5 Reasoning, stage 1, language to latent (arXiv 2505.18962, section 3.2): the last hidden
    state at a position is the input of the next, for as many places as `students/places` gave prompts;
    then the answer is written. `objectives/sft` on traces whose thought weighs nothing (`curation/silent`)
    learns answers and, with ``weight``, the mean squared distance of all layers' states to the teacher's,
    each normed, summed over places: place ``k`` of ``K`` to the states from which the teacher tells the last
    token of written step ``k S / K`` of ``S``, rounded up. Without it, answers alone are learned.

    Args:
        teacher: trained on written thoughts, of as many layers and as wide, with the same tokenizer.
        separator: what stands behind each written step, one token.

    Raises:
        LimbeckError: no places, a separator that is no token, or a teacher of another shape.
    """
    from limbeck.networks.latent_steps import LatentSteps
    from limbeck.networks.opening import open_tokenizer
    from limbeck.networks.silent import mark_of
    from limbeck.networks.template import encode

    mark_of(model, WHERE)
    ids = encode(open_tokenizer(teacher), [separator])[0]
    if len(ids) != 1:
        raise LimbeckError(f"{WHERE}: separator {separator!r} is {len(ids)} tokens of the teacher's, not one")
    grown: PreTrainedModel = holding(
        LatentSteps, model, teacher, WHERE,
        places=model.config.latent_places, separator=ids[0], weight=weight,
    )  # fmt: skip
    return grown
