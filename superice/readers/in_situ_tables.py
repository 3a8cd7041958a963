"""Read measurements from tables: CSV files, and the reference format of the ESA CCI (RRDP).

A CSV file has a line of names and a column each for date, latitude, longitude and thickness or draft; platform,
uncertainty, snow depth and what is measured are optional. A unit stands in brackets or as an ending (``thickness (cm)``,
``ice_thickness_m``); lengths without one are in m. Without a column ``measures``, a thickness is that of one level floe and
a draft is a mean along a track.

RRDP files are columns separated by blanks under names such as ``obsID date lat lon SID SIDstd SIDln SIDunc``. Each row is a
mean over 25 km and 30 days; thickness (SIT) is taken, or else draft (SID), converted with the snow of the same row.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.fields.point_series import LEVEL_ICE, MEAN, PRODUCT, PointSeries, take_daily_medians
from superice.fields.units import convert_values
from superice.readers.sonar_draft import convert_draft

if TYPE_CHECKING:
    import pandas as pd

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
AS_ENDING = re.compile(r"^(.*)_(m|cm|mm)$")
UNITS = {"climatological_snow": "cm"}  # where no unit is written; all others are in m
LENGTHS = ("thickness", "draft", "uncertainty", "situnc", "sidunc", "snow", "climatological_snow")
RRDP_WIDTH_KM, RRDP_DAYS = 25.0, 30


class Table:
    """A table of measurements with columns under known names."""

    def __init__(self, path: Path, separator: str) -> None:
        """Read a table as text. Raises InputError when it is none."""
        import pandas as pd

        self.path = path
        try:
            self.text: pd.DataFrame = pd.read_csv(path, sep=separator, dtype=str, skipinitialspace=True)
        except (ValueError, pd.errors.ParserError) as error:
            raise self.error(f"is not a table ({' '.join(str(error).split())})") from error
        self.columns = {}
        for head in self.text.columns:
            name, unit = _split_head(str(head))
            self.columns.setdefault(name, (head, unit))

    def error(self, reason: str, variable: str | None = None, value: object = None) -> InputError:
        """Return the error that refuses this file, ready to be raised."""
        return InputError(reason, product=PRODUCT, file=self.path, variable=variable, value=value)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def require(self, *names: str) -> None:
        """Raise InputError unless the table has one of the columns."""
        if not any(name in self for name in names):
            called = " or ".join(", ".join(NAMES[name]) for name in names)
            raise self.error(f"no such column, called {called}", " or ".join(names), ", ".join(self.text.columns))

    def read_text(self, name: str) -> list[str]:
        """Read a column as text, empty where nothing is written."""
        return self.text[self.columns[name][0]].fillna("").str.strip().tolist()

    def read_numbers(self, name: str) -> np.ndarray:
        """Read a column as numbers, lengths in m, NaN where nothing is written. Raises InputError naming the line."""
        import pandas as pd

        head, unit = self.columns[name]
        values = pd.to_numeric(self.text[head], errors="coerce")
        wrong = values.isna() & self.text[head].notna() & ~self.text[head].fillna("").str.strip().str.lower().eq("nan")
        self._refuse_first(wrong, head, "is no number")
        numbers = values.to_numpy(np.float64)
        if name not in LENGTHS:
            return numbers
        try:
            return convert_values(numbers, unit or UNITS.get(name, "m"), "m")
        except InputError as error:
            raise self.error(error.reason, str(head), error.value) from error

    def read_days(self) -> np.ndarray:
        """Read the dates as days, datetime64[D]. Raises InputError naming the line of one that is no date."""
        import pandas as pd

        head = self.columns["date"][0]
        moments = pd.to_datetime(self.text[head], format="ISO8601", errors="coerce", utc=True)
        self._refuse_first(moments.isna(), head, "is no date, such as 2022-04-12 or 2022-04-12T06:00:00")
        return moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]")

    def _refuse_first(self, wrong: pd.Series, head: str, reason: str) -> None:
        """Raise InputError for the first row of which ``wrong`` is true."""
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise self.error(f"row {row + 1} {reason}", str(head), self.text[head].iloc[row])


def _split_head(head: str) -> tuple[str, str | None]:
    """Return the known name of a column, or else its own, and the unit that its head states."""
    text, unit = head.strip(), None
    for pattern in (IN_BRACKETS, AS_ENDING):
        if match := pattern.match(text):
            text, unit = match[1].strip(), match[2].strip()
            break
    lower = text.lower().replace(" ", "_")
    return next((name for name, called in NAMES.items() if lower in called), lower), unit


def is_reference_file(first_line: str) -> bool:
    """Return whether a file begins as RRDP files do."""
    return first_line.lower().split()[:4] == ["obsid", "date", "lat", "lon"]


def read_csv(path: Path) -> list[PointSeries]:
    """Read the platforms of a CSV file; of level ice, the medians of its days.

    Raises InputError when a column is missing, or a value cannot be read or is out of range.
    """
    table = Table(path, ",")
    for names in (("date",), ("latitude",), ("longitude",), ("thickness", "draft")):
        table.require(*names)
    is_draft = "thickness" not in table
    unknown = np.full(len(table.text), np.nan)
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
    table = Table(path, r"\s+")
    if "thickness" not in table and "draft" not in table:
        reason = "neither thickness (SIT) nor draft (SID); freeboard (FRB) alone is not converted"
        raise table.error(reason, "SIT or SID", ", ".join(table.text.columns))
    unknown = np.full(len(table.text), np.nan)
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
    table: Table, thickness: np.ndarray, uncertainty: np.ndarray, measures: list[str], **extent: float
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
            path=table.path, **extent,
        )  # fmt: skip
        all_series.append(series.keep_complete())
    return [series for series in all_series if series.size]
