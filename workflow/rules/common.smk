# The configuration, checked once, and what every stage asks for: paths, digests and commands.

import json
import os
import shlex
import sys
from functools import cache

from snakemake.settings.types import DeploymentMethod

from superice.errors import InputError, OutputError
from superice.figures.catalogue import find_kind
from superice.run.code_digest import digest_code
from superice.run.configuration import Configuration
from superice.run.merging import place_merged_files, read_includes
from superice.run.figure_files import collect_figures, last_seasons, season_files
from superice.run.origins import name_origin
from superice.run.paths import RunPaths, SurrogatePaths, format_stamps, set_in_folder
from superice.run.settings_digest import SettingsDigests, read_cells
from superice.run.settings_files import collect_settings, feature_settings_name, format_settings
from superice.run.sources import PRODUCTS, Sources
from superice.surrogate.configuration import SurrogateConfiguration
from superice.utils.files import write_text_if_changed
from superice.utils.provenance import compute_digest

ROOT = workflow.current_basedir.join("../..")


def own_path(path):
    """Return the path of a file of the workflow."""
    return os.path.normpath(ROOT.join(path).get_path_or_uri(secret_free=True))


def own_file(path):
    """Return a file of the workflow; one of a remote workflow is fetched."""
    return own_path(path) if ROOT.is_local else workflow.sourcecache.get_path(ROOT.join(path))


def script_file(name):
    """Return the file of a script."""
    return own_file(f"workflow/scripts/{name}.py")


# Snakemake lists the files of its command line first; the workflow's own lies under them.
CONFIGURATION_FILES = [*workflow.configfiles[-1:], *workflow.configfiles[:-1]]

CONFIGURATION_FOLDERS = ["config", os.path.dirname(own_file("config/config.yaml"))]

try:
    CONTENT = place_merged_files(config, CONFIGURATION_FILES)
    RUN = Configuration(read_includes(CONTENT, *CONFIGURATION_FOLDERS))
    SURROGATE = SurrogateConfiguration(RUN.surrogate)
    DIGESTS = SettingsDigests(RUN)
except InputError as error:
    sys.exit(f"configuration: {name_origin(error, config, CONFIGURATION_FILES, CONFIGURATION_FOLDERS)}")


pathvars:
    run=f"<results>/{RUN.name}",
    logs="<run>/logs",
    benchmarks="<run>/benchmarks",


PATHS = RunPaths(RUN, workflow.pathvars.apply("<run>"))
SURROGATE_PATHS = SurrogatePaths(SURROGATE, f"{PATHS.folder}/surrogate")
SOURCES = Sources(RUN, PATHS)
SETTINGS = collect_settings(RUN, SURROGATE)
PUBLICATION = format_settings(SETTINGS.pop("publication"))
ENVIRONMENT = own_file("envs/superice.yaml")
# The days of jobs by their stamps: of each branch and, where a job is of none, with those around whose products are read.
DAYS = {
    branch: dict(zip(format_stamps(days), days))
    for branch, days in {
        "model": RUN.calendar.model_days(),
        "observations": RUN.calendar.observed_days(),
        None: RUN.add_neighbours([*RUN.calendar.model_days(), *RUN.calendar.observed_days()]),
    }.items()
}

# Progress bars go to log files, where a line every ten seconds is enough.
os.environ.setdefault("TQDM_MININTERVAL", "10")
# Jobs use the Python that runs Snakemake, or that of their container or conda environment with the package of this clone.
PYTHON = shlex.quote(sys.executable)
if workflow.deployment_settings.deployment_method:
    PYTHON = f"PYTHONPATH={shlex.quote(own_path('.'))} python" if ROOT.is_local else "python"


if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:

    container: own_path("envs/superice.sif")


wildcard_constraints:
    date=r"\d{8}",
    branch="model|observations",
    experiment="|".join(RUN.content["experiments"]),
    seed=r"\d+",
    year=r"\d{4}",
    trial="|".join(SURROGATE.content["experiments"]),
    feature_set=f"(feature_sets/({'|'.join(RUN.content['feature_sets'])})/)?",


def publication_file(wildcards):
    """Return the file of who publishes, which no rule makes; none where a plan, which writes nothing, comes before all runs.

    Whatever waits for the output of a rule that is to run again would be left out of the plan where that output is ancient.
    """
    return find_publication()


@cache
def find_publication():
    """Return that file, written anew where a run begins."""
    path = PATHS.settings("publication")
    if workflow.is_main_process and workflow.executor_plugin and not workflow.dryrun:
        write_at_start(path, PUBLICATION)
    return [] if workflow.is_main_process and not os.path.exists(path) else path


def write_at_start(path, text):
    """Write a file of settings before the first job; end where it cannot be written."""
    try:
        write_text_if_changed(path, text)
    except OutputError as error:
        sys.exit(
            f"settings: {path} cannot be written ({error.reason}); name a folder of your own with --directory, or make"
            " this one writable"
        )


def run_script(name, devices=lambda wildcards: 1):
    """Return the param that starts a script: with Python, or with torchrun on several devices.

    As a function of the input it is no reason to run a job again: the folders of Python and of the workflow are none.
    """

    def command(wildcards, input):
        count = devices(wildcards)
        # torchrun is started as a module: in a container the script torchrun may belong to another Python.
        torchrun = f"-m torch.distributed.run --standalone --nproc-per-node {count} " if count > 1 else ""
        return f"{PYTHON} {torchrun}{shlex.quote(script_file(name))}"

    return command


def code_of(name, modules=lambda wildcards: ()):
    """Return the param that runs a job again when the code that its script reaches has changed.

    ``modules`` names the modules of a job that its script imports by names which are known only when it runs.
    """
    return lambda wildcards: digest_code(script_file(name), *modules(wildcards))


def input_options(*names):
    """Return the param that hands named inputs to a script as options; an input without files is no option."""

    def options(wildcards, input):
        files = {name: input.get(name) or [] for name in names}
        listed = {name: [found] if isinstance(found, str) else found for name, found in files.items()}
        return shlex.join(
            part for name in names if listed[name] for part in (f"--{name.replace('_', '-')}", *listed[name])
        )

    return options


def grid_options(area):
    """Return the param that names a grid. Digests of its definition say when a job runs again, not the file's place."""
    areas = ["--areas", RUN.content["grid"]["areas"]] if RUN.content["grid"]["areas"] else []
    named = area if isinstance(area, str) else json.dumps(area)
    return lambda wildcards, input: shlex.join(["--area", named, *areas])


def day_of(wildcards, branch=None):
    """Return the date of a job; end where the branch that it names, or that its rule is of, has no such day."""
    branch = branch or wildcards.get("branch")
    day = DAYS[branch].get(wildcards.date)
    if day is None:
        with end_with_sentence():
            of_product = "model" if wildcards.get("product") == "cmems" else "observations"
            RUN.calendar.refuse_day(wildcards.date, branch or of_product)
    return day


def iso(wildcards):
    """Return the date of a job as YYYY-MM-DD."""
    return day_of(wildcards).isoformat()


def experiment_of(wildcards):
    """Return the experiment of a job; the published one where its path names none."""
    return wildcards.get("experiment", RUN.published)


def set_in_path(wildcards):
    """Return the feature set that the path of a job names; None for the run's own features."""
    return set_in_folder(wildcards.get("feature_set", ""))


def set_drawn_from(wildcards):
    """Return the feature set that a job's ensemble is drawn from."""
    return set_in_path(wildcards) or RUN.feature_set(experiment_of(wildcards))


def motion_of(wildcards):
    """Return the motion of the ice that a job's members follow; none where their memory stays in place."""
    if not RUN.experiment(experiment_of(wildcards))["sampler"]["memory_follows_drift"]:
        return []
    season = RUN.calendar.find_season(day_of(wildcards)).name
    return PATHS.motion.format(branch=wildcards.branch, season=season)


def days_of_motion(wildcards):
    """Return the days of a branch in a job's season; end where the calendar has no such season."""
    seasons = {season.name: season for season in RUN.calendar.seasons()}
    if wildcards.season not in seasons:
        with end_with_sentence():
            raise InputError(
                f"calendar: no freezing season begins in {wildcards.season}; there are {', '.join(seasons)}"
            )
    season = seasons[wildcards.season]
    days = RUN.calendar.model_days() if wildcards.branch == "model" else RUN.calendar.observed_days()
    return [day for day in days if season.first <= day <= season.last]


def model_files_of(wildcards):
    """Return the model's files of a job's day."""
    need_fitting_cells()
    need_folders(SOURCES.searched_folders("model"))
    files = SOURCES.model_files(day_of(wildcards, "model"))
    PLANNED["model"][wildcards.date] = bool(files)
    return files + neighbour_files_of(wildcards, "model")


def observed_files_of(wildcards):
    """Return the product files of a job's day."""
    need_fitting_cells()
    need_folders(SOURCES.searched_folders("observations"))
    files = SOURCES.observed_files(day_of(wildcards, "observations"))
    PLANNED["observations"][wildcards.date] = len(files) == len(PRODUCTS)
    return files + neighbour_files_of(wildcards, "observations")


def neighbour_files_of(wildcards, branch):
    """Return the files with the concentrations around a job's day; none where its features do not hold them."""
    distance = RUN.features(set_in_path(wildcards))["neighbouring_days"]
    return SOURCES.neighbour_files(branch, day_of(wildcards), distance)


def measurements_of(wildcards):
    """Return the files of the measurements that the run is compared with."""
    source = RUN.content["sources"]["in_situ"]
    if source and source["kind"] == "folder":
        need_folders({"sources.in_situ.folder": source["folder"]})
    return needed("in_situ", SOURCES.in_situ_files())


def all_model_records(wildcards):
    """Return what was found of every day of the model; a plan that asks for it says how many days have files."""
    tell_files()
    return PATHS.all_records("model")


def year_files_of(wildcards):
    """Return the raw files of a job's year."""
    if SURROGATE_SOURCE["kind"] == "folder":
        need_folders({f"surrogate.source.{key}": SURROGATE_SOURCE[key] for key in ("thickness", "forcings")})
    return SURROGATE_PATHS.list_year_files(int(wildcards.year))


def truth_of_volume(wildcards):
    """Return the model features of a date on which they are the truth."""
    is_known = day_of(wildcards) in RUN.scored_days(RUN.published, wildcards.branch)
    return PATHS.features("model", [day_of(wildcards)], RUN.feature_set(RUN.published)) if is_known else []


def mask_reasons_of_volume(wildcards):
    """Return the NetCDF file that lies beside the arrays of observed features."""
    if wildcards.branch == "model":
        return []
    arrays = PATHS.features("observations", [day_of(wildcards)], RUN.feature_set(RUN.published))
    return [path.removesuffix(".npz") + ".nc" for path in arrays]
