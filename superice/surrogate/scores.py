"""How good a roll-out is: skill and bias against lead time, and how smooth it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import uniform_filter1d
from tqdm import tqdm

from superice.errors import InputError
from superice.fields.spectra import find_ice_square, radial_spectrum, spectral_slope
from superice.surrogate.rollout import RollOut
from superice.surrogate.settings import ForecastSettings
from superice.surrogate.store import Record

DAYS = 366
FORECASTS = ("surrogate", "persistence", "climatology", "truth")


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


class Tally:
    """Scores and fields of the roll-outs, filled case by case.

    Of each forecast, lead and start: ``rmse`` and ``bias`` over the sea in m; of surrogate and truth also the spectral
    ``exponent`` (positive) and the mean ``power`` on the largest square of sea. Over all pixels, land counting as without
    error, as the paper has it, an rmse is sqrt(sea_share) times as large and a bias sea_share times.
    """

    def __init__(self, roll_out: RollOut, starts: list[int], how: ForecastSettings, spacing_km: float) -> None:
        self.record, self.experiment = roll_out.record, roll_out.surrogate.origin["experiment"]
        self.starts, self.how, self.spacing = starts, how, spacing_km
        self.hours = roll_out.surrogate.inputs.step_hours
        self.steps = round(24 * how.days / self.hours)
        self.square = find_ice_square(self.record.sea)
        self.wavenumber, _ = radial_spectrum(np.zeros(self.record.sea.shape)[self.square], spacing_km)
        shape = (len(FORECASTS), self.steps, len(starts))
        self.values = {name: np.full(shape, np.nan) for name in ("rmse", "bias", "exponent")}
        self.power = np.zeros((len(FORECASTS), self.steps, self.wavenumber.size))
        self.kept = starts[:: max(1, -(-len(starts) // how.kept_starts))]
        self.kept_steps = [round(24 * day / self.hours) for day in how.kept_days if day <= how.days]
        self.fields = np.full((2, len(self.kept), len(self.kept_steps), *self.record.sea.shape), np.nan, np.float32)

    def add(self, step: int, number: int, candidates: dict[str, np.ndarray]) -> None:
        """Score the candidates, (y, x) in m, the truth among them, after ``step`` steps from a start."""
        truth, sea = candidates["truth"], self.record.sea
        for place, name in enumerate(FORECASTS):
            error = (candidates[name] - truth)[sea]
            self.values["rmse"][place, step - 1, number] = np.sqrt(np.mean(error**2))
            self.values["bias"][place, step - 1, number] = error.mean()
            if name in ("surrogate", "truth"):
                _, power = radial_spectrum(candidates[name][self.square], self.spacing)
                slope = spectral_slope(self.wavenumber, power, *self.how.exponent_km)
                self.values["exponent"][place, step - 1, number] = -slope
                self.power[place, step - 1] += power / len(self.starts)
        if self.starts[number] in self.kept and step in self.kept_steps:
            place = self.kept.index(self.starts[number]), self.kept_steps.index(step)
            self.fields[:, *place] = candidates["surrogate"], truth

    def _moments(self, indices: list[int]) -> np.ndarray:
        return np.array([self.record.moment(index) for index in indices], "datetime64[ns]")

    def scores(self) -> xr.Dataset:
        """By (forecast, lead in days, start)."""
        values = {name: (("forecast", "lead", "start"), part) for name, part in self.values.items()}
        return xr.Dataset(
            values | {"power": (("forecast", "lead", "wavenumber"), self.power)},
            coords={
                "forecast": list(FORECASTS),
                "lead": self.hours * np.arange(1, self.steps + 1) / 24,
                "start": self._moments(self.starts),
                "wavenumber": self.wavenumber,
            },
            attrs={"sea_share": float(self.record.sea.mean()), "experiment": self.experiment},
        )

    def forecasts(self) -> xr.Dataset:
        """The fields that were kept: forecast and truth by (start, lead in days, y, x), m."""
        axes = ("start", "lead", "y", "x")
        return xr.Dataset(
            {"forecast": (axes, self.fields[0]), "truth": (axes, self.fields[1])},
            coords={"start": self._moments(self.kept), "lead": np.array(self.kept_steps) * self.hours / 24},
        )


def score_forecasts(roll_out: RollOut, climatology: np.ndarray, spacing_km: float, how: ForecastSettings) -> Tally:
    """Roll out from every start, and score each lead against the record, persistence and climatology."""
    record = roll_out.record
    starts = starts_of(record, how.every_hours, how.days, roll_out.surrogate.inputs.step_hours)
    tally = Tally(roll_out, starts, how, spacing_km)
    with tqdm(total=len(starts) * tally.steps, unit="step", desc="forecasts") as bar:
        for first in range(0, len(starts), how.batch):
            group = starts[first : first + how.batch]
            for step, states in enumerate(roll_out.run(group, tally.steps), 1):
                for number, (start, state) in enumerate(zip(group, states, strict=True), first):
                    at = start + roll_out.step * step
                    candidates = {
                        "surrogate": state,
                        "persistence": record.values("sit", start),
                        "climatology": climatology[day_of_year(record.moment(at))],
                        "truth": record.values("sit", at),
                    }
                    tally.add(step, number, candidates)
                bar.update(len(group))
    return tally


def forecast_season(
    roll_out: RollOut, start: datetime, steps: int, every: int
) -> Iterator[tuple[datetime, np.ndarray, np.ndarray]]:
    """One long run: the moment, the forecast and the truth, each (y, x) in m, of every ``every``-th step."""
    record, first = roll_out.record, roll_out.record.index(start)
    for number, states in enumerate(tqdm(roll_out.run([first], steps), total=steps, unit="step", desc="season"), 1):
        if number % every == 0:
            index = first + roll_out.step * number
            if index < record.length:
                yield record.moment(index), states[0], record.values("sit", index)


def tabulate_forecasts(scores: Sequence[xr.Dataset], days: Sequence[float] = (1, 5, 10, 30)) -> pd.DataFrame:
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
