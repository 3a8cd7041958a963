# Scores of every ensemble whose truth is known, and their tables.
# Needs: ensembles and features. Makes: scores/<branch>/<experiment>/D.nc and, of all dates, scores/{daily,table,regions,
# months,thin_ice,leads,comparison}.csv.


rule score_date:
    input:
        prediction=lambda wildcards: ensembles_of(wildcards.experiment, wildcards.branch, [day_of(wildcards)]),
        features=lambda wildcards: features_of("model", [day_of(wildcards)], set_drawn_from(wildcards)),
        observed=lambda wildcards: (
            features_of("observations", [day_of(wildcards)], set_drawn_from(wildcards))
            if wildcards.branch == "observations"
            else []
        ),
        script="workflow/scripts/score_date.py",
        modules=modules(
            "scores", "accuracy", "calibration", "thin_ice", "leads", "similarity", "spectra", "degradation"
        ),
    output:
        "results/{run}/scores/{branch}/{experiment}/{date}.nc",
    log:
        "results/{run}/logs/score_date/{branch}/{experiment}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/score_date/{branch}/{experiment}/{date}.tsv"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        split=lambda wildcards: RUN.calendar.split_of(day_of(wildcards)),
        observed=lambda wildcards, input: (f"--observed-features {input.observed}" if input.observed else ""),
        settings=as_json(RUN.content["scores"]),
    message:
        "scores of {wildcards.date} ({wildcards.branch}, {wildcards.experiment})"
    shell:
        "python {input.script} --prediction {input.prediction} --features {input.features} {params.observed}"
        " --branch {wildcards.branch} --experiment {wildcards.experiment} --split {params.split}"
        " --settings {params.settings:q} --output {output} > {log} 2>&1"


rule score_table:
    input:
        scores=SCORED,
        script="workflow/scripts/score_table.py",
        modules=modules("score_tables", "intervals", "calibration", "leads"),
    output:
        table="results/{run}/scores/table.csv",
        daily="results/{run}/scores/daily.csv",
        regions="results/{run}/scores/regions.csv",
        months="results/{run}/scores/months.csv",
        thin_ice="results/{run}/scores/thin_ice.csv",
        leads="results/{run}/scores/leads.csv",
        comparison="results/{run}/scores/comparison.csv",
    log:
        "results/{run}/logs/score_table.log",
    benchmark:
        "results/{run}/benchmarks/score_table.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        intervals=as_json(RUN.content["bootstrap"]),
    message:
        "tables of scores"
    shell:
        "python {input.script} --scores {input.scores} --intervals {params.intervals:q}"
        " --daily {output.daily} --regions {output.regions} --months {output.months} --thin-ice {output.thin_ice}"
        " --leads {output.leads} --comparison {output.comparison} --output {output.table} > {log} 2>&1"
