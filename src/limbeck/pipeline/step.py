"""A step of a plan: one stage of a recipe, for one model where it has several, with all names resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck.budget import Ledger
from limbeck.pipeline import artefacts
from limbeck.pipeline import parameters as P
from limbeck.pipeline.artefacts import Artefact
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.place import LOCAL, ROOMS, Place
from limbeck.pipeline.registry import Method, method
from limbeck.pipeline.store import read_manifest


@dataclass
class Step:
    """One stage, ready to run. ``models`` holds what its parameters, and those of inner methods, refer to.

    ``metrics``, as a recipe names them, are read from its samples whenever its results are shown: they cannot
    change what it makes and are no part of its key. ``limit`` is how many problems it keeps of those that it
    brings, 0 for all. ``ledger`` is where its run notes what models cost, ``place`` where it makes shards.
    ``before`` are the folders it would have had under earlier schemas, oldest first.
    """

    name: str
    method: Method
    inputs: list[str]
    params: dict[str, Any]
    models: dict[str, ModelSpec]
    of: str | None = None
    metrics: list[Any] = field(default_factory=list)
    limit: int = 0
    ledger: Ledger | None = None
    place: Place = LOCAL
    key: str = ""
    folder: Path = Path()
    before: list[Path] = field(default_factory=list)

    @property
    def makes(self) -> Artefact:
        """What lies in its folder when it is done."""
        return artefacts.made_by(self.method.returns)

    @property
    def kind(self) -> str:
        """The name of what it makes, as its manifest says it: ``data``, ``checkpoint``, …."""
        return self.makes.kind

    @property
    def verifies(self) -> bool:
        """Whether it gives every trace a verdict."""
        return self.method.returns.startswith("Verdict")

    @property
    def by_shard(self) -> bool:
        """Whether its method is called with one shard of its first input after another."""
        inputs = self.method.inputs
        reads = bool(inputs) and inputs[0].annotation == "Data" and not self.method.many_inputs
        return self.verifies or (reads and self.makes == artefacts.DATA)

    @property
    def away(self) -> bool:
        """Whether its shards are made by Ray: it asks no model, whose journal and budget are the run's."""
        return self.place.engine == "ray" and self.by_shard and self.method.room in ROOMS and not self.models

    @property
    def after(self) -> set[str]:
        """Names of the steps whose output it reads."""
        return {*self.inputs, *(spec.step for spec in self.all_models() if spec.step)}

    def all_models(self) -> list[ModelSpec]:
        """Its models, and those that they are made of."""
        return [spec for model in self.models.values() for spec in model.whole()]

    def sources(self) -> dict[str, str]:
        """Digests of the files of all methods of one's own that take part in it, by key."""
        models = [(method(spec.use), spec.params) for spec in self.all_models()]
        parts = [(self.method, self.params), *models]
        involved = [each for chosen, params in parts for each in (chosen, *P.within(chosen, params))]
        return {each.key: each.source for each in involved if each.source}

    def manifest(self) -> dict[str, Any] | None:
        """Its manifest if it has already been made."""
        return read_manifest(self.folder)
