# Targets by name: `snakemake features`, `snakemake train` …; `all` is the whole run.


rule all:
    default_target: True
    input:
        [
            path
            for experiment in RUN.experiments
            for kind in ("model", "observations")
            for path in ensembles_of(experiment, kind, RUN.ensemble_days(experiment, kind))
        ],
        paths("missing.csv"),
        paths("scores/table.csv") if any(scores_of(PUBLISHED, kind) for kind in ("model", "observations")) else [],
