"""Settings of the features: when a pixel is ice, and how the model's and the observed fields become inputs."""

from __future__ import annotations

import json
from typing import ClassVar, Literal

from superice.utils.settings import Number, Settings, declare, dump_settings


class LowResolution(Settings):
    """How the model's fields lose their resolution."""

    section: ClassVar[str] = "features.low_resolution"

    method: Literal["boxes", "satellites"] = declare(
        "boxes", "Box filters (report, section 2), or interpolation to the products' own grids and back."
    )
    concentration_km: Number = declare(15.0, "Width of the box of the concentration.", "km", gt=0)
    thickness_km: Number = declare(90.0, "Width of the box of the thickness.", "km", gt=0)
    deformation_km: Number = declare(120.0, "Width of the box of divergence and shear.", "km", gt=0)


class ObservationSettings(Settings):
    """How satellite products become features."""

    section: ClassVar[str] = "features.observations"

    thickness_kind: Literal["in_ice", "cell_mean"] = declare(
        "in_ice", "What the thickness product holds: the thickness of the ice itself, or the mean over the cell."
    )
    regridding: Literal["spline", "gauss"] = declare("spline", "How native fields are brought to the target grid.")
    smoothing_sigma: Number = declare(
        1.0, "Width of the 5 x 5 Gaussian filter of the report's section 8.2; 0 for no smoothing.", "pixels", ge=0
    )
    contour_cells: int = declare(
        2, "Side of the contours along which deformation is computed; 2 cells are 125 km.", "cells of the drift", ge=1
    )
    contour_points: int | None = declare(None, "Drift vectors that a contour needs; null for all of them.", ge=3)


class FeatureSettings(Settings):
    """When a pixel is ice, the floor of the deformation, and the settings of both branches."""

    section: ClassVar[str] = "features"

    sic_threshold: Number = declare(0.15, "Concentration above which a pixel counts as ice.", "1", ge=0, lt=1)
    deformation_floor: Number = declare(
        1e-4, "Smallest deformation; smaller values are raised to it before the logarithm.", "day-1", ge=1e-6
    )
    low_resolution: LowResolution = declare(LowResolution(), "How the model's fields lose their resolution.")
    observations: ObservationSettings = declare(ObservationSettings(), "How satellite products become features.")
    neighbouring_days: int = declare(
        0,
        "Days from a date to those before and after it whose concentrations its features hold as well; 0 for none.",
        "days",
        ge=0,
    )


def describe_feature_settings(settings: FeatureSettings) -> str:
    """Return the settings as JSON, an attribute of feature files; neighbouring days only where there are some."""
    content = dump_settings(settings)
    return json.dumps({key: value for key, value in content.items() if value or key != "neighbouring_days"})
