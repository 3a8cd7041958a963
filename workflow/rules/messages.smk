# What a plan and a run say of their days: those of the calendar, those with files, and those with values.
# Needs: the calendar, the folders of the sources, records/. Makes: nothing but lines in the terminal and in Snakemake's log.

from functools import cache

from snakemake.logging import logger

from superice.run.availability import describe_values

# Keys of folders that jobs need and that are not there.
ABSENT = {}

if workflow.is_main_process:
    for SENTENCE in RUN.calendar.describe():
        logger.info(f"calendar, {SENTENCE}")


def need_folders(folders):
    """Note which folders, by their keys, are not there: a plan warns of them, and a run does not begin."""
    for key, folder in folders.items():
        if key not in ABSENT and not os.path.isdir(folder):
            ABSENT[key] = folder
            logger.warning(f"{key}: there is no folder {folder}")


@cache
def tell_files():
    """Say once how many of the days have files in the folders."""
    if workflow.is_main_process:
        for sentence in SOURCES.describe_files():
            logger.info(f"files, {sentence}")


onstart:
    if ABSENT:
        FOLDERS = ", ".join(f"{key} ({folder})" for key, folder in ABSENT.items())
        raise WorkflowError(
            f"no such folder: {FOLDERS}; put the files there, or name their folder in the configuration"
        )


onsuccess:
    for SENTENCE in describe_values(PATHS):
        logger.info(f"values, {SENTENCE}")
