# The surrogate: a network that emulates neXtSIM's thickness, under prescribed weather.
# Needs: thickness and ERA5 in folders, or the forced synthetic Arctic. Makes, below surrogate/: store/YYYY.npy,
# <experiment>/{model.safetensors,history.csv,scores.nc,forecasts.nc}, season.nc, restored.nc, table.csv, figures/, report.html.

SURROGATE_SOURCE = SURROGATE.content["source"]
# Another definition of the grid makes the years again, and with them all that follows.
SURROGATE_AREA = compute_digest(read_cells(RUN.areas, SURROGATE.content["area"]))


if SURROGATE_SOURCE["kind"] == "synthetic":

    rule make_forced_year:
        input:
            before=lambda wildcards: SURROGATE_PATHS.state_before(int(wildcards.year)),
            settings=PATHS.settings("surrogate/synthetic"),
        output:
            thickness=SURROGATE_PATHS.synthetic_thickness,
            forcings=SURROGATE_PATHS.synthetic_forcings,
            state=SURROGATE_PATHS.synthetic_state,
        log:
            "<logs>/make_forced_year/{year}.log",
        benchmark:
            "<benchmarks>/make_forced_year/{year}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        params:
            command=run_script("make_forced_year"),
            code=code_of("make_forced_year"),
            area=SURROGATE_AREA,
            grid=grid_options(SURROGATE.content["area"]),
            years=[SURROGATE.years()[0], SURROGATE.years()[-1]],
            hours=SURROGATE.content["hours"],
            first_hour=SURROGATE.content["first_hour"],
            before=input_options("before"),
        message:
            "weather and thickness of {wildcards.year}"
        shell:
            "{params.command} {params.grid} --years {params.years} --year {wildcards.year} --hours {params.hours}"
            " --first-hour {params.first_hour} --settings {input.settings:q} {params.before} --thickness {output.thickness:q} --forcings {output.forcings:q}"
            " --after {output.state:q} > {log:q} 2>&1"


rule store_year:
    input:
        files=year_files_of,
    output:
        array=SURROGATE_PATHS.stored_year,
        description=SURROGATE_PATHS.year_description,
    log:
        "<logs>/store_year/{year}.log",
    benchmark:
        "<benchmarks>/store_year/{year}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        command=run_script("store_year"),
        code=code_of("store_year"),
        area=SURROGATE_AREA,
        grid=grid_options(SURROGATE.content["area"]),
        thickness=lambda wildcards: SURROGATE_PATHS.find_year_folder("nextsim", wildcards.year),
        forcings=lambda wildcards: SURROGATE_PATHS.find_year_folder("era5", wildcards.year),
        resample="--resample" if SURROGATE_SOURCE.get("resample") else "",
        interpolation=SURROGATE_SOURCE["interpolation"],
        hours=SURROGATE.content["hours"],
        first_hour=SURROGATE.content["first_hour"],
    message:
        "thickness and forcings of {wildcards.year} on the grid of the surrogate"
    shell:
        "{params.command} --thickness {params.thickness:q} --forcings {params.forcings:q} {params.grid} {params.resample}"
        " --interpolation {params.interpolation} --year {wildcards.year} --hours {params.hours} --first-hour {params.first_hour}"
        " --output {output.array:q} > {log:q} 2>&1"


rule make_climatology:
    input:
        years=SURROGATE_PATHS.years("training"),
    output:
        SURROGATE_PATHS.climatology,
    log:
        "<logs>/make_climatology.log",
    benchmark:
        "<benchmarks>/make_climatology.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        command=run_script("make_climatology"),
        code=code_of("make_climatology"),
        window=SURROGATE.content["climatology_days"],
    message:
        "daily climatology of the thickness"
    shell:
        "{params.command} --years {input.years:q} --window-days {params.window} --output {output:q} > {log:q} 2>&1"


rule train_surrogate:
    input:
        training=SURROGATE_PATHS.years("training"),
        validation=SURROGATE_PATHS.years("validation"),
        settings=lambda wildcards: PATHS.settings(f"surrogate/{wildcards.trial}/training"),
    output:
        weights=SURROGATE_PATHS.weights,
        history=SURROGATE_PATHS.history,
    log:
        "<logs>/train_surrogate/{trial}.log",
    benchmark:
        "<benchmarks>/train_surrogate/{trial}.tsv"
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=16000,
        runtime=4320,
        gpu=1,
    params:
        command=run_script("train_surrogate"),
        code=code_of("train_surrogate"),
        # A stopped training resumes from here; not an output, since those of a failed job are deleted.
        checkpoint=SURROGATE_PATHS.checkpoint,
        seed=lambda wildcards: SURROGATE.experiment(wildcards.trial)["seed"],
    message:
        "training the surrogate {wildcards.trial} (progress: tail -f {log})"
    shell:
        "{params.command} --training {input.training:q} --validation {input.validation:q} --settings {input.settings:q}"
        " --experiment {wildcards.trial} --seed {params.seed} --threads {threads} --checkpoint {params.checkpoint:q}"
        " --history {output.history:q} --output {output.weights:q} > {log:q} 2>&1"


rule forecast:
    input:
        years=SURROGATE_PATHS.years("test"),
        weights=SURROGATE_PATHS.weights,
        climatology=SURROGATE_PATHS.climatology,
        settings=PATHS.settings("surrogate/forecasts"),
    output:
        scores=SURROGATE_PATHS.scores,
        fields=SURROGATE_PATHS.forecasts,
    log:
        "<logs>/forecast/{trial}.log",
    benchmark:
        "<benchmarks>/forecast/{trial}.tsv"
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=1,
    params:
        command=run_script("forecast"),
        code=code_of("forecast"),
        grid=grid_options(SURROGATE.content["area"]),
    message:
        "forecasts of the surrogate {wildcards.trial}"
    shell:
        "{params.command} --years {input.years:q} --weights {input.weights:q} --climatology {input.climatology:q}"
        " {params.grid} --settings {input.settings:q} --threads {threads} --scores {output.scores:q}"
        " --fields {output.fields:q} > {log:q} 2>&1"


rule forecast_season:
    input:
        years=SURROGATE_PATHS.years("test"),
        weights=SURROGATE_PATHS.fill_chosen(SURROGATE_PATHS.weights),
    output:
        SURROGATE_PATHS.season,
    log:
        "<logs>/forecast_season.log",
    benchmark:
        "<benchmarks>/forecast_season.tsv"
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=1,
    params:
        command=run_script("forecast_season"),
        code=code_of("forecast_season"),
        grid=grid_options(SURROGATE.content["area"]),
        season=SURROGATE.content["season"],
        precision=SURROGATE.content["forecasts"]["precision"],
    message:
        "a run of {params.season[steps]} steps"
    shell:
        "{params.command} --years {input.years:q} --weights {input.weights:q} --start {params.season[start]}"
        " --steps {params.season[steps]} --every {params.season[every]} --precision {params.precision}"
        " {params.grid} --threads {threads} --output {output:q} > {log:q} 2>&1"


rule make_restoration_days:
    input:
        training=SURROGATE_PATHS.years("training"),
        validation=SURROGATE_PATHS.years("validation"),
    output:
        days=SURROGATE_PATHS.restoration_days("training", "validation"),
        normalisation=SURROGATE_PATHS.restoration_normalisation,
    log:
        "<logs>/make_restoration_days.log",
    benchmark:
        "<benchmarks>/make_restoration_days.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        command=run_script("make_restoration_days"),
        code=code_of("make_restoration_days"),
        grid=grid_options(SURROGATE.content["area"]),
        box=SURROGATE.content["restoration"]["box_km"],
        training=format_stamps(SURROGATE.restoration_days("training")),
        validation=format_stamps(SURROGATE.restoration_days("validation")),
        store=lambda wildcards, output: os.path.dirname(output.days[0]),
    message:
        "days for the network of the restoration"
    shell:
        "{params.command} --training-years {input.training:q} --training {params.training}"
        " --validation-years {input.validation:q} --validation {params.validation}"
        " {params.grid} --box-km {params.box} --store {params.store:q} --normalisation {output.normalisation:q}"
        " > {log:q} 2>&1"


rule train_restoration:
    input:
        days=SURROGATE_PATHS.restoration_days("training", "validation"),
        normalisation=SURROGATE_PATHS.restoration_normalisation,
        settings=PATHS.settings("surrogate/restoration/training"),
    output:
        weights=SURROGATE_PATHS.restoration_weights,
        history=SURROGATE_PATHS.restoration_history,
    log:
        "<logs>/train_restoration.log",
    benchmark:
        "<benchmarks>/train_restoration.tsv"
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=8000,
        runtime=4320,
        gpu=1,
    params:
        command=run_script("train"),
        code=code_of("train"),
        store=lambda wildcards, input: os.path.dirname(input.days[0]),
        training=format_stamps(SURROGATE.restoration_days("training")),
        validation=format_stamps(SURROGATE.restoration_days("validation")),
        area=SURROGATE_AREA,
        grid=grid_options(SURROGATE.content["area"]),
        checkpoint=SURROGATE_PATHS.restoration_checkpoint,
        seed=SURROGATE.content["restoration"]["seed"],
    message:
        "training the network of the restoration (progress: tail -f {log})"
    shell:
        "{params.command} --store {params.store:q} --training {params.training} --validation {params.validation}"
        " --normalisation {input.normalisation:q} --settings {input.settings:q} --experiment restoration"
        " {params.grid} --seed {params.seed} --threads {threads} --checkpoint {params.checkpoint:q}"
        " --history {output.history:q} --output {output.weights:q} > {log:q} 2>&1"


rule restore:
    input:
        forecasts=SURROGATE_PATHS.fill_chosen(SURROGATE_PATHS.forecasts),
        weights=SURROGATE_PATHS.restoration_weights,
        settings=PATHS.settings("surrogate/restoration/ensembles"),
    output:
        fields=SURROGATE_PATHS.restored,
        table=SURROGATE_PATHS.restored_table,
    log:
        "<logs>/restore.log",
    benchmark:
        "<benchmarks>/restore.tsv"
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=1,
    params:
        command=run_script("restore"),
        code=code_of("restore"),
        grid=grid_options(SURROGATE.content["area"]),
    message:
        "members drawn from smooth forecasts"
    shell:
        "{params.command} --forecasts {input.forecasts:q} --weights {input.weights:q} {params.grid}"
        " --settings {input.settings:q} --threads {threads} --fields {output.fields:q} --table {output.table:q}"
        " > {log:q} 2>&1"


rule draw_surrogate:
    input:
        files=lambda wildcards: SURROGATE_PATHS.figures()[wildcards.drawing],
    output:
        SURROGATE_PATHS.drawing,
    log:
        "<logs>/draw_surrogate/{drawing}.{ending}.log",
    benchmark:
        "<benchmarks>/draw_surrogate/{drawing}.{ending}.tsv"
    wildcard_constraints:
        drawing="|".join(SURROGATE_PATHS.figures()),
        ending="png|gif",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        command=run_script("draw_surrogate"),
        code=code_of("draw_surrogate"),
        grid=grid_options(SURROGATE.content["area"]),
    message:
        "figure {wildcards.drawing} of the surrogate"
    shell:
        "{params.command} {wildcards.drawing} --files {input.files:q} {params.grid} --output {output:q} > {log:q} 2>&1"


rule make_surrogate_report:
    input:
        scores=SURROGATE_PATHS.fill_trials(SURROGATE_PATHS.scores),
        restored=SURROGATE_PATHS.restored_table,
        figures=SURROGATE_PATHS.drawings(),
        settings=PATHS.settings("surrogate/configuration"),
    output:
        page=SURROGATE_PATHS.report,
        table=SURROGATE_PATHS.table,
    log:
        "<logs>/make_surrogate_report.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        command=run_script("make_surrogate_report"),
        code=code_of("make_surrogate_report"),
    message:
        "report of the surrogate"
    shell:
        "{params.command} --scores {input.scores:q} --restored {input.restored:q} --figures {input.figures:q}"
        " --settings {input.settings:q} --table {output.table:q} --output {output.page:q} > {log:q} 2>&1"
