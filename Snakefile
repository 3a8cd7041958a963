# SuperIce: from coarse sea-ice fields to ensembles of 3 km thickness. This file is the table of contents.

from os.path import exists

from snakemake.utils import min_version

min_version("9.20")


# The configuration of the folder that Snakemake runs in, or else the workflow's own.
OWN_CONFIGURATION = workflow.current_basedir.join("config/config.yaml").get_path_or_uri(secret_free=True)


configfile: "config/config.yaml" if exists("config/config.yaml") else OWN_CONFIGURATION


include: "workflow/rules/common.smk"
include: "workflow/rules/messages.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/downloads.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/ensembles.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/in_situ.smk"
include: "workflow/rules/volumes.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/package.smk"
include: "workflow/rules/surrogate.smk"


rule all:
    default_target: True
    input:
        PATHS.all_ensembles(),
        PATHS.seasons(),
        PATHS.report,


rule downloads:
    input:
        lambda wildcards: needed("downloads", SOURCES.all_download_records()),


rule features:
    input:
        PATHS.features("model", RUN.calendar.model_days()),
        PATHS.features("observations", RUN.calendar.observed_days()),
        PATHS.missing,
        PATHS.coverage,
        PATHS.calendar,


rule trainings:
    input:
        lambda wildcards: needed("trainings", PATHS.trainings()),


rule ensembles:
    input:
        lambda wildcards: needed("ensembles", PATHS.all_ensembles()),
        PATHS.missing,


rule seasons:
    input:
        lambda wildcards: needed("seasons", PATHS.seasons()),
        PATHS.missing,


rule scores:
    input:
        lambda wildcards: needed("scores", PATHS.table("table")),
        PATHS.missing,


# The target in_situ is the rule of that name in workflow/rules/in_situ.smk.


rule volumes:
    input:
        lambda wildcards: needed("volumes", PATHS.volume_tables()),
        PATHS.missing,


rule figures:
    input:
        lambda wildcards: needed("figures", FIGURES),
        PATHS.missing,


rule package:
    input:
        PATHS.package,


rule studies:
    input:
        lambda wildcards: needed("studies", [PATHS.studies_report] if RUN.studies else []),


rule surrogate:
    input:
        SURROGATE_PATHS.report,
        SURROGATE_PATHS.table,
