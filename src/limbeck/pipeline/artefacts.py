"""What a stage can make: data that flow on, results, or an artefact, a folder that other stages are given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Artefact:
    """One kind of output.

    Attributes:
        annotation: the type in `limbeck.types` (or `limbeck.records`) that a method is annotated to return,
            and by which another method asks for it.
        kind: its name in a manifest.
        called: what errors call it.
        folder: the sub-folder of the stage's that it is written to; empty for shards in the stage's folder.
        flows: whether ``from`` may name the stage; what does not flow is named by a parameter.
    """

    annotation: str
    kind: str
    called: str
    folder: str = ""
    flows: bool = False


DATA = Artefact("Data", "data", "data", flows=True)
RESULTS = Artefact("Results", "results", "results", flows=True)
CHECKPOINT = Artefact("Checkpoint", "checkpoint", "a model", "model")
STORED = Artefact("Stored", "stored", "a stored signal", "signal")
INDEX = Artefact("Index", "index", "an index", "index")
PART = Artefact("Part", "part", "a trained part", "part")

ALL = (DATA, RESULTS, CHECKPOINT, STORED, INDEX, PART)
BY_ANNOTATION = {each.annotation: each for each in ALL}
GIVEN = {each.annotation: each for each in ALL if not each.flows}
"""Those that a parameter names, by its annotation."""

MODEL = "Model"
"""The annotation of a parameter that names what can write: a stage's checkpoint too, opened."""


def made_by(returns: str) -> Artefact:
    """What a method makes, by its return annotation: a record of its own, or data in one of their forms."""
    return BY_ANNOTATION.get(returns, DATA)


def asked_by(annotation: str) -> Artefact:
    """What the stage that a parameter names must make."""
    return CHECKPOINT if annotation == MODEL else GIVEN[annotation]
