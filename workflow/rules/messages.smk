# What a plan and a run say of their days, those of the calendar, those with files and those with all inputs, and of what they lack.
# Needs: the calendar, the folders of the sources, records/. Makes: lines in the terminal and in Snakemake's log; as a run begins,
# settings/started.yaml.

import atexit
from contextlib import contextmanager

from snakemake.logging import logger

from superice.network.released import LIMITS, RELEASED
from superice.run.availability import describe_inputs
from superice.run.checks import check_widths
from superice.run.needs import describe_absent_folders, describe_empty_plan, find_absent_folders
from superice.run.needs import require_files, require_named_folders, require_weights

# Keys of folders that jobs need and that are not there.
ABSENT = {}
# By branch, the days that are planned, and whether all their files are there.
PLANNED = {"model": {}, "observations": {}}

# Snakemake itself would end between the lines of a traceback, plans as well as runs.
if not os.access(".snakemake" if os.path.exists(".snakemake") else ".", os.W_OK):
    sys.exit(
        f"{os.getcwd()} cannot be written to, where Snakemake keeps its notes of plans and runs in .snakemake; name a folder of"
        " your own with --directory"
    )

if workflow.is_main_process:
    for SENTENCE in RUN.calendar.describe():
        logger.info(f"calendar, {SENTENCE}")


@contextmanager
def end_with_sentence():
    """End Snakemake with the sentence of an InputError, after what there is to say of the days."""
    try:
        yield
    except InputError as error:
        tell_files()
        ABSENT.clear()
        PLANNED.clear()
        sys.exit(f"configuration: {name_origin(error, config, CONFIGURATION_FILES, CONFIGURATION_FOLDERS)}")


def need_folders(folders):
    """End where a folder is not there that somebody named; of others a plan warns, and a run does not begin."""
    absent = find_absent_folders(folders)
    with end_with_sentence():
        require_named_folders(absent)
    for key, folder in absent.items():
        if key not in ABSENT:
            ABSENT[key] = folder
            logger.warning(f"{key}: there is no folder {folder}")


@cache
def need_fitting_cells():
    """End where the boxes of features and scores do not fit the cells of the grid; the surrogate has a grid of its own."""
    with end_with_sentence():
        check_widths(RUN, DIGESTS.spacing_km)


def needed(target, files):
    """Return the files of a target; end where the configuration makes none."""
    with end_with_sentence():
        return require_files(RUN, target, files)


def weights_of(experiment):
    """Return the weights that an experiment draws with; end where it names some that it cannot draw with."""
    with end_with_sentence():
        require_weights(RUN, PATHS, experiment, DIGESTS.spacing_km)
    if RUN.experiment(experiment).get("weights") == RELEASED and RUN.uses_real_files:
        tell_limits(f"experiments.{experiment}.weights: those of the package were {LIMITS}")
    return PATHS.weights(experiment)


@cache
def tell_limits(sentence):
    """Say once what is known of the weights that come with the package."""
    if workflow.is_main_process:
        logger.warning(sentence)


@cache
def tell_files():
    """Say once how many of the days have files in the folders."""
    if workflow.is_main_process:
        for sentence in SOURCES.describe_files():
            logger.info(f"files, {sentence}")


@atexit.register
def end_plan():
    """Say in the last line of a plan what a run would lack."""
    if not (workflow.is_main_process and workflow.dryrun):
        return
    if ABSENT:
        print(describe_absent_folders(ABSENT), file=sys.stderr)
    for branch, days in PLANNED.items():
        folders = SOURCES.searched_folders(branch)
        if days and folders and not any(days.values()) and not find_absent_folders(folders):
            print(describe_empty_plan(branch, len(days), dict.fromkeys(folders.values())), file=sys.stderr)


onstart:
    if ABSENT:
        FOLDERS = ", ".join(f"{key} ({folder})" for key, folder in ABSENT.items())
        raise WorkflowError(
            f"no such folder: {FOLDERS}; put the files there, or name their folder in the configuration"
        )
    # By it `superice status` knows the run, whatever its targets are.
    write_at_start(PATHS.started, format_settings(RUN.content))


onsuccess:
    for SENTENCE in describe_inputs(PATHS):
        logger.info(f"inputs, {SENTENCE}")
