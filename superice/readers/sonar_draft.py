"""Convert the draft of ice, which sonars below it measure, to thickness, and read the files of moored sonars.

Floating ice carries its snow: water density x draft = ice density x thickness + snow density x snow depth. The densities
of water and ice are those of Rothrock, Percival and Wensnahan (2008, doi:10.1029/2007JC004252), 1027 and 928 kg m-3, so
that thickness is 1.107 times the draft of bare ice. That of snow is 320 kg m-3, a winter mean of Warren et al. (1999).
Ice without a known snow depth is taken to be bare: it is then about 0.1 m too thick under 0.3 m of snow.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.fields.point_series import MEAN, PRODUCT, THICKEST_M, PointSeries

WATER, ICE, SNOW = 1027.0, 928.0, 320.0  # kg m-3
LEAST_DRAFT_M = -1.0  # open water has one around 0
UNKNOWN_SNOW_M = 0.1  # standard uncertainty of the thickness where the snow depth is unknown
# Such as %BG 2003-2004 Mooring A: 75 00.449 N, 149 58.660 W
HEADER = re.compile(
    r"%\s*(?P<name>.*?):\s*(?P<north>\d+)\s+(?P<north_minutes>[\d.]+)\s*(?P<ns>[NS]),\s*"
    r"(?P<east>\d+)\s+(?P<east_minutes>[\d.]+)\s*(?P<ew>[EW])"
)


def convert_draft(
    draft: np.ndarray, uncertainty: np.ndarray, snow: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the thickness of floating ice and its standard uncertainty, m.

    Parameters
    ----------
    draft, uncertainty
        Draft in m and its standard uncertainty, (point,), NaN where unknown. Where neither that of the draft nor the snow is
        known, the uncertainty of the thickness is that of the snow alone.
    snow
        Snow depth in m, (point,), NaN where unknown; None where no depth is known.
    """
    depth = np.full(np.shape(draft), np.nan) if snow is None else snow
    is_bare = ~np.isfinite(depth)
    thickness = (WATER * draft - SNOW * np.where(is_bare, 0.0, depth)) / ICE
    scaled = np.where(np.isfinite(uncertainty), uncertainty, 0.0) * WATER / ICE
    converted = np.hypot(scaled, np.where(is_bare, UNKNOWN_SNOW_M, 0.0))
    is_known = np.isfinite(uncertainty) | is_bare
    return np.clip(thickness, 0.0, None), np.where(is_known, converted, np.nan)


def is_sonar_file(first_line: str) -> bool:
    """Return whether a file begins as those of the Beaufort Gyre moorings do (``uls*_draft.dat``)."""
    return first_line.startswith("%")


def read_sonar(path: Path) -> PointSeries:
    """Read the drafts of a moored sonar, every few seconds, as mean thicknesses of days.

    The first line holds the position, the second names the columns (date, time, draft in m). Open water counts as draft
    0, so that a mean is one over the area that drifted past.

    Raises InputError for another header, or numbers that cannot be read.
    """
    import pandas as pd

    with open(path, encoding="utf-8", errors="replace") as file:
        first = file.readline()
    match = HEADER.match(first)
    if match is None:
        reason = (
            "its first line names no mooring and position, such as %BG 2003-2004 Mooring A: 75 00.449 N, 149 58.660 W"
        )
        raise InputError(reason, product=PRODUCT, file=path, value=first.strip()[:60])
    try:
        table = pd.read_csv(
            path, sep=r"\s+", comment="%", header=None, names=["date", "time", "draft"], dtype={"date": str}
        )
        days = pd.to_datetime(table["date"], format="%Y%m%d").to_numpy().astype("datetime64[D]")
        draft = table["draft"].to_numpy(np.float64)
    except (ValueError, pd.errors.ParserError) as error:
        reason = f"not three columns date (YYYYMMDD), time and draft in m ({str(error).splitlines()[0]})"
        raise InputError(reason, product=PRODUCT, file=path) from error
    known = np.isfinite(draft)
    outside = draft[(draft < LEAST_DRAFT_M) | (draft > THICKEST_M)]
    if outside.size:
        limits = f"{LEAST_DRAFT_M:g} to {THICKEST_M:g} m"
        reason = f"{outside.size} of {draft.size} outside {limits}: write m, and nan for a missing draft"
        raise InputError(reason, product=PRODUCT, file=path, variable="draft", value=f"{outside[0]:.6g}")
    if not known.any():
        raise InputError("no draft in the whole file", product=PRODUCT, file=path, variable="draft")
    means = pd.Series(draft[known]).groupby(days[known]).mean()
    thickness, uncertainty = convert_draft(means.to_numpy(), np.full(means.size, np.nan))
    latitude = _read_degrees(match["north"], match["north_minutes"], match["ns"] == "S")
    longitude = _read_degrees(match["east"], match["east_minutes"], match["ew"] == "W")
    return PointSeries(
        platform=match["name"],
        measures=MEAN,
        days=means.index.to_numpy().astype("datetime64[D]"),
        latitude=np.full(means.size, latitude),
        longitude=np.full(means.size, longitude),
        thickness=thickness,
        uncertainty=uncertainty,
        path=path,
    )


def _read_degrees(degrees: str, minutes: str, is_negative: bool) -> float:
    value = float(degrees) + float(minutes) / 60
    return -value if is_negative else value
