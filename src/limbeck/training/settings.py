"""What a training run may be told. Each field is a parameter of `training/fit`, which says what it means."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError, Unavailable, unknown
from limbeck.types import Checkpoint, Settings, Share, Stored, Weight

if TYPE_CHECKING:
    from limbeck.generation import Model
    from limbeck.rewards.ops import Reward
    from limbeck.rollouts.ops import Rollout
    from limbeck.students.ops import Student


TRACKERS = {
    "aim": "aim", "clearml": "clearml", "comet_ml": "comet_ml", "dvclive": "dvclive", "mlflow": "mlflow",
    "swanlab": "swanlab", "tensorboard": "tensorboard", "trackio": "trackio", "wandb": "wandb",
}  # fmt: skip
"""Names that ``track`` takes, and the package that each needs."""


class Learning(Settings, frozen=True):
    """What is learned from, besides the data, and by which part of the student."""

    adapt: Student | None = None
    teacher: Checkpoint | None = None
    signal: Stored | None = None
    rollout: Rollout | None = None
    reward: Reward | None = None
    sampler: Model | None = None
    max_tokens: int = 0
    overlong: Literal["skip", "truncate"] = "skip"

    def __post_init__(self) -> None:
        at_least("max_tokens", self.max_tokens, 0)
        one_of("overlong", self.overlong, ("skip", "truncate"))


class Stepping(Settings, frozen=True):
    """How the weights move: how many steps, on how much each, how far."""

    steps: int = 0
    epochs: float = 1.0
    batch: int = 32
    reuse: int = 1
    lr: Weight = 1e-5
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: Weight = 0.0
    warmup: Share = 0.1
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    clip: float = 1.0
    seed: int = 0
    curriculum: Share | None = None
    order_by: str = ""

    def __post_init__(self) -> None:
        at_least("steps", self.steps, 0)
        at_least("batch", self.batch, 1)
        at_least("reuse", self.reuse, 1)
        at_least("clip", self.clip, 0)
        one_of("schedule", self.schedule, ("linear", "cosine", "constant"))
        if not self.lr >= 0 or not all(0 <= beta < 1 for beta in self.betas):
            raise LimbeckError(
                f"training/fit: lr is not negative, betas are in [0, 1), got {self.lr} and {self.betas}"
            )
        if not self.steps and self.epochs <= 0:
            raise LimbeckError(
                f"training/fit: steps=0 takes epochs, which must be positive, got {self.epochs}"
            )
        if self.order_by and self.curriculum is not None:
            raise LimbeckError(
                f"training/fit: order_by={self.order_by!r} and curriculum={self.curriculum}: give one of them"
            )
        if not 0 <= self.warmup <= 1:
            raise LimbeckError(f"training/fit: warmup is a share of the steps, 0 to 1, got {self.warmup}")

    def lengths(self, count: int) -> tuple[int, int]:
        """Optimizer steps, and how many of ``count`` items all of them draw, some more than once."""
        if self.steps:
            return self.steps, math.ceil(self.steps / self.reuse) * self.batch
        drawn = max(1, round(count * self.epochs))
        return math.ceil(drawn / self.batch) * self.reuse, drawn


class Running(Settings, frozen=True):
    """How it is computed, kept and shown; but for rounding, what is learned does not depend on it."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    max_tokens_per_microbatch: int = 0
    gradient_checkpointing: bool = False
    save_every: int = 200
    keep_adapter: bool = False
    keep_rollouts: bool = False
    track: str = ""

    def __post_init__(self) -> None:
        at_least("max_tokens_per_microbatch", self.max_tokens_per_microbatch, 0)
        at_least("save_every", self.save_every, 0)
        check_tracker(self.track)


class Watching(Settings, frozen=True):
    """What is kept from training to see when it has stopped paying."""

    holdout: float = 0.0
    evaluate_every: int = 0
    patience: int = 0

    def __post_init__(self) -> None:
        at_least("evaluate_every", self.evaluate_every, 0)
        at_least("patience", self.patience, 0)
        if not 0 <= self.holdout < 1:
            raise LimbeckError(
                f"training/fit: holdout is a share of the problems, 0 to 1, got {self.holdout}"
            )
        for name in ("evaluate_every", "patience"):
            if getattr(self, name) and not self.holdout:
                raise LimbeckError(
                    f"training/fit: {name} is about held-out problems; set holdout:, such as holdout: 0.02"
                )


def at_least(name: str, value: float, low: int) -> None:
    """Refuse a setting that is too small."""
    if value < low:
        raise LimbeckError(f"training/fit: {name} must be at least {low}, got {value}")


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is none of those known."""
    if value not in known:
        raise unknown(name, value, known, "training/fit")


def check_tracker(track: str) -> None:
    """Refuse a tracker that cannot follow.

    Raises:
        LimbeckError: an unknown name, or one that is not installed.
    """
    if not track:
        return
    if track not in TRACKERS:
        raise unknown("tracker", track, TRACKERS, "track")
    if find_spec(TRACKERS[track]) is None:
        here = [name for name, package in TRACKERS.items() if find_spec(package)]
        raise Unavailable(
            f"track: {track} needs {track}: pip install {track.replace('_', '-')}; installed are: "
            f"{', '.join(here) or 'none'}"
        )
