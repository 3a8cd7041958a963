# Members at the positions of measurements that the run's sources.in_situ names, and the virtual ones of the synthetic Arctic.
# Needs: files of measurements, observed features and the published ensembles of the same days. Makes: scores/in_situ.nc and
# in_situ.csv.

for SEASON in SOURCES.in_situ_seasons():

    rule:
        name:
            f"make_virtual_platforms_{SEASON.name}"
        input:
            settings=PATHS.settings("synthetic"),
        output:
            SOURCES.virtual_files(SEASON),
        log:
            f"<logs>/make_virtual_platforms/{SEASON.name}.log",
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        params:
            command=run_script("make_virtual_platforms"),
            code=code_of("make_virtual_platforms"),
            area=DIGESTS.area,
            grid=grid_options(RUN.area),
            first=SEASON.first.isoformat(),
            last=SEASON.last.isoformat(),
            dates=format_stamps(SOURCES.measured_days(SEASON)),
            folder=SOURCES.virtual_folder(SEASON),
        message:
            "virtual buoys and submarine of the season {params.first} to {params.last}"
        shell:
            "{params.command} {params.grid} --season-start {params.first} --season-end {params.last}"
            " --dates {params.dates} --settings {input.settings:q} --output {params.folder:q} > {log:q} 2>&1"


rule in_situ:
    input:
        measurements=measurements_of,
        features=PATHS.features("observations", RUN.in_situ_days(), RUN.feature_set(RUN.published)),
        predictions=PATHS.ensembles(RUN.published, "observations", RUN.in_situ_days()),
        publication=ancient(publication_file),
    output:
        collocations=PATHS.in_situ,
        table=PATHS.in_situ_table,
    log:
        "<logs>/in_situ.log",
    benchmark:
        "<benchmarks>/in_situ.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        command=run_script("in_situ"),
        code=code_of("in_situ"),
        experiment=RUN.published,
    message:
        "members at the positions of measurements"
    shell:
        "{params.command} --measurements {input.measurements:q} --features {input.features:q}"
        " --predictions {input.predictions:q} --experiment {params.experiment}"
        " --publication {input.publication:q} --output {output.collocations:q}"
        " --table {output.table:q} > {log:q} 2>&1"
