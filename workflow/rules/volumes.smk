# Ice volume by region of the published ensembles, each member by itself.
# Needs: ensembles and features. Makes: regions.nc, volumes/<branch>/D.nc and, of all dates, volumes/<branch>.nc and .csv.


rule make_regions:
    input:
        regions=RUN.content["volume"]["regions"] or [],
        publication=ancient(publication_file),
    output:
        PATHS.regions,
    log:
        "<logs>/make_regions.log",
    benchmark:
        "<benchmarks>/make_regions.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("make_regions"),
        code=code_of("make_regions"),
        area=DIGESTS.area,
        grid=grid_options(RUN.area),
        regions=input_options("regions"),
        named_by=RUN.content["volume"]["named_by"],
    message:
        "regions of the grid"
    shell:
        "{params.command} {params.grid} {params.regions} --named-by {params.named_by:q} --publication {input.publication:q}"
        " --output {output:q}"
        " > {log:q} 2>&1"


rule volume_date:
    input:
        prediction=lambda wildcards: PATHS.ensembles(RUN.published, wildcards.branch, [day_of(wildcards)]),
        features=lambda wildcards: PATHS.features(wildcards.branch, [day_of(wildcards)], RUN.feature_set(RUN.published)),
        mask_reasons=mask_reasons_of_volume,
        truth=truth_of_volume,
        regions=PATHS.regions,
        settings=PATHS.settings("volume"),
    output:
        PATHS.volume_date,
    log:
        "<logs>/volume_date/{branch}/{date}.log",
    benchmark:
        "<benchmarks>/volume_date/{branch}/{date}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("volume_date"),
        code=code_of("volume_date"),
        date=iso,
        split=lambda wildcards: RUN.calendar.find_split(day_of(wildcards)) or "none",
        others=input_options("mask_reasons", "truth"),
    message:
        "volume of {params.date} ({wildcards.branch})"
    shell:
        "{params.command} --prediction {input.prediction:q} --features {input.features:q} {params.others}"
        " --regions {input.regions:q} --date {params.date} --split {params.split} --settings {input.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule volume:
    input:
        dates=lambda wildcards: PATHS.volume_dates(wildcards.branch),
        regions=PATHS.regions,
        publication=ancient(publication_file),
    output:
        table=PATHS.volume_table,
        netcdf=PATHS.volumes,
    log:
        "<logs>/volume/{branch}.log",
    benchmark:
        "<benchmarks>/volume/{branch}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        command=run_script("volume"),
        code=code_of("volume"),
        experiment=RUN.published,
    message:
        "volumes ({wildcards.branch})"
    shell:
        "{params.command} --dates {input.dates:q} --regions {input.regions:q} --branch {wildcards.branch}"
        " --experiment {params.experiment} --publication {input.publication:q} --table {output.table:q} --output {output.netcdf:q} > {log:q} 2>&1"
