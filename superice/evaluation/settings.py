"""Settings of the scores, of their confidence intervals, and of the choice among trainings."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from superice.utils.settings import Number, Settings, declare

Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]


class ScoreSettings(Settings):
    """How a date is scored."""

    section: ClassVar[str] = "scores"

    fine_band_km: tuple[Number, Number] = declare(
        (6.0, 20.0), "Shortest and longest wavelength of the fine-scale spectral ratio.", "km"
    )
    medium_band_km: tuple[Number, Number] = declare(
        (20.0, 80.0), "Shortest and longest wavelength of the medium-scale spectral ratio.", "km"
    )
    window: Literal["hann"] | None = declare("hann", "Window of the spectra; null for none.")
    smallest_window_km: Number = declare(120.0, "Side of the smallest square of ice that gives a spectrum.", "km", gt=0)
    thickness_thresholds_m: tuple[Number, ...] = declare(
        (0.5, 1.0, 2.0), "Thicknesses of which the probability of exceedance is tested for reliability.", "m"
    )
    rank_thinning: int = declare(5, "Distance in y and x of the pixels of the rank histogram.", "pixels", ge=1)
    spread_edges_m: tuple[Number, ...] = declare(
        (0, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0),
        "Borders of the classes of spread in which the error is computed.",
        "m",
    )
    pack_concentration: Share = declare(0.8, "Low-resolution concentration above which ice is pack ice.", "1")
    marginal_concentration: Share = declare(
        0.15, "Low-resolution concentration above which other ice is the marginal zone.", "1"
    )
    thin_ice_m: tuple[Positive, ...] = declare(
        (0.5, 1.0), "Thicknesses below which ice is thin, for the fractions skill score.", "m"
    )
    fractions_widths_km: tuple[Positive, ...] = declare(
        (3.0, 15.0, 45.0, 93.0), "Widths of the boxes of the fractions skill score.", "km"
    )
    quantiles: tuple[Share, ...] = declare(
        (0.01, 0.02, 0.05, 0.1, 0.25, 0.5), "Probabilities of the quantiles of thickness over ice.", "1"
    )
    lead_thickness_m: Number = declare(
        0.3, "Cell-mean thickness below which a pixel counts as open or thinly frozen.", "m", gt=0
    )
    lead_share: Share = declare(
        0.5, "A lead is thinner than this share of the mean thickness in the box around it.", "1"
    )
    lead_window_km: Number = declare(33.0, "Width of that box.", "km", gt=0)
    lead_shortest_km: Number = declare(15.0, "Length from which a lead counts as a line.", "km", gt=0)
    coherence_window_km: Number = declare(
        45.0, "Width of the boxes in which the energies of the two bands are compared.", "km", gt=0
    )
    scale_widths_km: tuple[Positive, ...] = declare(
        (3.0, 15.0, 45.0, 90.0, 300.0), "Widths of the boxes over which means are scored.", "km"
    )
    scale_known_share: Share = declare(0.5, "Share of a box's cells that must be known for its mean to be scored.", "1")
    scale_kept_from_km: Number = declare(
        45.0, "Width from which the box means of all members are kept, which means over several days need.", "km", gt=0
    )
    scale_days: tuple[Annotated[int, Field(ge=2)], ...] = declare(
        (7, 30), "Lengths of the periods over which means are scored, beside single days.", "days"
    )
    thickness_classes_m: tuple[Positive, ...] = declare(
        (0.5, 1.0, 1.5, 2.0, 3.0), "Borders of the classes of low-resolution thickness that are scored apart.", "m"
    )
    coast_km: Number = declare(25.0, "Width of the strip along the coast that is scored apart.", "km", gt=0)
    ssim: bool = declare(False, "Whether the structural similarity is computed.")
    seed: int = declare(0, "Seed of the ranks that ties get at random.", ge=0)


class BootstrapSettings(Settings):
    """How dates are redrawn for the confidence intervals."""

    section: ClassVar[str] = "bootstrap"

    block_days: int = declare(
        7, "Length of the blocks that are redrawn together; 7 is a week from Monday.", "days", ge=1
    )
    resamples: int = declare(2000, "How often the blocks are redrawn.", ge=1)
    seed: int = declare(0, "Seed of the resampling.", ge=0)


class SelectionSettings(Settings):
    """What a training is judged on when one of several is chosen."""

    section: ClassVar[str] = "selection"

    days: int = declare(12, "Validation days that a training is judged on, evenly spread.", "days", ge=1)
    members: int = declare(10, "Members that are drawn for each of these days.", "members", ge=2)


class VolumeSettings(Settings):
    """What volumes are computed of."""

    section: ClassVar[str] = "volume"

    regions: str | None = declare(
        None,
        "GeoJSON file of polygons in longitude and latitude, looked for beside the configuration file that names it, then "
        "from where Snakemake is started; null for the package's own seas of the Arctic.",
    )
    named_by: str = declare(
        "name", "Property of the polygons that names their region; `sector` groups the package's seas."
    )
    thin_ice_m: tuple[Positive, ...] = declare(
        (0.5, 1.0), "Thicknesses below which the area of thin ice is computed.", "m"
    )
