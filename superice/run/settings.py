"""The sections of the configuration, composed of the settings of every package."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema, WrapValidator

from superice.dataset.settings import PublicationSettings, SummarySettings
from superice.evaluation.settings import BootstrapSettings, ScoreSettings, SelectionSettings, VolumeSettings
from superice.features.settings import FeatureSettings
from superice.fields.area_around import AreaAround
from superice.inference.settings import DEFAULT_SEED, SamplerSettings
from superice.network.settings import (
    DiffusionSettings,
    FormulationSettings,
    NetworkSettings,
    NoisePredictionSettings,
    PartialDiffusion,
    PreconditionedSettings,
)
from superice.surrogate.settings import (
    ForecastSettings,
    InputSettings,
    LossSettings,
    RestorationSettings,
    SurrogateNetworkSettings,
    SurrogateTrainingSettings,
)
from superice.synthetic.settings import ForcedRunSettings, SyntheticSettings
from superice.training.settings import TrainingSettings
from superice.utils.settings import Day, Distinct, Number, RuleBroken, Settings, declare, drop_keys, make_partial

Name = Annotated[str, Field(pattern="^[a-z0-9_]+$")]
Split = Literal["training", "validation", "test"]
Seed = Annotated[int, Field(ge=0)]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$", json_schema_extra={"format": "month-day"})]
Year = Annotated[int, Field(ge=1950, le=2100)]
Years = tuple[Year, Year]

# What holds YYYY/MM/ at a provider, without a user name or a password, or a data set of Copernicus Marine.
Address = Annotated[
    str,
    Field(pattern=r"^((https?|ftps?)://[^/@]+(/.*)?|copernicusmarine:.+)$", json_schema_extra={"format": "address"}),
]
Addresses = Annotated[tuple[Address, ...], Field(min_length=1)]

BRANCHES = ("model", "observations")
AUTO = "auto"  # instead of days: the run chooses them from its own


def _accept_auto(value: Any, validate: Any) -> Any:
    """Return the word ``auto`` as it is; anything else must be a list of days or null."""
    return value if value == AUTO else validate(value)


_DAYS_SCHEMA = {"type": "array", "items": {"type": "string", "format": "date"}}
ChosenDays = Annotated[
    tuple[Day, ...] | None,
    WrapValidator(_accept_auto),
    PlainSerializer(lambda value: value),
    WithJsonSchema({"anyOf": [{"const": AUTO}, _DAYS_SCHEMA, {"type": "null"}]}),
]
"""Days, ``auto`` for days of the run's own, or null for none."""

ChosenDay = Annotated[
    Annotated[tuple[Day, ...], Field(max_length=1)] | None,
    WrapValidator(_accept_auto),
    PlainSerializer(lambda value: value),
    WithJsonSchema({"anyOf": [{"const": AUTO}, _DAYS_SCHEMA | {"maxItems": 1}, {"type": "null"}]}),
]
"""As ``ChosenDays``, with at most one day."""


class GridSettings(Settings):
    """The target grid."""

    section: ClassVar[str] = "grid"

    areas: str | None = declare(
        None,
        "File of area definitions, looked for beside the configuration file that names it, then from where Snakemake is "
        "started; null for the package's own.",
    )
    area: str = declare("superice", "Name of the target grid in it.")
    around: AreaAround | None = declare(None, "The target grid by its place, instead of a name.")


class SeasonSettings(Settings):
    """First and last day of a freezing season."""

    section: ClassVar[str] = "calendar.season"

    first: MonthDay = declare("10-18", "First day of a freezing season, MM-DD.")
    last: MonthDay = declare("04-15", "Last day of a freezing season, MM-DD.")


class PeriodSettings(Settings):
    """A period, first and last day included; its days outside the freezing season are left out."""

    section: ClassVar[str] = "calendar"

    first: Day = declare(..., "First day, YYYY-MM-DD.")
    last: Day = declare(..., "Last day, YYYY-MM-DD.")
    every: int = declare(
        None,
        "Distance of its days, instead of calendar.every; counted from the first day of the season, not of the period.",
        "days",
        ge=1,
    )


class CalendarSettings(Settings):
    """The days of a run."""

    section: ClassVar[str] = "calendar"

    season: SeasonSettings = declare(SeasonSettings(), "First and last day of a freezing season.")
    every: int = declare(1, "Distance of the days, counted from the first day of the freezing season.", "days", ge=1)
    training: PeriodSettings | None = declare(None, "Days of the training split; null for none.")
    validation: PeriodSettings | None = declare(None, "Days of the validation split; null for none.")
    test: PeriodSettings | None = declare(None, "Days of the test split; null for none.")
    observations: PeriodSettings | None = declare(None, "Days of the observed branch; null for none.")
    gaps: tuple[Day, ...] = declare((), "Days that no source has.")


class ModelSource(Settings):
    """Where the model's files come from."""

    section: ClassVar[str] = "sources.model"

    kind: Literal["synthetic", "moorings", "cmems", "archive"] = declare("moorings", "Kind of the model's files.")
    folder: str = declare("data/nextsim", "Folder of the files.")
    addresses: Addresses = declare(
        None, "Addresses from which a source of kind cmems fetches files that the folder lacks."
    )
    resample: bool = declare(False, "Whether files on another grid are interpolated; otherwise they are refused.")


class ProductAddresses(Settings):
    """Addresses of the providers of each product, in the order in which they are tried."""

    section: ClassVar[str] = "sources.observations.addresses"

    cs2smos: Addresses = declare(
        (
            "ftp://ftp.awi.de/sea_ice/product/cryosat2_smos/v206/nh",
            "ftp://ftp.awi.de/sea_ice/product/cryosat2_smos/v205/nh",
        ),
        "Addresses of CS2SMOS.",
    )
    concentration: Addresses = declare(
        (
            "https://thredds.met.no/thredds/fileServer/osisaf/met.no/ice/conc",
            "ftp://osisaf.met.no/archive/ice/conc",
        ),
        "Addresses of the OSI SAF concentration.",
    )
    drift: Addresses = declare(
        (
            "https://thredds.met.no/thredds/fileServer/osisaf/met.no/ice/drift_lr/merged",
            "ftp://osisaf.met.no/archive/ice/drift_lr/merged",
        ),
        "Addresses of the OSI SAF drift.",
    )


class ObservationSource(Settings):
    """Where the satellite products come from."""

    section: ClassVar[str] = "sources.observations"

    kind: Literal["synthetic", "folder", "download"] = declare(
        "folder", "Kind of the source; download first fetches what the folders lack."
    )
    cs2smos: str = declare("data/cs2smos", "Folder of CS2SMOS files.")
    concentration: str = declare("data/osisaf_concentration", "Folder of OSI SAF concentration files.")
    drift: str = declare("data/osisaf_drift", "Folder of OSI SAF drift files.")
    addresses: ProductAddresses = declare(ProductAddresses(), "Addresses of the providers.")


class InSituSource(Settings):
    """Where measurements of buoys, sonars and others come from."""

    section: ClassVar[str] = "sources.in_situ"

    kind: Literal["synthetic", "folder"] = declare(
        "folder", "Kind of the source; synthetic are virtual buoys and a submarine in the synthetic Arctic."
    )
    folder: str = declare("data/in_situ", "Folder of their files, searched with all its subfolders.")


class SourceSettings(Settings):
    """Where the raw files come from."""

    section: ClassVar[str] = "sources"

    model: ModelSource = declare(ModelSource(), "Where the model's files come from.")
    observations: ObservationSource = declare(ObservationSource(), "Where the satellite products come from.")
    in_situ: InSituSource | None = declare(
        None,
        "Where measurements come from with which the ensembles drawn from observations are compared; null for none.",
    )


class EnsembleSettings(Settings):
    """Which ensembles are drawn."""

    section: ClassVar[str] = "ensembles"

    seed: Seed = declare(DEFAULT_SEED, "Seed of the ensembles.")
    splits: Annotated[tuple[Split, ...], Distinct] = declare(
        ("validation", "test"), "Splits of which the ensembles are drawn from model features."
    )
    every: int = declare(1, "Every n-th day of each split, and of the observed days, has an ensemble.", ge=1)
    observations: bool = declare(True, "Whether ensembles are drawn from observations.")
    keep: Literal["members", "summary", "both"] = declare(
        "members",
        "What is kept of the published experiment's ensembles: the members, a summary of each date, or both; with summary"
        " the members are deleted once scores and figures are made. Of other experiments the members are kept.",
    )
    summary: SummarySettings = declare(SummarySettings(), "What a summary tells of the members.")


def _check_patch(diffusion: FormulationSettings, training: TrainingSettings) -> None:
    """Raise RuleBroken where the patches of a training are too small for the loss."""
    smallest = diffusion.smallest_patch
    if training.patch and min(training.patch) < smallest:
        rows, columns = training.patch
        raise RuleBroken(
            "training",
            f"patch needs at least {smallest} rows and columns with diffusion.equivariance_weight above 0"
            f" (found {rows} x {columns})",
        )


class ExperimentSettings(Settings):
    """A training and the ensembles that are drawn with it."""

    section: ClassVar[str] = "experiment"

    features: str = declare(
        None, "Feature set that the experiment is trained on and draws from; absent for the run's own."
    )
    weights: str = declare(
        None, "A weights file, or released for that of the package; the experiment is not trained then."
    )
    trained_as: str = declare(None, "Another experiment, whose trainings and other settings are taken over.")
    seed: Seed = declare(None, "With trained_as: which of its trainings is used; absent for the chosen one.")
    baseline: Literal["cubic", "correlated_noise"] = declare(
        None, "Members without a network; then only features, ensembles and sampler.members count."
    )
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), Distinct] = declare((0, 1, 2), "Seeds of the trainings.")
    network: NetworkSettings = declare(NetworkSettings(), "The shape of the network.")
    diffusion: DiffusionSettings = declare(NoisePredictionSettings(), "The formulation and its numbers.")
    training: TrainingSettings = declare(TrainingSettings(), "How the network is trained.")
    sampler: SamplerSettings = declare(SamplerSettings(), "How members are drawn.")
    ensembles: EnsembleSettings = declare(EnsembleSettings(), "Which ensembles are drawn.")

    def check_rules(self) -> None:
        """Raise RuleBroken where the patches are too small for the loss."""
        _check_patch(self.diffusion, self.training)


class PartialExperiment(make_partial(ExperimentSettings)):  # type: ignore[misc]
    """An experiment, which states only what differs from the defaults."""

    diffusion: PartialDiffusion = declare(None, "The formulation and its numbers.")


PartialFeatures: Any = make_partial(FeatureSettings)


class StudySettings(Settings):
    """Experiments that differ in one key."""

    section: ClassVar[str] = "studies.compared"

    varies: str = declare(..., "The key in which the experiments differ, such as sampler.steps.")
    experiments: Annotated[tuple[str, ...], Field(min_length=1), Distinct] = declare(..., "The experiments, in order.")
    dates: Annotated[tuple[Day, ...], Field(min_length=1)] = declare(
        None, "Days, instead of studies.days; each must be a day of the model."
    )
    preferred_dates: Annotated[tuple[Day, ...], Field(min_length=1)] = declare(
        None,
        "Days, instead of studies.days, where the model has all of them; otherwise as many days of the split.",
    )


class StudiesSettings(Settings):
    """Which experiments `studies` compares, and on which days."""

    section: ClassVar[str] = "studies"

    split: Split = declare("validation", "Split of the days.")
    days: int = declare(12, "Days of the split, evenly spread, on which experiments are compared.", "days", ge=1)
    final: str = declare("seed_0", "The experiment that the figures mark.")
    compared: dict[Name, StudySettings | None] | None = declare(
        {}, "The studies by name; null for none, and instead of a study to leave it out."
    )


class FigureDays(Settings):
    """Days that `auto` takes for a kind of figure where the run has all of them."""

    section: ClassVar[str] = "figures.preferred"

    members: Annotated[tuple[Day, ...], Field(max_length=1)] = declare((), "For figures.members.")
    model: tuple[Day, ...] = declare((), "For figures.model.")
    observations: tuple[Day, ...] = declare((), "For figures.observations.")
    smoothing: tuple[Day, ...] = declare((), "For figures.smoothing.")


class FigureSettings(Settings):
    """What the figures show. `auto` takes the preferred days, or the first, middle and last (of one: middle) of the run."""

    section: ClassVar[str] = "figures"

    members: ChosenDay = declare(AUTO, "Day of three members and their inputs; null for none.")
    model: ChosenDays = declare(AUTO, "Days of the maps against the truth; null for none.")
    observations: ChosenDays = declare(AUTO, "Days of the maps of ensembles drawn from observations; null for none.")
    smoothing: ChosenDays = declare(AUTO, "Observed days on which feature sets are compared; null for none.")
    preferred: FigureDays = declare(FigureDays(), "Days that auto takes where the run has all of them.")
    smoothing_sets: tuple[str, ...] = declare((), "Feature sets that are shown beside the run's own on those days.")
    shift_sets: tuple[str, ...] = declare(
        (), "Feature sets of which model features are shown beside the observed ones."
    )


class SurrogateSource(Settings):
    """Where the surrogate's thickness and forcings come from."""

    section: ClassVar[str] = "surrogate.source"

    kind: Literal["synthetic", "folder"] = declare("folder", "Kind of the source.")
    thickness: str = declare("data/nextsim_12km", "Folder of neXtSIM files.")
    forcings: str = declare("data/era5", "Folder of ERA5 files.")
    resample: bool = declare(True, "Whether thickness on another grid is interpolated; otherwise it is refused.")
    interpolation: Literal["nearest", "bilinear"] = declare("nearest", "Interpolation of the forcings.")


class YearSettings(Settings):
    """The years of each split, first and last included."""

    section: ClassVar[str] = "surrogate.years"

    training: Years = declare((2009, 2016), "First and last year of the training.")
    validation: Years = declare((2017, 2017), "First and last year of the validation.")
    test: Years = declare((2018, 2018), "First and last year of the test.")


class SurrogateExperiment(Settings):
    """A training of the surrogate."""

    section: ClassVar[str] = "surrogate.experiment"

    seed: Seed = declare(0, "Seed of the training.")
    inputs: InputSettings = declare(InputSettings(), "Which fields the network reads.")
    network: drop_keys(SurrogateNetworkSettings, "inputs") = declare(  # type: ignore[valid-type]
        drop_keys(SurrogateNetworkSettings, "inputs")(), "The shape of the network."
    )
    loss: LossSettings = declare(LossSettings(), "The loss of a step.")
    training: SurrogateTrainingSettings = declare(SurrogateTrainingSettings(), "How the surrogate is trained.")


class SeasonForecast(Settings):
    """The long run."""

    section: ClassVar[str] = "surrogate.season"

    start: Day = declare("2018-01-01", "First day.")
    steps: int = declare(720, "Number of steps.", "steps", ge=1)
    every: int = declare(4, "Distance of the states that are kept.", "steps", ge=1)

    def check_rules(self) -> None:
        """Raise RuleBroken where no state would be kept."""
        if self.every > self.steps:
            raise RuleBroken("every", f"at most the number of steps, {self.steps} (found {self.every})")


class RestorationSection(RestorationSettings):
    """How the network of the report restores the scales that a roll-out smooths out, and that network."""

    network: NetworkSettings = declare(
        NetworkSettings(depth=2, inputs=("sit",), embedding_frequencies=(0.25, 16.0)), "The shape of the network."
    )
    diffusion: DiffusionSettings = declare(PreconditionedSettings(), "The formulation and its numbers.")
    training: TrainingSettings = declare(
        TrainingSettings(
            epochs=100, batch=8, patch=(256, 256), patches_per_day=4, rotate_and_flip=True, schedule="cosine",
            clip_gradient=1.0,
        ),
        "How the network is trained.",
    )  # fmt: skip
    sampler: SamplerSettings = declare(
        SamplerSettings(name="stochastic_multistep", steps=8, noise_scale=1.1), "How members are drawn."
    )

    def check_rules(self) -> None:
        """Raise RuleBroken for small patches, inputs that a forecast lacks, and a factor of the noise to be chosen."""
        super().check_rules()
        _check_patch(self.diffusion, self.training)
        if self.network.inputs != ("sit",):
            raise RuleBroken(
                "network", f"inputs must be sit alone, as a forecast holds no more (found {self.network.inputs})"
            )
        if self.sampler.awaits_noise_scale:
            raise RuleBroken("sampler", "noise_scale must be a number here (found validation)")


class SurrogateSettings(Settings):
    """The second branch of the workflow: an emulator of neXtSIM thickness."""

    section: ClassVar[str] = "surrogate"

    area: str = declare("surrogate", "The model's grid, an area of grid.areas.")
    source: SurrogateSource = declare(SurrogateSource(), "Where thickness and forcings come from.")
    hours: Number = declare(6, "Time from one moment of thickness and forcings to the next.", "h", gt=0)
    first_hour: Number = declare(
        0,
        "Hour in UTC of the first moment of each day, less than hours: 3 for means over 6 h whose times are their middles.",
        "h",
        ge=0,
    )
    years: YearSettings = declare(YearSettings(), "The years of each split.")
    defaults: SurrogateExperiment = declare(SurrogateExperiment(), "What all experiments of the surrogate share.")
    experiments: dict[Name, make_partial(SurrogateExperiment)] = declare(  # type: ignore[valid-type]
        {}, "Experiments of the surrogate, each stating only what differs."
    )
    run: tuple[str, ...] = declare((), "Experiments that `surrogate` makes.")
    chosen: str = declare("with_forcings", "The experiment of the maps, the long run and the restoration.")
    climatology_days: int = declare(1, "Width of the window over days of the climatology, odd.", "days", ge=1)
    forecasts: ForecastSettings = declare(ForecastSettings(), "What is forecast, and how it is scored.")
    season: SeasonForecast = declare(SeasonForecast(), "The long run.")
    restoration: RestorationSection = declare(RestorationSection(), "How lost scales are restored.")
    synthetic: ForcedRunSettings = declare(ForcedRunSettings(), "The forced synthetic Arctic.")

    def check_rules(self) -> None:
        """Raise RuleBroken where every day would not have the same moments, and for a window that has no middle."""
        if 24 % self.hours:
            raise RuleBroken("hours", f"a divisor of 24, as every day has the same moments (found {self.hours})")
        if self.first_hour >= self.hours:
            raise RuleBroken("first_hour", f"less than hours, {self.hours} (found {self.first_hour})")
        if self.climatology_days % 2 == 0:
            raise RuleBroken(
                "climatology_days", f"an odd number, so that its day is in the middle (found {self.climatology_days})"
            )


class RunSettings(Settings):
    """The configuration of a run."""

    section: ClassVar[str] = ""

    include: tuple[str, ...] = declare(
        None, "Files beside the one that names them, without .yaml; what they state lies under what that file states."
    )
    name: Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$")] = declare(..., "Results go to results/<name>.")
    grid: GridSettings = declare(GridSettings(), "The target grid.")
    calendar: CalendarSettings = declare(..., "The days of the run.")
    sources: SourceSettings = declare(SourceSettings(), "Where the raw files come from.")
    features: FeatureSettings = declare(FeatureSettings(), "How fields become features.")
    feature_sets: dict[Name, PartialFeatures] = declare(
        {}, "Other ways to the features, each stating only what differs."
    )
    defaults: ExperimentSettings = declare(ExperimentSettings(), "What all experiments share.")
    experiments: dict[Name, PartialExperiment] = declare(
        {}, "Experiments, each stating only what differs; `reference` is always there."
    )
    run: tuple[str, ...] = declare(("reference",), "Experiments that `all` makes.")
    published: str = declare("reference", "The experiment that fills the published folders.")
    studies: StudiesSettings | None = declare(StudiesSettings(), "Which experiments `studies` compares; null for none.")
    selection: SelectionSettings = declare(SelectionSettings(), "What a training is judged on.")
    scores: ScoreSettings = declare(ScoreSettings(), "How a date is scored.")
    bootstrap: BootstrapSettings = declare(BootstrapSettings(), "How confidence intervals are made.")
    volume: VolumeSettings = declare(VolumeSettings(), "What volumes are computed of.")
    figures: FigureSettings | None = declare(
        FigureSettings(), "What the figures show; null for no figure of single days."
    )
    publication: PublicationSettings = declare(PublicationSettings(), "Who publishes the data set.")
    synthetic: SyntheticSettings = declare(SyntheticSettings(), "The synthetic Arctic.")
    surrogate: SurrogateSettings = declare(SurrogateSettings(), "The emulator of neXtSIM thickness.")
