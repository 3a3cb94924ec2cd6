"""A training run as it was asked for: who learns, under which objective, with which settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from limbeck.errors import LimbeckError
from limbeck.pipeline import knobs
from limbeck.pipeline.contents import contents
from limbeck.pipeline.files import identity
from limbeck.pipeline.registry import Bound, method
from limbeck.training.needs import asked, check_needs
from limbeck.training.settings import Learning, Running, Stepping, Watching
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from limbeck.networks.batch import Item
    from limbeck.objectives.ops import Objective


@dataclass(frozen=True)
class Job:
    """Who learns what, and how.

    Attributes:
        needs: what the objective asks of the trainer, see `limbeck.training.needs`.
    """

    student: Checkpoint
    objective: Objective
    learning: Learning
    stepping: Stepping
    running: Running
    watching: Watching
    needs: tuple[str, ...]

    @classmethod
    def of(
        cls,
        student: Checkpoint,
        objective: Objective,
        learning: Learning,
        stepping: Stepping,
        running: Running,
        watching: Watching,
    ) -> Job:
        """A job whose objective can be given what it needs.

        Raises:
            LimbeckError: a need that nothing meets, or problems held out of rollouts.
        """
        needs = asked(objective)
        check_needs(needs, objective, learning)
        if watching.holdout and learning.rollout:
            raise LimbeckError(
                "training/fit: holdout measures the loss on stored traces, which rollouts do not have; "
                "evaluate the student on other problems instead"
            )
        if stepping.curriculum is not None and "pairs" not in needs:
            raise LimbeckError(
                f"training/fit: curriculum orders pairs, and objective {objective.name!r} learns from traces"
            )
        return cls(student, objective, learning, stepping, running, watching, needs)

    @classmethod
    def planned(cls, given: Mapping[str, Any]) -> Job:
        """From a value for each parameter of `training/fit`, as a plan has them: models are names yet."""
        learning = Learning.of(given)
        stepping = Stepping.of(given)
        running = Running.of(given)
        watching = Watching.of(given)
        return cls.of(given["student"], given["objective"], learning, stepping, running, watching)

    @property
    def idle(self) -> set[str]:
        """Settings that a run may be continued with other values of: those that its stage's key is the same
        for."""
        return knobs.idle(method("training/fit"), {"objective": self.objective})

    def fingerprint(self, items: Iterable[Item]) -> str:
        """What a saved state must have in common with this run to be continued."""
        plain: dict[str, Any] = {"student": self.student, "objective": self.objective}
        # Without a holdout the rest of it says nothing; left out, runs of before there was one go on.
        watched = (self.watching,) if self.watching.holdout else ()
        for struct in (self.learning, self.stepping, self.running, *watched):
            plain |= {name: getattr(struct, name) for name in struct.__struct_fields__}
        for name in ("student", "teacher", "signal"):
            plain[name] = plain[name] and identity(plain[name])
        for name in ("objective", "adapt", "rollout", "reward"):
            bound = plain[name]
            plain[name] = bound and [bound.name, contents(bound)]
        rows = hashlib.sha256()
        for item in items:
            for row in item.rows:
                rows.update(f"{row.id} {row.start} {item.weight} ".encode() + row.ids.tobytes())
        if self.stepping.curriculum is None:
            del plain["curriculum"]  # runs of before there was one go on
        if not self.stepping.order_by:
            del plain["order_by"]
        plain = {name: value for name, value in plain.items() if name not in self.idle}
        return json.dumps({**plain, "rows": rows.hexdigest()}, default=_plain, sort_keys=True)


def _plain(value: Any) -> Any:
    """A method, a model or a struct in plain values, the same in every process: not its place in memory."""
    if isinstance(value, Bound):
        return [value.name, contents(value)]
    if isinstance(value, Struct):
        return structs.asdict(value)
    if isinstance(value, ModuleType):
        return value.__name__
    if not hasattr(value, "describe"):
        return str(value)
    return {name: identity(it) if name == "path" else it for name, it in value.describe().items()}
