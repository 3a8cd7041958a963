"""Means of a season by month, and by month of the year over all years: a climatology of the run."""

from __future__ import annotations

import numpy as np
import xarray

PLACED = {"grid_mapping": "crs", "cell_measures": "area: cell_area"}
THICKNESS = {"standard_name": "sea_ice_thickness", "units": "m", **PLACED}
MAP = ("x", "y", "longitude", "latitude", "altitude", "crs", "cell_area")


def summarise_months(season: xarray.Dataset) -> dict[str, xarray.Dataset]:
    """Return ``monthly`` (time, y, x) and ``climatology`` (month, y, x) of the summaries of a season, lazily.

    Each has the mean thickness of the dates, two spreads, that of the members and that of the dates, and the number of dates
    with a value. A date counts where it has ice; a month need not have all of its dates.
    """
    months = season.time.values.astype("M8[M]")
    of_year = season.time.dt.month.values
    monthly = _gather(season, "time", months)
    firsts = np.unique(months)
    about_time = {"standard_name": "time", "long_name": "first day of the month", "axis": "T", "bounds": "time_bounds"}
    monthly["time"] = ("time", firsts.astype("M8[ns]"), about_time)
    monthly["time_bounds"] = (("time", "bound"), np.stack([firsts, firsts + 1], axis=1).astype("M8[ns]"))
    monthly["sit_mean"].attrs["cell_methods"] = "area: mean time: mean"
    climatology = _gather(season, "month", of_year)
    climatology["month"].attrs |= {"long_name": "month of the year", "units": "1"}
    return {
        "monthly": monthly.set_coords("time_bounds").assign_attrs(_describe("monthly means")),
        "climatology": climatology.assign_attrs(_describe("means by month of the year")),
    }


def _describe(means: str) -> dict[str, str]:
    """Return the attributes in which a group of means differs from the season that it is made from."""
    return {
        "title": f"SuperIce {means} of summaries of ensembles of sea ice thickness",
        "summary": f"{means.capitalize()} of the members' mean of each day, with two spreads: of members and of dates.",
        "time_coverage_resolution": "P1M",
    }


def _gather(season: xarray.Dataset, axis: str, labels: np.ndarray) -> xarray.Dataset:
    """Return the means of the dates that share a label, one after the other along ``axis``."""
    names = np.unique(labels)
    means = [_average(season.isel(time=np.flatnonzero(labels == name))) for name in names]
    gathered = xarray.concat(means, axis).assign_coords({axis: names})
    return gathered.assign_coords({name: season[name].variable for name in MAP if name in season.coords}).assign_attrs(
        season.attrs
    )


def _average(dates: xarray.Dataset) -> xarray.Dataset:
    """Return the means and spreads over dates, (y, x), NaN where no date has a value."""
    mean, spread = (dates[name].variable.astype("f8") for name in ("sit_mean", "sit_std"))
    count = mean.count("time")
    divisor = count.where(count > 0)
    spreads = spread.count("time")  # an ensemble of one has none
    average = mean.sum("time") / divisor
    fields = {
        "sit_mean": average,
        "sit_std": np.sqrt((spread**2).sum("time") / spreads.where(spreads > 0)),
        "sit_std_of_dates": np.sqrt(((mean - average) ** 2).sum("time") / divisor),
    }
    described = {
        "sit_mean": "mean of the ensemble means of the dates",
        "sit_std": "root mean square over the dates of the standard deviation of the members",
        "sit_std_of_dates": "standard deviation over the dates of the ensemble mean, with N",
    }
    result = xarray.Dataset()
    for name, field in fields.items():
        long_name = f"sea ice thickness, mean over the cell: {described[name]}"
        attributes = {"long_name": long_name, "cell_methods": "area: mean"}
        result[name] = field.astype("f4")
        result[name].attrs = attributes | THICKNESS
    result["date_count"] = count.astype("i2")
    result["date_count"].attrs = {"long_name": "number of dates with a value", "units": "1", **PLACED}
    return result
