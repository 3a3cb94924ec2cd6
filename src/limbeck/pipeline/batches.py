"""A run's batch files: ``batch/0001-STAGE.jsonl`` with requests, beside each a record of whose they are, and
results read into the journals of the stages that wait for them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from limbeck import secrets
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.pipeline.atomic import make_folder, write_atomic
from limbeck.pipeline.locks import alone

if TYPE_CHECKING:
    from limbeck.models._batch_requests import Collecting

FOLDER = "batch"
MOST = 50_000
"""Requests in a file, as OpenAI takes them."""
LARGEST = 180_000_000
"""Bytes in a file; OpenAI takes 200 MB."""


class Sent(Struct):
    """A file as an endpoint knows it: its own name for the file, for the batch, and where that stands."""

    file: str
    batch: str = ""
    status: str = ""


class Record(Struct):
    """Whose requests a file holds: the stage, its folder in the run, the journal in there, the model and how
    it is reached (without secrets: values of headers are ``$NAME``).

    ``also`` are numbers of further samples that a reply stands for, ``failed`` the requests that came back
    without a completion, which are written again.
    """

    stage: str
    folder: str
    journal: str
    model: str
    url: str
    key_env: str = ""
    headers: dict[str, str] = {}
    requests: int = 0
    also: dict[str, list[int]] = {}
    failed: list[str] = []
    sent: Sent | None = None


def mark(folder: Path, journal: str) -> str:
    """Eight letters for a journal of a stage with that key."""
    return hashlib.blake2b(f"{folder.name}/{journal}".encode(), digest_size=4).hexdigest()


def records(run: Path) -> dict[Path, Record]:
    """The files of requests in a run, oldest first, each with its record.

    Raises:
        LimbeckError: a record that is none.
    """
    known = {}
    for path in sorted((run / FOLDER).glob("[0-9]*.json")):
        try:
            record = msgspec.json.decode(path.read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError) as error:
            raise LimbeckError(f"{path} is no record of a batch file: {error}") from error
        if path.with_suffix(".jsonl").is_file():  # else somebody took it back
            known[path.with_suffix(".jsonl")] = record
    return known


def keep(requests: Path, record: Record) -> None:
    """Write a record beside its file."""
    write_atomic(requests.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(record), indent=1))


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The lines of a JSONL file by number; None for one that is no JSON object."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    row = None
                yield number, row if isinstance(row, dict) else None
    except OSError as error:
        raise LimbeckError(f"{path} cannot be read: {error.strerror}") from error


def waiting(run: Path) -> set[str]:
    """Ids of the requests that stand in files and have not come back without a completion."""
    ids: set[str] = set()
    for path, record in records(run).items():
        ids |= {str(row["custom_id"]) for _, row in lines(path) if row}
        ids -= {*record.failed}
    return ids


def write(run: Path, stage: str, collecting: Collecting) -> dict[Path, Record]:
    """Write what a stage asks of a model into as many files as it takes."""
    from limbeck.models._batch_requests import line_of

    endpoint, journal = collecting.inner, collecting.path
    headers = {name: value for name, value in endpoint.transport.headers.items() if _shown(value)}
    whose = stage, str(journal.parent.relative_to(run)), journal.name, endpoint.model
    how = endpoint.place.shown, endpoint.key_env, headers
    made: dict[Path, Record] = {}
    content, names = bytearray(), list[str]()

    def finish() -> None:
        make_folder(run / FOLDER)
        number = 1 + max((int(each.name[:4]) for each in (run / FOLDER).glob("[0-9]*.json")), default=0)
        path = run / FOLDER / f"{number:04d}-{stage.replace('@', '-')}.jsonl"
        also = {name: collecting.also[name] for name in names if name in collecting.also}
        record = Record(*whose, *how, requests=len(names), also=also)
        write_atomic(path, bytes(content))
        keep(path, record)
        made[path] = record
        content.clear()
        names.clear()

    for name, body in collecting.requests.items():
        line = line_of(name, body)
        if names and (len(names) == MOST or len(content) + len(line) > LARGEST):
            finish()
        content += line
        names.append(name)
    if names:
        finish()
    return made


def _shown(value: str) -> bool:
    """Whether a header's value may be written down."""
    return value.startswith("$") or secrets.redacted(value) == value


@dataclass
class Came:
    """What a file of results brought: completions that are in the journals now, those that were there before,
    requests that failed by reason, lines that cannot be read, requests of the same files still without any
    result."""

    read: int = 0
    known: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    open: int = 0


@dataclass
class _Asked:
    """A request that was written: its file, and how its reply is to be read."""

    path: Path
    sampling: Sampling


def read(run: Path, results: Sequence[Path]) -> Came:
    """Take results into the journals. Nothing is written unless all of them belong to this run.

    Raises:
        LimbeckError: an id that was never asked for, or comes twice; a run without requests.
    """
    from limbeck.models._batch_requests import sampling_of

    known = records(run)
    if not known:
        raise LimbeckError(f"{run / FOLDER} holds no requests; `limbeck batch write RECIPE` writes them")
    asked: dict[str, _Asked] = {}
    for path in known:
        for _, row in lines(path):
            if row:
                asked[row["custom_id"]] = _Asked(path, sampling_of(row["body"]))
    came = Came()
    places = _places(results, asked, came)
    for path in dict.fromkeys(asked[name].path for name in places):
        _take(run, path, known[path], results, asked, came)
    touched = {asked[name].path for name in places}
    came.open = sum(each.path in touched and name not in places for name, each in asked.items())
    return came


def _places(results: Sequence[Path], asked: dict[str, _Asked], came: Came) -> dict[str, str]:
    """Where each id stands in the results."""
    places: dict[str, str] = {}
    strange: list[str] = []
    for file in results:
        for number, row in lines(file):
            name, place = (row or {}).get("custom_id"), f"{file}, line {number}"
            if not isinstance(name, str):
                came.unreadable += 1
            elif name not in asked:
                strange.append(f"{place}: {name[:80]!r} is the custom_id of no request of this run")
            elif name in places:
                raise LimbeckError(
                    f"{place}: custom_id {name!r} came before ({places[name]}); nothing was read"
                )
            else:
                places[name] = place
    if strange and not places:
        raise LimbeckError(
            f"{strange[0]}, nor is any other: these are results of another run, or of other settings"
        )
    if strange:
        raise LimbeckError(f"{strange[0]} ({len(strange):,} such lines); nothing was read")
    return places


def _take(
    run: Path, path: Path, record: Record, results: Sequence[Path], asked: dict[str, _Asked], came: Came
) -> None:
    """Take the results for one file of requests into its journal."""
    from limbeck.models._batch_requests import completion_of
    from limbeck.models._journal_file import JournalFile, encoded

    folder, failed = run / record.folder, {*record.failed}
    with alone(folder, record.stage, lambda event: None):
        journal = JournalFile(folder / record.journal)
        for row in (row for file in results for _, row in lines(file) if row):
            name = row.get("custom_id")
            if not isinstance(name, str) or asked[name].path != path:
                continue
            completion = completion_of(row, asked[name].sampling)
            _, key, number = name.split("-")
            keys = [f"{key}-{each}" for each in (int(number), *record.also.get(name, []))]
            news = [each for each in keys if each not in journal.places]
            if not news:
                came.known += 1
            elif completion.finish == "error":
                came.failed[completion.error] += 1
                failed.add(name)
            else:
                for each in news:
                    journal.add(each, encoded(each, completion))
                came.read += 1
                failed.discard(name)
        journal.close()
    record.failed = sorted(failed)
    keep(path, record)
