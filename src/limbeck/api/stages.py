"""What a recipe's stages do, one call each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from limbeck.api.rows import load, load_results
from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import measured
from limbeck.pipeline import artefacts, calling
from limbeck.pipeline import metrics as measures
from limbeck.pipeline.calling import ModelName, Spec
from limbeck.pipeline.registry import Bound
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.types import Checkpoint
from limbeck.verifiers.ops import verify as judged


def load_problems(name: Spec, **settings: Any) -> Data:
    """Problems of a method of ``problems/``: a world (``slips``), a benchmark (``gsm8k``, with ``path``).

    Raises:
        LimbeckError: an unknown method or setting, a missing file.
    """
    made: Data = _stage("problems", name, [], settings)
    return made


def verify(
    data: Data, verifier: Spec | Callable[[Problem, Trace], Verdict], *, out: str | Path | None = None,
    overwrite: bool = False, **settings: Any,
) -> Data:  # fmt: skip
    """The data with one more verdict for every trace, which is the one that counts. Marks stay as they are.

    Args:
        verifier: a method of ``verifiers/``, or a function of your own.
        out: for a judge that costs: its replies lie there as they come.

    Raises:
        LimbeckError: an unknown method or setting. A trace that a verifier stumbles over is ``unknown``.
    """
    if isinstance(verifier, str | dict | Bound):
        made: Data = _stage("verifiers", verifier, [data], settings, out, overwrite)
        return made
    if settings or out:
        raise LimbeckError("verify: settings and a folder are for methods; a function has none")
    traces = list(judged(verifier, data.problem_by_id(), data.traces))
    return Data([*data.problems], traces, [*data.pairs])


def curate(data: Data, *methods: Spec | Callable[[Data], Data], **settings: Any) -> Data:
    """The data after these methods of ``curation/``, one after another. Nothing is deleted: records that
    should not be used bear a mark.

    Args:
        methods: names, ``{name: {…}}``, or functions of data to data.
        settings: of the method, where there is one alone; further data too: ``against=problems``, and for
            ``merge``, ``mix`` and ``fill_gaps`` under any name, in order.

    Raises:
        LimbeckError: an unknown method or setting, or settings for several methods at once.
    """
    if settings and len(methods) != 1:
        raise LimbeckError(
            f"curate: {next(iter(settings))!r} could be any method's; write it as {{method: {{setting: …}}}}"
        )
    for each in methods:
        if isinstance(each, str | dict | Bound):
            data = _stage("curation", each, [data], settings)
        elif not isinstance(data := each(data, **settings), Data):
            raise LimbeckError(f"curate: {each!r} returned a {type(data).__name__}, no Data")
    return data


def pair(data: Data, method: Spec = "pairs", **settings: Any) -> Data:
    """The data with pairs of a right trace and a wrong one added, or with others that ``method`` makes.

    Raises:
        LimbeckError: an unknown method or setting.
    """
    made: Data = _stage("curation", method, [data], settings)
    return made


def student(
    data: Data | None = None, *, out: str | Path, method: Spec = "", overwrite: bool = False, **settings: Any
) -> Checkpoint:
    """A student to begin with: small and untrained, its vocabulary learned from ``data``, or without data a
    pretrained one (``path``) with another template or configuration. A checkpoint that is taken as it is
    needs no such call.

    Args:
        method: of ``students/``; by default ``from_config`` with data, ``pretrained`` without.

    Returns:
        the path of ``out/model``, in Hugging Face layout.

    Raises:
        LimbeckError: an unknown setting, no model at ``path``, or ``out`` holds something else.
    """
    chosen = method or ("pretrained" if data is None else "from_config")
    inputs = [] if data is None else [data]
    return Checkpoint(_stage("students", chosen, inputs, settings, out, overwrite))


def train(
    data: Data,
    *,
    student: str | Path,
    objective: Spec,
    out: str | Path,
    overwrite: bool = False,
    **settings: Any,
) -> Checkpoint:
    """Train a student on kept traces, on pairs or on its own rollouts, as the objective learns.

    Args:
        student: a checkpoint's path or Hub id.
        objective: ``sft``, ``{"redi": {"alpha": 0.8}}``, … of ``objectives/``.
        settings: of `training/fit`: ``steps``, ``batch``, ``lr``, ``adapt="lora"``, ``rollout``, ….

    Returns:
        the path of ``out/model``; ``out/curve.parquet`` lies beside it.

    Raises:
        LimbeckError: a wrong setting, nothing to train on, a loss not finite, or ``out`` is taken.
    """
    given = {"student": student, "objective": objective, **settings}
    return Checkpoint(_stage("training", "fit", [data], given, out, overwrite))


def sample(
    problems: Data, *, model: ModelName, method: Spec = "sample", out: str | Path | None = None,
    overwrite: bool = False, **settings: Any,
) -> Data:  # fmt: skip
    """The problems with traces that a model writes: ``k`` for each that bears no mark.

    Args:
        method: of ``teachers/``; its settings follow (``k``, ``temperature``, ``max_tokens`` in tokens, …).
        out: for models that cost: completions lie there as they come.

    Raises:
        LimbeckError: a wrong setting, or every request failed.
    """
    made: Data = _stage("teachers", method, [problems], {"model": model, **settings}, out, overwrite)
    return made


def evaluate(
    problems: Data, *, model: ModelName, verifier: Spec | None = "math", method: Spec = "accuracy",
    metrics: Sequence[Any] = (), out: str | Path | None = None, overwrite: bool = False, **settings: Any,
) -> Results:  # fmt: skip
    """Sample answers, verify them, and say how many are right, with 95% intervals over problems.

    Args:
        method: of ``evaluation/``; its settings follow (``n``, ``temperature``, ``max_tokens``, …).
        verifier: of ``verifiers/``; None for a method that takes none.
        metrics: further ones, such as ``"maj@4"``.

    Returns:
        the numbers, and in ``.data`` every sample with its verdict.

    Raises:
        LimbeckError: a wrong setting, no problem without a mark, or every request failed.
    """
    given = {"model": model, **({"verifier": verifier} if verifier else {}), **settings}
    call = calling.prepared("evaluation", method, [problems], given, metrics)
    outcome: Results = _outcome(call, out, overwrite)
    return Results(measured(outcome, map(measures.read, metrics)), outcome.data)


def apply(
    key: str, *data: Data, out: str | Path | None = None, overwrite: bool = False, **settings: Any
) -> Any:
    """Any method that a recipe's stage can name, ``room/name``.

    Returns:
        `Data`, `Results`, or the path of what was made: a model, a stored signal, ….

    Raises:
        LimbeckError: an unknown method or setting, or a method that makes a folder and was given none.
    """
    return _stage(key.partition("/")[0], key, data, settings, out, overwrite)


def _stage(
    room: str,
    spec: Spec,
    data: Sequence[Data],
    settings: dict[str, Any],
    out: str | Path | None = None,
    overwrite: bool = False,
) -> Any:
    return _outcome(calling.prepared(room, spec, data, settings), out, overwrite)


def _outcome(call: calling.Call, out: str | Path | None, overwrite: bool) -> Any:
    """What a call makes: data or results themselves, the path of anything else."""
    makes = call.step.makes
    if out is None:
        if not makes.flows:
            key = call.step.method.key
            raise LimbeckError(f"{key} makes {makes.called}; say where it is to lie: out=FOLDER")
        return calling.returned(call)
    folder = calling.made(call, out, overwrite)
    if not makes.flows:
        return str(folder / makes.folder)
    return load_results(folder) if makes == artefacts.RESULTS else load(folder)
