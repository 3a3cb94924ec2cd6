"""Data to and from the data sets of the library `datasets`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from limbeck.errors import LimbeckError, missing_extra
from limbeck.shapes.exporting import Export
from limbeck.tables import Row, write_rows

if TYPE_CHECKING:
    from datasets import Dataset


def datasets_by_split(export: Export) -> dict[str, Dataset]:
    """The rows of an export as a data set for each split, all with the same columns of the same types.

    Raises:
        LimbeckError: `datasets` is not installed, or nothing in the data has this shape.
    """
    try:
        from datasets import Dataset
    except ImportError:
        raise missing_extra("datasets", "data", "to_dataset") from None
    splits = [export.choice.split] if export.choice.split else list(export.survey.splits)
    with TemporaryDirectory(prefix="limbeck-") as folder:
        # Through a file, for its writer finds one type for every column, whatever later rows bring.
        file = Path(folder) / "rows.arrow"
        write_rows(file, export.nonempty(row for split in splits for row in export.rows(split)))
        with pa.ipc.open_file(str(file)) as source:
            table = source.read_all()
    start, parts = 0, {}
    for split in splits:
        if count := export.written[split]:
            parts[split] = Dataset(table.slice(start, count))
            start += count
    return parts


def rows_of(dataset: Any) -> Iterator[Row]:
    """The rows of a data set, of one by split, or of any other iterable; a split's name stands in a column
    ``split`` unless the rows have one.

    Raises:
        LimbeckError: it holds no rows but columns, as a table of pandas does.
    """
    if isinstance(dataset, Mapping):
        for split, part in dataset.items():
            yield from ({"split": split, **row} for row in _plain(part))
        return
    yield from _plain(dataset)


def _plain(dataset: Any) -> Iterator[Any]:
    if hasattr(dataset, "iterrows"):
        raise LimbeckError("rows are wanted, one mapping each: of a pandas table, .to_dict('records')")
    # With another format rows would be tensors.
    return iter(dataset.with_format(None) if hasattr(dataset, "with_format") else dataset)
