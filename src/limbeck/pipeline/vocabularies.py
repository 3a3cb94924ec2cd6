"""Whether student and teacher read the same tokens, as far as a plan can know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from limbeck.errors import LimbeckError
from limbeck.pipeline.checks import needs
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.step import Step

TRAINING = "training/fit"
COMPARING = {"teacher", "teacher_logp", "hidden"}
"""Needs of objectives that compare student and teacher token by token."""


def check(step: Step, steps: Mapping[str, Step], where: str) -> None:
    """Refuse a training whose objective compares tokens that student and teacher number differently.

    A student has the tokenizer of the model it was trained from, so a mentor that an earlier stage is yet to
    tune is known too. What cannot be known before it is made, or lies on the Hub, is compared by
    `training/fit` before it opens a network.

    Raises:
        LimbeckError: naming both models, the sizes of their vocabularies and a word that differs.
    """
    student, teacher = step.models.get("student"), step.models.get("teacher")
    if step.method.key != TRAINING or student is None or teacher is None or not needs(step) & COMPARING:
        return
    ours, theirs = (_tokenizer(spec, steps) for spec in (student, teacher))
    if ours is None or theirs is None or ours == theirs:
        return
    try:
        vocabularies = [_words(path) for path in (ours, theirs)]
    except ModuleNotFoundError:
        return  # what is not installed is named when the stage runs
    if word := _difference(*vocabularies):
        sizes = [f"{len(known) + len(added):,}" for known, added in vocabularies]
        raise LimbeckError(
            f"{where}: the objective compares student and teacher token by token, but {student.name!r} has "
            f"{sizes[0]} tokens and {teacher.name!r} {sizes[1]}, and they differ in {word!r}; take a teacher "
            "of the student's family, or an objective that needs 'teacher_text' and aligns them"
        )


def _tokenizer(spec: ModelSpec, steps: Mapping[str, Step]) -> Path | None:
    """The file of a model's tokenizer, where it is there."""
    folder = Path(spec.params.get("path") or "")
    while spec.step:
        step = steps.get(spec.step)
        if step is None or step.manifest() or "student" not in step.models:
            folder = step.folder / spec.wants.folder if step else Path()
            break
        spec = step.models["student"]
        folder = Path(spec.params.get("path") or "")
    file = folder / "tokenizer.json"
    return file if file.is_file() else None


def _words(file: Path) -> tuple[dict[str, int], set[str]]:
    """A tokenizer's words with their numbers, and which of them were added to it."""
    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(file))
    plain, every = read.get_vocab(with_added_tokens=False), read.get_vocab(with_added_tokens=True)
    return every, every.keys() - plain.keys()


def _difference(ours: tuple[dict[str, int], set[str]], theirs: tuple[dict[str, int], set[str]]) -> str | None:
    """A word that the other one numbers otherwise or has more; tokens added to it alone are no difference."""
    (words, _), (others, added) = ours, theirs
    alone = (words.keys() - others.keys()) | (others.keys() - words.keys() - added)
    moved = (word for word, index in words.items() if others.get(word) != index)
    return min(alone, default=None) or next(moved, None)
