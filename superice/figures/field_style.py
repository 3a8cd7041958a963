"""Choose how fields are drawn on maps: label with unit, colour map and scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cmocean  # noqa: F401  registers the colour maps cmo.*
import numpy as np
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap, LogNorm, Normalize

SECONDS_PER_DAY = 86400  # strain rates are stored per second and shown per day


@dataclass(frozen=True)
class FieldStyle:
    """How a field is drawn.

    Attributes
    ----------
    label : str
        Name of the field with its unit.
    colours : str or Colormap
        Colour map.
    scale : Normalize
        From values to colours.
    extend : str
        The ends of the colour bar that stand for values beyond it: neither, min, max or both.
    ticks : mapping of float to str, optional
        Labels of the colour bar by value. Without them matplotlib chooses.
    """

    label: str
    colours: str | Colormap
    scale: Normalize
    extend: str = "both"
    ticks: Mapping[float, str] | None = None


def make_concentration_style() -> FieldStyle:
    """Return the style of sea-ice concentration."""
    return FieldStyle("concentration (1)", "cmo.ice", Normalize(0, 1), extend="neither")


def make_deformation_style() -> FieldStyle:
    """Return the style of the total deformation, on a logarithmic scale."""
    return FieldStyle("deformation (day$^{-1}$)", "cmo.amp", LogNorm(1e-3, 1))


def make_divergence_style(limit: float) -> FieldStyle:
    """Return the style of the divergence, on a scale from -``limit`` to ``limit`` per day."""
    return FieldStyle("divergence (day$^{-1}$)", "cmo.balance", Normalize(-limit, limit))


def make_shear_style(limit: float) -> FieldStyle:
    """Return the style of the shear, on a scale from 0 to ``limit`` per day."""
    return FieldStyle("shear (day$^{-1}$)", "cmo.amp", Normalize(0, limit), extend="max")


def make_mask_style() -> FieldStyle:
    """Return the style of a mask: sea ice in blue, the rest in grey."""
    colours = ListedColormap(["#d9d9d9", "#3b6ea5"])
    ticks = {0.25: "0", 0.75: "1"}
    return FieldStyle("mask (1 = sea ice)", colours, Normalize(0, 1), extend="neither", ticks=ticks)


def make_thickness_style(fields: Iterable[np.ndarray]) -> FieldStyle:
    """Return one style for all thickness fields of a figure: from 0 to their 99.5th percentile, in steps of 0.5 m."""
    top = _choose_top(fields, percentile=99.5, step=0.5)
    return FieldStyle("thickness (m)", "cmo.ice", Normalize(0, top), extend="max")


def make_spread_style(fields: Iterable[np.ndarray]) -> FieldStyle:
    """Return one style for all spread fields of a figure: from 0 to their 99th percentile, in steps of 0.1 m."""
    top = _choose_top(fields, percentile=99, step=0.1)
    return FieldStyle("spread (m)", "cmo.amp", Normalize(0, top), extend="max")


def make_laplacian_style(fields: Iterable[np.ndarray]) -> FieldStyle:
    """Return one symmetric style, up to the 98th percentile of the smoothest field.

    Values beyond that are artefacts or ridges.
    """
    limit = min(np.nanpercentile(np.abs(field), 98) for field in fields)
    return FieldStyle("Laplacian (mm km$^{-2}$)", "cmo.balance", Normalize(-limit, limit))


def make_class_style(label: str, colours: list[str]) -> FieldStyle:
    """Return the style of a field of class numbers 0, 1, 2, ... with a colour for each class."""
    edges = np.arange(len(colours) + 1) - 0.5
    return FieldStyle(label, ListedColormap(colours), BoundaryNorm(edges, len(colours)))


def _choose_top(fields: Iterable[np.ndarray], percentile: float, step: float) -> float:
    """Return the largest of the fields' percentiles, rounded up to a multiple of ``step``; at least ``step``."""
    known = [field[np.isfinite(field)] for field in fields]
    tops = [np.percentile(values, percentile) for values in known if values.size]
    return max(np.ceil(max(tops, default=0) / step), 1) * step
