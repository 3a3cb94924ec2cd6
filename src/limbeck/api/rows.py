"""Data in and out: files, data sets of `datasets`, folders."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from limbeck import auditing
from limbeck.auditing import Audit
from limbeck.errors import LimbeckError, unknown
from limbeck.leaks import Looking
from limbeck.pipeline import artefacts, counting, store
from limbeck.pipeline.calling import digest
from limbeck.records import Data, Results
from limbeck.report import curation
from limbeck.report.curation import PAGE
from limbeck.shapes import Choice, Imported, from_rows, import_rows
from limbeck.shapes.exporting import Export, as_shards, export_file
from limbeck.shapes.folders import export_folder
from limbeck.shapes.hugging_face import datasets_by_split, rows_of
from limbeck.shapes.importing import is_folder_of_data

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

SAVED = "saved"
"""What manifests of `save` are called."""
_LOG = logging.getLogger("limbeck")


def read(
    path: str | Path,
    shape: str = "auto",
    *,
    columns: Mapping[str, str] | None = None,
    verifier: str = "math",
    format: str = "",
    limit: int = 0,
) -> Data:
    """Read any file that ``limbeck import`` reads, or a folder of Limbeck's own data.

    Args:
        shape: a name in `limbeck.shapes.SHAPES`; ``auto`` tells by columns and values.
        columns: role to column, where names do not tell: ``{"reference": "gold"}``.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text; empty: by think tags.
        limit: rows to read, 0 for all.

    Raises:
        LimbeckError: no such file, no column that is the question, not one usable row. Some unusable rows are
            one warning of the logger ``limbeck``.
    """
    return import_rows(
        path, shape, verifier=verifier, format=format, columns=columns, limit=limit, told=_tell
    )


def from_dataset(
    dataset: Iterable[Any],
    shape: str = "auto",
    *,
    columns: Mapping[str, str] | None = None,
    verifier: str = "math",
    format: str = "",
    limit: int = 0,
) -> Data:
    """The same of a data set of `datasets`, by split or not, streamed or not, or of any mappings, a row each.

    Args and Raises: as `read`.
    """
    rows = rows_of(dataset)
    return from_rows(rows, shape, verifier=verifier, format=format, columns=columns, limit=limit, told=_tell)


def _tell(done: Imported) -> None:
    for warning in done.warnings():
        _LOG.warning(warning)


@overload
def to_dataset(
    data: Data, shape: str = ..., *, by_split: Literal[False] = ..., only: str = ..., split: str = ...,
    limit: int = ..., plain: bool = ...,
) -> Dataset: ...  # fmt: skip
@overload
def to_dataset(
    data: Data, shape: str = ..., *, by_split: Literal[True], only: str = ..., split: str = ...,
    limit: int = ..., plain: bool = ...,
) -> DatasetDict: ...  # fmt: skip
def to_dataset(
    data: Data,
    shape: str = "messages",
    *,
    by_split: bool = False,
    only: str = "",
    split: str = "",
    limit: int = 0,
    plain: bool = False,
) -> Dataset | DatasetDict:
    """Data as a `datasets.Dataset` in a shape that trainers read, or as a `DatasetDict` by split.

    Args:
        shape: a name in `limbeck.shapes.WRITERS`: ``messages``, ``preference``, ``kto``, ``traces``, …. It
            says which records become rows: in most, those without a mark.
        only: traces of this outcome alone.
        split: problems of this split alone.
        limit: at most so many rows of each split, 0 for all.
        plain: without the columns that say where a row comes from.

    Raises:
        LimbeckError: `datasets` is not installed (extra ``data``), no such shape, or nothing has it.
    """
    export = Export(as_shards(data), shape, Choice(only=only, split=split, limit=limit, plain=plain))
    parts = datasets_by_split(export)
    _tell_left(export)
    from datasets import DatasetDict, concatenate_datasets

    return DatasetDict(parts) if by_split else concatenate_datasets(list(parts.values()))


def write(
    data: Data,
    path: str | Path,
    shape: str = "messages",
    *,
    only: str = "",
    split: str = "",
    limit: int = 0,
    plain: bool = False,
    model: str = "",
) -> int:
    """Write data in a shape that other tools read, and return the number of rows.

    Args:
        path: its suffix says the kind of file: ``.jsonl``, ``.json``, ``.csv``, ``.parquet``, …. Without one
            it is an empty or a new folder, which becomes a data set in the Hub's layout, with its card and
            the `page` of the data.
        shape, only, split, limit, plain: as `to_dataset`.
        model: what requests of ``openai_requests`` name.

    Raises:
        LimbeckError: no such shape or kind of file, or nothing in the data has this shape.
    """
    choice = Choice(only=only, split=split, limit=limit, plain=plain, model=model)
    export = Export(as_shards(data), shape, choice)
    if Path(path).suffix:
        count = export_file(export, Path(path))
    else:
        count = sum(part.rows for part in export_folder(export, Path(path), manifest={"page": PAGE}))
        page(data, Path(path) / PAGE)
    _tell_left(export)
    return count


def page(data: Data, path: str | Path) -> None:
    """Draw the page of curated data as ``limbeck report`` does: funnel, what each mark cost in right traces,
    distributions, samples of each mark, origins.

    Args:
        path: the HTML file; it opens without a network.

    Raises:
        LimbeckError: the file cannot be written.
    """
    where = Path(path).resolve()
    name = where.parent.name if where.name == PAGE else where.stem
    curation.build(as_shards(data), curation.Origin(name), where)


def audit(data: Data, *against: Data, **settings: Any) -> Audit:
    """Which items of benchmarks finished data hold, and through which sources they came in, as ``limbeck
    audit`` does: ``audit(data, lb.load_problems("gsm8k", path=…)).as_dict()``.

    Args:
        against: problems of benchmarks, by their ``source``.
        settings: those of `limbeck.leaks.Looking`: ``by``, ``n``, ``fuzzy``, ``vectors``, ``cosine``.

    Raises:
        LimbeckError: no problem to compare with, an unknown setting, or what makes vectors is not there.
    """
    for name in settings.keys() - {*Looking.__struct_fields__}:
        raise unknown("setting of an audit", name, Looking.__struct_fields__)
    return auditing.audit(as_shards(data), against, Looking(**settings))


def _tell_left(export: Export) -> None:
    if export.bad.count:
        _LOG.warning(export.bad.summary())


def save(data: Data | Results, folder: str | Path, *, overwrite: bool = False) -> None:
    """Write data, or results with their samples, to a folder that `load` and ``limbeck export`` read.

    Args:
        overwrite: whether other data that was saved there goes.

    Raises:
        LimbeckError: the folder holds something else than this data.
    """
    path, key = Path(folder), digest(data)
    manifest = store.read_manifest(path) or {}
    if manifest.get("name") == SAVED and manifest["key"] == key:
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        if not (overwrite and manifest.get("name") == SAVED):
            raise LimbeckError(f"{path} already holds something else; choose another folder")
        shutil.rmtree(path)
    if isinstance(data, Results):
        store.write_results(path, data)
    else:
        store.write_data(path, data)
    kind = artefacts.RESULTS.kind if isinstance(data, Results) else artefacts.DATA.kind
    counts = counting.counts(store.read_data(path))
    store.write_manifest(path, {"name": SAVED, "kind": kind, "key": key, "counts": counts})


def load(folder: str | Path) -> Data:
    """The data of a folder that `save`, an import or a recipe's stage wrote; of results their samples.

    Raises:
        LimbeckError: there is none, or what wrote it was interrupted.
    """
    if not is_folder_of_data(folder):
        raise LimbeckError(f"{folder} holds no data; give a folder that limbeck wrote, or `read` a file")
    return store.read_data(Path(folder)).all()


def load_results(folder: str | Path) -> Results:
    """The results of a folder that `save`, `evaluate` or a recipe's evaluation wrote.

    Raises:
        LimbeckError: there are none.
    """
    if not (Path(folder) / "results.parquet").is_file():
        raise LimbeckError(f"{folder} holds no results")
    return store.read_results(Path(folder))
