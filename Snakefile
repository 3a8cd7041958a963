# SuperIce: from coarse sea-ice fields to ensembles of 3 km thickness. This file is the table of contents.

from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/downloads.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/ensembles.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/surrogate.smk"


rule all:
    default_target: True
    input:
        all_ensembles(),
        paths("report.html"),


rule downloads:
    input:
        [record for day in RUN.calendar.observed_days() for record in SOURCES.download_records(day)],
        [record for day in RUN.calendar.model_days() for record in SOURCES.model_records(day)],


rule features:
    input:
        features_of("model", RUN.calendar.model_days()),
        features_of("observations", RUN.calendar.observed_days()),
        paths("missing.csv", "coverage.csv", "calendar.csv"),


rule trainings:
    input:
        drawn_with(RUN.experiments),


rule ensembles:
    input:
        all_ensembles(),


rule scores:
    input:
        paths("scores/table.csv") if SCORED else [],


rule figures:
    input:
        FIGURES,


rule studies:
    input:
        paths("studies.html") if STUDIES else [],


rule surrogate:
    input:
        paths("surrogate/report.html", "surrogate/table.csv"),
