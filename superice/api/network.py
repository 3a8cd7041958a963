"""A trained network as Python programs use it: draw members and summarise them, from features to ensembles in xarray."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import xarray
from dask.utils import SerializableLock

from superice.api.datasets import TIME, FeatureDays, make_dataset, read_feature_days
from superice.dataset.layout import describe_members, make_ensemble_frame
from superice.dataset.publication import describe_creation
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import MemberStatistics, make_summary
from superice.errors import InputError
from superice.features.day import Features
from superice.inference.compatibility import (
    describe_unknown_inputs,
    require_distance,
    require_feature_settings,
    require_sampler,
    require_step,
)
from superice.inference.day import describe_ensemble
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.input_errors import describe_input_errors
from superice.inference.settings import DEFAULT_SEED, SamplerSettings
from superice.inference.stored_sampler import complete_sampler
from superice.network.released import describe_limits, find_released
from superice.network.weights import TrainedNetwork
from superice.utils.netcdf import FileContent, Variable
from superice.utils.settings import build_settings

MEMBERS = "sit_ai"
# What differs from date to date in a summary; all else is shared.
DAILY = (
    "sit_mean", "sit_std", "sit_quantile", "probability_thinner", "class_fraction", "sit_low_resolution",
    "sic_low_resolution", "mask", "mask_reason", "ensemble_size",
)  # fmt: skip
# One date at a time: the network takes all cores by itself, and its memory only once.
_LOCK = SerializableLock()


def load(path: str | Path | None = None, **sampler: Any) -> Network:
    """Read a weights file, and return its network to draw from.

    Parameters
    ----------
    path
        The weights file (``.safetensors``); None for the one that comes with the package.
    **sampler
        What overrules the sampler that the file names, by the keys of the section ``sampler``, such as ``steps=4``,
        ``precision="fp32"`` or, for little memory, ``tile=(512, 512)``.

    Returns
    -------
    Network
        With the methods ``draw`` and ``summary``.

    Raises
    ------
    InputError
        When the file is no weights file, the package comes with none, or neither file nor options name a sampler that
        draws from the network.

    Examples
    --------
    >>> network = superice.load("chosen.safetensors")
    >>> network
    <superice network 'test': multistep, 2 steps, cells of 3 km, reads sic, sit, deformation>
    >>> superice.load("chosen.safetensors", steps=3)
    <superice network 'test': multistep, 3 steps, cells of 3 km, reads sic, sit, deformation>
    """
    trained = TrainedNetwork.load(path or find_released())
    chosen = complete_sampler({"precision": "auto"} | sampler, trained)
    if trained.diverged:
        raise InputError("its training diverged: there is nothing to draw", file=trained.file)
    require_sampler(trained, chosen.name, chosen.steps)
    return Network(trained, chosen)


class Network:
    """A trained network, and how it is drawn from; ``superice.load`` returns it.

    Attributes
    ----------
    trained
        The network with all that its file says.
    sampler
        How members are drawn.
    """

    def __init__(self, trained: TrainedNetwork, sampler: SamplerSettings) -> None:
        self.trained, self.sampler = trained, sampler

    def __repr__(self) -> str:
        step = self.trained.grid.get("step_m")
        cells = f"cells of {step / 1000:g} km" if step else "cells of unknown size"
        steps = f"{self.sampler.steps} step" if self.sampler.steps == 1 else f"{self.sampler.steps} steps"
        reads = ", ".join(self.trained.network.settings.inputs)
        experiment = self.trained.origin["experiment"]
        return f"<superice network {experiment!r}: {self.sampler.name}, {steps}, {cells}, reads {reads}>"

    def draw(
        self, dataset: xarray.Dataset, members: int | None = None, seed: int = DEFAULT_SEED, progress: bool = False
    ) -> xarray.Dataset:
        """Draw the ensemble of each date.

        A member depends on the seed, the date and its number alone: it is the one that ``superice generate`` and the
        workflow draw with the same weights and options.

        Parameters
        ----------
        dataset
            Features: concentration, thickness, divergence and shear as ``superice.features_from_products`` returns them, or
            a feature file opened with ``decode_coords="all"``. Other units of the same quantities are converted.
        members
            Size of the ensemble; None for 30, of a network without noise for 1.
        seed
            Of the ensemble; by default that of the command and of a run.
        progress
            Whether to show a bar, for a single date.

        Returns
        -------
        xarray.Dataset
            ``sit_ai``, the thickness in m, float32 (member, y, x), NaN outside the mask, with the coordinates, the map
            and the cell areas of the features. Of features with a dimension ``time`` it is (time, member, y, x) and lazy:
            dask draws a date when it is computed, one at a time.

        Raises
        ------
        InputError
            For a seed that is no whole number; for features that are not on cells of the network's size, in units or with
            dimensions that are not understood, of another set than those of the training, or out of range: of a lazy result
            when it is computed.

        Examples
        --------
        >>> features = xarray.open_dataset("20200101.nc", decode_coords="all")
        >>> network = superice.load("chosen.safetensors")
        >>> drawn = network.draw(features, members=3, seed=1)
        >>> dict(drawn.sit_ai.sizes)
        {'member': 3, 'y': 36, 'x': 44}
        >>> drawn.sit_ai.units, drawn.attrs["sampler"]
        ('m', 'multistep, 2 steps')

        Of several dates nothing is drawn before it is needed:

        >>> later = features.assign_coords(time=features.time + numpy.timedelta64(1, "D"))
        >>> season = network.draw(xarray.concat([features, later], "time", data_vars="all"), members=3, seed=1)
        >>> season.sit_ai.chunks[0]
        (1, 1)
        >>> bool((season.sit_ai[0] == drawn.sit_ai).where(drawn.sit_ai.notnull(), True).all())
        True
        """
        seed = _require_whole(seed)
        days, sampler = self._prepare(dataset, members)
        draw = partial(self._draw_array, replace(days, arrays={}), sampler, seed)
        if days.has_time:
            shape = (sampler.members, *days.grid.shape)
            lazy = [
                _make_lazy(
                    dask.delayed(partial(draw, number), pure=False)(days.select_arrays(number)), shape, np.float32
                )
                for number in range(len(days.days))
            ]
            values = dask.array.stack(lazy)
        else:
            values = draw(0, dask.compute(days.select_arrays(0))[0], progress)[None]
        numbers = {"long_name": "number of the member", "standard_name": "realization", "units": "1"}
        content = make_ensemble_frame(days.grid, days.days[0], self._describe(days, sampler, seed))
        content = FileContent(
            content.variables
            | {"member": Variable(("member",), np.arange(sampler.members), numbers)}
            | {MEMBERS: Variable((TIME, "member", "y", "x"), values, describe_members())},
            (*content.coordinates, "member"),
            content.attributes,
        )
        return _place(content, days, dataset, {MEMBERS})

    def summary(
        self,
        dataset: xarray.Dataset,
        members: int | None = None,
        seed: int = DEFAULT_SEED,
        progress: bool = False,
        **statistics: Any,
    ) -> xarray.Dataset:
        """Draw the ensemble of each date, and return its summary: mean, spread, quantiles and shares by thickness.

        Members are forgotten once they are counted. The variables are those of a summary file
        (``sit_summary_YYYYMMDD.nc``).

        Parameters
        ----------
        dataset, members, seed, progress
            As of ``draw``.
        **statistics
            ``quantiles``, ``thinner_than`` and ``classes``, as of the section ``ensembles.summary``.

        Returns
        -------
        xarray.Dataset
            Of features with a dimension ``time`` it is lazy, and looks like what ``superice.open_season`` opens.

        Raises
        ------
        InputError
            As ``draw``, and for quantiles or thicknesses that do not ascend.

        Examples
        --------
        >>> features = xarray.open_dataset("20200101.nc", decode_coords="all")
        >>> summary = superice.load("chosen.safetensors").summary(features, members=4, quantiles=[0.1, 0.5, 0.9])
        >>> summary.sit_quantile.sizes["quantile"], summary.sit_mean.dims, int(summary.ensemble_size)
        (3, ('y', 'x'), 4)
        """
        seed = _require_whole(seed)
        days, sampler = self._prepare(dataset, members)
        settings = build_settings(SummarySettings, statistics, "ensembles.summary")
        summarise = partial(self._summarise_day, replace(days, arrays={}), sampler, seed, settings)
        if not days.has_time:
            content = summarise(0, dask.compute(days.select_arrays(0))[0], progress)
            return make_dataset(content).assign_coords(time=dataset[TIME])
        frame = self._make_empty_summary(days, sampler, seed, settings)
        lazy: dict[str, list[Any]] = {name: [] for name in DAILY if name in frame.variables}
        for number in range(len(days.days)):
            task = dask.delayed(partial(_take_daily, summarise, number), pure=False)(days.select_arrays(number))
            for name, arrays in lazy.items():
                values = np.asarray(frame.variables[name].values)
                arrays.append(_make_lazy(task[name], values.shape, values.dtype))
        for name, arrays in lazy.items():
            variable = frame.variables[name]
            frame.variables[name] = Variable(
                (TIME, *variable.dimensions), dask.array.stack(arrays), variable.attributes
            )
        return _place(frame, days, dataset, set(lazy))

    def _prepare(self, dataset: xarray.Dataset, members: int | None) -> tuple[FeatureDays, SamplerSettings]:
        """Return the parts of a dataset that the network can draw from, and the sampler."""
        days = read_feature_days(dataset)
        require_step(self.trained, days.grid)
        if days.is_model and self.trained.features:
            require_feature_settings(self.trained, days.settings, None)
        require_distance(self.trained, days.settings, None)
        sampler = self.sampler
        if members is not None:
            sampler = build_settings(SamplerSettings, self.sampler.model_dump() | {"members": members}, "sampler")
        return days, sampler

    def _describe(self, days: FeatureDays, sampler: SamplerSettings, seed: int) -> dict[str, str | float]:
        described = describe_ensemble(self.trained, sampler, seed, days.notes, describe_limits(self.trained.file))
        described |= describe_unknown_inputs(self.trained, days.units)
        return described | describe_input_errors(days.make_empty_features(), sampler.input_errors)

    def _read_day(self, days: FeatureDays, number: int, arrays: Mapping[str, np.ndarray]) -> Features:
        normalisation, settings = self.trained.normalisation, self.trained.network.settings
        features = days.make_features(arrays, number, normalisation.sic_threshold, settings.partly_missing)
        if not features.mask.any():
            warnings.warn(f"{features.date} holds no ice: its members are missing", stacklevel=2)
        return features

    def _draw_array(
        self,
        days: FeatureDays,
        sampler: SamplerSettings,
        seed: int,
        number: int,
        arrays: Mapping[str, np.ndarray],
        progress: bool = False,
    ) -> np.ndarray:
        """Return the members of a day, float32 (member, y, x)."""
        features = self._read_day(days, number, arrays)
        values = np.full((sampler.members, *days.grid.shape), np.nan, np.float32)
        for number_of_member, drawn in enumerate(self._draw_members(features, sampler, seed, progress)):
            values[number_of_member] = drawn
        return values

    def _draw_members(
        self, features: Features, sampler: SamplerSettings, seed: int, progress: bool
    ) -> Iterator[np.ndarray]:
        """Draw the members of a day one after the other, thickness in m (y, x); none where there is no ice."""
        if features.mask.any():
            with _LOCK:
                for drawn in draw_members(self.trained, features, sampler, seed, progress):
                    yield clip_negative(drawn)[0]

    def _summarise_day(
        self,
        days: FeatureDays,
        sampler: SamplerSettings,
        seed: int,
        settings: SummarySettings,
        number: int,
        arrays: Mapping[str, np.ndarray],
        progress: bool = False,
    ) -> FileContent:
        """Return the summary of a day."""
        features = self._read_day(days, number, arrays)
        statistics = MemberStatistics(features.mask, sampler.members)
        for drawn in self._draw_members(features, sampler, seed, progress):
            statistics.add(drawn)
        reason = days.make_mask_reason(arrays, features)
        return make_summary(settings, days.grid, features, reason, statistics, self._describe(days, sampler, seed))

    def _make_empty_summary(
        self, days: FeatureDays, sampler: SamplerSettings, seed: int, settings: SummarySettings
    ) -> FileContent:
        """Return the summary of the first day as if it had no ice, for the names, shapes and attributes of its parts."""
        features = days.make_empty_features()
        has_reason = days.is_model or "mask_reason" in days.arrays
        reason = np.zeros(days.grid.shape, np.int8) if has_reason else None
        statistics = MemberStatistics(features.mask, sampler.members)
        return make_summary(settings, days.grid, features, reason, statistics, self._describe(days, sampler, seed))


def _require_whole(seed: Any) -> int:
    """Return a seed as an int: the noise depends on its text. Raises InputError for what is no whole number, as 1.0."""
    try:
        return operator.index(seed)
    except TypeError as error:
        raise InputError("a whole number is needed, such as 2024", variable="seed", value=repr(seed)) from error


def _make_lazy(task: Any, shape: tuple[int, ...], dtype: np.dtype | type) -> dask.array.Array:
    return dask.array.from_delayed(task, shape, dtype)


def _take_daily(summarise: Any, number: int, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what differs from date to date in a summary, by name."""
    content = summarise(number, arrays)
    return {name: np.asarray(content.variables[name].values) for name in DAILY if name in content.variables}


def _place(content: FileContent, days: FeatureDays, dataset: xarray.Dataset, daily: set[str]) -> xarray.Dataset:
    """Return the content as a dataset with the times of the features; without their dimension where they have none."""
    one = content.variables[TIME]
    variables = dict(content.variables) | {
        TIME: Variable((TIME,), np.repeat(one.values, len(days.days)), one.attributes)
    }
    placed = make_dataset(FileContent(variables, content.coordinates, content.attributes))
    if not days.has_time:
        return placed.isel({TIME: 0}).assign_coords(time=dataset[TIME])
    period = describe_creation(content.attributes["title"], min(days.days), max(days.days), content.attributes)
    return placed.assign_coords(time=dataset[TIME]).assign_attrs(period)
