"""Files of rows, read and written one row at a time, in bounded memory.

A row that cannot be read (broken JSON, wrong UTF-8, not an object) is counted and stepped over; a file that
cannot be read at all is a `LimbeckError`. `blocks` cuts files into pieces that processes may share, `rows_in`
turns one into rows, and `read_rows` does both.
"""

from limbeck.tables.folders import is_store
from limbeck.tables.reading import blocks, columns_in, read_rows, rows_in
from limbeck.tables.rows import CHUNK, BadRows, Block, Row, decode
from limbeck.tables.writing import write_rows

__all__ = [
    "CHUNK",
    "BadRows",
    "Block",
    "Row",
    "blocks",
    "columns_in",
    "decode",
    "is_store",
    "read_rows",
    "rows_in",
    "write_rows",
]
