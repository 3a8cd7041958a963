"""Draw errors of the observed inputs, anew for each member, so that an ensemble contains what the products do not know.

A member that is drawn from inexact inputs as if they were exact is as wrong as they are, together with all other members:
sums over many pixels then look far too certain. Here each member has inputs of its own, the product's fields plus
errors with the correlation lengths of the product.

An error depends on the seed, the date and the member alone: its noise (`network.smooth_noise`) is drawn on the CPU. The
correlation has a length of its own, about 1.4 times that of the smoothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from superice.features.day import Features
from superice.inference.noise import MemberNoise
from superice.inference.settings import InputErrors, SamplerSettings
from superice.network.settings import ErrorParts
from superice.network.smooth_noise import Draw, draw_smooth_noise
from superice.utils.settings import dump_settings

STATED = {"sic": "sic_uncertainty", "sit": "sit_uncertainty", "deformation": "divergence_uncertainty"}


def perturb_members(
    features: Features, sampler: SamplerSettings, seed: int, members: Sequence[int | str], pixel_km: float
) -> list[Features]:
    """Return the features of each member: those of the day with errors of the member's own.

    The noise of the errors has the sampler's memory of the days before. ``pixel_km`` is the spacing of the grid.
    """
    streams = [f"inputs of {member}" for member in members]
    noise = MemberNoise(seed, features.date, streams, features.sit.shape, torch.device("cpu"), sampler.memory_days)
    errors = draw_errors(sampler.input_errors, features, noise.draw, pixel_km)
    for name in errors:
        errors[name] *= measure_scale(name, features, sampler.input_errors)
    return [perturb(features, {name: fields[at] for name, fields in errors.items()}) for at in range(len(members))]


def simulate_observation(
    features: Features, errors: InputErrors, pixel_km: float, smoothing: Mapping[str, float] | None = None
) -> Features:
    """Return exact features of the model as products with such errors would show them; the truth stays what it is.

    Inputs named in ``smoothing`` ("sic", "sit") are then smoothed by Gaussians of these standard deviations (km). The
    errors depend on the date alone, and are independent of those of the members that are drawn from the result.
    """
    from superice.fields.regridding import smooth_as_product  # whoever only draws members needs no scipy

    noise = MemberNoise(0, features.date, ["product"], features.sit.shape, torch.device("cpu"))
    drawn = draw_errors(errors, features, noise.draw, pixel_km)
    seen = perturb(features, {name: fields[0] for name, fields in drawn.items()})
    widths = {name: width / pixel_km for name, width in (smoothing or {}).items()}
    smooth: dict[str, Any] = {name: smooth_as_product(getattr(seen, name), width) for name, width in widths.items()}
    others = {name: smooth_as_product(values, widths.get("sic", 0)) for name, values in seen.neighbours.items()}
    return replace(seen, **smooth, neighbours=others, observed=True)


def list_parts(features: Features, errors: InputErrors) -> dict[str, ErrorParts]:
    """Return the parts of the errors that inputs have, by their names: of other days' concentrations those of the date's."""
    return errors.parts | {name: errors.sic for name in features.neighbours if errors.sic}


def draw_errors(errors: InputErrors, features: Features, draw: Draw, pixel_km: float) -> dict[str, np.ndarray]:
    """Draw the errors of several members; those of different days are independent.

    Parameters
    ----------
    errors
        Their parts.
    features
        Of the day.
    draw
        Draws white noise (member, 1, rows, columns) of the shape (rows, columns).
    pixel_km
        Spacing of the grid.

    Returns
    -------
    dict[str, np.ndarray]
        By the name of the input, float32 (member, y, x).
    """
    drawn = {}
    for name, parts in list_parts(features, errors).items():
        fields = [
            deviation * draw_smooth_noise(features.sit.shape, length / pixel_km, draw) for length, deviation in parts
        ]
        drawn[name] = torch.stack(fields).sum(dim=0)[:, 0].numpy()
    return drawn


def measure_scale(name: str, features: Features, errors: InputErrors) -> np.ndarray | np.float32:
    """Return the factor that makes errors of an input as large as its product states, float32 (y, x).

    It is 1 where the product states nothing, as of the concentrations of other days, and everywhere unless the products'
    sizes are asked for. A deviation of the deformation is taken to that of its logarithm, at most that of twice the
    deformation.
    """
    stated = features.uncertainties.get(STATED.get(name, "")) if errors.sizes == "products" else None
    if stated is None:
        return np.float32(1)
    deviation = errors.products_factor * stated
    if name == "deformation":
        with np.errstate(invalid="ignore"):
            deviation = np.log10(1 + deviation / np.maximum(features.deformation, deviation))
    configured = math.hypot(*(size for _, size in errors.parts[name]))
    return np.where(np.isfinite(deviation), deviation / configured, 1).astype(np.float32)


def describe_input_errors(features: Features, errors: InputErrors) -> dict[str, str]:
    """Return the attributes of an ensemble that say which errors its inputs have; none where they have none.

    They are the errors as configured, and where the sizes come from: of each input, its product or the configuration.
    """
    if not (features.observed and errors.parts):
        return {}
    stated = [name for name in errors.parts if np.ndim(measure_scale(name, features, errors))]
    sizes = [f"{name}: {'product' if name in stated else 'configured'}" for name in errors.parts]
    return {"input_errors": json.dumps(dump_settings(errors)), "input_error_sizes": ", ".join(sizes)}


def perturb(features: Features, errors: dict[str, np.ndarray]) -> Features:
    """Return the features with ``errors`` (y, x), by the name of the input, within their physical limits.

    An error of the deformation is one of its logarithm (log10), so that divergence and shear are multiplied by the same.
    """
    changed: dict[str, Any] = {}
    if "sic" in errors:
        changed["sic"] = np.clip(features.sic + errors["sic"], 0, 1)
    if "sit" in errors:
        changed["sit"] = np.maximum(features.sit + errors["sit"], 0)
    if "deformation" in errors:
        factor = 10 ** errors["deformation"]
        changed |= {"divergence": factor * features.divergence, "shear": factor * features.shear}
    others = {
        name: np.clip(values + errors[name], 0, 1) for name, values in features.neighbours.items() if name in errors
    }
    return replace(features, **changed, neighbours={**features.neighbours, **others})
