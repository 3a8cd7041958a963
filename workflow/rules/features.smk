# From raw products to the published features, and to the normalisation of the training days.
# Needs: a day's model file, or its three satellite products. Makes: model/features/D.nc, store/D.npy,
# observations/features/sic_sit_e1_e2_D.npz (and .nc), records/<branch>/D.json, normalisation.json; of another feature
# set the same below feature_sets/<set>/.

MODEL = RUN.content["sources"]["model"]


rule make_land:
    output:
        PATHS.land,
    log:
        "<logs>/make_land.log",
    benchmark:
        "<benchmarks>/make_land.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("make_land"),
        code=code_of("make_land"),
        area=DIGESTS.area,
        grid=grid_options(RUN.area),
    message:
        "land mask of the grid"
    shell:
        "{params.command} {params.grid} --output {output:q} > {log:q} 2>&1"


rule model_features:
    input:
        files=model_files_of,
        settings=lambda wildcards: PATHS.settings(feature_settings_name("model", set_in_path(wildcards))),
        publication=ancient(publication_file),
    output:
        features=PATHS.model_features,
        store=PATHS.stored_day,
        record=PATHS.record.replace("{branch}", "model"),
    log:
        "<logs>/model_features/{feature_set}{date}.log",
    benchmark:
        "<benchmarks>/model_features/{feature_set}{date}.tsv"
    retries: 1  # a refused file makes an empty day; what fails is the machine
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("model_features"),
        code=code_of("model_features"),
        digest=lambda wildcards: DIGESTS.digest_features("model", set_in_path(wildcards)),
        grid=grid_options(RUN.area),
        date=iso,
        folder=lambda wildcards: SOURCES.model_folder(day_of(wildcards)),
        kind=MODEL["kind"].replace("synthetic", "moorings"),
        resample="--resample" if MODEL.get("resample") else "",
    message:
        "model features of {params.date}"
    shell:
        "{params.command} --source {params.folder:q} --kind {params.kind} {params.resample} --date {params.date}"
        " {params.grid} --settings {input.settings:q} --settings-digest {params.digest}"
        " --publication {input.publication:q}"
        " --output {output.features:q} --store {output.store:q} --record {output.record:q} > {log:q} 2>&1"


rule observed_features:
    input:
        files=observed_files_of,
        land=PATHS.land,
        settings=lambda wildcards: PATHS.settings(feature_settings_name("observations", set_in_path(wildcards))),
        publication=ancient(publication_file),
    output:
        features=PATHS.observed_features,
        netcdf=PATHS.observed_netcdf,
        record=PATHS.record.replace("{branch}", "observations"),
    log:
        "<logs>/observed_features/{feature_set}{date}.log",
    benchmark:
        "<benchmarks>/observed_features/{feature_set}{date}.tsv"
    retries: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("observed_features"),
        code=code_of("observed_features"),
        digest=lambda wildcards: DIGESTS.digest_features("observations", set_in_path(wildcards)),
        grid=grid_options(RUN.area),
        date=iso,
        cs2smos=lambda wildcards: SOURCES.observed_folder("cs2smos", day_of(wildcards)),
        concentration=lambda wildcards: SOURCES.observed_folder("concentration", day_of(wildcards)),
        drift=lambda wildcards: SOURCES.observed_folder("drift", day_of(wildcards)),
    message:
        "observed features of {params.date}"
    shell:
        "{params.command} --cs2smos {params.cs2smos:q} --concentration {params.concentration:q}"
        " --drift {params.drift:q} --land {input.land:q} --date {params.date} {params.grid}"
        " --settings {input.settings:q} --settings-digest {params.digest}"
        " --publication {input.publication:q} --output {output.features:q}"
        " --output-netcdf {output.netcdf:q} --record {output.record:q} > {log:q} 2>&1"


rule normalise:
    input:
        records=lambda wildcards: PATHS.training_records(wildcards.feature_set),
        settings=lambda wildcards: PATHS.settings(feature_settings_name("model", set_in_path(wildcards))),
    output:
        PATHS.normalisation,
    log:
        "<logs>/normalise/{feature_set}all.log",
    benchmark:
        "<benchmarks>/normalise/{feature_set}all.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        command=run_script("normalise"),
        code=code_of("normalise"),
        folder=lambda wildcards, input: os.path.dirname(input.records[0]),
        dates=format_stamps(RUN.calendar.split_days("training")),
    message:
        "normalisation of the training days"
    shell:
        "{params.command} --records {params.folder:q} --dates {params.dates} --settings {input.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule list_inputs:
    input:
        model=all_model_records,
        observations=PATHS.all_records("observations"),
        settings=PATHS.settings("calendar"),
    output:
        missing=PATHS.missing,
        coverage=PATHS.coverage,
        calendar=PATHS.calendar,
    log:
        "<logs>/list_inputs.log",
    benchmark:
        "<benchmarks>/list_inputs.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        command=run_script("list_inputs"),
        code=code_of("list_inputs"),
        folder=lambda wildcards: PATHS.records,
        model=format_stamps(RUN.calendar.model_days()),
        observations=format_stamps(RUN.calendar.observed_days()),
    message:
        "tables of the inputs: missing ones, pixels of each product, days of each season"
    shell:
        "{params.command} --records {params.folder:q} --model {params.model} --observations {params.observations}"
        " --settings {input.settings:q} --missing {output.missing:q} --coverage {output.coverage:q}"
        " --calendar {output.calendar:q} > {log:q} 2>&1"
