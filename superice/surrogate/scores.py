"""How good a roll-out is: skill and bias against lead time, and how smooth it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import uniform_filter1d
from tqdm import tqdm

from superice.errors import InputError
from superice.spectra import largest_ice_square, radial_spectrum, spectral_slope
from superice.surrogate.rollout import RollOut
from superice.surrogate.sequences import Record

DAYS = 366
FORECASTS = ("surrogate", "persistence", "climatology", "truth")


@dataclass(frozen=True)
class ForecastSettings:
    """What is forecast, and how it is scored.

    Attributes:
        days: length of a forecast. every_hours: from one start to the next. batch: starts that are stepped together.
        precision: fp32, bf16 or auto.
        exponent_km: shortest and longest wavelength of the spectral exponent.
        kept_starts: how many forecasts are kept as fields, at the leads ``kept_days``.
    """

    days: float = 30
    every_hours: float = 6
    batch: int = 8
    precision: str = "fp32"
    exponent_km: tuple[float, float] = (24.0, 200.0)
    kept_starts: int = 12
    kept_days: tuple[float, ...] = (1, 5, 10, 30)


def day_of_year(moment: date) -> int:
    """From 0 for 1 January to 365 for 31 December, of a leap year."""
    return date(2000, moment.month, moment.day).timetuple().tm_yday - 1


def daily_climatology(record: Record, window_days: int = 1) -> np.ndarray:
    """Mean thickness of every day of the year, m, (366, y, x), NaN on land, over ``window_days`` around it."""
    total, count = np.zeros((DAYS, *record.sea.shape), np.float32), np.zeros(DAYS)
    for index in tqdm(range(record.length), desc="climatology", unit="step"):
        day = day_of_year(record.moment(index))
        total[day] += record.values("sit", index)
        count[day] += 1
    if window_days > 1:
        total = uniform_filter1d(total, window_days, axis=0, mode="wrap")
        count = uniform_filter1d(count, window_days, mode="wrap")
    with np.errstate(invalid="ignore"):
        mean = total / count[:, None, None]
    if not count[59]:  # no leap year
        mean[59] = mean[58]
    if not count.all() and (np.delete(count, 59) == 0).any():
        raise InputError("the climatology's years lack days", value=int((count == 0).sum()))
    return mean


def starts_of(record: Record, every_hours: float, days: float, step_hours: float) -> list[int]:
    """Indices of the starts from which the record covers a forecast. Raises InputError when there is none."""
    last = record.length - record.offset(24 * days) - 1
    starts = list(range(record.offset(step_hours), last, record.offset(every_hours)))
    if not starts:
        raise InputError(f"forcings do not cover one forecast of {days:g} days", value=f"{record.length} moments")
    return starts


@dataclass
class Scored:
    """Scores by (forecast, lead, start) and the fields that were kept."""

    scores: xr.Dataset
    kept: xr.Dataset


def score_forecasts(roll_out: RollOut, climatology: np.ndarray, spacing_km: float, how: ForecastSettings) -> Scored:
    """Roll out from every start, and score each lead against the record, persistence and climatology.

    The scores: ``rmse`` and ``bias`` over the sea in m, ``exponent`` of the spectrum (positive) and the mean ``power`` on
    the largest square of sea. Over all pixels, land counting as zero error, as the paper has it, an error is
    sqrt(sea_share) times as large and a bias sea_share times.
    """
    record, inputs = roll_out.record, roll_out.surrogate.inputs
    starts = starts_of(record, how.every_hours, how.days, inputs.step_hours)
    steps = round(24 * how.days / inputs.step_hours)
    hours = inputs.step_hours * np.arange(1, steps + 1)
    square = largest_ice_square(record.sea)
    kept = starts[:: max(1, -(-len(starts) // how.kept_starts))]
    kept_steps = [round(24 * day / inputs.step_hours) for day in how.kept_days if day <= how.days]
    wavenumber, _ = radial_spectrum(np.zeros(_shape(square)), spacing_km)
    values = {name: np.full((len(FORECASTS), steps, len(starts)), np.nan) for name in ("rmse", "bias", "exponent")}
    power = np.zeros((len(FORECASTS), steps, wavenumber.size))
    fields = np.full((2, len(kept), len(kept_steps), *record.sea.shape), np.nan, np.float32)
    with tqdm(total=len(starts) * steps, unit="step", desc="forecasts") as bar:
        for first in range(0, len(starts), how.batch):
            numbers = range(first, min(first + how.batch, len(starts)))
            states = roll_out.run([starts[n] for n in numbers], steps)
            for lead, forecast in enumerate(states):
                for number, state in zip(numbers, forecast, strict=True):
                    start = starts[number]
                    at = start + roll_out.step * (lead + 1)
                    truth = record.values("sit", at)
                    candidates = (
                        state, record.values("sit", start), climatology[day_of_year(record.moment(at))], truth,
                    )  # fmt: skip
                    for place, candidate in enumerate(candidates):
                        error = (candidate - truth)[record.sea]
                        values["rmse"][place, lead, number] = np.sqrt(np.mean(error**2))
                        values["bias"][place, lead, number] = error.mean()
                        if place in (0, 3):
                            _, spectrum = radial_spectrum(candidate[square], spacing_km)
                            values["exponent"][place, lead, number] = -spectral_slope(
                                wavenumber, spectrum, *how.exponent_km
                            )
                            power[place, lead] += spectrum / len(starts)
                    if start in kept and lead + 1 in kept_steps:
                        fields[:, kept.index(start), kept_steps.index(lead + 1)] = state, truth
                bar.update(len(numbers))
    axes = ("forecast", "lead", "start")
    moments = lambda indices: np.array([record.moment(index) for index in indices], "datetime64[ns]")
    scores = xr.Dataset(
        {name: (axes, part) for name, part in values.items()} | {"power": (("forecast", "lead", "wavenumber"), power)},
        coords={"forecast": list(FORECASTS), "lead": hours / 24, "start": moments(starts), "wavenumber": wavenumber},
        attrs={"sea_share": float(record.sea.mean()), "experiment": roll_out.surrogate.origin["experiment"]},
    )
    shape = ("start", "lead", "y", "x")
    kept_fields = xr.Dataset(
        {"forecast": (shape, fields[0]), "truth": (shape, fields[1])},
        coords={"start": moments(kept), "lead": np.array(kept_steps) * inputs.step_hours / 24},
    )
    return Scored(scores, kept_fields)


def _shape(window: tuple[slice, slice]) -> tuple[int, int]:
    return tuple(part.stop - part.start for part in window)


def season(
    roll_out: RollOut, start: datetime, steps: int, every: int
) -> Iterator[tuple[datetime, np.ndarray, np.ndarray]]:
    """One long run: the moment, the forecast and the truth, each (y, x) in m, of every ``every``-th step."""
    record, first = roll_out.record, roll_out.record.index(start)
    for number, states in enumerate(tqdm(roll_out.run([first], steps), total=steps, unit="step", desc="season"), 1):
        if number % every == 0:
            index = first + roll_out.step * number
            if index < record.length:
                yield record.moment(index), states[0], record.values("sit", index)


def table(scores: Sequence[xr.Dataset], days: Sequence[float] = (1, 5, 10, 30)) -> pd.DataFrame:
    """A row for each experiment: errors at some leads, gains over both baselines, bias, and the exponents at the end."""
    rows = []
    for one in scores:
        mean = one.mean("start")
        row = {"experiment": one.attrs["experiment"], "starts": one.sizes["start"]}
        for day in days:
            if day > float(one.lead[-1]):
                continue
            at = mean.sel(lead=day, method="nearest")
            error = {name: float(at.rmse.sel(forecast=name)) for name in FORECASTS[:3]}
            row[f"rmse_{day:g}d"] = error["surrogate"]
            row[f"rmse_all_pixels_{day:g}d"] = error["surrogate"] * one.attrs["sea_share"] ** 0.5
            row[f"gain_persistence_{day:g}d"] = 100 * (1 - error["surrogate"] / error["persistence"])
            row[f"gain_climatology_{day:g}d"] = 100 * (1 - error["surrogate"] / error["climatology"])
        last = mean.isel(lead=-1)
        row["bias_end"] = float(last.bias.sel(forecast="surrogate"))
        row["exponent_end"] = float(last.exponent.sel(forecast="surrogate"))
        row["exponent_truth"] = float(mean.exponent.sel(forecast="truth").mean())
        rows.append(row)
    return pd.DataFrame(rows)
