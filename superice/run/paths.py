"""The files of a run: the one place that knows where each of them lies.

The workflow's rules, ``superice status`` and whoever opens a run's results ask here. A path of one kind of file is a
pattern whose wildcards are those of its rule, such as ``results/demo/store/{date}.npy``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from superice.dataset import layout
from superice.network.released import RELEASED, find_released
from superice.readers.time_series import list_files, may_hold
from superice.run.configuration import Configuration
from superice.run.settings import BRANCHES
from superice.surrogate.configuration import SurrogateConfiguration

SCORE_TABLES = (
    "table",
    "daily",
    "regions",
    "months",
    "thin_ice",
    "leads",
    "by_scale",
    "by_thickness",
    "by_stratum",
    "comparison",
)
STARTED = "started"


def fill(pattern: str, **values: object) -> list[str]:
    """Return the paths that a pattern makes with all combinations of the values.

    A value is one entry or a list of them; days are written as in file names, YYYYMMDD.
    """
    choices = [value if isinstance(value, list | tuple) else [value] for value in values.values()]
    texts = [[f"{entry:%Y%m%d}" if isinstance(entry, date) else entry for entry in entries] for entries in choices]
    return [pattern.format(**dict(zip(values, combination))) for combination in itertools.product(*texts)]


def format_stamps(days: Iterable[date]) -> list[str]:
    """Return the days in the form of file names, YYYYMMDD."""
    return [f"{day:%Y%m%d}" for day in days]


class RunPaths:
    """Paths of a run's files.

    Attributes that hold a path without wildcards name one file; the others are patterns. The wildcard ``feature_set`` is
    empty for the run's own features and ``feature_sets/<name>/`` for another set.
    """

    def __init__(self, run: Configuration, folder: str | None = None) -> None:
        """Take a run and its folder, by default ``results/<name>``."""
        self.run = run
        self.folder = folder = folder or f"results/{run.name}"
        self.settings_file = f"{folder}/settings/{{settings}}.yaml"
        self.started = self.settings(STARTED)  # the configuration that a run began with
        self.land = f"{folder}/land.npy"
        self.missing = f"{folder}/missing.csv"
        self.coverage = f"{folder}/coverage.csv"
        self.calendar = f"{folder}/calendar.csv"
        self.records = f"{folder}/records"
        self.download_record = f"{folder}/downloads/{{product}}/{{date}}.json"
        self.synthetic_season = f"{folder}/synthetic/{{season}}"
        # Features, by day.
        self.model_features = f"{folder}/{{feature_set}}model/features/{layout.MODEL_FEATURES}"
        self.observed_features = f"{folder}/{{feature_set}}observations/features/{layout.OBSERVED_FEATURES}"
        self.observed_netcdf = self.observed_features.removesuffix(".npz") + ".nc"
        self.record = f"{folder}/{{feature_set}}records/{{branch}}/{{date}}.json"
        self.stored_day = f"{folder}/{{feature_set}}store/{{date}}.npy"
        self.normalisation = f"{folder}/{{feature_set}}normalisation.json"
        # Trainings, by experiment.
        self.trained_weights = f"{folder}/training/{{experiment}}/seed{{seed}}/model.safetensors"
        self.history = f"{folder}/training/{{experiment}}/seed{{seed}}/history.csv"
        self.checkpoint = f"{folder}/training/{{experiment}}/seed{{seed}}/checkpoint.pt"
        self.chosen_weights = f"{folder}/training/{{experiment}}/chosen.safetensors"
        self.selection = f"{folder}/training/{{experiment}}/selection.csv"
        self.noise = f"{folder}/training/{{experiment}}/noise.json"
        # Ensembles and their scores, by day.
        self.published_ensemble = f"{folder}/{{feature_set}}{{branch}}/predictions/{layout.PREDICTIONS}"
        self.motion = f"{folder}/motion/{{branch}}/{{season}}.nc"
        self.summary = f"{folder}/{{feature_set}}{{branch}}/summaries/{layout.SUMMARIES}"
        self.ensemble = f"{folder}/experiments/{{experiment}}/{{branch}}/predictions/{layout.PREDICTIONS}"
        self.score = f"{folder}/scores/{{branch}}/{{experiment}}/{{date}}.nc"
        self.score_sums = f"{folder}/sums/{{branch}}/{{experiment}}/{{date}}.nc"
        # Members at the positions of measurements.
        self.in_situ = f"{folder}/scores/in_situ.nc"
        self.in_situ_table = f"{folder}/scores/in_situ.csv"
        # Volumes of the published ensembles.
        self.regions = f"{folder}/regions.nc"
        self.volume_date = f"{folder}/volumes/{{branch}}/{{date}}.nc"
        self.volumes = f"{folder}/volumes/{{branch}}.nc"
        self.volume_table = f"{folder}/volumes/{{branch}}.csv"
        # What is made of all days.
        self.season = f"{folder}/{{branch}}/season.zarr"
        self.score_table = f"{folder}/scores/{{table}}.csv"
        self.figure = f"{folder}/figures/{{figure}}.png"
        self.study_figure = f"{folder}/figures/study_{{study}}.png"
        self.animation = f"{folder}/figures/animation_{{branch}}.gif"
        self.studies = f"{folder}/studies.csv"
        self.studies_report = f"{folder}/studies.html"
        self.report = f"{folder}/report.html"
        self.package = f"{folder}/package"
        self.logs = f"{folder}/logs"
        self.benchmarks = f"{folder}/benchmarks"

    def settings(self, name: str) -> str:
        """Return the file of merged settings of an experiment, a feature set, or the whole ``configuration``."""
        return self.settings_file.format(settings=name)

    # Features.

    def feature_folder(self, branch: str, feature_set: str | None) -> str:
        """Return what ``feature_set`` stands for in a path; a set that changes nothing for a branch has no files."""
        same = self.run.feature_settings(branch, feature_set) == self.run.feature_settings(branch)
        return set_folder(None if same else feature_set)

    def features(self, branch: str, days: Sequence[date], feature_set: str | None = None) -> list[str]:
        """Return the feature files of a branch."""
        pattern = {"model": self.model_features, "observations": self.observed_features}[branch]
        return fill(pattern, feature_set=self.feature_folder(branch, feature_set), date=list(days))

    def observed_netcdfs(self, days: Sequence[date], feature_set: str | None = None) -> list[str]:
        """Return the CF NetCDF files of the run's observed features, or of those of a feature set."""
        folder = self.feature_folder("observations", feature_set)
        return fill(self.observed_netcdf, feature_set=folder, date=list(days))

    def stored_days(self, experiment: str, days: Sequence[date]) -> list[str]:
        """Return the days of the training store that an experiment is trained on."""
        folder = self.feature_folder("model", self.run.feature_set(experiment))
        return fill(self.stored_day, feature_set=folder, date=list(days))

    def training_normalisation(self, experiment: str) -> str:
        """Return the normalisation of an experiment's training days."""
        return self.normalisation.format(feature_set=self.feature_folder("model", self.run.feature_set(experiment)))

    def training_records(self, feature_folder: str) -> list[str]:
        """Return the records of the training days in the folder of a feature set."""
        days = self.run.calendar.split_days("training")
        return fill(self.record, feature_set=feature_folder, branch="model", date=days)

    def all_records(self, branch: str) -> list[str]:
        """Return what was found of every day of a branch."""
        calendar = self.run.calendar
        days = calendar.model_days() if branch == "model" else calendar.observed_days()
        return fill(self.record, feature_set="", branch=branch, date=days)

    # Trainings.

    def weights(self, experiment: str) -> str:
        """Return the weights that an experiment draws with: given, of the seed that it names, or chosen."""
        settings = self.run.experiment(experiment)
        if settings.get("weights"):
            return str(find_released()) if settings["weights"] == RELEASED else settings["weights"]
        if self.run.chooses_for_itself(experiment):
            return self.chosen_weights.format(experiment=experiment)
        return self._shared_weights(experiment)

    def read_given(self, experiment: str) -> dict[str, Any] | None:
        """Return what the file of an experiment's given weights says of its network; None where it has no such file.

        Raises InputError for a file that cannot be read.
        """
        if self.run.is_baseline(experiment) or not self.run.experiment(experiment).get("weights"):
            return None
        from superice.network.description import read_description

        return read_description(self.weights(experiment))

    def candidates(self, experiment: str) -> list[str]:
        """Return the weights among which an experiment chooses: its trainings, or the one of its ``trained_as``."""
        if self.run.find_training(experiment) == experiment:
            return self.fill_seeds(self.trained_weights, experiment)
        return [self._shared_weights(experiment)]

    def _shared_weights(self, experiment: str) -> str:
        """Return the weights of the experiment that an experiment is trained as."""
        settings, training = self.run.experiment(experiment), self.run.find_training(experiment)
        if "seed" in settings:
            return self.trained_weights.format(experiment=training, seed=settings["seed"])
        return self.chosen_weights.format(experiment=training)

    def list_weights(self, experiments: Iterable[str]) -> list[str]:
        """Return the weights that the experiments draw with, each once."""
        drawn = [name for name in experiments if not self.run.is_baseline(name)]
        return list(dict.fromkeys(map(self.weights, drawn)))

    def trainings(self) -> list[str]:
        """Return the weights that the run trains and chooses to draw with, each once; none that it is given."""
        experiments = [name for name in self.run.experiments if not self.run.experiment(name).get("weights")]
        return self.list_weights(experiments)

    def fill_seeds(self, pattern: str, experiment: str) -> list[str]:
        """Return a file of every seed of an experiment's trainings."""
        return fill(pattern, experiment=experiment, seed=self.run.experiment(experiment)["seeds"])

    def histories(self, experiments: Iterable[str]) -> list[str]:
        """Return the losses of all trainings that the experiments draw with."""
        return [path for name in self.run.list_trainings(experiments) for path in self.fill_seeds(self.history, name)]

    def selections(self, experiments: Iterable[str]) -> list[str]:
        """Return the tables of the choices that the experiments draw with: of trainings, and of a sampler's noise."""
        return fill(self.selection, experiment=self.run.list_choices(experiments))

    # Ensembles and scores.

    def ensembles(
        self, experiment: str, branch: str, days: Sequence[date], feature_set: str | None = None
    ) -> list[str]:
        """Return ensembles of an experiment; those of the published one fill the published folders."""
        if experiment == self.run.published:
            return fill(self.published_ensemble, feature_set=set_folder(feature_set), branch=branch, date=list(days))
        return fill(self.ensemble, experiment=experiment, branch=branch, date=list(days))

    def kept_ensembles(self, experiment: str, branch: str, days: Sequence[date]) -> list[str]:
        """Return what is kept of an experiment's ensembles, one file a day: the members, or of the published a summary."""
        if experiment == self.run.published and not self.run.keeps_members:
            return fill(self.summary, feature_set="", branch=branch, date=list(days))
        return self.ensembles(experiment, branch, days)

    def all_ensembles(self) -> list[str]:
        """Return what is kept of the ensembles of every experiment, branch and day that the run is asked for."""
        kept = [
            path
            for experiment, branch in itertools.product(self.run.experiments, BRANCHES)
            for path in self.kept_ensembles(experiment, branch, self.run.ensemble_days(experiment, branch))
        ]
        return list(dict.fromkeys([*kept, *(path for branch in BRANCHES for path in self.summaries(branch))]))

    def summaries(self, branch: str) -> list[str]:
        """Return the summaries of a branch's published ensembles; nothing where they are not written."""
        days = self.run.ensemble_days(self.run.published, branch) if self.run.writes_summaries else []
        return fill(self.summary, feature_set="", branch=branch, date=days)

    def seasons(self, *branches: str) -> list[str]:
        """Return the season cube of each branch, or of some branches, with summaries."""
        return fill(self.season, branch=[branch for branch in branches or BRANCHES if self.summaries(branch)])

    def scores(self, experiment: str, branch: str, days: Sequence[date]) -> list[str]:
        """Return the scores of an experiment's ensembles on days whose truth is known."""
        return fill(self.score, branch=branch, experiment=experiment, date=list(days))

    def all_scores(self) -> list[str]:
        """Return the scores of every ensemble of the run whose truth is known."""
        return self._fill_scored(self.score)

    def all_score_sums(self) -> list[str]:
        """Return the sums of scores of every ensemble of the run whose truth is known."""
        return self._fill_scored(self.score_sums)

    def _fill_scored(self, pattern: str) -> list[str]:
        """Return a file of every ensemble of the run whose truth is known."""
        return [
            path
            for experiment, branch in itertools.product(self.run.experiments, BRANCHES)
            for path in fill(
                pattern, branch=branch, experiment=experiment, date=list(self.run.scored_days(experiment, branch))
            )
        ]

    def score_tables(self) -> dict[str, str]:
        """Return the tables of scores by their names."""
        return {name: self.score_table.format(table=name) for name in SCORE_TABLES}

    def table(self, name: str) -> list[str]:
        """Return a table of scores; nothing where no ensemble can be scored."""
        return fill(self.score_table, table=name) if self.all_scores() else []

    # Measurements.

    def collocations(self) -> list[str]:
        """Return the file of members at the positions of measurements; nothing where the run compares with none."""
        return [self.in_situ] if self.run.in_situ_days() else []

    def comparisons(self) -> list[str]:
        """Return the tables in which ensembles are compared with measurements."""
        return [self.in_situ_table] if self.run.in_situ_days() else []

    # Volumes.

    def volume_dates(self, branch: str) -> list[str]:
        """Return the sums of every date of a branch that has a published ensemble."""
        return fill(self.volume_date, branch=branch, date=self.run.ensemble_days(self.run.published, branch))

    def volume_tables(self, *branches: str) -> list[str]:
        """Return the table of volumes of each branch, or of some branches, with published ensembles."""
        made = [branch for branch in branches or BRANCHES if self.volume_dates(branch)]
        return fill(self.volume_table, branch=made)

    # The package.

    def package_files(self) -> list[str]:
        """Return the files and folders of a run that people take away, without those that are made of them."""
        run, published = self.run, self.run.published
        feature_set = run.feature_set(published)
        model_days, observed_days = run.calendar.model_days(), run.calendar.observed_days()
        ensembles = [
            path
            for branch in BRANCHES
            for path in self.kept_ensembles(published, branch, run.ensemble_days(published, branch))
        ]
        tables = self.volume_tables()
        found = [
            *self.features("model", model_days, feature_set),
            *self.features("observations", observed_days, feature_set),
            *self.observed_netcdfs(observed_days, feature_set),
            *ensembles,
            *(path for branch in BRANCHES for path in self.summaries(branch)),
            *self.seasons(),
            *tables,
            *(path.removesuffix(".csv") + ".nc" for path in tables),
            *([self.regions] if tables else []),
            *(path for name in SCORE_TABLES for path in self.table(name)),
            *self.collocations(),
            *self.comparisons(),
            *self.selections([published]),
            *self.list_weights([published]),
            *(self.missing, self.coverage, self.calendar, self.report, self.settings("configuration")),
        ]
        return list(dict.fromkeys(found))

    # Studies.

    def study_scores(self) -> list[str]:
        """Return the scores of every experiment of the studies on their days."""
        return sorted(
            {
                path
                for study in self.run.studies.values()
                for experiment in study.values
                for path in self.scores(experiment, "model", list(map(date.fromisoformat, study.dates)))
            }
        )

    def study_figures(self) -> list[str]:
        """Return a figure of every study."""
        return fill(self.study_figure, study=list(self.run.studies))


def set_folder(feature_set: str | None) -> str:
    """Return the part of a path that a feature set has for itself; nothing for the run's own features."""
    return f"feature_sets/{feature_set}/" if feature_set else ""


def set_in_folder(folder: str) -> str | None:
    """Return the feature set of a part of a path; the inverse of ``set_folder``."""
    return folder.removeprefix("feature_sets/").rstrip("/") or None


class SurrogatePaths:
    """Paths of the surrogate's files, below the run's folder; as ``RunPaths``."""

    def __init__(self, surrogate: SurrogateConfiguration, folder: str) -> None:
        """Take the surrogate's configuration and its folder, such as ``results/<name>/surrogate``."""
        self.surrogate = surrogate
        self.folder = folder
        self.synthetic_thickness = f"{folder}/synthetic/nextsim/{{year}}/Moorings_{{year}}.nc"
        self.synthetic_forcings = f"{folder}/synthetic/era5/{{year}}/ERA5_y{{year}}.nc"
        self.synthetic_state = f"{folder}/synthetic/state/{{year}}.npy"
        self.stored_year = f"{folder}/store/{{year}}.npy"
        self.year_description = f"{folder}/store/{{year}}.json"
        self.climatology = f"{folder}/climatology.npy"
        self.weights = f"{folder}/{{trial}}/model.safetensors"
        self.history = f"{folder}/{{trial}}/history.csv"
        self.checkpoint = f"{folder}/{{trial}}/checkpoint.pt"
        self.scores = f"{folder}/{{trial}}/scores.nc"
        self.forecasts = f"{folder}/{{trial}}/forecasts.nc"
        self.season = f"{folder}/season.nc"
        self.restoration = f"{folder}/restoration"
        self.restoration_day = f"{self.restoration}/store/{{date}}.npy"
        self.restoration_normalisation = f"{self.restoration}/normalisation.json"
        self.restoration_weights = f"{self.restoration}/model.safetensors"
        self.restoration_history = f"{self.restoration}/history.csv"
        self.restoration_checkpoint = f"{self.restoration}/checkpoint.pt"
        self.restored = f"{folder}/restored.nc"
        self.restored_table = f"{folder}/restored.csv"
        self.drawing = f"{folder}/figures/{{drawing}}.{{ending}}"
        self.table = f"{folder}/table.csv"
        self.report = f"{folder}/report.html"

    def years(self, *splits: str) -> list[str]:
        """Return the stored years of splits."""
        return [path for split in splits for path in fill(self.stored_year, year=self.surrogate.years(split))]

    def fill_trials(self, pattern: str) -> list[str]:
        """Return a file of every experiment that is made, the chosen one first."""
        return fill(pattern, trial=self.surrogate.experiments)

    def fill_chosen(self, pattern: str) -> str:
        """Return a file of the chosen experiment."""
        return pattern.format(trial=self.surrogate.content["chosen"])

    def restoration_days(self, *splits: str) -> list[str]:
        """Return the stored days of splits that the restoration's network is trained on."""
        return [
            path for split in splits for path in fill(self.restoration_day, date=self.surrogate.restoration_days(split))
        ]

    def figures(self) -> dict[str, list[str]]:
        """Return the files that each figure is drawn from."""
        return {
            "training": self.fill_trials(self.history),
            "skill": self.fill_trials(self.scores),
            "maps": [self.fill_chosen(self.forecasts)],
            "season": [self.season],
            "animation": [self.season],
            "restoration": [self.restored],
        }

    def drawings(self) -> list[str]:
        """Return the pictures of all figures."""
        endings = {name: "gif" if name == "animation" else "png" for name in self.figures()}
        return [self.drawing.format(drawing=name, ending=ending) for name, ending in endings.items()]

    def list_year_files(self, year: int) -> list[str]:
        """Return the year's raw files: those of the synthetic Arctic, or those in the folders that may hold the year.

        A file in a folder whose name states other years is none of them, though it is read where a moment is missing.
        """
        source = self.surrogate.content["source"]
        if source["kind"] == "synthetic":
            return [self.synthetic_thickness.format(year=year), self.synthetic_forcings.format(year=year)]
        files = {path for key in ("thickness", "forcings") for path in list_files(source[key])}
        return sorted(str(path) for path in files if may_hold(path.name, {year}))

    def state_before(self, year: int) -> list[str]:
        """Return the synthetic state that a year starts from; the first year starts from none."""
        return [] if year == self.surrogate.years()[0] else fill(self.synthetic_state, year=year - 1)

    def find_year_folder(self, product: str, year: int) -> str:
        """Return the folder in which a year's files of ``nextsim`` or ``era5`` are looked for."""
        source = self.surrogate.content["source"]
        if source["kind"] == "synthetic":
            return f"{self.folder}/synthetic/{product}/{year}"
        return source["thickness" if product == "nextsim" else "forcings"]
