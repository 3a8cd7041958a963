# From raw products to the published features, and to the normalisation of the training days.
# Needs: a day's model file, or its three satellite products. Makes: model/features/D.nc, store/D.npy,
# observations/features/sic_sit_e1_e2_D.npz (and .nc), records/<branch>/D.json, normalisation.json; of another feature
# set the same below feature_sets/<set>/.

MODEL = RUN.content["sources"]["model"]


rule land:
    input:
        script="workflow/scripts/make_land.py",
        areas=AREAS,
        modules=modules("grid"),
    output:
        "results/{run}/land.npy",
    log:
        "results/{run}/logs/land.log",
    benchmark:
        "results/{run}/benchmarks/land.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        area=area,
    message:
        "land mask of the grid"
    shell:
        "python {input.script} --areas {input.areas} --area {params.area} --output {output} > {log} 2>&1"


rule model_features:
    input:
        files=lambda wildcards: SOURCES.model_files(day_of(wildcards)),
        script="workflow/scripts/model_features.py",
        areas=AREAS,
        modules=modules(
            "features",
            "degradation",
            "virtual_satellites",
            "regridding",
            "deformation",
            "deliverable",
            "grid",
            "normalisation",
            "store",
            "regridding",
            "products/__init__",
            "products/model_days",
            "products/lattice",
            "products/nextsim",
            "products/cmems",
        ),
    output:
        features="results/{run}/{feature_set}model/features/{date}.nc",
        store="results/{run}/{feature_set}store/{date}.npy",
        record="results/{run}/{feature_set}records/model/{date}.json",
    log:
        "results/{run}/logs/model_features/{feature_set}{date}.log",
    benchmark:
        "results/{run}/benchmarks/model_features/{feature_set}{date}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        date=iso,
        folder=lambda wildcards: SOURCES.model_folder(day_of(wildcards)),
        kind=MODEL["kind"].replace("synthetic", "moorings"),
        resample="--resample" if MODEL.get("resample") else "",
        area=area,
        settings=settings_of_features("model"),
        details=details_of_features("model"),
    message:
        "model features of {params.date}"
    shell:
        "python {input.script} --source {params.folder:q} --kind {params.kind} {params.resample} --date {params.date}"
        " --areas {input.areas} --area {params.area} --settings {params.settings:q}"
        " --details {params.details:q} --output {output.features} --store {output.store}"
        " --record {output.record} > {log} 2>&1"


rule observed_features:
    input:
        files=lambda wildcards: SOURCES.observed_files(day_of(wildcards)),
        land="results/{run}/land.npy",
        script="workflow/scripts/observed_features.py",
        areas=AREAS,
        modules=modules(
            "features",
            "regridding",
            "deformation",
            "deliverable",
            "grid",
            "products/__init__",
            "products/cs2smos",
            "products/osisaf_concentration",
            "products/osisaf_drift",
        ),
    output:
        features="results/{run}/{feature_set}observations/features/sic_sit_e1_e2_{date}.npz",
        netcdf="results/{run}/{feature_set}observations/features/sic_sit_e1_e2_{date}.nc",
        record="results/{run}/{feature_set}records/observations/{date}.json",
    log:
        "results/{run}/logs/observed_features/{feature_set}{date}.log",
    benchmark:
        "results/{run}/benchmarks/observed_features/{feature_set}{date}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        date=iso,
        cs2smos=lambda wildcards: SOURCES.observed_folder("cs2smos", day_of(wildcards)),
        concentration=lambda wildcards: SOURCES.observed_folder("concentration", day_of(wildcards)),
        drift=lambda wildcards: SOURCES.observed_folder("drift", day_of(wildcards)),
        area=area,
        settings=settings_of_features("observations"),
        details=details_of_features("observations"),
    message:
        "observed features of {params.date}"
    shell:
        "python {input.script} --cs2smos {params.cs2smos:q} --concentration {params.concentration:q}"
        " --drift {params.drift:q} --land {input.land} --date {params.date} --areas {input.areas} --area {params.area}"
        " --settings {params.settings:q} --details {params.details:q}"
        " --output {output.features} --output-netcdf {output.netcdf} --record {output.record} > {log} 2>&1"


rule normalisation:
    input:
        records=lambda wildcards: paths(
            "{of_set}records/model/{date}.json",
            of_set=wildcards.feature_set,
            date=RUN.calendar.split_days("training"),
        ),
        script="workflow/scripts/normalise.py",
        modules=modules("normalisation"),
    output:
        "results/{run}/{feature_set}normalisation.json",
    log:
        "results/{run}/logs/normalisation/{feature_set}all.log",
    benchmark:
        "results/{run}/benchmarks/normalisation/{feature_set}all.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        folder=folder_of("records"),
        dates=stamps(RUN.calendar.split_days("training")),
        floor=lambda wildcards: RUN.features(set_in_path(wildcards))["deformation_floor"],
        threshold=lambda wildcards: RUN.features(set_in_path(wildcards))["sic_threshold"],
    message:
        "normalisation of the training days"
    shell:
        "python {input.script} --records {params.folder} --dates {params.dates} --floor {params.floor} --sic-threshold {params.threshold}"
        " --output {output} > {log} 2>&1"


rule inputs:
    input:
        model=paths("records/model/{date}.json", date=RUN.calendar.model_days()),
        observations=paths("records/observations/{date}.json", date=RUN.calendar.observed_days()),
        script="workflow/scripts/list_inputs.py",
    output:
        missing="results/{run}/missing.csv",
        coverage="results/{run}/coverage.csv",
        calendar="results/{run}/calendar.csv",
    log:
        "results/{run}/logs/inputs.log",
    benchmark:
        "results/{run}/benchmarks/inputs.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        folder=lambda wildcards: paths("records")[0],
        model=stamps(RUN.calendar.model_days()),
        observations=stamps(RUN.calendar.observed_days()),
        periods=json.dumps(RUN.calendar.periods()),
    message:
        "tables of the inputs: missing ones, pixels of each product, days of each season"
    shell:
        "python {input.script} --records {params.folder} --model {params.model} --observations {params.observations}"
        " --missing {output.missing} --coverage {output.coverage}"
        " --periods {params.periods:q} --calendar {output.calendar} > {log} 2>&1"
