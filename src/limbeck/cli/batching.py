"""``limbeck batch``: what a run asks of endpoints, through files instead of requests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from limbeck import secrets
from limbeck.cli.output import give, quiet, tell, warn
from limbeck.cli.running import Wanted
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.models._batch_requests import Collecting
from limbeck.models._batch_wire import BatchRoute
from limbeck.models.openai import Endpoint
from limbeck.pipeline import batches, execute, partial, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.batches import Record, Sent
from limbeck.pipeline.context import Context
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.runner import run as run_plan
from limbeck.pipeline.step import Step

ENDPOINT = "models/openai"
RESULTS = ".results"
OVER = ("completed", "expired", "cancelled", "failed")
"""Words for a batch of which nothing more comes."""


@dataclass(frozen=True)
class _Collector(execute.Opener):
    """Opens endpoints so that what a stage asks is written down."""

    home: Path = Path()
    known: frozenset[str] = frozenset()
    collecting: list[Collecting] = field(default_factory=list)

    def model(self, spec: ModelSpec, journal: Path | None = None) -> Model:
        at = self.home / journal.name if journal else None
        made = super().model(spec, at)
        if at is None or spec.use != ENDPOINT:
            return made
        endpoint = self.opened[-1][0]
        assert isinstance(endpoint, Endpoint)
        self.collecting.append(Collecting(endpoint, at, batches.mark(self.home, at.name), self.known))
        return self.collecting[-1]


def write(name: str, wanted: Wanted, out: Path | None) -> None:
    """Run a recipe as far as it goes without asking an endpoint, and write what it would ask.

    Raises:
        LimbeckError: no stage asks an endpoint, or one asks it through a strategy.
    """
    settings = recipes.parse_settings(wanted.settings)
    recipe = recipes.load(name, scale=wanted.scale, settings=settings, seed=wanted.seed)
    whole = planning.make(recipe, out or planning.usual_folder(recipe, wanted.limit), wanted.limit)
    whole = whole.until(wanted.until) if wanted.until else whole
    asking = [each.name for each in whole.steps.values() if _asks(each)]
    if not asking:
        raise LimbeckError(f"recipe {recipe.name}: no stage asks an endpoint (models/openai)")
    plan, made, blocked, waits = whole.until(*asking), dict[Path, Record](), set[str](), 0
    known = frozenset(batches.waiting(plan.out))
    for step in plan.steps.values():
        before = step.manifest()
        if step.after & blocked:
            blocked.add(step.name)
        elif before is None or not partial.whole(before):
            collected = _collected(step, plan, known) if _asks(step) else []
            for each in collected:
                made |= batches.write(plan.out, step.name, each)
                waits += each.waiting
            if any(each.requests or each.waiting for each in collected):
                blocked.add(step.name)
            else:
                run_plan(plan.until(step.name), 1, quiet=quiet())
    _say_written(plan, name, made, waits, sorted(blocked))


def _asks(step: Step) -> bool:
    return any(spec.use == ENDPOINT for spec in step.all_models())


def _collected(step: Step, plan: planning.Plan, known: frozenset[str]) -> list[Collecting]:
    """What a step lacks of its endpoints, each with a journal of its own."""
    for spec in step.models.values():
        if spec.use != ENDPOINT and any(each.use == ENDPOINT for each in spec.whole()):
            raise LimbeckError(
                f"stage {step.name!r}: {spec.name!r} ({spec.use}) asks an endpoint what follows from its "
                f"replies, which no batch can hold; limbeck run … --until {step.name} asks it"
            )
    folders = {name: each.folder for name, each in plan.steps.items()}
    with tempfile.TemporaryDirectory() as scratch:
        # What the method keeps for itself of a stage that nobody answered is not for its folder.
        context = Context(Path(scratch), int(step.params.get("seed") or 0), 1, lambda event: None, step.name)
        opener = _Collector(folders, context, home=step.folder, known=known)
        try:
            _exhaust(*execute.call(step, opener, [store.read_data(folders[name]) for name in step.inputs]))
        except LimbeckError:
            # Where every request fails, as all do here, methods say so; what is no news is no error.
            if not any(each.requests or each.waiting for each in opener.collecting):
                raise
    return opener.collecting


def _exhaust(output: Any, shards: Any) -> None:
    """Have a method do all its work."""
    if shards is not None:
        for shard in shards:
            output(shard)
    elif isinstance(output, Iterator):
        for _ in output:
            pass


def _say_written(
    plan: planning.Plan, name: str, made: dict[Path, Record], waits: int, blocked: list[str]
) -> None:
    for path, record in made.items():
        count = f"{record.requests:,} requests of stage {record.stage!r}"
        tell(f"{path}: {count} to {record.model} at {record.url}")
    if waits:
        tell(
            f"{waits:,} more stand in files written before; remove a file to have its requests written again"
        )
    if made or waits:
        tell(f"  limbeck batch submit {plan.out}              where the endpoint has a batch route")
        tell(f"  limbeck batch read {plan.out} RESULTS.jsonl  after you have had them answered yourself")
    else:
        tell(f"nothing is left to ask of an endpoint; limbeck run {name} goes on")
    files = [{"file": str(path), **msgspec.to_builtins(record)} for path, record in made.items()]
    give({"out": plan.out, "files": files, "waiting": waits, "stages": blocked})


def submit(run: Path, url: str) -> None:
    """Bring all files that no endpoint has yet to theirs, and have batches made of them.

    Raises:
        LimbeckError: there are none, or an endpoint does not take one; those before it are noted.
    """
    _need(run)
    done = []
    for path, record in batches.records(run).items():
        if record.sent and record.sent.batch:
            continue
        route = _route(record, url)
        file = record.sent.file if record.sent else route.submit(path.read_bytes(), path.name)
        record.sent = Sent(file)
        batches.keep(path, record)  # a file that is there is not brought again where the batch is refused
        record.sent = Sent(file, route.begin(file), "submitted")
        batches.keep(path, record)
        tell(f"{path}: batch {record.sent.batch} at {route.place.shown}, {record.requests:,} requests")
        done.append({"file": str(path), "batch": record.sent.batch})
    tell(f"  limbeck batch read {run}  takes in what is done" if done else "every file is submitted already")
    give({"submitted": done})


def _need(run: Path) -> None:
    if not batches.records(run):
        raise LimbeckError(
            f"{run} holds no batch files; limbeck batch write RECIPE makes them in the run's folder"
        )


def _route(record: Record, url: str) -> BatchRoute:
    """Where a file's batch is made."""
    if not url and secrets.STAND_IN in record.url:
        raise LimbeckError(
            f"the address {record.url} has a password, which is kept nowhere; give it with --url"
        )
    return BatchRoute(url or record.url, record.key_env, record.headers)


def read(run: Path, files: Sequence[Path], url: str) -> None:
    """Take results into the run's journals: those of files, or of batches that were submitted and are done.

    Raises:
        LimbeckError: results of another run, or doubled ones; a batch that its endpoint refused.
    """
    _need(run)
    fetched, still = ({}, 0) if files else _fetched(run, url)
    results = [*files] or [path.with_suffix(RESULTS) for path in fetched]
    if not results:
        tell(
            f"{still:,} batches are not done yet; run this again later" if still else "no batch is submitted"
        )
        give({"read": 0, "known": 0, "failed": {}, "unreadable": 0, "open": 0})
        return
    came = batches.read(run, results)
    for path, record in batches.records(run).items():
        if path in fetched and record.sent:
            record.sent.status = fetched[path]
            batches.keep(path, record)
    tell(f"{came.read:,} completions read, {came.known:,} known before, {came.failed.total():,} failed")
    for reason, count in came.failed.most_common(3):
        warn(f"  {count:,} × {reason}")
    if came.unreadable:
        warn(f"  {came.unreadable:,} lines cannot be read; what they answer stays open")
    if came.open:
        warn(f"  {came.open:,} requests have no result yet")
    again = "limbeck batch write … writes what failed again; " if came.failed else ""
    tell(f"  {again}limbeck run … goes on with what is there and asks for the rest")
    told = {"read": came.read, "known": came.known, "failed": dict(came.failed)}
    give({**told, "unreadable": came.unreadable, "open": came.open})


def _fetched(run: Path, url: str) -> tuple[dict[Path, str], int]:
    """Files of requests whose batches are over, with the word for it, and how many batches are not; their
    results lie beside them now."""
    over: dict[Path, str] = {}
    still = 0
    for path, record in batches.records(run).items():
        if record.sent is None or not record.sent.batch or record.sent.status in OVER:
            continue
        route = _route(record, url)
        stands = route.look(record.sent.batch)
        status = str(stands.get("status"))
        if status not in OVER:
            tell(f"{path}: batch {record.sent.batch} is {status}")
            still += 1
            continue
        ids = [stands[name] for name in ("output_file_id", "error_file_id") if stands.get(name)]
        if not ids:
            words = f"batch {record.sent.batch} of {path} is {status} without results: {_why(stands)}"
            raise LimbeckError(f"{words}; remove the file to have its requests written again")
        write_atomic(path.with_suffix(RESULTS), b"\n".join(route.content(each) for each in ids))
        over[path] = status
    return over, still


def _why(stands: dict[str, Any]) -> str:
    from limbeck.models._reply_errors import clipped, in_error

    errors = stands.get("errors")
    return clipped(in_error(errors.get("data") if isinstance(errors, dict) else errors) or "no reason given")
