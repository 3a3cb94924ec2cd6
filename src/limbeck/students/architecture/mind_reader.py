"""A student that answers from a teacher's hidden states on a thought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.students.architecture._implicit import holding
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def mind_reader(model: PreTrainedModel, *, teacher: Checkpoint) -> PreTrainedModel:
    """Overwrite the state before each layer, at the place for a thought, by an MLP of the teacher's state.

    Implicit chain of thought, stage (a) (arXiv 2311.01460, section 3.1): of a teacher that reads question
    and thought, layer ``l``'s state at an evenly later place of the thought, the deeper the later. The
    student reads the question alone and learns the answer (`objectives/sft`) from traces whose thought
    weighs nothing (`curation/silent`). Its folder holds the frozen teacher too, and it cannot be asked
    without a thought to read: `evaluation/recited` shows it one, `students/coupled` lets an emulator
    foretell it.

    Args:
        teacher: trained on thoughts, of as many layers and as wide, with the same tokenizer.

    Raises:
        LimbeckError: no place for a thought (`students/places`), or a teacher of another shape.
    """
    from limbeck.networks.implicit import MindReader

    grown: PreTrainedModel = holding(MindReader, model, teacher, "students/mind_reader")
    return grown
