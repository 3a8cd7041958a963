# Scores of every ensemble whose truth is known, and their tables.
# Needs: ensembles and features. Makes: scores/<branch>/<experiment>/D.nc, scores/daily.csv, scores/table.csv.


def scored_ensemble(wildcards):
    """The ensemble, the truth and, in the observed branch, the observed features of a date."""
    day = day_of(wildcards)
    files = {
        "prediction": ensembles_of(wildcards.experiment, wildcards.branch, [day])[0],
        "features": features_of("model", [day])[0],
    }
    if wildcards.branch == "observations":
        files["observed"] = features_of("observations", [day])[0]
    return files


rule score_date:
    input:
        unpack(scored_ensemble),
        script="workflow/scripts/score_date.py",
        modules=modules("scores", "spectra"),
    output:
        "results/{run}/scores/{branch}/{experiment}/{date}.nc",
    params:
        split=lambda wildcards: RUN.calendar.split_of(day_of(wildcards)),
        observed=lambda wildcards, input: (
            f"--observed-features {input.observed}" if wildcards.branch == "observations" else ""
        ),
        settings=json.dumps(RUN.content["scores"]),
    log:
        "results/{run}/logs/score_date/{branch}/{experiment}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/score_date/{branch}/{experiment}/{date}.tsv"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=20,
    message:
        "scores of {wildcards.date} ({wildcards.branch}, {wildcards.experiment})"
    shell:
        "python {input.script} --prediction {input.prediction} --features {input.features} {params.observed}"
        " --branch {wildcards.branch} --experiment {wildcards.experiment} --split {params.split}"
        " --settings {params.settings:q} --output {output} > {log} 2>&1"


rule score_table:
    input:
        scores=[
            path
            for experiment in RUN.experiments
            for kind in ("model", "observations")
            for path in scores_of(experiment, kind)
        ],
        script="workflow/scripts/score_table.py",
        modules=modules("score_tables"),
    output:
        table="results/{run}/scores/table.csv",
        daily="results/{run}/scores/daily.csv",
    params:
        details=json.dumps({name: {"passes": RUN.experiment(name)["sampler"]["steps"]} for name in RUN.experiments}),
    log:
        "results/{run}/logs/score_table.log",
    benchmark:
        "results/{run}/benchmarks/score_table.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    message:
        "table of scores"
    shell:
        "python {input.script} --scores {input.scores} --details {params.details:q}"
        " --daily {output.daily} --output {output.table} > {log} 2>&1"
