"""Volumes of many dates: bands by day and by month, and whether their width equals their error.

Members of successive dates are drawn independently unless the sampler says otherwise. The spread of a monthly mean is then
right only if the errors of the dates are independent too, so that it is checked by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from superice.dataset.layout import EAST, EPOCH, NORTH, describe_altitude
from superice.dataset.publication import SEA_LEVEL_M, Extent, describe_file
from superice.errors import InputError
from superice.evaluation.calibration import judge_spread
from superice.fields.regions import RegionPlaces
from superice.utils.netcdf import FileContent, Variable, read_content

AREAS = ("counted_area", "area_without_ensemble", "unknown_area", "extent")
LOW = ("low_resolution_volume", "low_resolution_thin_ice_area")
TRUTHS = ("truth_volume", "truth_thin_ice_area")
NAMES = ("region", "thin_ice", "volume", "thin_ice_area", *LOW)
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
DAY, MONTH = "day", "month"
NO_SPLIT = "none"
READINGS = {"": "too few to judge", "narrow": "band too narrow", "wide": "band too wide", "right": "consistent"}
UNKNOWN_TRUTH = "not checked: the truth is not known"
COLUMNS = (
    "split", "period", "date", "dates", "region", "quantity", "unit", "members", "mean", "spread", *QUANTILES,
    "low_resolution", "truth", "without_ensemble_percent", "unknown_area_km2", "spread_over_error", "mean_error",
    "checked", "calibration",
)  # fmt: skip


@dataclass(frozen=True)
class Volumes:
    """Sums of some dates, or their means over months.

    Attributes
    ----------
    splits
        The split of each date.
    dates
        The dates, ISO 8601; months as YYYY-MM.
    counts
        How many dates each holds.
    counts_with_volume
        How many of them have a volume in a region, (date, region): the others are in no mean.
    regions
        Names of the regions.
    thin_ice_m
        Thresholds of thin ice in m.
    fields
        By the name of the variable, values (date, region, …); those of the truth are NaN where it is not known.
    """

    splits: np.ndarray
    dates: np.ndarray
    counts: np.ndarray
    counts_with_volume: np.ndarray
    regions: tuple[str, ...]
    thin_ice_m: tuple[float, ...]
    fields: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Quantity:
    """One quantity of all dates and regions.

    Attributes
    ----------
    name, unit
        What it is.
    members
        Values of the members, (date, region, n).
    low_resolution, truth
        Values of the other fields, (date, region).
    """

    name: str
    unit: str
    members: np.ndarray
    low_resolution: np.ndarray
    truth: np.ndarray


def read_volumes(paths: Sequence[str | Path]) -> Volumes:
    """Read the sums of single dates, in the order of the dates.

    Raises InputError when a file cannot be read, or does not have the regions, thresholds and members of the first.
    """
    contents = sorted(
        ((Path(path), read_content(path, (*NAMES, *AREAS), optional=TRUTHS)) for path in paths),
        key=lambda pair: pair[1].attributes["date"],
    )
    first = contents[0][1]
    for path, content in contents:
        for name in ("region", "thin_ice"):
            if content[name].tolist() != first[name].tolist():
                reason = f"differs from that of {contents[0][0].name}; make both with one configuration"
                raise InputError(reason, file=path, variable=name, value=content[name].tolist())
        if content["volume"].shape != first["volume"].shape:
            reason = f"{first['volume'].shape[1]} members are expected, as in {contents[0][0].name}"
            raise InputError(reason, file=path, variable="volume", value=content["volume"].shape[1])
    fields = {name: np.stack([content[name] for _, content in contents]).astype(np.float64) for name in NAMES[2:]}
    fields |= {name: np.stack([content[name] for _, content in contents]).astype(np.float64) for name in AREAS}
    for truth in TRUTHS:
        absent = np.full_like(first[truth.replace("truth", "low_resolution")], np.nan)
        known = [content[truth] if truth in content.variables else absent for _, content in contents]
        fields[truth] = np.stack(known).astype(np.float64)
    return Volumes(
        splits=np.array([content.attributes["split"] for _, content in contents]),
        dates=np.array([content.attributes["date"] for _, content in contents]),
        counts=np.ones(len(contents), int),
        counts_with_volume=np.isfinite(fields["volume"]).all(axis=-1).astype(int),
        regions=tuple(map(str, first["region"])),
        thin_ice_m=tuple(first["thin_ice"].tolist()),
        fields=fields,
    )


def average_months(volumes: Volumes) -> Volumes:
    """Return the means of each member over the dates of each month and split.

    Dates without a volume in a region do not count there; a region without any is NaN. The truth and the low-resolution
    field are NaN unless they are known on all dates that count.
    """
    keys = list(zip(volumes.splits, (day[:7] for day in volumes.dates), strict=True))
    months = list(dict.fromkeys(keys))
    places = [[place for place, key in enumerate(keys) if key == month] for month in months]
    has_volume = np.isfinite(volumes.fields["volume"]).all(axis=-1)
    lacks_truth = has_volume & ~np.isfinite(volumes.fields["truth_volume"])
    lacks_low = has_volume & ~np.isfinite(volumes.fields["low_resolution_volume"])
    daily = dict(volumes.fields)
    daily["counted_area"] = np.where(has_volume, daily["counted_area"], np.nan)
    fields = {name: np.stack([_average_known(values[place]) for place in places]) for name, values in daily.items()}
    for month, place in enumerate(places):
        # A mean over other dates than those of the members is nothing to compare them with.
        for name, lacking in (*((name, lacks_truth) for name in TRUTHS), *((name, lacks_low) for name in LOW)):
            fields[name][month, lacking[place].any(axis=0)] = np.nan
    splits, dates = (np.array(column) for column in zip(*months, strict=True))
    counts = np.array(list(map(len, places)))
    counts_with_volume = np.stack([has_volume[place].sum(axis=0) for place in places])
    return Volumes(splits, dates, counts, counts_with_volume, volumes.regions, volumes.thin_ice_m, fields)


def _average_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis of what is not NaN; NaN where all is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.where(count, np.where(known, values, 0).sum(axis=0), np.nan) / np.maximum(count, 1)


def list_quantities(volumes: Volumes) -> list[Quantity]:
    """Return volume in km3, mean thickness in m and the areas of thin ice in km2."""
    fields = volumes.fields
    with np.errstate(invalid="ignore", divide="ignore"):
        km_to_m = np.where(fields["counted_area"] > 0, 1000 / fields["counted_area"], np.nan)
    volume = (fields["volume"], fields["low_resolution_volume"], fields["truth_volume"])
    thickness = (fields["volume"] * km_to_m[..., None], *(values * km_to_m for values in volume[1:]))
    quantities = [Quantity("volume", "km3", *volume), Quantity("mean_thickness", "m", *thickness)]
    for place, threshold in enumerate(volumes.thin_ice_m):
        names = ("thin_ice_area", "low_resolution_thin_ice_area", "truth_thin_ice_area")
        areas = (fields[name][:, :, place] for name in names)
        quantities.append(Quantity(f"area_thinner_than_{threshold:g}_m", "km2", *areas))
    return quantities


@dataclass(frozen=True)
class Calibration:
    """How the spread of a quantity compares with the error of its mean, over dates or months.

    Attributes
    ----------
    ratio
        Spread over error: 1 for a reliable ensemble, less for bands that are too narrow; NaN where it is not known.
    mean_error
        Mean of the errors, in the unit of the quantity.
    count
        Number of dates or months with a truth.
    sentence
        The result in words.
    """

    ratio: float
    mean_error: float
    count: int
    sentence: str


def check_calibration(members: np.ndarray, truth: np.ndarray, of: str) -> Calibration:
    """Compare the spread of a quantity with the error of the ensemble mean.

    Variances and square errors are averaged before the root of their ratio is taken. The factor (n + 1) / n makes it 1 for
    n members and a truth that are drawn from one distribution.

    Parameters
    ----------
    members
        Values (date, n).
    truth
        Values (date,), NaN where not known.
    of
        What the values are of: day or month.
    """
    has_members = np.isfinite(members).all(axis=1)
    if not has_members.any():
        return Calibration(np.nan, np.nan, 0, "not checked: there is no ensemble")
    if not np.isfinite(truth).any():
        return Calibration(np.nan, np.nan, 0, UNKNOWN_TRUTH)
    # Where both are zero, as in open water, there is neither spread nor error.
    known = has_members & np.isfinite(truth) & ((members != 0).any(axis=1) | (truth != 0))
    count, size = int(known.sum()), members.shape[1]
    if not count:
        return Calibration(np.nan, np.nan, 0, "not checked: there is nothing to compare")
    errors = members[known].mean(axis=1) - truth[known]
    if size < 2:
        return Calibration(np.nan, errors.mean(), count, "not checked: a single member has no spread")
    variance, square_error = members[known].var(axis=1, ddof=1).mean(), (errors**2).mean()
    if not square_error:
        return Calibration(np.nan, 0.0, count, "not checked: there is no error to compare with")
    ratio = float(np.sqrt((size + 1) / size * variance / square_error))
    counted = f"{count} {of}" + ("s" if count > 1 else "")
    return Calibration(
        ratio,
        float(errors.mean()),
        count,
        f"spread/error {ratio:.2f} on {counted}, {READINGS[judge_spread(ratio, count)]}",
    )


def tabulate_volumes(daily: Volumes) -> pd.DataFrame:
    """Return a row for each split, day or month, region and quantity: the ensemble's band, the other fields, the check.

    A band is checked on the dates of its own split. The extent is that of the input's concentration; members have none.
    """
    tables = [_tabulate(daily, DAY), _tabulate(average_months(daily), MONTH)]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def _tabulate(volumes: Volumes, period: str) -> pd.DataFrame:
    quantities, rows = list_quantities(volumes), []
    extent, missing = volumes.fields["extent"], volumes.fields["area_without_ensemble"]
    with np.errstate(invalid="ignore", divide="ignore"):
        missing_percent = np.where(extent > 0, 100 * missing / extent, np.nan)
    for split in dict.fromkeys(volumes.splits):
        places = np.flatnonzero(volumes.splits == split)
        for at, region in enumerate(volumes.regions):
            checks = [
                check_calibration(quantity.members[places, at], quantity.truth[places, at], period)
                for quantity in quantities
            ]
            for place in places:
                shared = {
                    "split": split,
                    "period": period,
                    "date": volumes.dates[place],
                    "dates": volumes.counts_with_volume[place, at],
                    "region": region,
                    "without_ensemble_percent": missing_percent[place, at],
                    "unknown_area_km2": volumes.fields["unknown_area"][place, at],
                }
                for quantity, check in zip(quantities, checks, strict=True):
                    rows.append(shared | _describe_value(quantity, int(place), at) | _describe_check(check))
                no_members = {
                    "quantity": "extent",
                    "unit": "km2",
                    "dates": volumes.counts[place],
                    "low_resolution": extent[place, at],
                }
                rows.append(shared | no_members | {"calibration": "no ensemble: concentration of the input"})
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _describe_value(quantity: Quantity, place: int, at: int) -> dict[str, object]:
    members = quantity.members[place, at]
    # Member i of M stands for i / (M + 1): between q05 and q95 a truth that is exchangeable with them lies 9 times of 10.
    quantiles = np.quantile(members, list(QUANTILES.values()), method="weibull")
    return {
        "quantity": quantity.name,
        "unit": quantity.unit,
        "members": members.size,
        "mean": members.mean(),
        "spread": members.std(ddof=1) if members.size > 1 else np.nan,
        **dict(zip(QUANTILES, quantiles, strict=True)),
        "low_resolution": quantity.low_resolution[place, at],
        "truth": quantity.truth[place, at],
    }


def _describe_check(check: Calibration) -> dict[str, object]:
    return {
        "spread_over_error": check.ratio,
        "mean_error": check.mean_error,
        "checked": check.count,
        "calibration": check.sentence,
    }


PLACED = ("latitude", "longitude", "south", "north", "west", "east", "altitude")
"""Variables that say where the regions lie."""
STANDARD_NAMES = {"volume": "sea_ice_volume", "thin_ice": "sea_ice_area", "extent": "sea_ice_extent"}
"""By a word in a variable's name; all other sums are of the areas of cells."""


def collect_content(
    volumes: Volumes, experiment: str, branch: str, places: RegionPlaces, details: Mapping[str, str]
) -> FileContent:
    """Return all dates in the form of one NetCDF file, with every member.

    Parameters
    ----------
    volumes
        The sums.
    experiment, branch
        What the members are of.
    places
        Where the regions lie.
    details
        Further attributes of the file.
    """
    days = [date.fromisoformat(day) for day in volumes.dates]
    numbers = [(day - EPOCH).days for day in days]
    units = f"days since {EPOCH} 12:00:00"
    about_time = {"standard_name": "time", "long_name": "noon of the day", "units": units, "axis": "T"}
    about_time |= {"calendar": "proleptic_gregorian"}
    about_thin = {"long_name": "thickness below which ice is thin", "units": "m"}
    variables = {
        "time": Variable(("time",), np.array(numbers, np.float64), about_time),
        "region": Variable(("region",), np.array(volumes.regions), {"long_name": "region"}),
        "thin_ice": Variable(("thin_ice",), np.array(volumes.thin_ice_m), about_thin),
        **_describe_places(places),
        "split": Variable(("time",), volumes.splits, {"long_name": "split that the date belongs to"}),
    }
    for name, values in volumes.fields.items():
        thin = ("thin_ice",) if "thin_ice" in name else ()
        member = ("n",) if name in ("volume", "thin_ice_area") else ()
        dimensions = (*thin, *member, "region", "time")  # CF: the time comes after all that is no place on a map
        about = _describe_quantity(name)
        variables[name] = Variable(dimensions, np.moveaxis(values, (0, 1), (-1, -2)), about)
    variables["volume_calibration"] = Variable(
        ("region",), np.array(_describe_regions(volumes)), {"long_name": "check of the volume's spread, last split"}
    )
    attributes = describe_file(
        "SuperIce sea ice volumes by region",
        "Sums over the pixels with an ensemble, and with a truth where it is known; each member by itself.",
        Extent(places.south.min(), places.north.max(), places.west.min(), places.east.max()),
        min(days),
        max(days),
        {"experiment": experiment, "source_of_features": branch, **details},
    )
    return FileContent(variables, ("time", "region", "thin_ice", *PLACED), attributes)


def _describe_places(places: RegionPlaces) -> dict[str, Variable]:
    north, east = {"standard_name": "latitude", "units": NORTH}, {"standard_name": "longitude", "units": EAST}
    described = {
        "latitude": north | {"long_name": "mean latitude of the cells of the region"},
        "longitude": east | {"long_name": "mean longitude of the cells of the region"},
        "south": north | {"long_name": "southernmost cell centre of the region"},
        "north": north | {"long_name": "northernmost cell centre of the region"},
        "west": east | {"long_name": "westernmost cell centre of the region"},
        "east": east | {"long_name": "easternmost cell centre of the region"},
    }
    variables = {name: Variable(("region",), getattr(places, name), about) for name, about in described.items()}
    return variables | {"altitude": Variable((), np.float64(SEA_LEVEL_M), describe_altitude())}


def _describe_quantity(name: str) -> dict[str, str]:
    """Return the attributes of a variable of sums."""
    standard_name = next((STANDARD_NAMES[word] for word in STANDARD_NAMES if word in name), "cell_area")
    return {
        "long_name": name.replace("_", " "),
        "standard_name": standard_name,
        "units": "km3" if standard_name == "sea_ice_volume" else "km2",
        "cell_methods": "area: sum",
        "coverage_content_type": "modelResult",
    }


def _describe_regions(volumes: Volumes) -> list[str]:
    """Return the check of each region's volume on the days of the last split."""
    last = volumes.splits == volumes.splits[-1]
    members, truth = volumes.fields["volume"][last], volumes.fields["truth_volume"][last]
    return [check_calibration(members[:, at], truth[:, at], DAY).sentence for at in range(len(volumes.regions))]
