"""The features of an observed day: three satellite products on the target grid (report, section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from superice.dataset.layout import MASK_REASONS
from superice.features.day import make_empty_fields
from superice.features.settings import FeatureSettings, ObservationSettings
from superice.fields.box_filter import box_mean
from superice.fields.deformation import drift_deformation, drift_deformation_uncertainty, make_contour_grid
from superice.fields.grid import Grid
from superice.fields.regridding import crop_to, regrid, sample_spline, smooth_gaussian
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift

REASON_BITS = {name: bit for bit, name in MASK_REASONS.items()}
LOWEST = {"sic": 0.0, "sit": 0.0, "divergence": -np.inf, "shear": 0.0, "uncertainty": 0.0}
HIGHEST = {"sic": 1.0, "sit": np.inf, "divergence": np.inf, "shear": np.inf, "uncertainty": np.inf}


@dataclass(frozen=True)
class ObservedDay:
    """The fields of an observed day, and the reasons why pixels are masked.

    Attributes
    ----------
    fields
        The four fields, (y, x), NaN where masked.
    beyond_mask
        The same fields where they are known at sea but another input is missing, NaN elsewhere.
    mask_reason
        Uint8 (y, x), the sum of the keys of ``MASK_REASONS``.
    masked_pixels
        By product, the number of pixels of ice at sea that the product lacks. The concentration itself says where ice
        is: for it, the pixels with a known thickness are counted.
    ice_pixels
        Number of pixels of ice at sea according to the concentration.
    kept_pixels
        Number of pixels that no reason masks.
    thickness_pixels
        Number of pixels of ice with a known thickness, whatever else is missing.
    uncertainties
        Standard deviations of the fields, (y, x), NaN where not known, of the products that state them, by the names of
        ``UNCERTAINTIES``.
    neighbours
        Concentrations of the days before and after, (y, x), NaN where not known, by the names of ``NEIGHBOURS``; empty
        where they are not asked for.

    """

    fields: dict[str, np.ndarray]
    beyond_mask: dict[str, np.ndarray]
    mask_reason: np.ndarray
    masked_pixels: dict[str, int]
    ice_pixels: int
    kept_pixels: int
    thickness_pixels: int
    uncertainties: dict[str, np.ndarray] = field(default_factory=dict)
    neighbours: dict[str, np.ndarray] = field(default_factory=dict)

    def list_contents(self) -> dict[str, Any]:
        """Return what feature files hold of the day, by the parameters of ``write_observed_features``."""
        names = ("fields", "mask_reason", "beyond_mask", "uncertainties", "neighbours")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def empty(cls, grid: Grid) -> ObservedDay:
        """Return a day that could not be made: every product counts as missing everywhere."""
        missing = ("thickness_missing", "concentration_missing", "drift_missing")
        reasons = sum(REASON_BITS[name] for name in missing)
        nothing, mask_reason = make_empty_fields(grid), np.full(grid.shape, reasons, np.uint8)
        return cls(nothing, nothing, mask_reason, masked_pixels={}, ice_pixels=0, kept_pixels=0, thickness_pixels=0)


def make_observed_day(
    thickness: cs2smos.Thickness,
    concentration: osisaf_concentration.Concentration | None,
    drift: osisaf_drift.Drift | None,
    grid: Grid,
    land: np.ndarray,
    settings: FeatureSettings,
) -> ObservedDay:
    """Make the features of an observed day: a pixel is masked where any input is missing (report, section 8.1).

    Parameters
    ----------
    thickness
        CS2SMOS thickness on its own grid.
    concentration
        OSI SAF concentration on its own grid; None where the day has none. A thickness of the ice itself is then taken
        as the mean over the cell, as if the ice had no gaps.
    drift
        OSI SAF drift on its own grid. Deformation is derived there, along contours around blocks of ``contour_cells``
        cells. None where the day has none.
    grid
        The target grid.
    land
        Bool field (y, x) on the target grid.
    settings
        How products become features.

    """
    how = settings.observations
    cell_mean, thickness_grid = crop_to(thickness.thickness, thickness.grid, grid)
    if how.thickness_kind == "in_ice" and concentration is not None:
        cell_mean = cell_mean * _average_concentration(concentration, thickness_grid, settings)
    fields = make_empty_fields(grid)
    fields["sit"] = _bring_to_grid("sit", cell_mean, thickness_grid, grid, how)
    if concentration is not None:
        fields["sic"] = _bring_to_grid("sic", concentration.concentration, concentration.grid, grid, how)
    if drift is not None:
        divergence, shear = drift_deformation(
            drift.u, drift.v, drift.grid, grid.crs, how.contour_cells, how.contour_points
        )
        blocks = make_contour_grid(drift.grid, how.contour_cells)
        fields["divergence"] = _bring_to_grid("divergence", divergence, blocks, grid, how)
        fields["shear"] = _bring_to_grid("shear", shear, blocks, grid, how)
    day = _mask_fields(fields, land, settings.sic_threshold)
    return replace(day, uncertainties=_make_uncertainties(thickness, concentration, drift, grid, settings))


def explain_no_pixel(observed: ObservedDay, land: np.ndarray) -> str:
    """Return why no pixel has all inputs, of a day with all its files or of an area without sea."""
    if land.all():
        return "every cell of the area is land; name an area with sea in it"
    missing = {
        cs2smos.PRODUCT: "thickness_missing",
        osisaf_concentration.PRODUCT: "concentration_missing",
        osisaf_drift.PRODUCT: "drift_missing",
    }
    at_sea = observed.mask_reason[~land]
    absent = [product for product, reason in missing.items() if (at_sea & REASON_BITS[reason]).all()]
    if absent:
        return f"no cell of the area at sea has a value of {', '.join(absent)}; name an area that the products cover"
    return "no pixel of ice has all inputs"


def count_ice(
    observed: ObservedDay, products: Mapping[str, Any], grid: Grid, land: np.ndarray, settings: FeatureSettings
) -> dict[str, Any]:
    """Return the pixels of ice of a day, and those that each product lacks: all of them where its file is missing.

    Without a concentration those with a thickness are ice; without either, none are known.
    """
    concentration, drift = (products.get(module.PRODUCT) for module in (osisaf_concentration, osisaf_drift))
    if concentration is None:
        ice = np.isfinite(observed.beyond_mask["sit"])
        without_drift = ice & (observed.mask_reason & REASON_BITS["drift_missing"] > 0)
        lacking = {
            cs2smos.PRODUCT: 0,
            osisaf_concentration.PRODUCT: ice.sum(),
            osisaf_drift.PRODUCT: without_drift.sum(),
        }
        counts = {product: int(count) for product, count in lacking.items()}
        return {"ice_pixels": int(ice.sum()), "masked_pixels": counts}
    if cs2smos.PRODUCT not in products:
        unknown = cs2smos.Thickness(Path(), cs2smos.GRID, np.full(cs2smos.GRID.shape, np.nan))
        observed = make_observed_day(unknown, concentration, drift, grid, land, settings)
    return {"ice_pixels": observed.ice_pixels, "masked_pixels": observed.masked_pixels}


def list_notes(products: Mapping[str, Any], settings: FeatureSettings) -> list[str]:
    """Return what makes a day worse than others: what its products say, and what stands for one that is missing.

    ``products`` are what was read, by the name of the product; None, or nothing, of one that is missing.
    """
    notes = [f"{product}: {note}" for product, read in products.items() if read for note in read.notes]
    is_substituted = products.get(cs2smos.PRODUCT) and not products.get(osisaf_concentration.PRODUCT)
    if is_substituted and settings.observations.thickness_kind == "in_ice":
        reason = "is missing: the thickness of the ice stands for the mean over the cell, too thick where it has gaps"
        notes.append(f"{osisaf_concentration.PRODUCT}: {reason}")
    return notes


def make_concentration(
    concentration: osisaf_concentration.Concentration, grid: Grid, land: np.ndarray, settings: ObservationSettings
) -> np.ndarray:
    """Return the concentration of a product on the target grid, float32 (y, x), wherever it is known at sea."""
    on_grid = _bring_to_grid("sic", concentration.concentration, concentration.grid, grid, settings)
    return np.where(land, np.float32(np.nan), on_grid)


def _make_uncertainties(
    thickness: cs2smos.Thickness,
    concentration: osisaf_concentration.Concentration | None,
    drift: osisaf_drift.Drift | None,
    grid: Grid,
    settings: FeatureSettings,
) -> dict[str, np.ndarray]:
    """Return the standard deviations that the products state, on the target grid, by the names of ``UNCERTAINTIES``.

    That of the mean thickness is of the thickness of the ice alone: of the concentration it takes what is known.
    """
    how = settings.observations
    made = {}
    if thickness.uncertainty is not None:
        cell_mean, thickness_grid = crop_to(thickness.uncertainty, thickness.grid, grid)
        if how.thickness_kind == "in_ice" and concentration is not None:
            cell_mean = cell_mean * _average_concentration(concentration, thickness_grid, settings)
        made["sit_uncertainty"] = _bring_to_grid("uncertainty", cell_mean, thickness_grid, grid, how)
    if concentration is not None and concentration.uncertainty is not None:
        made["sic_uncertainty"] = _bring_to_grid(
            "uncertainty", concentration.uncertainty, concentration.grid, grid, how
        )
    if drift is not None and drift.uncertainty is not None:
        of_blocks = drift_deformation_uncertainty(drift.uncertainty, drift.grid, how.contour_cells)
        blocks = make_contour_grid(drift.grid, how.contour_cells)
        made["divergence_uncertainty"] = _bring_to_grid("uncertainty", of_blocks, blocks, grid, how)
    return {name: values for name, values in made.items() if np.isfinite(values).any()}


def _average_concentration(
    concentration: osisaf_concentration.Concentration, grid: Grid, settings: FeatureSettings
) -> np.ndarray:
    """Return the concentration of the ice around each cell of the thickness grid, (y, x), with gaps and open water filled.

    The thickness is a mean over tens of kilometres. So is the concentration that makes it a mean over the cell: over the
    box of the model's thickness. That of the cell alone would make the ice edge half as thick as in the model's features.
    Pixels in gaps are masked later, on the target grid.
    """
    native, values = concentration.grid, concentration.concentration
    width = max(1, round(1000 * settings.low_resolution.thickness_km / native.step))
    with np.errstate(invalid="ignore"):
        of_ice = box_mean(values, width, values > settings.sic_threshold)
    return np.clip(sample_spline(of_ice, native, grid), 0, 1)


def _bring_to_grid(
    name: str, values: np.ndarray, native: Grid, grid: Grid, settings: ObservationSettings
) -> np.ndarray:
    """Return a field of a product on the target grid, float32 (y, x), smoothed and within its physical range."""
    on_grid = regrid(values, native, grid, settings.regridding)
    if settings.smoothing_sigma:
        on_grid = smooth_gaussian(on_grid, settings.smoothing_sigma)
    return np.clip(on_grid, LOWEST[name], HIGHEST[name]).astype(np.float32)


def _mask_fields(fields: dict[str, np.ndarray], land: np.ndarray, sic_threshold: float) -> ObservedDay:
    """Mask every field where any input is missing, on land and without ice, and count what each product lacks."""
    no_thickness = ~np.isfinite(fields["sit"])
    no_concentration = ~np.isfinite(fields["sic"])
    no_drift = ~np.isfinite(fields["divergence"]) | ~np.isfinite(fields["shear"])
    ice = fields["sic"] > sic_threshold
    reasons = {
        "thickness_missing": no_thickness,
        "concentration_missing": no_concentration,
        "drift_missing": no_drift,
        "land": land,
        "concentration_below_threshold": ~ice & ~no_concentration,
    }
    mask_reason = np.zeros(land.shape, np.uint8)
    for name, where in reasons.items():
        mask_reason[where] |= REASON_BITS[name]
    ice_at_sea = ice & ~land
    masked_pixels = {
        cs2smos.PRODUCT: int((ice_at_sea & no_thickness).sum()),
        osisaf_concentration.PRODUCT: int((no_concentration & ~land & ~no_thickness).sum()),
        osisaf_drift.PRODUCT: int((ice_at_sea & no_drift).sum()),
    }
    kept = mask_reason == 0
    nan = np.float32(np.nan)
    masked = {name: np.where(kept, values, nan) for name, values in fields.items()}
    possible_ice = ~land & np.where(no_concentration, ~(fields["sit"] <= 0), ice)
    beyond_mask = {name: np.where(possible_ice & ~kept, values, nan) for name, values in fields.items()}
    return ObservedDay(
        masked,
        beyond_mask,
        mask_reason,
        masked_pixels,
        ice_pixels=int(ice_at_sea.sum()),
        kept_pixels=int(kept.sum()),
        thickness_pixels=int((possible_ice & ~no_thickness).sum()),
    )
