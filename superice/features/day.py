"""The inputs of the network on the target grid, from the model or from satellites (report, sections 2 and 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from superice.dataset.layout import FIELDS, MASK_REASONS, read_gridded
from superice.errors import InputError
from superice.features import observation_operator
from superice.fields.box_filter import LowResolution, box_mean, count_pixels
from superice.fields.deformation import (
    contour_grid,
    drift_deformation,
    gradient_deformation,
    polar_map_scale,
    total_deformation,
)
from superice.fields.grid import Grid
from superice.fields.regridding import METHODS, crop_to, regrid, sample_spline, smooth_gaussian
from superice.network.normalisation import SECONDS_PER_DAY, day_moments
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.readers.nextsim_day import RANGES, ModelDay
from superice.utils.command_line import build_settings

THICKNESS_KINDS = ("in_ice", "cell_mean")
REASON = {name: bit for bit, name in MASK_REASONS.items()}
LATTICE_DEGREES = 1e-4
LOWEST = {"sic": 0.0, "sit": 0.0, "divergence": -np.inf, "shear": 0.0}
HIGHEST = {"sic": 1.0}


@dataclass(frozen=True)
class ObservationSettings:
    """How products become features.

    Attributes:
        thickness_kind: ``in_ice`` (thickness of the ice: multiplied by the concentration) or ``cell_mean``.
        regridding: ``spline`` or ``gauss`` (the report's).
        smoothing_sigma: of the 5 x 5 Gaussian in pixels (report, section 8.2), 0 for none.
        contour_cells: side of the contour of the deformation in cells of the drift product; two are 125 km.
        contour_points: drift vectors that a contour needs, None for all.

    """

    thickness_kind: str = "in_ice"
    regridding: str = "spline"
    smoothing_sigma: float = 1.0
    contour_cells: int = 2
    contour_points: int | None = None

    def __post_init__(self) -> None:
        for key, value, known in (
            ("thickness_kind", self.thickness_kind, THICKNESS_KINDS),
            ("regridding", self.regridding, METHODS),
        ):
            if value not in known:
                raise InputError(f"features.observations.{key}: known are {', '.join(known)}", value=value)


@dataclass(frozen=True)
class FeatureSettings:
    """When a pixel is ice, the floor of the deformation in day-1, and the settings of either branch."""

    sic_threshold: float = 0.15
    deformation_floor: float = 1e-4
    low_resolution: LowResolution = field(default_factory=LowResolution)
    observations: ObservationSettings = field(default_factory=ObservationSettings)

    @classmethod
    def from_mapping(cls, values: Mapping) -> FeatureSettings:
        """Build from the configuration's section ``features``. Raises InputError naming an unknown key."""
        kinds = {"low_resolution": LowResolution, "observations": ObservationSettings}
        parts = {key: build_settings(kind, values.get(key, {}), f"features.{key}") for key, kind in kinds.items()}
        return build_settings(cls, {**values, **parts}, "features")


@dataclass(frozen=True)
class Features:
    """The low-resolution fields of one day, each float32 (y, x), NaN where missing.

    Attributes:
        date: the day.
        sic: fraction. sit: mean over the cell, m. divergence, shear: s-1.
        truth: the high-resolution thickness in m, or None for observations.
        sic_threshold: the concentration above which a pixel is ice.

    """

    date: date
    sic: np.ndarray
    sit: np.ndarray
    divergence: np.ndarray
    shear: np.ndarray
    truth: np.ndarray | None = None
    sic_threshold: float = 0.15

    @property
    def deformation(self) -> np.ndarray:
        """Total deformation in s-1, (y, x)."""
        return total_deformation(self.divergence, self.shear)

    @property
    def mask(self) -> np.ndarray:
        """Sea ice where all inputs are known, bool (y, x) (report, sections 2 and 8.1)."""
        known = np.isfinite(self.sic) & np.isfinite(self.sit) & np.isfinite(self.divergence) & np.isfinite(self.shear)
        return known & (self.sic > self.sic_threshold)


def empty_fields(grid: Grid) -> dict[str, np.ndarray]:
    """The four fields of a day that could not be made."""
    return {name: np.full(grid.shape, np.nan, np.float32) for name in FIELDS}


def make_model_day(model: ModelDay, grid: Grid, settings: FeatureSettings) -> tuple[dict, dict]:
    """High- and low-resolution fields of a model day, each a dictionary of the four fields, (y, x), NaN where missing.

    Ice is where the low-resolution concentration is above the threshold: leads narrower than its box belong to the
    pack, and neither the open ocean's thickness of 0 nor its current takes part in a mean over ice. Divergence is
    the model's own where it is written; shear is always taken from the velocities.
    """
    if settings.low_resolution.method == "satellites":
        return _seen_by_satellites(model, grid, settings)
    widths = {
        "sic": count_pixels(settings.low_resolution.concentration_km, grid.step),
        "sit": count_pixels(settings.low_resolution.thickness_km, grid.step),
        "divergence": count_pixels(settings.low_resolution.deformation_km, grid.step),
        "shear": count_pixels(settings.low_resolution.deformation_km, grid.step),
    }
    low = {"sic": box_mean(model.sic, widths["sic"])}
    with np.errstate(invalid="ignore"):
        ice = low["sic"] > settings.sic_threshold
    high = _high_resolution(model, grid, ice)
    low |= {name: box_mean(high[name], widths[name], ice) for name in ("sit", "divergence", "shear")}
    return high, low


def _high_resolution(model: ModelDay, grid: Grid, ice: np.ndarray) -> dict[str, np.ndarray]:
    u, v = (np.where(ice, component, np.nan) for component in (model.u, model.v))
    divergence, shear = gradient_deformation(u, v, grid.step, polar_map_scale(grid))
    if model.divergence is not None:
        divergence = model.divergence
    return {"sic": model.sic, "sit": model.sit, "divergence": divergence, "shear": shear}


def _seen_by_satellites(model: ModelDay, grid: Grid, settings: FeatureSettings) -> tuple[dict, dict]:
    """High resolution as ever; the low resolution is made of virtual products as an observed day is of real ones."""
    products = observation_operator.simulate_products(model, grid, settings.low_resolution, settings.sic_threshold)
    observed = make_observed_day(*products, grid, ~np.isfinite(model.sic), settings)
    with np.errstate(invalid="ignore"):
        ice = (
            box_mean(model.sic, count_pixels(settings.low_resolution.concentration_km, grid.step))
            > settings.sic_threshold
        )
    return _high_resolution(model, grid, ice), observed.fields


def build_model_features(day: date, high: dict, low: dict, settings: FeatureSettings) -> Features:
    """The features of a model day in memory, as ``read_model_features`` reads them."""
    fields = {name: np.asarray(low[name], np.float32) for name in FIELDS}
    truth = np.asarray(high["sit"], np.float32)
    return Features(day, **fields, truth=truth, sic_threshold=settings.sic_threshold)


def summarise_model_day(features: Features, floor: float) -> tuple[dict, float]:
    """The day's moments by variable, and the share of its pixels whose deformation is below ``floor`` (day-1)."""
    deformation = features.deformation[features.mask] * SECONDS_PER_DAY
    floored = float((deformation < floor).mean()) if deformation.size else 0.0
    return day_moments(features, floor), floored


@dataclass(frozen=True)
class ObservedDay:
    """The fields of an observed day.

    Attributes:
        fields: the four fields, (y, x), NaN where masked.
        mask_reason: uint8 (y, x), the sum of the keys of ``MASK_REASONS``.
        masked_pixels: by product, the pixels of ice at sea that it lacks; for the concentration, which says where
            ice is, those where a thickness is known.
        ice_pixels, kept_pixels: ice at sea by the concentration, and what is left of it.

    """

    fields: dict[str, np.ndarray]
    mask_reason: np.ndarray
    masked_pixels: dict[str, int]
    ice_pixels: int
    kept_pixels: int


def make_observed_day(
    thickness: cs2smos.Thickness,
    concentration: osisaf_concentration.Concentration,
    drift: osisaf_drift.Drift,
    grid: Grid,
    land: np.ndarray,
    settings: FeatureSettings,
) -> ObservedDay:
    """The features of an observed day: a pixel is masked where any input is (report, section 8.1).

    ``land`` is bool (y, x). Deformation is derived on the native grid of the drift, over contours as wide as two cells.
    """
    how = settings.observations
    cell_mean, near = crop_to(thickness.thickness, thickness.grid, grid)
    if how.thickness_kind == "in_ice":
        cell_mean = cell_mean * _concentration_on(near, concentration)
    divergence, shear = drift_deformation(drift.u, drift.v, drift.grid, grid.crs, how.contour_cells, how.contour_points)
    blocks = contour_grid(drift.grid, how.contour_cells)
    natives = {
        "sic": (concentration.concentration, concentration.grid),
        "sit": (cell_mean, near),
        "divergence": (divergence, blocks),
        "shear": (shear, blocks),
    }
    fields = {name: _on_target(name, values, native, grid, how) for name, (values, native) in natives.items()}
    return _masked(fields, land, settings.sic_threshold)


def _concentration_on(native: Grid, concentration: osisaf_concentration.Concentration) -> np.ndarray:
    """The concentration on the thickness grid, continued into its own gaps: those are masked on the target grid."""
    return np.clip(sample_spline(concentration.concentration, concentration.grid, native), 0, 1)


def _on_target(name: str, values: np.ndarray, native: Grid, grid: Grid, how: ObservationSettings) -> np.ndarray:
    field_ = regrid(values, native, grid, how.regridding)
    if how.smoothing_sigma:
        field_ = smooth_gaussian(field_, how.smoothing_sigma)
    return np.clip(field_, LOWEST[name], HIGHEST.get(name, np.inf)).astype(np.float32)


def _masked(fields: dict[str, np.ndarray], land: np.ndarray, threshold: float) -> ObservedDay:
    missing = {name: ~np.isfinite(values) for name, values in fields.items()}
    no_drift = missing["divergence"] | missing["shear"]
    ice = fields["sic"] > threshold
    reasons = {
        "thickness_missing": missing["sit"],
        "concentration_missing": missing["sic"],
        "drift_missing": no_drift,
        "land": land,
        "concentration_below_threshold": ~ice & ~missing["sic"],
    }
    mask_reason = np.zeros(land.shape, np.uint8)
    for name, where in reasons.items():
        mask_reason[where] |= REASON[name]
    masked_pixels = {
        cs2smos.PRODUCT: int((ice & ~land & missing["sit"]).sum()),
        osisaf_concentration.PRODUCT: int((missing["sic"] & ~land & ~missing["sit"]).sum()),
        osisaf_drift.PRODUCT: int((ice & ~land & no_drift).sum()),
    }
    kept = mask_reason == 0
    masked = {name: np.where(kept, values, np.float32(np.nan)) for name, values in fields.items()}
    return ObservedDay(masked, mask_reason, masked_pixels, int((ice & ~land).sum()), int(kept.sum()))


def read_model_features(path: str | Path, sic_threshold: float = 0.15) -> Features:
    """Read a published model day. Raises InputError for a missing variable or a percentage in place of a fraction."""
    names = tuple(f"{name}_reprocessed" for name in FIELDS)
    dataset = read_gridded(path, (*names, "sit"))
    if "time" in dataset.coords and np.issubdtype(dataset["time"].dtype, np.datetime64):
        day = date.fromisoformat(str(dataset["time"].values.ravel()[0])[:10])
    else:
        day = _day_in_name(path)
    fields = {name: dataset[f"{name}_reprocessed"].values.astype(np.float32) for name in FIELDS}
    truth = dataset["sit"].values.astype(np.float32)
    return _checked(path, Features(day, **fields, truth=truth, sic_threshold=sic_threshold))


def read_observed_features(path: str | Path, sic_threshold: float = 0.15) -> Features:
    """Read a published observed day; its date is that of its name.

    Raises InputError for a missing array or a percentage in place of a fraction.
    """
    try:
        with np.load(path) as arrays:
            for name in FIELDS:
                if name not in arrays:
                    raise InputError("array missing", file=path, variable=name)
            fields = {name: arrays[name].astype(np.float32) for name in FIELDS}
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    return _checked(path, Features(_day_in_name(path), **fields, sic_threshold=sic_threshold))


def read_features(path: Path, grid: Grid, sic_threshold: float, day: date | None = None) -> Features:
    """The features of a day, of the model (``.nc``) or observed (``.npz``).

    Raises InputError when they are not on ``grid`` or, where ``day`` is given, of another day.
    """
    if path.suffix == ".npz":
        features = read_observed_features(path, sic_threshold)
    else:
        check_cells(path, grid)
        features = read_model_features(path, sic_threshold)
    if features.sic.shape != grid.shape:
        raise InputError(f"its fields do not fit the grid {grid.shape}", file=path, value=features.sic.shape)
    if day and features.date != day:
        raise InputError(f"is of {features.date}, not of {day}", file=path)
    return features


def _day_in_name(path: str | Path) -> date:
    digits = re.search(r"(\d{8})$", Path(path).stem)
    try:
        return datetime.strptime(digits[1], "%Y%m%d").date()
    except (TypeError, ValueError) as error:
        raise InputError("its name does not end in a date YYYYMMDD", file=path) from error


def _checked(path: str | Path, features: Features) -> Features:
    for name, highest, unit in (
        ("sic", 1.001, ""),
        ("sit", RANGES["sit"][1], " m"),
        ("shear", 1e-3, " s-1"),
    ):
        largest = np.nanmax(getattr(features, name), initial=-np.inf)
        if largest > highest:
            raise InputError(f"above {highest:g}{unit}", file=path, variable=name, value=f"{largest:g}{unit}")
    return features


def check_cells(path: str | Path, grid: Grid) -> None:
    """Raise InputError when the cells of a NetCDF file are not those of ``grid``."""
    dataset = read_gridded(path, ("longitude", "latitude"))
    longitude, latitude = grid.lonlat()
    if dataset["longitude"].shape != grid.shape:
        raise InputError(f"wrong grid: {grid.name!r} is {grid.shape}", file=path, value=dataset["longitude"].shape)
    apart = np.abs(dataset["latitude"].values - latitude).max()
    eastward = (dataset["longitude"].values - longitude + 180) % 360 - 180
    apart = max(apart, np.abs(eastward * np.cos(np.radians(latitude))).max())
    if not apart <= LATTICE_DEGREES:
        raise InputError(f"wrong grid: not the cells of {grid.name!r}", file=path, value=f"{apart:.4g} degrees apart")


def read_archived_day(path: str | Path, day: date, grid: Grid) -> tuple[dict, dict]:
    """High- and low-resolution fields of a day of the published archive.

    Raises InputError when its cells are not those of ``grid`` or a variable is missing.
    """
    low = tuple(f"{name}_reprocessed" for name in FIELDS)
    dataset = read_gridded(path, (*FIELDS, *low))
    check_cells(path, grid)
    _checked(path, replace(read_model_features(path), date=day))
    return {n: dataset[n].values for n in FIELDS}, {n: dataset[f"{n}_reprocessed"].values for n in FIELDS}
