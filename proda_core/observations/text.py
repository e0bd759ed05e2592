"""Text tables read in pieces: only the columns that are needed, never the whole file at once, never a line that does not fit.

Arrow's reader is strict where it matters: a line with more or fewer columns than the first stops it, so that neither a file that
was cut off nor a stray separator shifts values into another column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.csv

from proda_core.observations.header import DAMAGED, SEPARATORS, Header, open_bytes

BLOCK = 1 << 23
"""Size of a piece of text [bytes]."""

ROWS = 50_000
"""Rows of a piece of a Parquet file."""


def pieces(
    header: Header,
    text: Iterable[str],
    numbers: Iterable[str],
    optional: Iterable[str] = (),
    separator: str = ",",
    skip: int = 0,
) -> Iterator[pd.DataFrame]:
    """The wanted columns of a text table, piece by piece; missing values are NaN.

    Args:
        header: of the file.
        text: columns read as they stand.
        numbers: columns read as numbers.
        optional: those of them that may be missing; they come as empty columns.
        separator: what the format puts between columns.
        skip: rows to leave out below the names of the columns.

    Raises:
        ValueError: wrong separator, a column missing, no number, not UTF-8, a line that does not fit, a file cut off.
    """
    texts, figures, spare = list(text), list(numbers), set(optional)
    _check(header, [name for name in [*texts, *figures] if name not in spare], separator)
    arrow = {**dict.fromkeys(texts, pyarrow.string()), **dict.fromkeys(figures, pyarrow.float64())}
    kinds = {**dict.fromkeys(texts, "str"), **dict.fromkeys(figures, "float64")}
    try:
        with open_bytes(header.path) as file, _reader(file, header, arrow, skip) as reader:
            yield reader.schema.empty_table().to_pandas().astype(kinds)  # so that a table without rows has its columns
            for batch in reader:
                yield batch.to_pandas().astype(kinds)
    except (pyarrow.ArrowException, ValueError, *DAMAGED) as error:
        raise ValueError(_complaint(header, error)) from error


def _reader(file: object, header: Header, kinds: dict[str, pyarrow.DataType], skip: int) -> pyarrow.csv.CSVStreamingReader:
    return pyarrow.csv.open_csv(
        pyarrow.PythonFile(file, mode="r"),
        pyarrow.csv.ReadOptions(
            use_threads=False, block_size=BLOCK, skip_rows=1, column_names=list(header.names), skip_rows_after_names=skip
        ),
        pyarrow.csv.ParseOptions(delimiter=header.separator, newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            column_types=kinds, include_columns=list(kinds), include_missing_columns=True, strings_can_be_null=True
        ),
    )


def _complaint(header: Header, error: BaseException) -> str:
    """What is wrong with a file, in our voice."""
    reason = " ".join(str(error).split()).rstrip(".")[:200]
    if "UTF8" in reason:
        return f"expected UTF-8 text in {header.path}, got other bytes ({reason}); save it as UTF-8"
    wanted = f"a whole table with {len(header.names)} columns, numbers where they belong"
    return f"expected {wanted}, in {header.path}, got {reason!r}; repair the file or get it again"


def _check(header: Header, needed: Iterable[str], separator: str) -> None:
    missing = [name for name in needed if name not in header.names]
    if missing:
        raise ValueError(f"expected the columns {', '.join(missing)} in {header.path.name}, got {header}; rename or add them")
    if header.separator != separator:
        wanted, got = SEPARATORS[separator], SEPARATORS.get(header.separator, "nothing")
        raise ValueError(f"expected columns separated by {wanted} in {header.path.name}, got {got}; save it with {wanted}")


def directory_file(path: Path, name: str) -> Path | None:
    """The file ``name`` beside ``path``, packed or not; None where there is none."""
    for suffix in ("", ".gz", ".bz2", ".xz"):
        candidate = path.parent / f"{name}{suffix}"
        if candidate.is_file():
            return candidate
    return None
