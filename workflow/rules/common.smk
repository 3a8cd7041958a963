# The configuration, checked, and the helpers that every stage uses.

import json
import os
import sys
from dataclasses import asdict
from datetime import date

from superice.run.configuration import Configuration, read_includes
from superice.errors import InputError
from superice.fields.grid import load_grid
from superice.utils.provenance import digest
from superice.run.sources import Sources
from superice.surrogate.configuration import SurrogatePlan

try:
    RUN = Configuration(read_includes(config, "config"))
    SURROGATE = SurrogatePlan(RUN.surrogate)
except InputError as error:
    sys.exit(f"configuration: {error}")

SOURCES = Sources(RUN, f"results/{RUN.name}")
# Progress goes to log files, where a step every ten seconds says enough.
os.environ.setdefault("TQDM_MININTERVAL", "10")
PUBLISHED = RUN.content["published"]
BASELINES = [name for name in RUN.content["experiments"] if "baseline" in RUN.experiment(name)]
DAY_OF_STAMP = {f"{day:%Y%m%d}": day for day in (*RUN.calendar.model_days(), *RUN.calendar.observed_days())}
AREAS = RUN.areas
SPACING_KM = load_grid(AREAS, RUN.content["grid"]["area"]).step / 1000


container: "envs/superice.sif"


wildcard_constraints:
    run=RUN.name,
    date=r"\d{8}",
    branch="model|observations",
    experiment="|".join(RUN.content["experiments"]),
    seed=r"\d+",
    year=r"\d{4}",
    trial="|".join(SURROGATE.content["experiments"]),
    feature_set=f"(feature_sets/({'|'.join(RUN.content['feature_sets'])})/)?",


def stamps(days):
    """The days as they stand in file names."""
    return [f"{day:%Y%m%d}" for day in days]


def paths(*patterns, **values):
    """The paths below the run's folder that the patterns and values make; dates may be date objects."""
    if "date" in values:
        values["date"] = stamps(values["date"])
    return expand([f"results/{RUN.name}/{pattern}" for pattern in patterns], **values)


def as_json(content):
    """Content as text, the same whatever the order of its keys: other lines first in the configuration remake nothing."""
    return json.dumps(content, sort_keys=True)


def day_of(wildcards):
    """The date of a job."""
    if wildcards.date not in DAY_OF_STAMP:
        raise WorkflowError(f"{wildcards.date} is no day of the configuration's calendar")
    return DAY_OF_STAMP[wildcards.date]


def iso(wildcards):
    """The date of a job as YYYY-MM-DD."""
    return day_of(wildcards).isoformat()


def area(wildcards):
    """The name of the target grid."""
    return RUN.content["grid"]["area"]


def folder_of(name):
    """The folder of a job's input files of that name."""
    return lambda wildcards, input: os.path.dirname(getattr(input, name)[0])


def options_of(*names):
    """A job's named input files as options of its command; without files there is no option."""
    return lambda wildcards, input: [
        part
        for name in names
        if input.get(name)
        for part in (f"--{name.replace('_', '-')}", *([input[name]] if isinstance(input[name], str) else input[name]))
    ]


def modules(*names):
    """Files of the package that an output rests on, so that an edit of one remakes it."""
    return [f"superice/{name}.py" for name in names]


def launcher(devices):
    """What starts a training: python, or torchrun for one that is shared by several GPUs of its node."""
    # torchrun by its module: in a container the script torchrun may belong to another Python.
    return f"python -m torch.distributed.run --standalone --nproc-per-node {devices}" if devices > 1 else "python"


# What a member rests on.
DRAWING = (
    "ensembles",
    "windows",
    "demand",
    "inference",
    "diffusion",
    "proper_scores",
    "regression",
    "network",
    "normalisation",
    "weights",
)


def way_to(branch, feature_set=None):
    """What a branch's features rest on in a feature set: a change of another key remakes nothing."""
    section = RUN.features(feature_set)
    if branch == "observations":
        keys = ["sic_threshold", "observations"]
    else:
        seen = section["low_resolution"]["method"] == "satellites"
        keys = ["sic_threshold", "deformation_floor", "low_resolution", *(["observations"] if seen else [])]
    return {key: section[key] for key in keys}


def details_of_features(branch):
    """Attributes of a job's features. Their digest is of what decides them, that a change of anything else remakes nothing."""
    return lambda wildcards: as_json(
        {
            "configuration_digest": digest([RUN.content["grid"], way_to(branch, set_in_path(wildcards))]),
            "source_of_fields": branch,
        }
    )


def folder_of_set(feature_set):
    """The part of a path that a feature set has for itself; nothing for the run's own."""
    return f"feature_sets/{feature_set}/" if feature_set else ""


def folder_of_features(branch, feature_set):
    """As ``folder_of_set``, but a set that changes nothing for a branch has no files of its own."""
    return folder_of_set(None if way_to(branch, feature_set) == way_to(branch) else feature_set)


def features_of(branch, days, feature_set=None):
    """Feature files of a branch."""
    pattern = {
        "model": "{folder}model/features/{date}.nc",
        "observations": "{folder}observations/features/sic_sit_e1_e2_{date}.npz",
    }
    return paths(pattern[branch], folder=folder_of_features(branch, feature_set), date=days)


def set_in_path(wildcards):
    """The feature set that the path of a job names, None for the run's own."""
    return wildcards.get("feature_set", "").removeprefix("feature_sets/").rstrip("/") or None


def set_of(experiment):
    """The feature set that an experiment is trained on and draws from, None for the run's own."""
    return RUN.experiment(experiment).get("features")


def set_drawn_from(wildcards):
    """The feature set that a job's ensemble is drawn from."""
    return set_in_path(wildcards) or set_of(experiment_of(wildcards))


def of_experiment(pattern, **values):
    """Paths of the feature set of a job's experiment."""
    return lambda wildcards: paths(f"{folder_of_features('model', set_of(wildcards.experiment))}{pattern}", **values)


def settings_of_features(branch):
    """A job's way to a branch's features."""
    return lambda wildcards: as_json(way_to(branch, set_in_path(wildcards)))


def ensembles_of(experiment, branch, days, feature_set=None):
    """Ensembles of an experiment; those of the published one fill the published folders."""
    folder = branch if experiment == PUBLISHED else f"experiments/{experiment}/{branch}"
    pattern = "{of_set}{folder}/predictions/sit_hrai_{date}.nc"
    return paths(pattern, of_set=folder_of_set(feature_set), folder=folder, date=days)


def all_ensembles():
    """Ensembles of every experiment, branch and day that the run is asked for."""
    return [
        path
        for experiment in RUN.experiments
        for kind in ("model", "observations")
        for path in ensembles_of(experiment, kind, RUN.ensemble_days(experiment, kind))
    ]


def scores_of(experiment, branch, days):
    """Scores of an experiment's ensembles of the days."""
    return paths("scores/{branch}/{experiment}/{date}.nc", branch=branch, experiment=experiment, date=days)


def day_scores_of(experiment, branch, days):
    """As ``scores_of``, as far as the ensembles are drawn and their truth is known."""
    return scores_of(experiment, branch, [day for day in days if day in RUN.scored_days(experiment, branch)])


def trainings_of(experiments):
    """The experiments whose trainings the experiments draw with."""
    drawn = [name for name in experiments if name not in BASELINES and "weights" not in RUN.experiment(name)]
    return list(dict.fromkeys(RUN.training_of(name) for name in drawn))


def selections_of(experiments):
    """Tables of the choice among the trainings that the experiments draw with."""
    return paths("training/{experiment}/selection.csv", experiment=trainings_of(experiments))


def histories_of(experiment):
    """Losses of an experiment's trainings."""
    seeds = RUN.experiment(experiment)["seeds"]
    return paths("training/{experiment}/seed{seed}/history.csv", experiment=experiment, seed=seeds)


def drawn_with(experiments):
    """The files of weights that the experiments draw with."""
    return list(dict.fromkeys(weights_of(experiment) for experiment in experiments if experiment not in BASELINES))


def experiment_of(wildcards):
    """The experiment of a job; the published one where the path names none."""
    return wildcards.get("experiment", PUBLISHED)


def details_of_ensemble(wildcards):
    """Attributes of a job's ensemble; of their digest as ``details_of_features`` says."""
    settings = RUN.experiment(experiment_of(wildcards))
    decisive = [
        RUN.content["grid"],
        *(way_to(branch, set_drawn_from(wildcards)) for branch in ("model", wildcards.branch)),
        {section: values for section, values in settings.items() if section != "ensembles"},
        stamps(RUN.calendar.split_days("training")),
    ]
    return as_json(
        {
            "configuration_digest": digest(decisive),
            "source_of_features": wildcards.branch,
            "experiment": experiment_of(wildcards),
        }
    )


def devices_of(experiment):
    """How many GPUs a training of the experiment shares each batch among."""
    return RUN.experiment(experiment)["training"]["devices"]


def weights_of(experiment):
    """The weights that an experiment draws with: given, of the seed that it names, or chosen."""
    settings = RUN.experiment(experiment)
    if "weights" in settings:
        return settings["weights"]
    name = f"seed{settings['seed']}/model" if "seed" in settings else "chosen"
    return paths("training/{training}/{name}.safetensors", training=RUN.training_of(experiment), name=name)[0]


SCORED = [
    path
    for experiment in RUN.experiments
    for kind in ("model", "observations")
    for path in day_scores_of(experiment, kind, RUN.scored_days(experiment, kind))
]


def surrogate_of(name, trials):
    """A file of some experiments of the surrogate."""
    return paths("surrogate/{trial}/{name}", trial=trials, name=name)


def surrogate_years(split):
    """The years of a split in the surrogate's store."""
    return paths("surrogate/store/{year}.npy", year=SURROGATE.years(split))


def surrogate_folder(product, year):
    """The folder of nextsim or era5 in which a year's files are looked for."""
    source = SURROGATE.content["source"]
    if source["kind"] == "synthetic":
        return paths("surrogate/twin/{product}/{year}", product=product, year=year)[0]
    return source["thickness" if product == "nextsim" else "forcings"]


def surrogate_files(year):
    """The files of a year as far as they are known: those of the twin. What a folder lacks, its job tells."""
    if SURROGATE.content["source"]["kind"] != "synthetic":
        return []
    names = {"nextsim": "Moorings_{year}.nc", "era5": "ERA5_y{year}.nc"}
    return [f"{surrogate_folder(product, year)}/{name.format(year=year)}" for product, name in names.items()]


def restoration_days(split):
    """The days of a split in the store of the restoration's generator."""
    return paths("surrogate/restoration/store/{date}.npy", date=SURROGATE.restoration_days(split))
