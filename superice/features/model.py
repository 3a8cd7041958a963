"""The features of a model day: neXtSIM at 3 km, and at the resolution of satellite products (report, section 2)."""

from __future__ import annotations

import numpy as np

from superice.features.day import Features, ModelFeatures
from superice.features.observation_operator import simulate_products
from superice.features.observed import make_concentration, make_observed_day
from superice.features.settings import FeatureSettings
from superice.fields.box_filter import box_mean, count_pixels
from superice.fields.deformation import gradient_deformation, polar_map_scale
from superice.fields.grid import Grid
from superice.fields.quantities import SECONDS_PER_DAY
from superice.readers.nextsim_day import ModelDay


def make_model_day(model: ModelDay, grid: Grid, settings: FeatureSettings) -> ModelFeatures:
    """Make the fields of a model day at high and at low resolution.

    A pixel counts as ice where the low-resolution concentration exceeds the threshold. Leads narrower than the box of
    the concentration therefore belong to the pack, and neither the zero thickness of the open ocean nor its current
    enters a mean over ice. Divergence is the model's own where the file holds it; shear is always derived from the
    velocities.
    """
    widths = settings.low_resolution
    concentration = _average_concentration(model, grid, settings)
    with np.errstate(invalid="ignore"):
        ice = concentration > settings.sic_threshold
    high = _derive_high_resolution(model, grid, ice)
    if widths.method == "satellites":
        return ModelFeatures(high, _simulate_low_resolution(model, grid, settings))
    thickness_width = count_pixels(widths.thickness_km, grid.step)
    deformation_width = count_pixels(widths.deformation_km, grid.step)
    low = {
        "sic": concentration,
        "sit": box_mean(high["sit"], thickness_width, ice),
        "divergence": box_mean(high["divergence"], deformation_width, ice),
        "shear": box_mean(high["shear"], deformation_width, ice),
    }
    return ModelFeatures(high, low)


def make_low_concentration(model: ModelDay, grid: Grid, settings: FeatureSettings) -> np.ndarray:
    """Return the concentration of a model day at low resolution, (y, x), whatever else is known there."""
    if settings.low_resolution.method == "boxes":
        return _average_concentration(model, grid, settings)
    _, product, _ = simulate_products(model, grid, settings.low_resolution, settings.sic_threshold)
    return make_concentration(product, grid, ~np.isfinite(model.sic), settings.observations)


def _average_concentration(model: ModelDay, grid: Grid, settings: FeatureSettings) -> np.ndarray:
    return box_mean(model.sic, count_pixels(settings.low_resolution.concentration_km, grid.step))


def _derive_high_resolution(model: ModelDay, grid: Grid, ice: np.ndarray) -> dict[str, np.ndarray]:
    """Return the model's fields at 3 km, with the deformation of the ice alone."""
    u = np.where(ice, model.u, np.nan)
    v = np.where(ice, model.v, np.nan)
    divergence, shear = gradient_deformation(u, v, grid.step, polar_map_scale(grid))
    if model.divergence is not None:
        divergence = model.divergence
    return {"sic": model.sic, "sit": model.sit, "divergence": divergence, "shear": shear}


def _simulate_low_resolution(model: ModelDay, grid: Grid, settings: FeatureSettings) -> dict[str, np.ndarray]:
    """Return low-resolution fields made from simulated products, by the same code as those of an observed day."""
    products = simulate_products(model, grid, settings.low_resolution, settings.sic_threshold)
    land = ~np.isfinite(model.sic)
    return make_observed_day(*products, grid, land, settings).fields


def measure_floored_fraction(features: Features, floor: float) -> float:
    """Return the fraction of a day's unmasked pixels with a deformation below ``floor`` (day-1); 0 without any pixel."""
    deformation = features.deformation[features.mask] * SECONDS_PER_DAY
    return float((deformation < floor).mean()) if deformation.size else 0.0
