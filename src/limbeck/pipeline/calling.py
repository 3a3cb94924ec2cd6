"""One stage called from Python: its settings are checked as a recipe's are, its data are in memory.

Without a folder what it makes is returned and nothing else stays. With one it is made there as a stage of a
recipe is, resumes after a kill, and is read from there when the same call comes again.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline import checks, earlier, execute, logs, metrics, runner, store
from limbeck.pipeline import parameters as P
from limbeck.pipeline import plan as planning
from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.context import Context, Report
from limbeck.pipeline.models import ModelSpec, named, spelled
from limbeck.pipeline.recipe import Recipe
from limbeck.pipeline.registry import Bound, Method, bind
from limbeck.pipeline.screen import Screen
from limbeck.pipeline.step import Step
from limbeck.records import Data, Results

WHERE = "the call"
"""What errors call it."""
KEY = ".key"
"""The file by which a folder is known to hold what a call made, and which call."""
ModelName = str | Path | dict[str, Any] | Model
"""A model as `prepared` takes it."""
Spec = str | dict[str, Any] | Bound
"""A method of a known room: its name, ``{name: {setting: value}}``, or what `parameters.ready` returned."""


@dataclass(frozen=True)
class Call:
    """A checked call.

    Attributes:
        live: models that were given as objects, by name; nothing made with them can be found again.
    """

    step: Step
    data: list[Data]
    live: dict[str, Model] = field(default_factory=dict)

    @property
    def shards(self) -> list[store.MemoryShards]:
        """The data for the method to read; it may put other records into the lists that it is given."""
        copies = [Data([*each.problems], [*each.traces], [*each.pairs]) for each in self.data]
        return [store.MemoryShards([each]) for each in copies]


@dataclass(frozen=True)
class _Opener(execute.Opener):
    live: dict[str, Model] = field(default_factory=dict)

    def model(self, spec: ModelSpec, journal: Path | None = None) -> Model:
        return self.live[spec.name] if spec.name in self.live else super().model(spec, journal)


def prepared(
    room: str, spec: Spec, data: Sequence[Data], settings: Mapping[str, Any], asked: Sequence[Any] = ()
) -> Call:
    """A call with every name resolved and every value checked; nothing has run.

    Args:
        data: what the method reads, in order; further data may be among the settings under the names of the
            method's own inputs (``against``).
        settings: as a recipe has them. A model is a checkpoint's path, a Hub id, ``openai:NAME@URL``, a
            mapping as in a recipe's ``models`` (``{"use": "models/openai", …}``), or an object.
        asked: metrics beside those that an evaluation computes itself.

    Raises:
        LimbeckError: an unknown method or setting, a wrong value, a missing file.
    """
    table: dict[str, Any] = {}
    live = {name: value for name, value in settings.items() if isinstance(value, Model)}
    chosen, within = bind(room, _plain(spec, table), WHERE)
    inputs = [*data, *(value for value in settings.values() if isinstance(value, Data))]
    beside = [name for name, value in settings.items() if isinstance(value, Data)]
    _check_inputs(chosen, len(data), beside)
    rest = {name: value for name, value in settings.items() if name not in beside}
    given = {**within, **{name: _plain(value, table) for name, value in rest.items()}}
    params = P.check(chosen, given | dict.fromkeys(live, ""), WHERE)
    for reference in P.references(chosen, params):
        if reference.value:
            table.setdefault(reference.value, spelled(_model_folder(reference.value)))
    specs = {name: ModelSpec(model.name, "", {}) for name, model in live.items()}
    known = {name: value for name, value in params.items() if name not in live}
    specs |= named(chosen, known, Recipe(WHERE, Path(), {}, "", 0, table, {}), WHERE)
    for model in (each for spec_ in specs.values() for each in spec_.whole() if each.use):
        model.name = _short(model)
    planning.find_files(chosen, params, Path(), WHERE)
    for each in asked:
        metrics.read(each, WHERE)
    names = [f"data {number}" for number, _ in enumerate(inputs, 1)]
    step = Step(chosen.name, chosen, names, params, specs, metrics=list(asked))
    if not live:
        checks.precheck(chosen, params, WHERE)
    return Call(step, inputs, {model.name: model for model in live.values()})


def _check_inputs(chosen: Method, count: int, beside: list[str]) -> None:
    """Refuse other data than the method takes."""
    verifies = chosen.returns.startswith("Verdict")
    names = ["data"] if verifies else [each.name for each in chosen.inputs]
    if chosen.many_inputs and count:  # further ones have any name
        return
    given = [*names[:count], *beside]
    if count > len(names) or given != names:
        takes = " and ".join(names) or "no data"
        raise LimbeckError(f"{chosen.key} takes {takes}, got {' and '.join(given) or 'none'}")


def _plain(value: Any, table: dict[str, Any]) -> Any:
    """A setting as a recipe would have it; a model that is written out goes into the table of models."""
    if isinstance(value, Bound):
        return {value.name: _plain(_flat(value.params), table)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each, table) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _plain(each, table) for name, each in value.items()}
    if "use" not in plain:
        return plain
    table[name := f"model {len(table) + 1}"] = plain
    return name


def _flat(params: dict[str, Any]) -> dict[str, Any]:
    """A bound method's settings with the fields of structs as settings of their own."""
    settings: dict[str, Any] = {}
    for name, value in params.items():
        settings |= msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else {name: value}
    return settings


def _model_folder(name: str) -> str:
    """A model's path, which of a folder that a stage made is the folder ``model`` in it."""
    inner = Path(name) / "model"
    return str(inner) if not (Path(name) / "config.json").exists() and inner.is_dir() else name


def _short(spec: ModelSpec) -> str:
    """What traces and results call a model: the last part of its name, of ``runs/sft/model`` ``sft``."""
    given = spec.params.get("model") or spec.params.get("path")
    text = given if isinstance(given, str) else spec.use
    return text.rstrip("/").removesuffix("/model").rpartition("/")[2] or text


# --- running


def returned(call: Call) -> Any:
    """What the method returns, in memory: `Data` or `Results`."""
    seed = int(call.step.params.get("seed") or 0)
    with watched() as report, TemporaryDirectory(prefix="limbeck-") as folder:
        context = Context(Path(folder), seed, report=report, label=call.step.name)
        output, shards = execute.call(call.step, _Opener({}, context, live=call.live), call.shards)
        if shards is not None:
            output = map(output, shards)
        return output if isinstance(output, Data | Results) else Data.join(output)


def made(call: Call, out: str | Path, overwrite: bool = False) -> Path:
    """The folder with what the method makes, made there unless it is there already.

    Args:
        overwrite: whether what another call made there goes.

    Raises:
        LimbeckError: something else is there, or a model was given as an object.
    """
    step = call.step
    if call.live:
        raise LimbeckError(
            f"{step.method.key}: what is made with a model that is an object is not found again; leave out "
            "`out`, or name the model"
        )
    digests = [digest(each) for each in call.data]
    now = partial(planning.key_of, step, dict(zip(step.inputs, digests, strict=True)))
    schemas = [now(schema) for schema in range(1, store.SCHEMA_VERSION + 1)]
    *before, step.key = (_with_sources(step, key) for key in [*earlier.keys(now), *schemas])
    step.folder = Path(out)
    _claim(step.folder, step.key, before, overwrite)
    with watched() as report:
        runner.make(step, {}, report, Context(step.folder).workers, call.shards)
    return step.folder


def _with_sources(step: Step, key: str) -> str:
    """A key with the methods of one's own: what they do may change from call to call, and nobody raises
    VERSION in a notebook."""
    return hashlib.sha256(f"{key} {sorted(step.sources().items())}".encode()).hexdigest()[:12]


def _claim(folder: Path, key: str, before: list[str], overwrite: bool) -> None:
    """Have the folder for what has this key. What failed before it made anything does not hold it.

    Args:
        before: the same call's keys of earlier forms: what is there under one of them goes on being used.

    Raises:
        LimbeckError: it holds what another call made, or what none did.
    """
    mark = folder / KEY
    held = mark.read_text() if mark.is_file() else ""
    if not held and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LimbeckError(f"{folder} holds something that no such call made; choose another out")
    if held and held not in (key, *before):
        files = (file.name for file in folder.iterdir())
        if not overwrite and any(name != logs.NAME and not name.startswith(".") for name in files):
            raise LimbeckError(
                f"{folder} holds what was made of other data or with other settings; choose another out, or "
                "say overwrite=True"
            )
        shutil.rmtree(folder)
    write_atomic(mark, key.encode())


def digest(data: Data | Results) -> str:
    """What data, or results with their samples, are known by: their content."""
    whole = hashlib.sha256()
    results, rest = (data.results, data.data) if isinstance(data, Results) else ([], data)
    for records in (results, rest.problems, rest.traces, rest.pairs):
        for record in records:
            whole.update(msgspec.msgpack.encode(record, enc_hook=str))
        whole.update(b"/")
    return whole.hexdigest()


@contextmanager
def watched() -> Iterator[Report]:
    """Bars on a terminal and remarks on standard error, both silent where the logger ``limbeck`` is set above
    WARNING."""
    screen = Screen(0, shown=not execute.RANK and logging.getLogger("limbeck").isEnabledFor(logging.WARNING))
    try:
        with screen.bars:
            yield screen.hear
    finally:
        screen.close()
