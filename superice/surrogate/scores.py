"""Scores of roll-outs: skill and bias against lead time, and the loss of fine scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from superice.errors import InputError
from superice.fields.spectra import find_ice_square, radial_spectrum, spectral_slope
from superice.surrogate.climatology import day_of_year
from superice.surrogate.rollout import RollOut
from superice.surrogate.settings import ForecastSettings, InputSettings
from superice.surrogate.store import Record, require_same_sea

FORECASTS = ("surrogate", "persistence", "climatology", "truth")
WITH_SPECTRA = ("surrogate", "truth")
WIDEST_RING = 5  # the released code fits the exponent of the whole field to the rings after this one


def find_starts(record: Record, inputs: InputSettings, steps: int, every_hours: float) -> list[int]:
    """List the starts, as indices, from which the record covers a forecast of ``steps`` steps and its truth.

    The first is one step after the record's beginning at the earliest: experiments with one and with two states have the
    same starts. Raises InputError when there is none.
    """
    step = record.count_steps(inputs.step_hours)
    earliest, _ = inputs.needed_hours
    first = max(step, -record.count_steps(earliest))
    end = record.length - step * steps
    starts = list(range(first, end, record.count_steps(every_hours)))
    if not starts:
        days = steps * inputs.step_hours / 24
        raise InputError(f"forcings do not cover one forecast of {days:g} days", value=f"{record.length} times")
    return starts


def fit_exponent(wavenumber: np.ndarray, power: np.ndarray, shortest_km: float, longest_km: float) -> float:
    """Fit the spectral exponent β of the slides, P(k) ~ k^-β, to the rings with shortest ≤ wavelength < longest.

    P(k) is the power of all modes in a ring, and ``power`` (k,) their mean, at ``wavenumber`` (k,) in cycles per km. A ring
    holds 2πk modes: the exponent of their mean is larger by 1.
    """
    return -spectral_slope(wavenumber, wavenumber * power, shortest_km, longest_km)


def fit_exponent_of_all_pixels(field: np.ndarray, spacing_km: float) -> float:
    """Fit the exponent of a whole field (y, x), NaN on land, as the released code does: land is zero, nothing is windowed.

    Its steps at the coasts count. The first ``WIDEST_RING`` rings are left out.
    """
    wavenumber, power = radial_spectrum(np.nan_to_num(field), spacing_km, window=None, detrend=False)
    return fit_exponent(wavenumber, power, 0, 1 / wavenumber[WIDEST_RING - 1])


class Tally:
    """Scores and fields of the roll-outs, filled case by case.

    For each forecast, lead and start it holds the ``rmse`` and the ``bias`` over the sea in m. For ``WITH_SPECTRA`` it
    also holds the spectral ``exponent`` on the largest square of sea and that of the whole field with land as zero,
    ``exponent_all_pixels``, and, averaged over the starts, the mean ``power`` in a ring on the largest square of sea. The
    paper averages over all pixels and counts land as without error: its rmse is sqrt(sea_share) times this one, its bias
    sea_share times this one, and its exponent ``exponent_all_pixels``.
    """

    def __init__(self, roll_out: RollOut, starts: list[int], how: ForecastSettings, spacing_km: float) -> None:
        self.record, self.experiment = roll_out.record, roll_out.surrogate.origin["experiment"]
        self.starts, self.how, self.spacing = starts, how, spacing_km
        self.hours = roll_out.surrogate.inputs.step_hours
        count_steps = roll_out.surrogate.inputs.count_steps
        self.steps = count_steps(how.days, "surrogate.forecasts.days")
        self.square = find_ice_square(self.record.sea)
        self.wavenumber, _ = radial_spectrum(np.zeros(self.record.sea.shape)[self.square], spacing_km)
        shape = (len(FORECASTS), self.steps, len(starts))
        self.values = {name: np.full(shape, np.nan) for name in ("rmse", "bias", "exponent", "exponent_all_pixels")}
        self.power = np.full((len(FORECASTS), self.steps, self.wavenumber.size), np.nan)
        self.power[[FORECASTS.index(name) for name in WITH_SPECTRA]] = 0
        every = max(1, -(-len(starts) // how.kept_starts))
        self.kept = starts[::every]
        self.kept_steps = [count_steps(day, "surrogate.forecasts.kept_days") for day in how.kept_leads]
        shape = (len(self.kept), len(self.kept_steps), *self.record.sea.shape)
        self.kept_forecasts = np.full(shape, np.nan, np.float32)
        self.kept_truths = np.full(shape, np.nan, np.float32)

    def add(self, step: int, number: int, candidates: dict[str, np.ndarray]) -> None:
        """Score the candidates, (y, x) in m, after ``step`` steps from the start of that number.

        ``candidates`` holds a field for each name in ``FORECASTS``, the truth among them.
        """
        truth, sea = candidates["truth"], self.record.sea
        for place, name in enumerate(FORECASTS):
            error = (candidates[name] - truth)[sea]
            self.values["rmse"][place, step - 1, number] = np.sqrt(np.mean(error**2))
            self.values["bias"][place, step - 1, number] = error.mean()
            if name in WITH_SPECTRA:
                _, power = radial_spectrum(candidates[name][self.square], self.spacing)
                exponent = fit_exponent(self.wavenumber, power, *self.how.exponent_km)
                self.values["exponent"][place, step - 1, number] = exponent
                of_all = fit_exponent_of_all_pixels(candidates[name], self.spacing)
                self.values["exponent_all_pixels"][place, step - 1, number] = of_all
                self.power[place, step - 1] += power / len(self.starts)
        start = self.starts[number]
        if step in self.kept_steps and start in self.kept:
            row, column = self.kept.index(start), self.kept_steps.index(step)
            self.kept_forecasts[row, column] = candidates["surrogate"]
            self.kept_truths[row, column] = truth

    def _list_times(self, indices: list[int]) -> np.ndarray:
        return np.array([self.record.time_at(index) for index in indices], "datetime64[ns]")

    def to_scores(self) -> xr.Dataset:
        """Return the scores by (forecast, lead in days, start), the power by (forecast, lead, wavenumber)."""
        axes = ("forecast", "lead", "start")
        values = {name: (axes, scores) for name, scores in self.values.items()}
        values["power"] = (("forecast", "lead", "wavenumber"), self.power)
        return xr.Dataset(
            values,
            coords={
                "forecast": list(FORECASTS),
                "lead": self.hours * np.arange(1, self.steps + 1) / 24,
                "start": self._list_times(self.starts),
                "wavenumber": self.wavenumber,
            },
            attrs={"sea_share": float(self.record.sea.mean()), "experiment": self.experiment},
        )

    def to_fields(self) -> xr.Dataset:
        """Return the fields that were kept: forecast and truth by (start, lead in days, y, x), m."""
        axes = ("start", "lead", "y", "x")
        return xr.Dataset(
            {"forecast": (axes, self.kept_forecasts), "truth": (axes, self.kept_truths)},
            coords={"start": self._list_times(self.kept), "lead": np.array(self.kept_steps) * self.hours / 24},
        )


def score_forecasts(roll_out: RollOut, climatology: np.ndarray, spacing_km: float, how: ForecastSettings) -> Tally:
    """Roll out from every start, and score each lead against the record, persistence and climatology.

    ``climatology`` is (day of the year, y, x), m, NaN on land. Raises InputError where its sea is not that of the record.
    """
    record = roll_out.record
    require_same_sea(np.isfinite(climatology[0]), "climatology", record.sea, record.files[0])
    inputs = roll_out.surrogate.inputs
    starts = find_starts(record, inputs, inputs.count_steps(how.days, "surrogate.forecasts.days"), how.every_hours)
    tally = Tally(roll_out, starts, how, spacing_km)
    with tqdm(total=len(starts) * tally.steps, unit="step", desc="forecasts") as bar:
        for first in range(0, len(starts), how.batch):
            group = starts[first : first + how.batch]
            for step, states in enumerate(roll_out.run(group, tally.steps), 1):
                for number, (start, state) in enumerate(zip(group, states, strict=True), first):
                    index = start + roll_out.step * step
                    candidates = {
                        "surrogate": state,
                        "persistence": record.read_field("sit", start),
                        "climatology": climatology[day_of_year(record.time_at(index))],
                        "truth": record.read_field("sit", index),
                    }
                    tally.add(step, number, candidates)
                bar.update(len(group))
    return tally


def forecast_season(
    roll_out: RollOut, start: date, steps: int, every: int
) -> Iterator[tuple[datetime, np.ndarray, np.ndarray]]:
    """Run one long forecast from the first time of a day.

    Yields every ``every``-th step: its time, forecast and truth, each (y, x) in m.
    """
    record = roll_out.record
    first = record.find_day(start)
    progress = tqdm(roll_out.run([first], steps), total=steps, unit="step", desc="season")
    for number, states in enumerate(progress, 1):
        index = first + roll_out.step * number
        if number % every == 0 and index < record.length:
            yield record.time_at(index), states[0], record.read_field("sit", index)


def tabulate_forecasts(scores: Sequence[xr.Dataset], days: Sequence[float] = (1, 5, 10, 30)) -> pd.DataFrame:
    """Make a table of a row for each experiment.

    It holds the errors at the leads ``days``, the gains over both baselines, and bias and spectral exponent at the end. An
    experiment without a lead of so many days has NaN there, and no column where none has one.
    """
    rows = []
    for experiment in scores:
        mean = experiment.mean("start")
        row = {"experiment": experiment.attrs["experiment"], "starts": experiment.sizes["start"]}
        for day in days:
            (places,) = np.nonzero(np.isclose(experiment.lead, day))
            if places.size:
                row |= _tabulate_lead(mean.isel(lead=places[0]), day, experiment.attrs["sea_share"])
        last = mean.isel(lead=-1)
        row["bias_end"] = float(last.bias.sel(forecast="surrogate"))
        for name in ("exponent", "exponent_all_pixels"):
            row[f"{name}_end"] = float(last[name].sel(forecast="surrogate"))
            row[f"{name}_truth"] = float(mean[name].sel(forecast="truth").mean())
        rows.append(row)
    return pd.DataFrame(rows)


def _tabulate_lead(mean: xr.Dataset, day: float, sea_share: float) -> dict[str, float]:
    """Return the errors of a lead, which is that many days, and the gains over the baselines in %."""
    rmse = mean.rmse
    surrogate = float(rmse.sel(forecast="surrogate"))
    persistence = float(rmse.sel(forecast="persistence"))
    climatology = float(rmse.sel(forecast="climatology"))
    return {
        f"rmse_{day:g}d": surrogate,
        f"rmse_all_pixels_{day:g}d": surrogate * sea_share**0.5,
        f"gain_persistence_{day:g}d": 100 * (1 - surrogate / persistence),
        f"gain_climatology_{day:g}d": 100 * (1 - surrogate / climatology),
    }
