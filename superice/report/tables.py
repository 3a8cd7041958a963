"""Turn tables into text: heads, decimals, and intervals below their scores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api.types import is_float_dtype

GAIN = "rmse_gain_percent"
MOST_DECIMALS = 3
MOST_DECIMALS_OF_LARGE = 1  # in a column with a number of at least LARGE
LARGE = 100
MOST_COLUMNS = 8  # of a table that is shown in full


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        Its name in the data frame.
    head : str
        Its head in the report.
    most_decimals : int
        The largest number of decimals that its numbers are written with.
    """

    name: str
    head: str
    most_decimals: int = MOST_DECIMALS

    @classmethod
    def from_name(cls, name: str) -> Column:
        """Return the column with its name as its head."""
        return cls(name, name, 1 if name == GAIN else MOST_DECIMALS)


@dataclass(frozen=True)
class TextTable:
    """Head and rows of a table as text."""

    head: list[str]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Block:
    """A table with its title, and a sentence above it where it needs one.

    A wide table has its most important columns in ``table``, and all of them in ``full``.
    """

    title: str
    table: TextTable
    note: str = ""
    full: TextTable | None = None


def make_blocks(table: pd.DataFrame, columns: Sequence[Column], short: Collection[str] = ()) -> list[Block]:
    """Return a block for each branch and split, with those of the columns that the table has.

    Scores with the columns ``<score>_lower`` and ``<score>_upper`` get their interval below them.

    Parameters
    ----------
    table
        A table with the columns ``branch`` and ``split``.
    columns
        Its columns in the order of the report.
    short
        Names of the columns that a table of more than ``MOST_COLUMNS`` shows, without intervals; the full one is folded.
    """
    if table.empty:
        return []
    table = table.reset_index(drop=True)
    with_intervals = _write_intervals(table, columns)
    chosen = [column for column in columns if column.name in short]
    is_wide = sum(column.name in table for column in columns) > MOST_COLUMNS
    blocks = []
    for (branch, split), rows in with_intervals.groupby(["branch", "split"], sort=False):
        full = format_table(rows, columns)
        if is_wide and chosen:
            blocks.append(Block(f"{branch}, {split}", format_table(table.loc[rows.index], chosen), full=full))
        else:
            blocks.append(Block(f"{branch}, {split}", full))
    return blocks


def format_table(table: pd.DataFrame, columns: Sequence[Column] | None = None) -> TextTable:
    """Return a table as text, with those of the columns that it has; without ``columns`` all under their own names."""
    if columns is None:
        columns = [Column.from_name(name) for name in table.columns]
    known = [column for column in columns if column.name in table]
    cells = [_format_column(table[column.name], column.most_decimals) for column in known]
    return TextTable([column.head for column in known], list(zip(*cells)))


def _write_intervals(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the table with scores as text where they have an interval, one number of decimals for all blocks."""
    result = table.copy()
    for column in columns:
        lower, upper = f"{column.name}_lower", f"{column.name}_upper"
        if column.name not in table or lower not in table:
            continue
        decimals = _count_decimals(table[column.name], column.most_decimals)
        texts = []
        for value, low, high in zip(table[column.name], table[lower], table[upper]):
            text = _format_number(value, decimals)
            if pd.notna(low):
                text += f"\n{_format_number(low, decimals)} to\n{_format_number(high, decimals)}"
            texts.append(text)
        result[column.name] = texts
    return result


def _format_column(values: pd.Series, most_decimals: int) -> list[str]:
    """Return the cells of a column as text. All its numbers have the same number of decimals."""
    if not is_float_dtype(values):
        return [_format_cell(value) for value in values]
    decimals = _count_decimals(values, most_decimals)
    return [_format_number(value, decimals) for value in values]


def _count_decimals(numbers: pd.Series, most: int) -> int:
    """Return the smallest number of decimals that writes all numbers exactly, but ``most`` if that is smaller."""
    if numbers.abs().max() >= LARGE:
        most = min(most, MOST_DECIMALS_OF_LARGE)
    known = numbers.dropna()
    for decimals in range(most):
        if known.round(decimals).eq(known).all():
            return decimals
    return most


def _format_number(value: float, decimals: int) -> str:
    """Return a number as text without a sign before zero, and nothing for NaN."""
    return "" if pd.isna(value) else f"{value:z.{decimals}f}"


def _format_cell(value: object) -> str:
    """Return a value that is no decimal number as text: yes or nothing for booleans, names without underscores."""
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    text = str(value)
    return text.replace("_", " ") if text.isidentifier() else text
