# The surrogate of the model's thickness: a network in its place, under the true weather.
# Needs: thickness and ERA5 in folders, or the driven twin. Makes, below surrogate/: store/YYYY.npy, <experiment>/{model.safetensors,
# history.csv,scores.nc,forecasts.nc}, season.nc, restored.nc, table.csv, figures/, report.html.

SURROGATE_SOURCE = SURROGATE.content["source"]
SURROGATE_MODULES = modules(*(f"surrogate/{name}" for name in ("network", "samples", "sequences", "rollout")))
# By figure: the files that it is drawn from.
SURROGATE_FIGURES = {
    "training": surrogate_of("history.csv", SURROGATE.experiments),
    "skill": surrogate_of("scores.nc", SURROGATE.experiments),
    "maps": surrogate_of("forecasts.nc", [SURROGATE.content["chosen"]]),
    "season": paths("surrogate/season.nc"),
    "animation": paths("surrogate/season.nc"),
    "restoration": paths("surrogate/restored.nc"),
}

SURROGATE_DRAWN = [
    path
    for name in SURROGATE_FIGURES
    for path in paths("surrogate/figures/{name}", name=name + (".gif" if name == "animation" else ".png"))
]

if SURROGATE_SOURCE["kind"] == "synthetic":

    rule surrogate_twin:
        input:
            before=lambda wildcards: (
                paths("surrogate/twin/state/{year}.npy", year=int(wildcards.year) - 1)
                if int(wildcards.year) > SURROGATE.years()[0]
                else []
            ),
            script="workflow/scripts/make_forced_year.py",
            areas=AREAS,
            modules=modules(*(f"twin/{name}" for name in ("weather", "forced", "series", "years"))),
        output:
            thickness="results/{run}/surrogate/twin/nextsim/{year}/Moorings_{year}.nc",
            forcings="results/{run}/surrogate/twin/era5/{year}/ERA5_y{year}.nc",
            state="results/{run}/surrogate/twin/state/{year}.npy",
        log:
            "results/{run}/logs/surrogate_twin/{year}.log",
        benchmark:
            "results/{run}/benchmarks/surrogate_twin/{year}.tsv"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        params:
            area=SURROGATE.content["area"],
            years=lambda wildcards: [SURROGATE.years()[0], SURROGATE.years()[-1]],
            hours=SURROGATE.content["hours"],
            settings=as_json(SURROGATE.content["synthetic"]),
            before=lambda wildcards, input: f"--before {input.before}" if input.before else "",
        message:
            "weather and thickness of {wildcards.year}"
        shell:
            "python {input.script} --areas {input.areas} --area {params.area} --years {params.years}"
            " --year {wildcards.year} --hours {params.hours} --settings {params.settings:q} {params.before}"
            " --thickness {output.thickness} --forcings {output.forcings} --after {output.state} > {log} 2>&1"


rule surrogate_year:
    input:
        files=lambda wildcards: surrogate_files(wildcards.year),
        script="workflow/scripts/store_year.py",
        areas=AREAS,
        modules=modules(
            "surrogate/sequences",
            "store",
            "vectors",
            "grid",
            *(f"products/{name}" for name in ("__init__", "series", "era5", "thickness", "lattice")),
        ),
    output:
        array="results/{run}/surrogate/store/{year}.npy",
        description="results/{run}/surrogate/store/{year}.json",
    log:
        "results/{run}/logs/surrogate_year/{year}.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_year/{year}.tsv"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        thickness=lambda wildcards: surrogate_folder("nextsim", wildcards.year),
        forcings=lambda wildcards: surrogate_folder("era5", wildcards.year),
        area=SURROGATE.content["area"],
        resample="--resample" if SURROGATE_SOURCE.get("resample") else "",
        interpolation=SURROGATE_SOURCE["interpolation"],
        hours=SURROGATE.content["hours"],
        step=SURROGATE.content["defaults"]["inputs"]["step_hours"],
    message:
        "thickness and forcings of {wildcards.year} on the model's grid"
    shell:
        "python {input.script} --thickness {params.thickness:q} --forcings {params.forcings:q} --areas {input.areas}"
        " --area {params.area} {params.resample} --interpolation {params.interpolation} --year {wildcards.year}"
        " --hours {params.hours} --step-hours {params.step} --output {output.array} > {log} 2>&1"


rule surrogate_climatology:
    input:
        years=surrogate_years("training"),
        script="workflow/scripts/make_climatology.py",
        modules=modules("surrogate/scores", "surrogate/sequences"),
    output:
        "results/{run}/surrogate/climatology.npy",
    log:
        "results/{run}/logs/surrogate_climatology.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_climatology.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        window=SURROGATE.content["climatology_days"],
    message:
        "daily climatology of the thickness"
    shell:
        "python {input.script} --years {input.years} --window-days {params.window} --output {output} > {log} 2>&1"


rule surrogate_train:
    input:
        training=surrogate_years("training"),
        validation=surrogate_years("validation"),
        script="workflow/scripts/train_surrogate.py",
        modules=[*SURROGATE_MODULES, *modules("surrogate/training", "training", "samples")],
    output:
        weights="results/{run}/surrogate/{trial}/model.safetensors",
        history="results/{run}/surrogate/{trial}/history.csv",
    log:
        "results/{run}/logs/surrogate_train/{trial}.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_train/{trial}.tsv"
    threads: 7
    resources:
        mem_mb=16000,
        runtime=4320,
        gpu=1,
    params:
        # A stopped training goes on from here; not an output, since those of a failed job are deleted.
        checkpoint="results/{run}/surrogate/{trial}/checkpoint.pt",
        seed=lambda wildcards: SURROGATE.experiment(wildcards.trial)["seed"],
        settings=lambda wildcards: as_json(
            {key: SURROGATE.experiment(wildcards.trial)[key] for key in ("inputs", "network", "loss", "training")}
        ),
    message:
        "training the surrogate {wildcards.trial} (progress: tail -f {log})"
    shell:
        "python {input.script} --training {input.training} --validation {input.validation}"
        " --settings {params.settings:q} --experiment {wildcards.trial} --seed {params.seed} --threads {threads}"
        " --checkpoint {params.checkpoint} --history {output.history} --output {output.weights} > {log} 2>&1"


rule surrogate_forecasts:
    input:
        years=surrogate_years("test"),
        weights="results/{run}/surrogate/{trial}/model.safetensors",
        climatology="results/{run}/surrogate/climatology.npy",
        script="workflow/scripts/forecast.py",
        areas=AREAS,
        modules=[*SURROGATE_MODULES, *modules("surrogate/scores", "spectra")],
    output:
        scores="results/{run}/surrogate/{trial}/scores.nc",
        fields="results/{run}/surrogate/{trial}/forecasts.nc",
    log:
        "results/{run}/logs/surrogate_forecasts/{trial}.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_forecasts/{trial}.tsv"
    threads: 7
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=1,
    params:
        area=SURROGATE.content["area"],
        settings=as_json(SURROGATE.content["forecasts"]),
    message:
        "forecasts of the surrogate {wildcards.trial}"
    shell:
        "python {input.script} --years {input.years} --weights {input.weights} --climatology {input.climatology}"
        " --areas {input.areas} --area {params.area} --settings {params.settings:q} --threads {threads}"
        " --scores {output.scores} --fields {output.fields} > {log} 2>&1"


rule surrogate_season:
    input:
        years=surrogate_years("test"),
        weights=surrogate_of("model.safetensors", [SURROGATE.content["chosen"]]),
        script="workflow/scripts/forecast_season.py",
        modules=[*SURROGATE_MODULES, *modules("surrogate/scores")],
    output:
        "results/{run}/surrogate/season.nc",
    log:
        "results/{run}/logs/surrogate_season.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_season.tsv"
    threads: 7
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=1,
    params:
        season=SURROGATE.content["season"],
        precision=SURROGATE.content["forecasts"]["precision"],
    message:
        "a run of {params.season[steps]} steps"
    shell:
        "python {input.script} --years {input.years} --weights {input.weights} --start {params.season[start]}"
        " --steps {params.season[steps]} --every {params.season[every]} --precision {params.precision}"
        " --threads {threads} --output {output} > {log} 2>&1"


rule surrogate_restoration_days:
    input:
        years=surrogate_years("training") + surrogate_years("validation"),
        script="workflow/scripts/restoration_days.py",
        areas=AREAS,
        modules=modules("surrogate/restoration", "degradation", "features", "normalisation", "store"),
    output:
        days=restoration_days("training") + restoration_days("validation"),
        normalisation=paths("surrogate/restoration/normalisation.json")[0],
    log:
        paths("logs/surrogate_restoration_days.log")[0],
    benchmark:
        paths("benchmarks/surrogate_restoration_days.tsv")[0]
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        area=SURROGATE.content["area"],
        box=SURROGATE.content["restoration"]["box_km"],
        training=stamps(SURROGATE.restoration_days("training")),
        validation=stamps(SURROGATE.restoration_days("validation")),
        store=lambda wildcards, output: os.path.dirname(output.days[0]),
    message:
        "days for the generator of the restoration"
    shell:
        "python {input.script} --years {input.years} --training {params.training} --validation {params.validation}"
        " --areas {input.areas} --area {params.area} --box-km {params.box} --store {params.store}"
        " --normalisation {output.normalisation} > {log} 2>&1"


rule surrogate_train_generator:
    input:
        days=restoration_days("training") + restoration_days("validation"),
        normalisation="results/{run}/surrogate/restoration/normalisation.json",
        script="workflow/scripts/train.py",
        modules=modules("network", "diffusion", "training", "samples", "store", "weights"),
    output:
        weights="results/{run}/surrogate/restoration/generator.safetensors",
        history="results/{run}/surrogate/restoration/history.csv",
    log:
        "results/{run}/logs/surrogate_train_generator.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_train_generator.tsv"
    threads: 7
    resources:
        mem_mb=8000,
        runtime=4320,
        gpu=1,
    params:
        store=folder_of("days"),
        training=stamps(SURROGATE.restoration_days("training")),
        validation=stamps(SURROGATE.restoration_days("validation")),
        checkpoint="results/{run}/surrogate/restoration/checkpoint.pt",
        settings=as_json(SURROGATE.generator),
        seed=SURROGATE.content["restoration"]["seed"],
    message:
        "training the generator of the restoration (progress: tail -f {log})"
    shell:
        "python {input.script} --store {params.store} --training {params.training} --validation {params.validation}"
        " --normalisation {input.normalisation} --settings {params.settings:q} --experiment restoration"
        " --seed {params.seed} --threads {threads} --checkpoint {params.checkpoint} --history {output.history}"
        " --output {output.weights} > {log} 2>&1"


rule surrogate_restore:
    input:
        forecasts=surrogate_of("forecasts.nc", [SURROGATE.content["chosen"]]),
        weights="results/{run}/surrogate/restoration/generator.safetensors",
        script="workflow/scripts/restore.py",
        areas=AREAS,
        modules=modules("surrogate/restoration", *DRAWING),
    output:
        fields="results/{run}/surrogate/restored.nc",
        table="results/{run}/surrogate/restored.csv",
    log:
        "results/{run}/logs/surrogate_restore.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_restore.tsv"
    threads: 7
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=1,
    params:
        area=SURROGATE.content["area"],
        settings=as_json(SURROGATE.restoration),
        sampler=as_json(SURROGATE.content["restoration"]["sampler"]),
    message:
        "members drawn from smooth forecasts"
    shell:
        "python {input.script} --forecasts {input.forecasts} --weights {input.weights} --areas {input.areas}"
        " --area {params.area} --settings {params.settings:q} --sampler {params.sampler:q} --threads {threads}"
        " --fields {output.fields} --table {output.table} > {log} 2>&1"


rule surrogate_figure:
    input:
        files=lambda wildcards: SURROGATE_FIGURES[wildcards.drawing],
        script="workflow/scripts/draw_surrogate.py",
        areas=AREAS,
        modules=modules("figures/surrogate", "figures/style", "figures/geography"),
    output:
        "results/{run}/surrogate/figures/{drawing}.{ending}",
    log:
        "results/{run}/logs/surrogate_figure/{drawing}.{ending}.log",
    benchmark:
        "results/{run}/benchmarks/surrogate_figure/{drawing}.{ending}.tsv"
    wildcard_constraints:
        drawing="|".join(SURROGATE_FIGURES),
        ending="png|gif",
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        area=SURROGATE.content["area"],
    message:
        "figure {wildcards.drawing} of the surrogate"
    shell:
        "python {input.script} {wildcards.drawing} --files {input.files} --areas {input.areas} --area {params.area}"
        " --output {output} > {log} 2>&1"


rule surrogate_report:
    input:
        scores=SURROGATE_FIGURES["skill"],
        restored="results/{run}/surrogate/restored.csv",
        figures=SURROGATE_DRAWN,
        script="workflow/scripts/make_surrogate_report.py",
        modules=modules("report", "surrogate/scores"),
    output:
        page="results/{run}/surrogate/report.html",
        table="results/{run}/surrogate/table.csv",
    log:
        "results/{run}/logs/surrogate_report.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        configuration=json.dumps(SURROGATE.content),
    message:
        "report of the surrogate"
    shell:
        "python {input.script} --scores {input.scores} --restored {input.restored} --figures {input.figures}"
        " --configuration {params.configuration:q}"
        " --table {output.table} --output {output.page} > {log} 2>&1"
