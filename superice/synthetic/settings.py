"""Settings of the synthetic Arctic, of its instruments, and of the forced synthetic Arctic."""

from __future__ import annotations

from typing import ClassVar

from superice.utils.settings import Day, Number, Settings, declare


class IceSettings(Settings):
    """Thickness, concentration and drift of unbroken ice."""

    section: ClassVar[str] = "synthetic.ice"

    october_m: Number = declare(1.45, "Mean thickness at the beginning of the season.", "m")
    growth_m: Number = declare(0.7, "Growth of the mean thickness until the end of the season.", "m")
    large_scale: Number = declare(
        0.36, "Standard deviation of the logarithm of the thickness over hundreds of kilometres."
    )
    texture: Number = declare(0.08, "Relative standard deviation of the multi-scale part of the thickness.", "1")
    exponent: Number = declare(2.4, "Exponent of the spectrum of the multi-scale part.")
    intermittency: Number = declare(0.2, "How much the amplitude of the multi-scale part varies in space.")
    concavity: Number = declare(0.75, "How much more the multi-scale part thins the ice than it thickens it.")
    renewal_days: int = declare(60, "Time after which a texture has faded into another one.", "days")
    pack_concentration: Number = declare(0.997, "Concentration of ice without leads.", "1")
    edge_heading_degrees: Number = declare(-37.0, "Direction of the open ocean against the x axis.", "degrees")
    edge_october_km: Number = declare(
        760.0, "Distance of the ice edge from the pole along that direction in October.", "km"
    )
    edge_april_km: Number = declare(860.0, "Distance of the ice edge from the pole in April.", "km")
    marginal_km: Number = declare(80.0, "Width of the marginal ice zone.", "km")
    speed_km: Number = declare(6.0, "Root mean square of the varying drift.", "km/day")
    memory_days: Number = declare(3.5, "Decorrelation time of the drift.", "days")


class CrackSettings(Settings):
    """How the ice breaks."""

    section: ClassVar[str] = "synthetic.cracks"

    per_day: Number = declare(5.0, "New cracks in a day on 10^6 km2.", "day-1")
    half_angle: Number = declare(32.0, "Angle between a crack and the axis of compression.", "degrees")
    shortest_km: Number = declare(40.0, "Shortest crack.", "km")
    longest_km: Number = declare(500.0, "Longest crack.", "km")
    pareto: Number = declare(1.2, "Exponent of the distribution of lengths.")
    width_km: Number = declare(4.0, "Width of the opened line.", "km")
    depth: Number = declare(0.95, "Largest share of the thickness that is lost on the line.", "1")
    ridge: Number = declare(0.1, "Largest share of the thickness that is gained beside the line.", "1")
    open_water: Number = declare(0.5, "Largest share of the area that opens on the line.", "1")
    opening_km: Number = declare(1.5, "Largest jump of the velocity normal to the line.", "km/day")
    shear_km: Number = declare(4.0, "Largest jump of the velocity along the line.", "km/day")
    active_days: Number = declare(1.5, "Time over which the jumps fade.", "days")
    refreezing_days: Number = declare(4.0, "Time over which the open water closes.", "days")
    healing_days: Number = declare(15.0, "Time over which the line fills by freezing and closing.", "days")
    memory_days: int = declare(45, "Age at which cracks are forgotten.", "days")


class SatelliteSettings(Settings):
    """What the instruments observe."""

    section: ClassVar[str] = "synthetic.satellites"

    thickness_km: Number = declare(90.0, "Footprint of the weekly thickness analysis.", "km")
    thickness_noise_m: Number = declare(0.06, "Standard deviation of the thickness error.", "m")
    thickness_noise_km: Number = declare(75.0, "Correlation length of the thickness error.", "km")
    concentration_km: Number = declare(15.0, "Footprint of the concentration.", "km")
    concentration_noise: Number = declare(0.008, "Standard deviation of the concentration error.", "1")
    drift_km: Number = declare(93.0, "Footprint of the drift.", "km")
    drift_noise_km: Number = declare(0.8, "Standard deviation of the error of each component over 48 h.", "km")
    coast_km: Number = declare(40.0, "Distance from land below which there is no drift.", "km")
    polar_hole_degrees: Number = declare(87.6, "Latitude north of which there is no drift.", "degrees")
    rejected: Number = declare(0.01, "Share of the drift vectors that a filter removes.", "1")


class MissingFiles(Settings):
    """Days without the file of a product."""

    section: ClassVar[str] = "synthetic.missing"

    cs2smos: tuple[Day, ...] = declare((), "Days without a file of CS2SMOS.")
    concentration: tuple[Day, ...] = declare((), "Days without a file of the OSI SAF concentration.")
    drift: tuple[Day, ...] = declare((), "Days without a file of the OSI SAF drift.")


class SyntheticSettings(Settings):
    """The synthetic Arctic."""

    section: ClassVar[str] = "synthetic"

    seed: int = declare(0, "Seed of everything that is random in it.", ge=0)
    margin_km: Number = declare(
        144.0, "Margin that is simulated around the region, so that footprints are complete at its border.", "km"
    )
    ice: IceSettings = declare(IceSettings(), "Thickness, concentration and drift of unbroken ice.")
    cracks: CrackSettings = declare(CrackSettings(), "How the ice breaks.")
    satellites: SatelliteSettings = declare(SatelliteSettings(), "What the instruments observe.")
    missing: MissingFiles = declare(MissingFiles(), "Days without the file of a product.")


class WeatherSettings(Settings):
    """Wind and air temperature of the forced synthetic Arctic."""

    section: ClassVar[str] = "surrogate.synthetic.weather"

    wind: Number = declare(7.0, "Root mean square of the wind.", "m s-1")
    wind_memory_days: Number = declare(2.0, "Decorrelation time of the wind.", "days")
    shortest_km: Number = declare(900.0, "Shortest wavelength of the weather systems.", "km")
    longest_km: Number = declare(2400.0, "Longest wavelength of the weather systems.", "km")
    modes: int = declare(10, "Number of weather systems.")
    winter: Number = declare(-31.0, "Mean temperature of the coldest day.", "degrees Celsius")
    summer: Number = declare(0.0, "Mean temperature of the warmest day.", "degrees Celsius")
    anomaly: Number = declare(4.0, "Standard deviation of the temperature of the systems.", "K")
    anomaly_memory_days: Number = declare(4.0, "Decorrelation time of that temperature.", "days")
    yearly: Number = declare(1.0, "Standard deviation of the temperature from year to year.", "K")
    ocean: Number = declare(2.0, "Temperature over the open ocean.", "degrees Celsius")
    ocean_heading_degrees: Number = declare(-37.0, "Direction of the open ocean against the x axis.", "degrees")
    ocean_km: Number = declare(760.0, "Distance of the open ocean from the pole along that direction.", "km")
    front_km: Number = declare(60.0, "Width of the change from pack to ocean.", "km")


class ForcedIceSettings(Settings):
    """How the ice of the forced synthetic Arctic responds to the weather."""

    section: ClassVar[str] = "surrogate.synthetic.ice"

    first_m: Number = declare(1.8, "Mean thickness of the first moment.", "m")
    drift_ratio: Number = declare(0.018, "Ratio of the drift to the wind.", "1")
    turning_degrees: Number = declare(20.0, "Angle of the drift to the right of the wind.", "degrees")
    pressure: Number = declare(0.9, "Share of the drift's convergence that the pack withstands.", "1")
    yielding_m: Number = declare(3.0, "Thickness at which half of the drift is left.", "m")
    coast_km: Number = declare(60.0, "Distance over which the drift ends at the coast.", "km")
    insulation_m: Number = declare(0.35, "Thickness of ice that insulates as well as the snow and the air above.", "m")
    melting: Number = declare(0.007, "Melting for each degree above freezing.", "m day-1 K-1")
    erosion: Number = declare(
        5e-4, "Melting below a metre of ice; it grows with the square of the thickness.", "m day-1"
    )
    cracks: Number = declare(24.0, "Cracks in a day on 10^6 km2 where the drift is sheared by 0.05 day-1.", "day-1")
    half_angle: Number = declare(32.0, "Angle between a crack and the axis of compression.", "degrees")
    shortest_km: Number = declare(60.0, "Shortest crack.", "km")
    longest_km: Number = declare(600.0, "Longest crack.", "km")
    pareto: Number = declare(1.2, "Exponent of the distribution of lengths.")
    width_km: Number = declare(7.0, "Width of a zone of leads.", "km")
    healing_days: Number = declare(8.0, "Time over which cracks and ridges even out.", "days")
    depth: Number = declare(0.5, "Largest share of the ice that is pushed from a crack onto its flanks.", "1")


class ForcedRunSettings(Settings):
    """The forced synthetic Arctic, a source of the surrogate."""

    section: ClassVar[str] = "surrogate.synthetic"

    seed: int = declare(0, "Seed of everything that is random in it.", ge=0)
    refinement: int = declare(
        2, "Its cells along a cell of the region: smaller cells smooth the ice less at each step.", ge=1
    )
    degrees: tuple[Number, Number] = declare(
        (0.5, 2.0), "Steps in latitude and longitude of the weather's points.", "degrees"
    )
    new_layout_from: int = declare(2017, "First year that is written in ERA5's new layout.")
    ice: ForcedIceSettings = declare(ForcedIceSettings(), "How the ice responds to the weather.")
    weather: WeatherSettings = declare(WeatherSettings(), "Wind and air temperature.")
