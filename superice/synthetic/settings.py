"""The numbers of the virtual Arctic and of its instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from superice.utils.command_line import build_settings

PRODUCTS = ("cs2smos", "concentration", "drift")


@dataclass(frozen=True)
class IceSettings:
    """Thickness, concentration and drift of unbroken ice.

    Attributes:
        october_m, growth_m: mean thickness at the beginning of the season, and what it gains until the end.
        large_scale: deviation of the logarithm of the thickness over hundreds of km.
        texture, exponent, intermittency, concavity: the multi-scale part: its relative deviation, the exponent of its
            spectrum, how much its amplitude varies in space, and how much more it thins than it thickens.
        renewal_days: after which a texture has faded into another one.
        pack_concentration: of ice without leads.
        edge_heading_degrees: direction of the open ocean against x.
        edge_october_km, edge_april_km: where the edge stands along that direction, from the pole.
        marginal_km: width of the marginal ice zone.
        speed_km, memory_days: rms of the wandering drift in km/day, and its decorrelation time.
    """

    october_m: float = 1.45
    growth_m: float = 0.7
    large_scale: float = 0.36
    texture: float = 0.08
    exponent: float = 2.4
    intermittency: float = 0.2
    concavity: float = 0.75
    renewal_days: int = 60
    pack_concentration: float = 0.997
    edge_heading_degrees: float = -37.0
    edge_october_km: float = 760.0
    edge_april_km: float = 860.0
    marginal_km: float = 80.0
    speed_km: float = 6.0
    memory_days: float = 3.5


@dataclass(frozen=True)
class CrackSettings:
    """How the ice breaks.

    Attributes:
        per_day: new cracks in a day on 10^6 km².
        half_angle: between a crack and the axis of compression, degrees.
        shortest_km, longest_km, pareto: the distribution of lengths.
        width_km: of the opened line.
        depth, ridge: largest share of the thickness that is lost on the line, and gained beside it.
        open_water: largest share of the area that opens on the line.
        opening_km, shear_km: largest velocity jumps across the line, km/day.
        active_days: over which the jumps fade.
        refreezing_days: over which the open water closes.
        healing_days: over which the line fills by freezing and closing.
        memory_days: older cracks are forgotten.
    """

    per_day: float = 5.0
    half_angle: float = 32.0
    shortest_km: float = 40.0
    longest_km: float = 500.0
    pareto: float = 1.2
    width_km: float = 4.0
    depth: float = 0.95
    ridge: float = 0.1
    open_water: float = 0.5
    opening_km: float = 1.5
    shear_km: float = 4.0
    active_days: float = 1.5
    refreezing_days: float = 4.0
    healing_days: float = 15.0
    memory_days: int = 45


@dataclass(frozen=True)
class SatelliteSettings:
    """What the instruments see.

    Attributes:
        thickness_km, thickness_noise_m, thickness_noise_km: footprint of the weekly thickness analysis, deviation and
            correlation length of its error.
        concentration_km, concentration_noise: footprint, and deviation of the error as a fraction.
        drift_km, drift_noise_km: footprint, and deviation of each component's error over 48 h.
        coast_km: no drift nearer than this to land.
        polar_hole_degrees: no drift north of this latitude.
        rejected: share of the drift vectors that a filter removes.
    """

    thickness_km: float = 90.0
    thickness_noise_m: float = 0.06
    thickness_noise_km: float = 75.0
    concentration_km: float = 15.0
    concentration_noise: float = 0.008
    drift_km: float = 93.0
    drift_noise_km: float = 0.8
    coast_km: float = 40.0
    polar_hole_degrees: float = 87.6
    rejected: float = 0.01


@dataclass(frozen=True)
class SyntheticSettings:
    """The virtual Arctic.

    Attributes:
        seed: of everything random in it.
        margin_km: what is simulated around the region, so that footprints are complete at its border.
        ice, cracks, satellites: see there.
        missing: by product (cs2smos, concentration, drift), the days whose file is not delivered.
    """

    seed: int = 0
    margin_km: float = 144.0
    ice: IceSettings = field(default_factory=IceSettings)
    cracks: CrackSettings = field(default_factory=CrackSettings)
    satellites: SatelliteSettings = field(default_factory=SatelliteSettings)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, values: Mapping) -> SyntheticSettings:
        """Build from the configuration's section ``twin``. Raises InputError naming an unknown key."""
        kinds = {"ice": IceSettings, "cracks": CrackSettings, "satellites": SatelliteSettings}
        parts = {key: build_settings(kind, values.get(key, {}), f"twin.{key}") for key, kind in kinds.items()}
        return build_settings(cls, {**values, **parts}, "twin")
