"""Read measurements from tables: CSV files, and the reference format of the ESA CCI (RRDP).

A CSV file has a line of names and a column each for date, latitude, longitude and thickness or draft; platform,
uncertainty, snow depth and what is measured are optional. A unit stands in brackets or as an ending (``thickness (cm)``,
``ice_thickness_m``); lengths without one are in m. Without a column ``measures``, a thickness is that of one level floe and
a draft is a mean along a track.

RRDP files are columns separated by blanks, or by commas in a .csv, under names such as ``obsID date lat lon SID SIDstd
SIDln SIDunc``. Each row is a mean over 25 km and 30 days; thickness (SIT) is taken, or else draft (SID), converted with the
snow of the same row.
"""

from __future__ import annotations

import csv
import re
from itertools import dropwhile
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.fields.point_series import (
    LEVEL_ICE,
    MEAN,
    OTHER_UNIT,
    PRODUCT,
    THICKEST_M,
    PointSeries,
    take_daily_medians,
)
from superice.fields.units import convert_values
from superice.readers.sonar_draft import LEAST_DRAFT_M, convert_draft

# What columns are called, in lower case and without units.
NAMES = {
    "platform": ("platform", "buoy", "mooring", "station", "id", "name", "obsid"),
    "date": ("date", "time", "datetime"),
    "latitude": ("lat", "latitude"),
    "longitude": ("lon", "longitude", "long"),
    "thickness": ("thickness", "ice_thickness", "sea_ice_thickness", "sit"),
    "draft": ("draft", "ice_draft", "sea_ice_draft", "sid"),
    "uncertainty": ("uncertainty", "thickness_uncertainty", "draft_uncertainty"),
    "situnc": ("situnc",),
    "sidunc": ("sidunc",),
    "snow": ("snow", "snow_thickness", "snow_depth", "sd"),
    "climatological_snow": ("wsd",),
    "measures": ("measures",),
}
IN_BRACKETS = re.compile(r"^(.*?)\s*[\[(](.*)[\])]$")
AS_ENDING = re.compile(r"^(.*)_(m|cm|mm|ft|feet|in|inch|inches)$")
UNITS = {"climatological_snow": "cm"}  # where no unit is written; all others are in m
# Least and greatest length in m.
LENGTHS = {
    "thickness": (0.0, THICKEST_M),
    "draft": (LEAST_DRAFT_M, THICKEST_M),
    "uncertainty": (0.0, THICKEST_M),
    "situnc": (0.0, THICKEST_M),
    "sidunc": (0.0, THICKEST_M),
    "snow": (0.0, THICKEST_M),
    "climatological_snow": (0.0, THICKEST_M),
}
MISSING = ("", "na", "nan", "n/a", "null", "none")  # in lower case
RRDP_WIDTH_KM, RRDP_DAYS = 25.0, 30


class Table:
    """A table of measurements with columns under known names: text separated by commas, or by blanks.

    Lines before the head that begin with # are left out.
    """

    def __init__(self, path: Path, by_blanks: bool = False) -> None:
        """Read a table as text. Raises InputError when it is none."""
        self.path = path
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = dropwhile(lambda line: line.startswith("#"), file)
            try:
                rows = [line.split() for line in lines] if by_blanks else list(csv.reader(lines, skipinitialspace=True))
            except csv.Error as error:
                raise self.error(f"is not a table ({error})") from error
        cells = [[cell.strip() for cell in row] for row in rows]
        self.head, *self.rows = [row for row in cells if any(row)] or [[]]
        if not self.head:
            raise self.error("is not a table: no line names its columns")
        self._check_cells(by_blanks)
        self.columns = self._find_columns()

    def _check_cells(self, by_blanks: bool) -> None:
        """Raise InputError where the columns are separated otherwise, or a row has other columns than the head."""
        if len(self.head) == 1:
            for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
                if separator in self.head[0]:
                    raise self.error(
                        f"its columns are separated by {name}: save it with commas, and with points as decimal signs",
                        value=self.head[0][:60],
                    )
        for number, row in enumerate(self.rows, 1):
            while len(row) > len(self.head) and not row[-1]:
                row.pop()
            if len(row) > len(self.head) or (by_blanks and len(row) < len(self.head)):
                advice = (
                    "write nan for a missing value, and date and time as 2015-01-15T00:00:00"
                    if by_blanks
                    else "points are needed as decimal signs, and quotes around a text with commas"
                )
                reason = f"row {number} has {len(row)} cells and the line of names {len(self.head)}: {advice}"
                raise self.error(reason, value=" ".join(row)[:60])
            row.extend([""] * (len(self.head) - len(row)))

    def _find_columns(self) -> dict[str, tuple[int, str | None]]:
        """Return number and unit of the columns by their known names; a date has priority over a time.

        Raises InputError for two columns with a thickness, or with a draft.
        """
        columns: dict[str, tuple[int, str | None]] = {}
        for name, called in NAMES.items():
            found = [
                (called.index(lower), number, unit)
                for number, (lower, unit) in enumerate(map(_split_head, self.head))
                if lower in called
            ]
            if len(found) > 1 and name in ("thickness", "draft"):
                heads = ", ".join(self.head[number] for _, number, _ in found)
                raise self.error(f"several columns hold a {name}: keep one of them", name, heads)
            if found:
                columns[name] = min(found)[1:]
        return columns

    def error(self, reason: str, variable: str | None = None, value: object = None) -> InputError:
        """Return the error that refuses this file, ready to be raised."""
        return InputError(reason, product=PRODUCT, file=self.path, variable=variable, value=value)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(self.rows)

    def require(self, *names: str) -> None:
        """Raise InputError unless the table has one of the columns."""
        if not any(name in self for name in names):
            called = " or ".join(", ".join(NAMES[name]) for name in names)
            raise self.error(f"no column is called {called}: rename one", " or ".join(names), ", ".join(self.head))

    def read_text(self, name: str) -> list[str]:
        """Read a column as text, empty where nothing is written."""
        column = self.columns[name][0]
        return [row[column] for row in self.rows]

    def read_numbers(self, name: str) -> np.ndarray:
        """Read a column as numbers, lengths in m, NaN where nothing is written.

        Raises InputError naming the row of a text that is no number, and for lengths that no ice or snow has.
        """
        import pandas as pd

        column, unit = self.columns[name]
        text = [cell if cell.lower() not in MISSING else "nan" for cell in self.read_text(name)]
        numbers = pd.to_numeric(pd.Series(text, dtype=str), errors="coerce").to_numpy(np.float64)
        is_wrong = np.isnan(numbers) & (np.array(text, dtype=str) != "nan")
        self._refuse_first(is_wrong, column, "is no number, such as 1.52; leave the cell of a missing one empty")
        if name not in LENGTHS:
            return numbers
        try:
            lengths = convert_values(numbers, unit or UNITS.get(name, "m"), "m")
        except InputError as error:
            raise self.error(error.reason, self.head[column], error.value) from error
        low, high = LENGTHS[name]
        reason = f"is not within {low:g} and {high:g} m; {OTHER_UNIT}, and leave the cell of a missing value empty"
        self._refuse_first((lengths < low) | (lengths > high), column, reason)
        return lengths

    def read_days(self) -> np.ndarray:
        """Read the dates as days, datetime64[D]. Raises InputError naming the row of one that is no date."""
        import pandas as pd

        moments = pd.to_datetime(
            pd.Series(self.read_text("date"), dtype=str), format="ISO8601", errors="coerce", utc=True
        )
        reason = "is no date, such as 2022-04-12 or 2022-04-12T06:00:00: write it so"
        self._refuse_first(moments.isna().to_numpy(), self.columns["date"][0], reason)
        return moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]")

    def _refuse_first(self, is_wrong: np.ndarray, column: int, reason: str) -> None:
        """Raise InputError for the first row of which ``is_wrong`` is true."""
        if is_wrong.any():
            row = int(np.argmax(is_wrong))
            raise self.error(f"row {row + 1} {reason}", self.head[column], self.rows[row][column] or "an empty cell")


def _split_head(head: str) -> tuple[str, str | None]:
    """Return the head of a column in lower case without its unit, and the unit."""
    text, unit = head.strip(), None
    for pattern in (IN_BRACKETS, AS_ENDING):
        if match := pattern.match(text):
            text, unit = match[1].strip(), match[2].strip()
            break
    return text.lower().replace(" ", "_"), unit


def is_reference_file(first_line: str) -> bool:
    """Return whether a file begins as RRDP files do, with blanks or, saved as CSV, with commas."""
    return re.split(r"[,\s]+", first_line.strip().lower())[:4] == ["obsid", "date", "lat", "lon"]


def read_csv(path: Path) -> list[PointSeries]:
    """Read the platforms of a CSV file; of level ice, the medians of its days.

    Raises InputError when a column is missing, or a value cannot be read or is out of range.
    """
    table = Table(path)
    for names in (("date",), ("latitude",), ("longitude",), ("thickness", "draft")):
        table.require(*names)
    is_draft = "thickness" not in table
    unknown = np.full(len(table), np.nan)
    value = table.read_numbers("draft" if is_draft else "thickness")
    uncertainty = table.read_numbers("uncertainty") if "uncertainty" in table else unknown
    if is_draft:
        snow = table.read_numbers("snow") if "snow" in table else None
        value, uncertainty = convert_draft(value, uncertainty, snow)
    usual = MEAN if is_draft else LEVEL_ICE
    measures = [text or usual for text in table.read_text("measures")] if "measures" in table else [usual] * value.size
    all_series = _split_platforms(table, value, uncertainty, measures)
    return [take_daily_medians(series) if series.measures == LEVEL_ICE else series for series in all_series]


def read_reference(path: Path) -> list[PointSeries]:
    """Read the platforms of an RRDP file: means over 25 km and 30 days.

    Raises InputError when it holds neither thickness nor draft, or a value cannot be read or is out of range.
    """
    table = Table(path, by_blanks=path.suffix.lower() != ".csv")
    if "thickness" not in table and "draft" not in table:
        reason = "neither thickness (SIT) nor draft (SID); freeboard (FRB) alone is not converted"
        raise table.error(reason, "SIT or SID", ", ".join(table.head))
    unknown = np.full(len(table), np.nan)
    if "thickness" in table:
        value = table.read_numbers("thickness")
        uncertainty = table.read_numbers("situnc") if "situnc" in table else unknown
    else:
        depths = [table.read_numbers(name) for name in ("snow", "climatological_snow") if name in table]
        snow = depths[0] if depths else unknown
        for depth in depths[1:]:
            snow = np.where(np.isfinite(snow), snow, depth)
        draft_uncertainty = table.read_numbers("sidunc") if "sidunc" in table else unknown
        value, uncertainty = convert_draft(table.read_numbers("draft"), draft_uncertainty, snow)
    measures = [MEAN] * value.size
    return _split_platforms(table, value, uncertainty, measures, width_km=RRDP_WIDTH_KM, span_days=RRDP_DAYS)


def _split_platforms(
    table: Table,
    thickness: np.ndarray,
    uncertainty: np.ndarray,
    measures: list[str],
    width_km: float = 0.0,
    span_days: int = 1,
) -> list[PointSeries]:
    """Return a series for each platform and what it measures, of the points that are complete."""
    names = table.read_text("platform") if "platform" in table else [""] * thickness.size
    keys = [(name or table.path.stem, measured) for name, measured in zip(names, measures, strict=True)]
    days, latitude, longitude = table.read_days(), table.read_numbers("latitude"), table.read_numbers("longitude")
    all_series = []
    for platform, measured in dict.fromkeys(keys):
        own = np.array([key == (platform, measured) for key in keys], dtype=bool)
        series = PointSeries(
            platform, measured, days[own], latitude[own], longitude[own], thickness[own], uncertainty[own],
            width_km, span_days, table.path,
        )  # fmt: skip
        all_series.append(series.keep_complete())
    return [series for series in all_series if series.size]
