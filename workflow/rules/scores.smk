# Scores of every ensemble whose truth is known, and their tables.
# Needs: ensembles and features. Makes: scores/<branch>/<experiment>/D.nc, sums/<branch>/<experiment>/D.nc and, of all dates,
# scores/{daily,table,regions,months,thin_ice,leads,by_scale,by_thickness,by_stratum,comparison}.csv.


rule score_date:
    input:
        prediction=lambda wildcards: PATHS.ensembles(wildcards.experiment, wildcards.branch, [day_of(wildcards)]),
        features=lambda wildcards: PATHS.features("model", [day_of(wildcards)], set_drawn_from(wildcards)),
        observed_features=lambda wildcards: (
            PATHS.features("observations", [day_of(wildcards)], set_drawn_from(wildcards))
            if wildcards.branch == "observations"
            else []
        ),
        regions=PATHS.regions,
        land=PATHS.land,
        settings=PATHS.settings("scores"),
    output:
        scores=PATHS.score,
        sums=PATHS.score_sums,
    log:
        "<logs>/score_date/{branch}/{experiment}/{date}.log",
    benchmark:
        "<benchmarks>/score_date/{branch}/{experiment}/{date}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        command=run_script("score_date"),
        code=code_of("score_date"),
        split=lambda wildcards: RUN.calendar.find_split(day_of(wildcards)),
        observed=input_options("observed_features"),
    message:
        "scores of {wildcards.date} ({wildcards.branch}, {wildcards.experiment})"
    shell:
        "{params.command} --prediction {input.prediction:q} --features {input.features:q} {params.observed}"
        " --regions {input.regions:q} --land {input.land:q} --branch {wildcards.branch}"
        " --experiment {wildcards.experiment} --split {params.split} --settings {input.settings:q}"
        " --sums {output.sums:q} --output {output.scores:q} > {log:q} 2>&1"


rule score_table:
    input:
        scores=PATHS.all_scores(),
        sums=PATHS.all_score_sums(),
        settings=PATHS.settings("bootstrap"),
    output:
        **PATHS.score_tables(),
    log:
        "<logs>/score_table.log",
    benchmark:
        "<benchmarks>/score_table.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        command=run_script("score_table"),
        code=code_of("score_table"),
    message:
        "tables of scores"
    shell:
        "{params.command} --scores {input.scores:q} --sums {input.sums:q} --settings {input.settings:q}"
        " --daily {output.daily:q} --regions {output.regions:q} --months {output.months:q}"
        " --thin-ice {output.thin_ice:q} --leads {output.leads:q} --by-scale {output.by_scale:q}"
        " --by-thickness {output.by_thickness:q} --by-stratum {output.by_stratum:q} --comparison {output.comparison:q}"
        " --output {output.table:q} > {log:q} 2>&1"
